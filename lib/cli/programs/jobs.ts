/** NetBSD: sh(1), jobs and wait. */
import { constants, SysError } from '../../api/index.ts';
import { printable, SIGNALLED } from '../exits.ts';
import { getopt, UsageError } from '../getopt.ts';
import { type Job, statusOf } from '../jobs.ts';
import type { Program, Self } from '../program.ts';

const { SIGINT, WUNTRACED } = constants;

/** Exit status of sh(1) for what is no child of the shell's. */
const UNKNOWN = 127;

export const jobs: Program = {
  name: 'jobs',
  synopsis: '',
  summary: 'pipelines in the background',
  runs: 'shell',
  async main(self, args) {
    if (getopt(args, '').operands.length > 0) {
      throw new UsageError('no operands, please');
    }
    // Its own pipeline, when it runs in one, is none of them.
    const others = self.jobs.list().filter((job) => !job.has(self.proc.pid));
    await self.out(others.map((job) => `${job}\n`).join(''));
    return 0;
  },
};

/**
 * Wait for a job's end, or until it is stopped. What others leave meanwhile is noted too. @throws SysError
 */
async function untilOver(self: Self, running: () => boolean): Promise<void> {
  while (running()) {
    const { pid, status } = await self.sys.wait4(-1, WUNTRACED);
    self.jobs.note(pid, status);
  }
}

/** @returns the status of one process or job, 127 when there is none such. @throws SysError */
async function waitFor(self: Self, what: string): Promise<number> {
  const job = self.jobs.find(what);
  // In a pipeline it would wait for itself.
  if (job === undefined || job.has(self.proc.pid)) {
    const status = self.jobs.takeEnded(Number(what));
    if (status === undefined) {
      await self.err(`${printable(what)}: no such job`);
    }
    return status === undefined ? UNKNOWN : statusOf(status);
  }
  await untilOver(self, () => job.state === 'running');
  if (job.state === 'ended') {
    self.jobs.remove(job);
    self.jobs.takeEnded(job.pid as number);
  }
  return statusOf(job.status);
}

/** The job that one operand names, or the current one. Undefined when there is none, of which it has complained. */
async function jobOf(self: Self, args: readonly string[]): Promise<Job | undefined> {
  const { operands } = getopt(args, '');
  const [what, ...more] = operands;
  if (more.length > 0 || (what !== undefined && !/^%?\d{1,9}$/.test(what))) {
    throw new UsageError(more.length > 0 ? 'one job' : `${what}: not a process or %job`);
  }
  const job = what === undefined ? self.jobs.current : self.jobs.find(what);
  if (job === undefined || job.has(self.proc.pid)) {
    await self.err(what === undefined ? 'no job' : `${printable(what)}: no such job`);
    return undefined;
  }
  return job;
}

export const fg: Program = {
  name: 'fg',
  synopsis: '[pid | %job]',
  summary: 'let a pipeline go on, and wait for it',
  runs: 'shell',
  async main(self, args) {
    const job = await jobOf(self, args);
    if (job === undefined) {
      return 1;
    }
    await self.out(`${job.text}\n`);
    await self.jobs.resume(self.sys, job);
    self.jobs.foreground = job;
    try {
      await self.jobs.untilOver(self.sys, job);
    } finally {
      self.jobs.foreground = null;
    }
    if (job.state === 'ended') {
      self.jobs.remove(job);
    } else {
      await self.out(`${job}\n`);
    }
    return statusOf(job.status);
  },
};

export const bg: Program = {
  name: 'bg',
  synopsis: '[pid | %job]',
  summary: 'let a pipeline go on in the background',
  runs: 'shell',
  async main(self, args) {
    const job = await jobOf(self, args);
    if (job === undefined) {
      return 1;
    }
    await self.jobs.resume(self.sys, job);
    await self.out(`${job}\n`);
    return 0;
  },
};

export const wait: Program = {
  name: 'wait',
  synopsis: '[pid | %job] ...',
  summary: 'wait for pipelines in the background',
  runs: 'shell',
  async main(self, args) {
    const { operands } = getopt(args, '');
    const wrong = operands.find((operand) => !/^%?\d{1,9}$/.test(operand));
    if (wrong !== undefined) {
      throw new UsageError(`${wrong}: not a process or %job`);
    }
    try {
      if (operands.length === 0) {
        await untilOver(self, () => self.jobs.list().some((job) => job.state === 'running'));
        return 0;
      }
      let status = 0;
      for (const operand of operands) {
        status = await waitFor(self, operand);
      }
      return status;
    } catch (error) {
      if (error instanceof SysError && error.code === 'EINTR') {
        return SIGNALLED + SIGINT;
      }
      // In a pipeline it has a process of its own, which has no children.
      if (error instanceof SysError && error.code === 'ECHILD') {
        return operands.length === 0 ? 0 : UNKNOWN;
      }
      throw error;
    }
  },
};
