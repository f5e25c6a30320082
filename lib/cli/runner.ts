/**
 * How a shell runs what is to have processes of its own: it starts them as a job, waits for the job or does not,
 * and buries what ended meanwhile.
 *
 * NetBSD: sh(1), Job Control.
 */
import { constants, type Proc, SysError } from '../api/index.ts';
import { complain } from './exits.ts';
import { type Job, type Jobs, statusOf } from './jobs.ts';
import { startPipeline } from './pipeline.ts';
import type { Stage } from './stage.ts';
import type { AndOr } from './tree.ts';

const { SIGINT, signame, WCONTINUED, WNOHANG, WSTOPSIG, WUNTRACED } = constants;

export interface Running {
  readonly jobs: Jobs;
  /** Signals the shell does not take as programs do. */
  readonly defaults: readonly number[];
  /** Whether Ctrl-C came, before or while something is started. */
  readonly interrupted: () => boolean;
  /** Whether somebody at the terminal wants to know when jobs begin and end. */
  readonly told: 'jobs' | 'nothing';
}

export class Runner {
  /** The shell's. */
  readonly #proc: Proc;
  readonly #how: Running;

  constructor(proc: Proc, how: Running) {
    this.#proc = proc;
    this.#how = how;
  }

  /** @returns the status of the last stage. @throws SysError KernelDead */
  async run(stages: readonly Stage[], text: string, runs: AndOr['runs']): Promise<number> {
    const { jobs, defaults, interrupted } = this.#how;
    const job = jobs.start(text);
    const { foreground } = jobs;
    if (runs === 'foreground') {
      jobs.foreground = job;
    }
    try {
      const bodies = await startPipeline(stages, { shell: this.#proc, job, groups: jobs.groups, defaults });
      if (runs === 'background') {
        jobs.last = String(job.pid);
        await this.#tell(`[${job.number}] ${job.pid}\n`);
        return 0;
      }
      if (interrupted()) {
        this.interrupt();
      }
      await this.#finish(job, stages);
      if (job.state === 'ended') {
        await Promise.all(bodies);
      }
      return statusOf(job.status);
    } catch (error) {
      if (this.#proc.alive) {
        await this.#finish(job, stages);
      }
      throw error;
    } finally {
      jobs.foreground = foreground;
    }
  }

  /** SIGINT to the job in the foreground, else to the shell itself. */
  interrupt(): void {
    const pgid = this.#how.jobs.foreground?.pgid;
    try {
      // A stopped shell could not send anything, nor wait for what comes of it.
      this.#proc.kill('SIGCONT');
      this.#proc.sys.kill(pgid === undefined ? this.#proc.pid : -pgid, SIGINT);
    } catch (error) {
      if (!(error instanceof SysError)) {
        throw error;
      }
    }
  }

  /** Bury children that ended while nobody waited for them; jobs that are through are told of. */
  async reap(): Promise<void> {
    const { jobs } = this.#how;
    try {
      for (;;) {
        const { pid, status } = await this.#proc.promises.wait4(-1, WNOHANG | WUNTRACED | WCONTINUED);
        if (pid === 0) {
          break;
        }
        jobs.note(pid, status);
      }
    } catch (error) {
      if (!(error instanceof SysError && error.code === 'ECHILD')) {
        throw error;
      }
    }
    for (const job of jobs.list().filter(({ state }) => state === 'ended')) {
      jobs.remove(job);
      await this.#tell(`${job}\n`);
    }
  }

  /** Wait until a job has ended, or somebody has stopped it. @throws SysError KernelDead */
  async #finish(job: Job, stages: readonly Stage[]): Promise<void> {
    await this.#how.jobs.untilOver(this.#proc.promises, job);
    if (job.state === 'ended') {
      this.#how.jobs.remove(job);
      return;
    }
    const how = `stopped by ${signame(WSTOPSIG(job.status))}; fg or bg lets it go on`;
    complain(`${stages[0]?.name}: ${how}`);
  }

  /** Say something about jobs to somebody at the terminal. */
  async #tell(text: string): Promise<void> {
    if (this.#how.told === 'jobs') {
      await this.#proc.promises.write(2, new TextEncoder().encode(text));
    }
  }
}
