/** The console as the program has it: it can be full, and its input comes when it comes. */
import test from 'ava';
import { boot, constants, simulatedHost } from '../../lib/api/index.ts';
import { fails, now, turn } from '../conformance/harness.ts';
import { onEveryHost } from './support.ts';

const { EV_ADD, EVFILT_WRITE, F_SETFL, O_NONBLOCK, POLLIN, POLLOUT } = constants;

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A console that is full after each text, until it is drained. */
function slow() {
  const state = { full: true, texts: [] as string[], drain: (): void => {} };
  const console = (text: string): Promise<void> | undefined => {
    state.texts.push(text);
    return state.full
      ? new Promise((resolve) => {
          state.drain = resolve;
        })
      : undefined;
  };
  return { state, console };
}

onEveryHost('a full console makes writers wait; poll and kqueue say so', async (t, bootOne) => {
  const { state, console } = slow();
  const { promises: sys } = bootOne({ console }).newproc();
  t.is(await sys.write(1, bytes('one')), 3);
  const second = sys.write(1, bytes('two'));
  t.is(await now(second), 'pending');
  t.deepEqual(state.texts, ['one']);
  t.is(await sys.poll([{ fd: 1, events: POLLOUT, revents: 0 }], 0), 0);
  const kq = await sys.kqueue();
  const wanted = { ident: 1, filter: EVFILT_WRITE, flags: EV_ADD, fflags: 0, data: 0, udata: null };
  t.deepEqual(await sys.kevent(kq, [wanted], 1, { sec: 0, nsec: 0 }), []);
  const polled = sys.poll([{ fd: 1, events: POLLOUT, revents: 0 }], -1);
  t.is(await now(polled), 'pending');
  await sys.fcntl(1, F_SETFL, O_NONBLOCK);
  await fails(t, 'EAGAIN', sys.write(1, bytes('three')));
  await sys.fcntl(1, F_SETFL, 0);
  state.full = false;
  state.drain();
  t.is(await second, 3);
  t.is(await polled, 1);
  t.is((await sys.kevent(kq, [], 1, null)).length, 1);
  t.deepEqual(state.texts, ['one', 'two']);
});

onEveryHost('a long write goes out in pieces, as there is room', async (t, bootOne) => {
  const { state, console } = slow();
  const writing = bootOne({ console }).newproc().promises.write(1, new Uint8Array(10_000).fill(97));
  for (const pieces of [1, 2, 3]) {
    await turn();
    t.is(state.texts.length, pieces);
    state.drain();
  }
  t.is(await writing, 10_000);
});

onEveryHost('a synchronous writer does not wait for what only its own thread can do', (t, bootOne) => {
  const { state, console } = slow();
  const { sys } = bootOne({ console }).newproc();
  t.is(sys.write(1, bytes('one')), 3);
  t.is(sys.write(1, bytes('two')), 3);
  t.deepEqual(state.texts, ['one', 'two']);
});

onEveryHost('a writer that waits for the console is killed like any other', async (t, bootOne) => {
  const { state, console } = slow();
  const proc = bootOne({ console }).newproc();
  await proc.promises.write(1, bytes('full from now on'));
  const waiting = proc.promises.write(1, bytes('never'));
  t.is(await now(waiting), 'pending');
  proc.kill('SIGTERM');
  t.is(await now(waiting), 'ESRCH');
  t.deepEqual(state.texts, ['full from now on']);
});

onEveryHost('a promise of the console that fails only means that it is not full', async (t, bootOne) => {
  const console = () => Promise.reject(new Error('gone'));
  const { promises: sys } = bootOne({ console }).newproc();
  t.is(await sys.write(1, bytes('one')), 3);
  t.is(await sys.write(1, bytes('two')), 3);
});

/** Pieces that come when they are pushed; `asked` counts how often one was wanted. */
function pushed() {
  const state = { asked: 0, push: (_piece: string | null): void => {}, fail: (): void => {} };
  const stdin: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () =>
        new Promise((resolve, reject) => {
          state.asked++;
          state.fail = () => reject(new Error('unplugged'));
          state.push = (piece) =>
            resolve(piece === null ? { done: true, value: undefined } : { done: false, value: piece });
        }),
    }),
  };
  return { state, stdin };
}

onEveryHost(
  'a reader sleeps until input comes; no more is asked for than somebody reads',
  async (t, bootOne) => {
    const { state, stdin } = pushed();
    const { promises: sys } = bootOne({ stdin }).newproc();
    await turn();
    t.is(state.asked, 0);
    await sys.fcntl(0, F_SETFL, O_NONBLOCK);
    await fails(t, 'EAGAIN', sys.read(0, new Uint8Array(9)));
    t.is(state.asked, 1);
    await sys.fcntl(0, F_SETFL, 0);
    const buf = new Uint8Array(9);
    const read = sys.read(0, buf);
    t.is(await now(read), 'pending');
    state.push('');
    t.is(await now(read), 'pending');
    state.push('line\n');
    t.is(await read, 5);
    t.is(state.asked, 2);
    const polled = sys.poll([{ fd: 0, events: POLLIN, revents: 0 }], -1);
    t.is(await now(polled), 'pending');
    state.push(null);
    t.is(await polled, 1);
    t.is(await sys.read(0, buf), 0);
    t.is(state.asked, 3);
  },
);

onEveryHost('two readers: each piece goes to one of them, and both find the end', async (t, bootOne) => {
  const { state, stdin } = pushed();
  const { promises: sys } = bootOne({ stdin }).newproc();
  const reads = [sys.read(0, new Uint8Array(9)), sys.read(0, new Uint8Array(9))];
  await turn();
  state.push('abc');
  await turn();
  state.push(null);
  t.deepEqual((await Promise.all(reads)).sort(), [0, 3]);
});

onEveryHost('a synchronous reader that would wait for its own thread is told so', (t, bootOne) => {
  const { sys } = bootOne({ stdin: pushed().stdin }).newproc();
  t.throws(() => sys.read(0, new Uint8Array(1)), { code: 'EDEADLK' });
});

onEveryHost(
  'a descriptor closed under its reader: the call starts again, and finds it gone',
  async (t, bootOne) => {
    const proc = bootOne({ stdin: pushed().stdin }).newproc();
    const read = proc.promises.read(0, new Uint8Array(1));
    t.is(await now(read), 'pending');
    await proc.promises.close(0);
    t.is(await now(read), 'EBADF');
  },
);

onEveryHost('input that breaks has ended', async (t, bootOne) => {
  const { state, stdin } = pushed();
  const kernel = bootOne({ stdin });
  const read = kernel.newproc().promises.read(0, new Uint8Array(1));
  await turn();
  state.fail();
  t.is(await read, 0);
  const odd = bootOne({ stdin: [5] as unknown as string[] });
  t.is(odd.newproc().sys.read(0, new Uint8Array(1)), 0);
  t.regex(odd.dmesg(), /console: input: .*number/);
});

test('what is no input is refused', (t) => {
  for (const stdin of [5, true, {}, null] as unknown as string[]) {
    t.throws(() => boot({ host: simulatedHost(), stdin }), { instanceOf: TypeError, message: /stdin/ });
  }
});
