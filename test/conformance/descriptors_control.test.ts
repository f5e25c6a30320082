/**
 * Controlling descriptors: dup3, fcntl, ioctl, positions, and the console under all of these.
 *
 * NetBSD: sys/kern/{kern_descrip,sys_descrip,sys_generic}.c; dup3(2), fcntl(2), ioctl(2), closefrom(3).
 */
import { EV_ADD, EVFILT_READ, EVFILT_USER, EVFILT_WRITE } from '../../lib/sys/constants/event.ts';
import {
  F_CLOSEM,
  F_GETFD,
  F_GETFL,
  F_GETNOSIGPIPE,
  F_MAXFD,
  F_SETNOSIGPIPE,
  FD_CLOEXEC,
  O_CLOEXEC,
  O_CREAT,
  O_NONBLOCK,
  O_NOSIGPIPE,
  O_RDWR,
  O_WRONLY,
} from '../../lib/sys/constants/fcntl.ts';
import { FIOASYNC, FIOCLEX, FIONBIO, FIONCLEX, FIONREAD } from '../../lib/sys/constants/filio.ts';
import { S_IFCHR, S_IFMT } from '../../lib/sys/constants/stat.ts';
import { TIOCGETA } from '../../lib/sys/constants/ttycom.ts';
import { conformance, fails } from './harness.ts';

conformance('dup3: as dup2, with flags for the new descriptor and the file', async (t, { newproc, call }) => {
  const proc = newproc();
  const [, w] = await call(proc).pipe();
  t.is(await call(proc).dup3(w, 9, O_CLOEXEC | O_NONBLOCK | O_NOSIGPIPE), 9);
  t.is(await call(proc).fcntl(9, F_GETFD), FD_CLOEXEC);
  t.is(await call(proc).fcntl(w, F_GETFD), 0);
  t.is(await call(proc).fcntl(w, F_GETFL), O_WRONLY | O_NONBLOCK | O_NOSIGPIPE);
  t.is(await call(proc).dup3(w, w, 0), w);
  await fails(t, 'EINVAL', call(proc).dup3(w, 9, 1));
  await fails(t, 'EBADF', call(proc).dup3(50, 9, 0));
  await fails(t, 'EBADF', call(proc).dup3(w, -1, 0));
  await fails(t, 'EBADF', call(proc).dup3(w, 131_072, 0));
  t.is(await call(proc).fcntl(9, F_GETFD), FD_CLOEXEC, 'what fails changes nothing');
});

conformance('fcntl: F_MAXFD, F_CLOSEM', async (t, { newproc, call }) => {
  const proc = newproc();
  t.is(await call(proc).fcntl(0, F_MAXFD), 2);
  for (const to of [5, 40, 1000]) {
    await call(proc).dup2(1, to);
  }
  t.is(await call(proc).fcntl(-1, F_MAXFD), 1000);
  t.is(await call(proc).fcntl(6, F_CLOSEM), 0);
  t.is(await call(proc).fcntl(0, F_MAXFD), 5);
  await fails(t, 'EBADF', call(proc).fcntl(-1, F_CLOSEM));
  t.is(await call(proc).fcntl(0, F_CLOSEM), 0);
  t.is(await call(proc).fcntl(0, F_MAXFD), -1);
});

conformance('fcntl: F_GETNOSIGPIPE, F_SETNOSIGPIPE', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r, w] = await call(proc).pipe();
  t.is(await call(proc).fcntl(w, F_GETNOSIGPIPE), 0);
  await call(proc).fcntl(w, F_SETNOSIGPIPE, 1);
  t.is(await call(proc).fcntl(w, F_GETNOSIGPIPE), 1);
  await call(proc).close(r);
  await fails(t, 'EPIPE', call(proc).write(w, new Uint8Array(1)));
  await call(proc).fcntl(w, F_SETNOSIGPIPE, 0);
  await fails(t, 'ESRCH', call(proc).write(w, new Uint8Array(1)));
});

