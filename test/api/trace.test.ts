import test from 'ava';
import { boot, constants as c, simulatedHost, type TraceEvent } from '../../lib/api/index.ts';

function scene() {
  const kernel = boot({ host: simulatedHost() });
  return { kernel, proc: kernel.newproc({ comm: 'traced', uid: 3 }) };
}

function shapes(events: readonly TraceEvent[]): string[] {
  return events.map((e) => `${e.type}${'call' in e ? ` ${e.call}` : ''}${'wmesg' in e ? ` ${e.wmesg}` : ''}`);
}

test('calls are told with their arguments by name, and what came of them', (t) => {
  const { kernel, proc } = scene();
  const trace = kernel.trace();
  proc.sys.write(1, new Uint8Array([104, 105]));
  t.throws(() => proc.sys.setuid(0));
  const fork = proc.sys.fork();
  trace.stop();
  proc.sys.getpid();
  t.like(trace.events, [
    {
      type: 'call',
      call: 'write',
      pid: proc.pid,
      comm: 'traced',
      args: { fd: 1, buf: { length: 2, head: new Uint8Array([104, 105]) } },
    },
    { type: 'return', call: 'write', value: 2 },
    { type: 'call', call: 'setuid', args: { uid: 0 } },
    { type: 'error', call: 'setuid', code: 'EPERM' },
    { type: 'call', call: 'fork', args: {} },
    { type: 'fork', child: fork },
    { type: 'return', call: 'fork', value: fork },
  ]);
});

test('what a kevent carries is its owner’s: tracing does not look into it', (t) => {
  const { kernel, proc } = scene();
  using trace = kernel.trace();
  const kq = proc.sys.kqueue();
  const [r, w] = proc.sys.pipe();
  proc.sys.write(w, Uint8Array.of(1));
  const looked: unknown[] = [];
  const handler = new Proxy(
    {},
    {
      get: (_target, name) => void looked.push(name),
      ownKeys: (target) => {
        looked.push('its keys');
        return Reflect.ownKeys(target);
      },
    },
  );
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  for (const udata of [handler, cyclic, () => 0, 7n]) {
    const change = { ident: r, filter: c.EVFILT_READ, flags: c.EV_ADD, fflags: 0, data: 0, udata };
    proc.sys.kevent(kq, [change], 0);
    t.is(proc.sys.kevent(kq, [], 1)[0]?.udata, udata);
  }
  t.deepEqual(looked, []);
  const told = trace.events.flatMap((event) =>
    event.type === 'return' && Array.isArray(event.value) && event.value.length === 1 ? event.value : [],
  ) as { udata: unknown }[];
  t.deepEqual(
    told.map(({ udata }) => udata),
    ['[object]', '[object]', '[function]', 7n],
  );
});

test('sleeps, wake-ups, signals and exits are told, of promises too', async (t) => {
  const { kernel, proc } = scene();
  using trace = kernel.trace();
  const child = proc.fork();
  const wait = proc.promises.wait4(child.pid, 0);
  await null;
  await null;
  child.kill('SIGTERM');
  await wait;
  const seen = shapes(trace.events);
  for (const shape of ['call wait4', 'sleep wait', 'signal', 'exit', 'wakeup wait', 'return wait4']) {
    t.true(seen.includes(shape), `${shape} in ${seen.join(', ')}`);
  }
  t.true(seen.indexOf('sleep wait') < seen.indexOf('wakeup wait'));
});

test('events stream to whoever iterates, until the trace is stopped', async (t) => {
  const { kernel, proc } = scene();
  const trace = kernel.trace();
  const reader = (async () => {
    const seen: string[] = [];
    for await (const event of trace) {
      seen.push(event.type);
    }
    return seen;
  })();
  proc.sys.getpid();
  await null;
  await proc.promises.getuid();
  trace.stop();
  t.deepEqual(await reader, ['call', 'return', 'call', 'return']);
});

test('the oldest events go when there are too many, and are counted', (t) => {
  const { kernel, proc } = scene();
  const trace = kernel.trace({ limit: 10 });
  for (let i = 0; i < 50; i++) {
    proc.sys.getpid();
  }
  t.is(trace.events.length, 10);
  t.is(trace.events.length + trace.dropped, 100);
});

test('one trace at a time; bad limits', (t) => {
  const { kernel } = scene();
  const trace = kernel.trace();
  t.throws(() => kernel.trace(), { code: 'EBUSY' });
  trace.stop();
  trace.stop();
  kernel.trace().stop();
  for (const limit of [0, -1, 1.5, Number.NaN, 'x' as never]) {
    t.throws(() => kernel.trace({ limit }), { code: 'EINVAL' });
  }
  t.throws(() => kernel.trace(null as never), { code: 'EINVAL' });
  t.true(kernel.running);
});

test('the file for Chrome has a span for each call and names the processes', (t) => {
  const { kernel, proc } = scene();
  const trace = kernel.trace();
  proc.sys.nanosleep({ sec: 1, nsec: 0 });
  trace.stop();
  const { traceEvents } = JSON.parse(trace.toChrome());
  const span = traceEvents.find((e: { name: string }) => e.name === 'nanosleep');
  t.like(span, { ph: 'X', pid: proc.pid, cat: 'return' });
  t.true(span.dur >= 1e6);
  t.true(
    traceEvents.some(
      (e: { name: string; args: { name?: string } }) => e.name === 'process_name' && e.args.name === 'traced',
    ),
  );
  t.true(traceEvents.some((e: { name: string; ph: string }) => e.name === 'sleep nanoslp' && e.ph === 'i'));
});
