/**
 * Commands whose output is a part of a command line: a process runs them, with a pipe to the shell for its
 * standard output.
 *
 * NetBSD: sh(1), Command Substitution.
 */
import { KernelDead, type Proc, SysError } from '../api/index.ts';
import { complain, messageOf } from './exits.ts';
import { type Jobs, statusOf } from './jobs.ts';
import { takeDefaults } from './stage.ts';

export interface Substituting {
  /** The shell's own process. */
  readonly shell: Proc;
  readonly jobs: Jobs;
  /** Signals the shell does not take as programs do. */
  readonly defaults: readonly number[];
  /** Run the commands in a process. @returns their status */
  readonly run: (proc: Proc) => Promise<number>;
}

const CHUNK = 16_384;

/** What commands, in text `written`, print, and how the last of them ended. @throws SysError KernelDead */
export async function outputOf(
  written: string,
  { shell, jobs, defaults, run }: Substituting,
): Promise<{ text: string; status: number }> {
  const sys = shell.promises;
  const [from, to] = await sys.pipe();
  const job = jobs.start(written);
  const { foreground } = jobs;
  try {
    const child = shell.kernel.proc(await sys.fork());
    child.comm = 'sh';
    job.add(child.pid);
    if (jobs.groups === 'own') {
      await sys.setpgid(child.pid, child.pid);
    }
    jobs.foreground = job;
    const body = live(child, async () => {
      await child.promises.close(from);
      await child.promises.dup2(to, 1);
      await child.promises.close(to);
      await takeDefaults(child, defaults);
      return await run(child);
    });
    await sys.close(to);
    const text = await readAll(shell, from);
    await jobs.untilOver(sys, job);
    if (job.state === 'ended') {
      await body;
    }
    return { text, status: statusOf(job.status) };
  } finally {
    jobs.foreground = foreground;
    jobs.remove(job);
    if (shell.alive) {
      await sys.close(from);
    }
  }
}

/** The life of the process: it exits with the status of what it does. */
async function live(child: Proc, body: () => Promise<number>): Promise<void> {
  try {
    const status = await body();
    if (child.alive) {
      await child.promises.exit(status);
    }
  } catch (error) {
    // It was killed, or its kernel is gone: both are for others to see.
    if (!(error instanceof KernelDead) && child.alive) {
      complain(`sh: ${messageOf(error)}`);
      await child.promises.exit(1);
    }
  }
}

/** Ctrl-C is for those who write; when they have gone there is an end. */
async function readAll({ promises: sys }: Proc, fd: number): Promise<string> {
  const pieces: Buffer[] = [];
  const bytes = new Uint8Array(CHUNK);
  for (;;) {
    try {
      const length = await sys.read(fd, bytes);
      if (length === 0) {
        return Buffer.concat(pieces).toString();
      }
      pieces.push(Buffer.from(bytes.subarray(0, length)));
    } catch (error) {
      if (!(error instanceof SysError && error.code === 'EINTR')) {
        throw error;
      }
    }
  }
}
