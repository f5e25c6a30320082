/** What the tests of hosts share. */
import type { ExecutionContext } from 'ava';
import type { Rumpuser } from '../../lib/rumpuser/rumpuser.ts';
import { RUMPUSER_VERSION, RumpuserAssertion } from '../../lib/rumpuser/rumpuser.ts';
import type { Errno } from '../../lib/sys/errno.ts';

/** The action throws exactly this errno singleton. */
export function throwsErrno(t: ExecutionContext, errno: Errno, action: () => unknown): void {
  t.is(t.throws(action, { any: true }), errno);
}

/** The action throws an assertion whose message matches. */
export function asserts(t: ExecutionContext, message: RegExp, action: () => unknown): void {
  t.throws(action, { instanceOf: RumpuserAssertion, message });
}

/** A new lwp, current. */
export function becomeLwp(host: Rumpuser): number {
  const handle = host.lwpCreate();
  host.curlwpSet(handle);
  return handle;
}

/** Do something as that lwp, and be the lwp one was before. */
export function asLwp<T>(host: Rumpuser, handle: number, action: () => T): T {
  const before = host.curlwp[0] as number;
  if (before !== 0) host.curlwpClear(before);
  host.curlwpSet(handle);
  try {
    return action();
  } finally {
    host.curlwpClear(handle);
    if (before !== 0) host.curlwpSet(before);
  }
}

/** Bind the host to nothing in particular. @returns the upcalls made, in order */
export function bind(host: Rumpuser): ('schedule' | 'unschedule')[] {
  const upcalls: ('schedule' | 'unschedule')[] = [];
  host.init(RUMPUSER_VERSION, {
    schedule: () => upcalls.push('schedule'),
    unschedule: () => upcalls.push('unschedule'),
  });
  return upcalls;
}

/** The event loop goes round once. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** How many seeds a test goes through: RUMP_TEST_SEEDS, or so many that nobody waits. */
export function seedCount(quick: number): number {
  return Number(process.env['RUMP_TEST_SEEDS'] ?? quick);
}
