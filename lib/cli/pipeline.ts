/**
 * Starting a pipeline: a process for each stage, a pipe between two.
 *
 * NetBSD: sh(1), Pipelines; pipe(2), fork(2), setpgid(2).
 */
import type { Proc } from '../api/index.ts';
import type { Job } from './jobs.ts';
import { runStage, type Stage } from './stage.ts';

export interface Starting {
  /** The shell's own process. */
  readonly shell: Proc;
  readonly job: Job;
  /** Whether the pipeline is a process group of its own. */
  readonly groups: 'own' | 'shared';
  /** Signals the shell does not take as programs do. */
  readonly defaults: readonly number[];
}

/**
 * Fork all stages. What was started before something is refused finds the end of its pipe.
 * @returns the life of each, once all are started
 * @throws SysError KernelDead
 */
export async function startPipeline(
  stages: readonly Stage[],
  { shell, job, groups, defaults }: Starting,
): Promise<readonly Promise<void>[]> {
  // All calls are asynchronous: whoever of them is stopped sleeps, and the host goes on.
  const sys = shell.promises;
  const bodies: Promise<void>[] = [];
  /** Pipe ends the shell itself has open. */
  const held = new Set<number>();
  let input: number | null = null;
  try {
    for (const [i, stage] of stages.entries()) {
      let next: number | null = null;
      let output: number | null = null;
      if (i < stages.length - 1) {
        [next, output] = await sys.pipe();
        held.add(next).add(output);
      }
      const child = shell.kernel.proc(await sys.fork());
      child.comm = stage.name;
      job.add(child.pid);
      bodies.push(runStage(child, stage, { input, output, unused: next }, defaults));
      if (groups === 'own') {
        await sys.setpgid(child.pid, job.pgid as number);
      }
      for (const fd of [input, output]) {
        if (fd !== null) {
          await sys.close(fd);
          held.delete(fd);
        }
      }
      input = next;
    }
  } catch (error) {
    for (const fd of shell.alive ? held : []) {
      await sys.close(fd);
    }
    throw error;
  }
  return bodies;
}
