/**
 * Bad input: every method of a process, whatever it is given, answers with a value or a clear error; the
 * kernel lives on, whole, and a call that failed has changed nothing.
 */
import test, { type ExecutionContext } from 'ava';
import { boot, type Kernel, type Proc, SysError } from '../../lib/api/index.ts';
import type { Kernel as Kern } from '../../lib/kern/kernel.ts';
import type { Proc as KernProc } from '../../lib/kern/proc.ts';
import { SACTIVE } from '../../lib/sys/constants/proc.ts';
import { SYSCALLS } from '../../lib/sys/syscalls.master.ts';
import { isCallable } from '../../lib/sys/syscalls.ts';
import type { SysentRow } from '../../lib/sys/sysent.ts';
import { insideOf, turn } from '../conformance/harness.ts';
import { faults } from '../conformance/invariants.ts';
import { fc } from '../fc.ts';
import { Boom, MAKERS, type Scene } from './hostile.ts';
import { HOSTS } from './support.ts';

type Call = (...args: unknown[]) => unknown;

/** Calls that end the kernel for those who may, or sleep in real time. */
const ENDS = ['reboot'];
const SLEEPS = ['nanosleep', 'clock_nanosleep'];
/** Calls that change something and fail all the same: they stop half-way. */
const HALFWAY: ReadonlySet<string> = new Set(['kill', 'setpriority', 'syscall', '__syscall']);

const CALLS = (SYSCALLS as readonly SysentRow[]).filter(isCallable).map((row) => row.call);
const IMPLEMENTED = (SYSCALLS as readonly SysentRow[])
  .filter((row) => row.support === 'full' || row.support === 'partial')
  .map((row) => row.call);

/** What a process has decided about signals and timers. */
function signalsOf(p: KernProc): string {
  const timers = [...(p.timers ?? [])].map(([id, { intervalNs }]) => `${id} ${intervalNs}`);
  const sigctx = p.lwps?.sigctx;
  const acts = p.sigacts?.map((act) => `${typeof act?.handler} ${act?.mask} ${act?.flags}`);
  // A call that sleeps with a mask of its own gives the other one back.
  return `${acts} ${sigctx?.saved ?? sigctx?.mask} ${Object.values(sigctx?.altstack ?? {})} ${timers}`;
}

/** All that a failed call must leave as it was: the process, and how many there are. */
function stateOf(k: Kern, pid: number): string {
  const p = k.procs.get(pid);
  if (p === undefined) {
    return 'gone';
  }
  const { euid, uid, svuid, egid, gid, svgid, groups } = p.cred;
  const { session } = p.pgrp;
  const fds = Array.from({ length: 20 }, (_, fd) => (p.fd.has(fd) ? (p.fd.cloexec(fd) ? 'x' : 'o') : '-'));
  return [
    `${p.parent?.pid} ${p.stat} ${p.flag} ${p.nice} ${p.pgrp.id} ${session.sid} ${session.login} ${p.comm}`,
    [euid, uid, svuid, egid, gid, svgid, ...groups].join(' '),
    `${p.limit.cur} ${p.limit.max}`,
    fds.join(''),
    `${k.procs.size} ${k.clockSkewNs} ${k.hostname} ${k.securelevel} ${k.sysctl.ver} ${k.modules.size}`,
    signalsOf(p),
  ].join('\n');
}

function permitted(error: unknown): boolean {
  return (
    error instanceof SysError ||
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof Boom
  );
}

interface Step {
  readonly call: string;
  readonly face: 'sync' | 'promise';
  readonly args: readonly string[];
}

function steps(calls: readonly string[]): fc.Arbitrary<Step[]> {
  const step = fc.record({
    call: fc.constantFrom(...calls),
    face: fc.constantFrom('sync' as const, 'promise' as const),
    args: fc.array(fc.constantFrom(...Object.keys(MAKERS)), { maxLength: 6 }),
  });
  return fc.array(step, { minLength: 1, maxLength: 25 });
}

/** Play the steps to a process; throws at the first that misbehaves. */
async function play(k: Kern, scene: Scene, script: readonly Step[]): Promise<void> {
  for (const step of script) {
    await perform(k, scene, step);
  }
  await turn();
  const wrong = faults(k);
  if (wrong.length > 0) {
    throw new Error(wrong.join('\n'));
  }
}

