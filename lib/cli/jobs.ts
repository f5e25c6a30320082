/**
 * The shell's jobs: pipelines that run, are stopped, or have ended without anybody having asked how.
 *
 * NetBSD: sh(1), Job Control; wait(2).
 */
import { constants, type PromiseCalls, SysError } from '../api/index.ts';
import { printable, SIGNALLED } from './exits.ts';

const {
  SIGCONT,
  signame,
  WAIT_ANY,
  WUNTRACED,
  WEXITSTATUS,
  WIFCONTINUED,
  WIFSIGNALED,
  WIFSTOPPED,
  WSTOPSIG,
  WTERMSIG,
} = constants;

/** How many statuses of ended processes are kept for `wait`. */
const REMEMBERED = 1024;

/** `$?` for a wait status. */
export function statusOf(status: number): number {
  if (WIFSTOPPED(status)) {
    return SIGNALLED + WSTOPSIG(status);
  }
  return WIFSIGNALED(status) ? SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
}

/** A pipeline that was started. */
export class Job {
  /** From 1; the lowest that is free. */
  readonly number: number;
  readonly text: string;
  /** Its processes in their order, with the last wait status of those that stopped or ended. */
  readonly #members = new Map<number, number | null>();

  constructor(number: number, text: string) {
    this.number = number;
    this.text = text;
  }

  add(pid: number): void {
    this.#members.set(pid, null);
  }

  has(pid: number): boolean {
    return this.#members.has(pid);
  }

  /** Remember a wait status. */
  note(pid: number, status: number): void {
    this.#members.set(pid, WIFCONTINUED(status) ? null : status);
  }

  /** It has been told to go on. */
  resumed(): void {
    for (const [pid, status] of this.#members) {
      if (status !== null && WIFSTOPPED(status)) {
        this.#members.set(pid, null);
      }
    }
  }

  /** Process group: that of the first. Undefined before there is one. */
  get pgid(): number | undefined {
    return this.#members.keys().next().value;
  }

  /** Of the last process, the one that `$!` is and whose status counts. */
  get pid(): number | undefined {
    return [...this.#members.keys()].at(-1);
  }

  get size(): number {
    return this.#members.size;
  }

  /** The wait status that counts: of a process that is stopped, else of the last. */
  get status(): number {
    const all = [...this.#members.values()];
    return all.find((status) => status !== null && WIFSTOPPED(status)) ?? all.at(-1) ?? 0;
  }

  /** One process that is stopped stops the job: those at its pipes will not get far. */
  get state(): 'running' | 'stopped' | 'ended' {
    let state: 'running' | 'ended' = 'ended';
    for (const status of this.#members.values()) {
      if (status === null) {
        state = 'running';
      } else if (WIFSTOPPED(status)) {
        return 'stopped';
      }
    }
    return state;
  }

  /** A line of `jobs`. */
  toString(): string {
    return `[${this.number}] ${this.pgid ?? '-'} ${this.#how().padEnd(15)} ${printable(this.text)}`;
  }

  #how(): string {
    const { status } = this;
    switch (this.state) {
      case 'running':
        return 'Running';
      case 'stopped':
        return `Stopped (${signame(WSTOPSIG(status))})`;
      case 'ended':
        if (WIFSIGNALED(status)) {
          return `Killed (${signame(WTERMSIG(status))})`;
        }
        return WEXITSTATUS(status) === 0 ? 'Done' : `Done (${WEXITSTATUS(status)})`;
    }
  }
}

export class Jobs {
  readonly #jobs: Job[] = [];
  /** Status of processes whose job is no more, the oldest first. */
  readonly #ended = new Map<number, number>();
  /** Whom Ctrl-C is for. */
  foreground: Job | null = null;
  /** Whether each job is a process group of its own, or all are in the shell's, which is itself a part of a job. */
  readonly groups: 'own' | 'shared';
  /** `$!`: the last process of the last pipeline in the background; empty before there is one. */
  last = '';

  constructor(groups: Jobs['groups']) {
    this.groups = groups;
  }

  start(text: string): Job {
    let number = 1;
    while (this.#jobs.some((job) => job.number === number)) {
      number++;
    }
    const job = new Job(number, text);
    this.#jobs.push(job);
    this.#jobs.sort((a, b) => a.number - b.number);
    return job;
  }

  list(): readonly Job[] {
    return this.#jobs;
  }

  /** What `fg` and `bg` mean without an operand: the job that was stopped last, else the newest. */
  get current(): Job | undefined {
    return this.#jobs.findLast((job) => job.state === 'stopped') ?? this.#jobs.at(-1);
  }

  /** Let a job go on. @throws SysError */
  async resume(sys: PromiseCalls, job: Job): Promise<void> {
    await sys.kill(-(job.pgid as number), SIGCONT);
    job.resumed();
  }

  /** Wait until a job has ended, or somebody has stopped it; its interruption is not ours. @throws SysError */
  async untilOver(sys: PromiseCalls, job: Job): Promise<void> {
    while (job.state === 'running') {
      try {
        const { pid, status } = await sys.wait4(
          this.groups === 'own' ? -(job.pgid as number) : WAIT_ANY,
          WUNTRACED,
        );
        this.note(pid, status);
      } catch (error) {
        if (!(error instanceof SysError && error.code === 'EINTR')) {
          throw error;
        }
      }
    }
  }

  /** What wait4(2) said of a process: ended, stopped, or going on. */
  note(pid: number, status: number): void {
    this.#jobs.find((job) => job.has(pid))?.note(pid, status);
  }

  /** Take the job off the list. How its last process ended is remembered for a while. */
  remove(job: Job): void {
    this.#jobs.splice(this.#jobs.indexOf(job), 1);
    if (job.pid === undefined) {
      return;
    }
    this.#ended.set(job.pid, job.status);
    for (const pid of this.#ended.keys()) {
      if (this.#ended.size <= REMEMBERED) {
        return;
      }
      this.#ended.delete(pid);
    }
  }

  /** The job of a process, or `%number`. */
  find(what: string): Job | undefined {
    return this.#jobs.find((job) =>
      what.startsWith('%') ? `%${job.number}` === what : job.has(Number(what)),
    );
  }

  /** How a process ended whose job is no more; it can be asked once. */
  takeEnded(pid: number): number | undefined {
    const status = this.#ended.get(pid);
    this.#ended.delete(pid);
    return status;
  }
}