conformance(
  'TIOCGETA: the console is a terminal, by its descriptors and by its name',
  async (t, { newproc, call }) => {
    const proc = newproc();
    const opened = await call(proc).open('/dev/console', O_RDWR);
    for (const fd of [0, 1, 2, opened]) {
      const termios = new Uint8Array(48);
      await call(proc).ioctl(fd, TIOCGETA, termios.subarray(0, 44));
      const view = new DataView(termios.buffer);
      // Flags for input, output, control and local modes; two characters; speeds.
      t.deepEqual(
        [0, 4, 8, 12].map((at) => view.getUint32(at, true)),
        [0x2b02, 7, 0x4b00, 0x5cb],
      );
      t.deepEqual([termios[16], termios[16 + 8]], [4, 3], 'end of file is ^D, interrupt ^C');
      t.deepEqual(
        [36, 40, 44].map((at) => view.getInt32(at, true)),
        [9600, 9600, 0],
      );
    }
    const [r] = await call(proc).pipe();
    await fails(t, 'ENOTTY', call(proc).ioctl(r, TIOCGETA, new Uint8Array(44)));
    const plain = await call(proc).open('/tmp/file', O_CREAT | O_RDWR, 0o600);
    await fails(t, 'ENOTTY', call(proc).ioctl(plain, TIOCGETA, new Uint8Array(44)));
  },
);

conformance('ioctl: what every file knows', async (t, { newproc, call }) => {
  const proc = newproc();
  const [r] = await call(proc).pipe();
  await call(proc).ioctl(r, FIOCLEX);
  t.is(await call(proc).fcntl(r, F_GETFD), FD_CLOEXEC);
  await call(proc).ioctl(r, FIONCLEX);
  t.is(await call(proc).fcntl(r, F_GETFD), 0);
  await call(proc).ioctl(r, FIONBIO, 1);
  await fails(t, 'EAGAIN', call(proc).read(r, new Uint8Array(1)));
  await call(proc).ioctl(r, FIONBIO, 0);
  t.is(await call(proc).fcntl(r, F_GETFL), 0);
  for (const wrong of [undefined, null, '1', {}, 0.5]) {
    await fails(t, 'EINVAL', call(proc).ioctl(r, FIONBIO, wrong));
    await fails(t, 'EINVAL', call(proc).ioctl(r, FIOASYNC, wrong));
  }
  await fails(t, 'ENOTTY', call(proc).ioctl(r, 0x1234));
  await fails(t, 'EBADF', call(proc).ioctl(99, FIONREAD));
});

conformance(
  'the console: readable and writable at any time, without positions',
  async (t, { newproc, call }) => {
    const proc = newproc();
    t.is(await call(proc).ioctl(0, FIONREAD), 0);
    await fails(t, 'ENOTTY', call(proc).ioctl(0, 0x1234));
    await fails(t, 'ESPIPE', call(proc).pread(0, new Uint8Array(1), 0));
    await fails(t, 'ESPIPE', call(proc).pwrite(1, new Uint8Array(1), 0));
    t.is((await call(proc).fstat(1)).mode & S_IFMT, S_IFCHR);
    t.is(await call(proc).fcntl(1, F_GETFL), O_RDWR);
    const kq = await call(proc).kqueue();
    const watch = [EVFILT_READ, EVFILT_WRITE].map((filter) => ({
      ident: 0,
      filter,
      flags: EV_ADD,
      fflags: 0,
      data: 0,
      udata: null,
    }));
    t.is((await call(proc).kevent(kq, watch, 5)).length, 2);
    await call(proc).close(0);
    t.is((await call(proc).kevent(kq, [], 5, { sec: 0, nsec: 0 })).length, 0);
    t.is(
      (await call(proc).kevent(kq, [{ ...watch[0], filter: EVFILT_USER } as never], 5, { sec: 0, nsec: 0 }))
        .length,
      0,
    );
  },
);