/** One call, and what must hold after it. */
async function perform(k: Kern, scene: Scene, { call, face, args }: Step): Promise<void> {
  const { kernel, proc } = scene;
  const what = `${face} ${call}(${args.join(', ')})`;
  const facade = face === 'sync' ? proc.sys : proc.promises;
  const given = args.map((name) => MAKERS[name]?.(scene));
  const before = stateOf(k, proc.pid);
  let error: unknown;
  try {
    const result = (facade as unknown as Record<string, Call>)[call]?.(...given);
    if (face === 'promise') {
      error = await errorOf(result as Promise<unknown>);
    }
  } catch (thrown) {
    error = thrown;
  }
  if (!kernel.running) {
    throw new Error(`${what} ended the kernel: ${kernel.dead}\n${kernel.dmesg()}`);
  }
  if (error !== undefined && !permitted(error)) {
    throw new Error(`${what} threw ${String(error)}`, { cause: error });
  }
  const whole = proc.alive && !HALFWAY.has(call) && !(error instanceof SysError && error.code === 'EDEADLK');
  if (error !== undefined && whole && stateOf(k, proc.pid) !== before) {
    throw new Error(`${what} failed (${String(error)}) and changed
${before}
to
${stateOf(k, proc.pid)}`);
  }
}

/** What a promise is rejected with, if it is soon; undefined for one that goes on waiting. */
async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  const rejected = promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  await new Promise((resolve) => setImmediate(resolve));
  return Promise.race([rejected, undefined]);
}

async function fuzz(
  t: ExecutionContext,
  host: keyof typeof HOSTS,
  uid: number,
  calls: readonly string[],
  numRuns: number,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(steps(calls), async (script) => {
      const kernel: Kernel = boot({ host: HOSTS[host](), console: () => {} });
      try {
        const k = insideOf(kernel);
        const proc: Proc = kernel.newproc({ uid, gid: uid, groups: [uid] });
        proc.fork();
        await play(k, { kernel, proc }, script);
      } finally {
        kernel.halt();
      }
    }),
    { numRuns },
  );
  t.pass();
}

const runs = (quick: number): number =>
  Math.max(quick, Math.floor(Number(process.env['RUMP_TEST_SEEDS'] ?? 0) / 10));
const without = (calls: readonly string[], ...gone: readonly string[]): string[] =>
  calls.filter((c) => !gone.includes(c));

test('simulated, user: every call there is', (t) => fuzz(t, 'simulated', 100, CALLS, runs(60)));
test('simulated, user: the calls that do something', (t) =>
  fuzz(t, 'simulated', 100, IMPLEMENTED, runs(150)));
test('simulated, root: the calls that do something', (t) =>
  fuzz(t, 'simulated', 0, without(IMPLEMENTED, ...ENDS), runs(150)));
test('native, user: every call there is', (t) => fuzz(t, 'native', 100, without(CALLS, ...SLEEPS), runs(30)));
test('native, root: the calls that do something', (t) =>
  fuzz(t, 'native', 0, without(IMPLEMENTED, ...ENDS, ...SLEEPS), runs(60)));

const STRUCTS: Readonly<Record<string, string>> = {
  rlimit: 'a limit',
  fd_set: 'a set of descriptors',
  sigset_t: 'a set of signals',
};

/** Something that makes sense for an argument of a type. */
function sensible(type: string, scalar: string): string {
  const [passing = '', what = ''] = type.split(' ');
  switch (passing) {
    case 'buf<':
    case 'buf>':
    case 'buf<?':
    case 'buf>?':
      return 'bytes';
    case 'iov<':
    case 'iov>':
      return 'an array of bytes';
    case 'string':
    case 'string?':
      return "'name'";
    case 'in[]':
    case 'in[]?':
    case 'inout[]':
      return '[]';
    case 'in':
    case 'in?':
    case 'inout':
    case 'inout?':
    case 'fill?':
      return STRUCTS[what] ?? 'a little time';
    default:
      return scalar;
  }
}

/** Arguments that a local caller does not pass. */
const UNPASSED = /^(ignored|rest|string>|(len|lenp|out|out\?|out\[\]|zero) .*)$/;

