/** The console has input, or its end. cons(4), read(2), poll(2), kqueue(2). */
import { constants } from '../../lib/api/index.ts';
import { conformance } from './harness.ts';

const { EV_ADD, EV_EOF, EVFILT_READ, FIONREAD, POLLIN } = constants;

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

conformance(
  'input is read as it was given, then the end',
  async (t, { newproc, call }) => {
    const sys = call(newproc());
    const buf = new Uint8Array(4);
    t.is(await sys.poll([{ fd: 0, events: POLLIN, revents: 0 }], 0), 1);
    t.is(await sys.ioctl(0, FIONREAD), 5);
    t.is(await sys.read(0, buf), 4);
    t.is(String(buf), String(bytes('hell')));
    t.is(await sys.read(0, buf), 1);
    t.is(await sys.read(0, buf), 2);
    t.is(await sys.read(0, buf), 0);
    t.is(await sys.read(0, buf), 0);
    const kq = await sys.kqueue();
    const wanted = { ident: 0, filter: EVFILT_READ, flags: EV_ADD, fflags: 0, data: 0, udata: null };
    const [event] = await sys.kevent(kq, [wanted], 1, null);
    t.true(((event?.flags ?? 0) & EV_EOF) !== 0);
  },
  { boot: { stdin: { [Symbol.iterator]: () => ['hello', '', bytes('ab')][Symbol.iterator]() } } },
);

conformance('without input reading finds the end at once', async (t, { newproc, call }) => {
  t.is(await call(newproc()).read(0, new Uint8Array(1)), 0);
});