for (const [who, uid] of [
  ['user', 100],
  ['root', 0],
] as const) {
  for (const face of ['sync', 'promise'] as const) {
    test(`simulated, ${who}, ${face}: each argument of each call in turn is each odd thing`, async (t) => {
      const kernel = boot({ host: HOSTS.simulated(), console: () => {} });
      const k = insideOf(kernel);
      const rows = (SYSCALLS as readonly SysentRow[]).filter(
        ({ call }) => IMPLEMENTED.includes(call) && !(who === 'root' && ENDS.includes(call)),
      );
      for (const { call, args } of rows) {
        const types = args.map(([, type]) => type).filter((type) => !UNPASSED.test(type));
        let proc = kernel.newproc({ uid, gid: uid });
        for (const scalar of ['0', '1']) {
          const good = types.map((type) => sensible(type, scalar));
          for (const position of types.keys()) {
            for (const odd of Object.keys(MAKERS)) {
              if (k.procs.get(proc.pid)?.stat !== SACTIVE) {
                proc[Symbol.dispose]();
                proc = kernel.newproc({ uid, gid: uid });
              }
              await perform(k, { kernel, proc }, { call, face, args: good.with(position, odd) });
            }
          }
        }
        proc[Symbol.dispose]();
      }
      await turn();
      t.deepEqual(faults(k), []);
      kernel.halt();
    });
  }
}

/** The rest of the face: what a kernel and a process offer beside system calls. */
const ENTRIES: Readonly<Record<string, (scene: Scene, a: unknown, b: unknown) => unknown>> = {
  'kernel.newproc': ({ kernel }, a) => kernel.newproc(a as never),
  'kernel.newproc uid': ({ kernel }, a, b) => kernel.newproc({ uid: a, gid: b } as never),
  'kernel.newproc groups': ({ kernel }, a, b) => kernel.newproc({ groups: a, comm: b } as never),
  'kernel.proc': ({ kernel }, a) => kernel.proc(a as never),
  'kernel.modules.load': ({ kernel }, a, b) => kernel.modules.load(a as never, b as never),
  'kernel.modules.unload': ({ kernel }, a) => kernel.modules.unload(a as never),
  'kernel.ksyms.lookup': ({ kernel }, a) => kernel.ksyms.lookup(a as never),
  'kernel.ksyms.resolve': ({ kernel }, a) => kernel.ksyms.resolve(a as never),
  'kernel.sysctl': ({ kernel }, a, b) => kernel.sysctl(a as never, b as never),
  'kernel.sysctl hostname': ({ kernel }, a) => kernel.sysctl('kern.hostname', a as never),
  'kernel.boothowto': ({ kernel }, a) => {
    kernel.boothowto = a as never;
  },
  'proc.kill': ({ kernel }, a) => kernel.newproc().kill(a as never),
  'proc.exit': ({ kernel }, a) => kernel.newproc().exit(a as never),
  'proc.comm': ({ proc }, a) => {
    proc.comm = a as never;
  },
  'proc.newlwp': ({ proc }) => proc.newlwp().exit(),
};

for (const host of ['simulated', 'native'] as const) {
  test(`${host}: every other entry with every odd thing`, async (t) => {
    const kernel = boot({ host: HOSTS[host](), console: () => {} });
    const k = insideOf(kernel);
    const scene = { kernel, proc: kernel.newproc() };
    const names = Object.keys(MAKERS);
    for (const [entry, enter] of Object.entries(ENTRIES)) {
      for (const [i, name] of names.entries()) {
        const other = names[(i * 7 + 3) % names.length] as string;
        const what = `${entry}(${name}, ${other})`;
        try {
          enter(scene, MAKERS[name]?.(scene), MAKERS[other]?.(scene));
        } catch (error) {
          t.true(permitted(error), `${what}: ${String(error)}`);
        }
        t.true(kernel.running, `${what}: ${kernel.dmesg()}`);
      }
    }
    await turn();
    t.deepEqual(faults(k), []);
    kernel.halt();
  });
}

test('a method without its process is a TypeError', (t) => {
  const kernel = boot({ host: HOSTS.simulated(), console: () => {} });
  const { getpid, kill, nanosleep } = kernel.newproc().sys as unknown as Record<string, Call>;
  for (const self of [undefined, {}, Object.create(null)]) {
    t.throws(() => getpid?.call(self), { instanceOf: TypeError });
    t.throws(() => kill?.call(self, 2, 0), { instanceOf: TypeError });
    t.throws(() => nanosleep?.call(self, { sec: 0, nsec: 0 }), { instanceOf: TypeError });
  }
  kernel.halt();
});

test('the calls of a process cannot be replaced', (t) => {
  const kernel = boot({ host: HOSTS.simulated(), console: () => {} });
  const { sys } = kernel.newproc();
  sys.getpid();
  t.throws(
    () => {
      (sys as unknown as Record<string, unknown>)['getpid'] = () => 0;
    },
    { instanceOf: TypeError },
  );
  t.is(typeof sys.getpid(), 'number');
  kernel.halt();
});
