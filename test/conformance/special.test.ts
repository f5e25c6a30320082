/** mkfifo(2), devices, extended attributes, file handles, holes, pathconf(2), kqueue's vnode filter. */
import { constants as c } from '../../lib/api/index.ts';
import { fileConformance } from './files.ts';
import { conformance, fails, now } from './harness.ts';

fileConformance('a FIFO waits for its other end, then is a pipe', async (t, { sys, newproc, dir }) => {
  await sys.mkfifo('p', 0o666);
  const [a, b] = [newproc({ cwd: dir }), newproc({ cwd: dir })];
  const opening = a.promises.open('p', c.O_RDONLY);
  t.is(await now(opening), 'pending');
  const w = await b.promises.open('p', c.O_WRONLY);
  const r = await opening;
  await b.promises.write(w, Buffer.from('through'));
  const buf = Buffer.alloc(20);
  t.is(await a.promises.read(r, buf), 7);
  t.is(buf.toString('utf8', 0, 7), 'through');
  b.sys.close(w);
  t.is(await a.promises.read(r, buf), 0);
});

fileConformance(
  'a FIFO without blocking: reading opens at once, writing needs a reader',
  async (t, { sys }) => {
    await sys.mkfifo('p', 0o666);
    await fails(t, 'ENXIO', sys.open('p', c.O_WRONLY | c.O_NONBLOCK));
    const r = await sys.open('p', c.O_RDONLY | c.O_NONBLOCK);
    t.is(await sys.read(r, new Uint8Array(1)), 0);
    const w = await sys.open('p', c.O_WRONLY | c.O_NONBLOCK);
    await fails(t, 'EAGAIN', sys.read(r, new Uint8Array(1)));
    t.is(await sys.write(w, Buffer.from('x')), 1);
    await fails(t, 'ESPIPE', sys.lseek(r, 0, c.SEEK_SET));
    t.is((await sys.fstat(r)).mode & c.S_IFMT, c.S_IFIFO);
    await sys.close(r);
    await sys.sigaction(c.SIGPIPE, { handler: c.SIG_IGN, mask: [0, 0, 0, 0], flags: 0 });
    await fails(t, 'EPIPE', sys.write(w, Buffer.from('x')));
  },
);

fileConformance('a FIFO keeps its bytes as long as one end is open', async (t, { sys }) => {
  await sys.mkfifo('p', 0o666);
  const r = await sys.open('p', c.O_RDONLY | c.O_NONBLOCK);
  const w = await sys.open('p', c.O_WRONLY);
  await sys.write(w, Buffer.from('kept'));
  await sys.close(r);
  const again = await sys.open('p', c.O_RDONLY | c.O_NONBLOCK);
  const buf = Buffer.alloc(9);
  t.is(await sys.read(again, buf), 4);
  t.is(buf.toString('utf8', 0, 4), 'kept');
  await sys.write(w, Buffer.from('lost'));
  await sys.close(again);
  await sys.close(w);
  const empty = await sys.open('p', c.O_RDONLY | c.O_NONBLOCK);
  t.is(await sys.read(empty, buf), 0);
});

fileConformance(
  'reading and writing mark the times of a FIFO, and of a device',
  async (t, { sys }) => {
    await sys.mkfifo('p', 0o666);
    await sys.mknod('zero', c.S_IFCHR | 0o666, (await sys.stat('/dev/zero')).rdev);
    for (const name of ['p', 'zero']) {
      const fd = await sys.open(name, c.O_RDWR);
      const then = { sec: 1000, nsec: 0 };
      await sys.futimens(fd, [then, then]);
      await sys.write(fd, Buffer.from('x'));
      const { atim, mtim } = await sys.stat(name);
      t.deepEqual(atim, then);
      t.true(mtim.sec > 1000);
      await sys.read(fd, new Uint8Array(1));
      t.true((await sys.stat(name)).atim.sec > 1000);
    }
  },
  { on: ['rumpfs', 'tmpfs'] },
);

fileConformance('poll: a FIFO has hung up from its last writer to the next', async (t, { sys }) => {
  await sys.mkfifo('p', 0o666);
  const fd = await sys.open('p', c.O_RDONLY | c.O_NONBLOCK);
  const seen = async () => {
    const entry = { fd, events: c.POLLIN, revents: 0 };
    await sys.poll([entry], 0);
    return entry.revents;
  };
  t.is(await seen(), 0);
  t.is(await sys.select(fd + 1, new Set([fd]), null, null, { sec: 0, usec: 0 }), 0);
  const w = await sys.open('p', c.O_WRONLY);
  t.is(await seen(), 0);
  await sys.close(w);
  t.is(await seen(), c.POLLIN | c.POLLHUP);
  t.is(await sys.read(fd, new Uint8Array(1)), 0);
  t.is(await seen(), c.POLLIN | c.POLLHUP);
  const other = await sys.open('p', c.O_WRONLY);
  t.is(await seen(), 0);
  await sys.write(other, Buffer.from('x'));
  t.is(await seen(), c.POLLIN);
  await sys.close(other);
  await sys.read(fd, new Uint8Array(1));
  t.is(await seen(), c.POLLIN | c.POLLHUP);
});

fileConformance('kqueue: the end of a FIFO is over when somebody opens it again', async (t, { sys }) => {
  await sys.mkfifo('p', 0o666);
  const r = await sys.open('p', c.O_RDONLY | c.O_NONBLOCK);
  const kq = await sys.kqueue();
  const flags = async () => {
    const [event] = await sys.kevent(kq, [], 1, { sec: 0, nsec: 0 });
    return event === undefined ? null : event.flags & c.EV_EOF;
  };
  const change = { ident: r, filter: c.EVFILT_READ, flags: c.EV_ADD, fflags: 0, data: 0, udata: 0 };
  await sys.kevent(kq, [change], 0);
  const w = await sys.open('p', c.O_WRONLY);
  t.is(await flags(), null);
  await sys.close(w);
  t.is(await flags(), c.EV_EOF);
  const other = await sys.open('p', c.O_WRONLY);
  t.is(await flags(), null);
  await sys.write(other, Buffer.from('x'));
  t.is(await flags(), 0);
});

fileConformance('posix_fallocate, posix_fadvise: ESPIPE for pipes and FIFOs', async (t, { sys }) => {
  await sys.mkfifo('p', 0o666);
  const [, w] = await sys.pipe();
  for (const fd of [w, await sys.open('p', c.O_RDWR)]) {
    await fails(t, 'ESPIPE', sys.posix_fallocate(fd, 0, 1));
    await fails(t, 'ESPIPE', sys.posix_fadvise(fd, 0, 0, c.POSIX_FADV_NORMAL));
  }
});

fileConformance(
  'holes are found, and are holes again after fdiscard',
  async (t, { sys }) => {
    const fd = await sys.open('f', c.O_CREAT | c.O_RDWR, 0o644);
    await sys.pwrite(fd, Buffer.alloc(4096, 1), 1 << 20);
    t.is((await sys.fstat(fd)).blocks, 8);
    t.is(await sys.lseek(fd, 0, c.SEEK_DATA), 1 << 20);
    t.is(await sys.lseek(fd, 0, c.SEEK_HOLE), 0);
    t.is(await sys.lseek(fd, 1 << 20, c.SEEK_HOLE), (1 << 20) + 4096);
    await fails(t, 'ENXIO', sys.lseek(fd, 1 << 21, c.SEEK_DATA));
    await sys.posix_fallocate(fd, 0, 8192);
    t.is((await sys.fstat(fd)).blocks, 24);
    await sys.fdiscard(fd, 0, 8192);
    t.is((await sys.fstat(fd)).blocks, 8);
    await fails(t, 'EINVAL', sys.posix_fallocate(fd, 0, 0));
    await fails(t, 'EINVAL', sys.fdiscard(fd, -1, 5));
    await fails(t, 'EBADF', sys.posix_fallocate(await sys.open('f', c.O_RDONLY), 0, 1));
    await sys.posix_fadvise(fd, 0, 0, c.POSIX_FADV_RANDOM);
    await fails(t, 'EINVAL', sys.posix_fadvise(fd, 0, 0, 99));
  },
  { on: ['rumpfs', 'tmpfs'] },
);

fileConformance(
  'a file of ten gigabytes that holds one byte takes one page',
  async (t, { sys }) => {
    const fd = await sys.open('big', c.O_CREAT | c.O_RDWR, 0o644);
    const size = 10 * 2 ** 30;
    await sys.pwrite(fd, Buffer.from('x'), size - 1);
    const stat = await sys.fstat(fd);
    t.deepEqual([stat.size, stat.blocks], [size, 8]);
    const buf = Buffer.alloc(4, 7);
    t.is(await sys.pread(fd, buf, size - 2), 2);
    t.deepEqual([...buf], [0, 0x78, 7, 7]);
    await sys.ftruncate(fd, 0);
    t.is((await sys.fstat(fd)).blocks, 0);
  },
  { on: ['rumpfs', 'tmpfs'] },
);

fileConformance(
  'extended attributes, by name space and by prefix',
  async (t, { sys, put, as }) => {
    await put('f');
    const USER = c.EXTATTR_NAMESPACE_USER;
    const buf = Buffer.alloc(32);
    t.is(await sys.extattr_set_file('f', USER, 'color', Buffer.from('blue')), 4);
    t.is(await sys.extattr_get_file('f', USER, 'color', buf), 4);
    t.is(buf.toString('utf8', 0, 4), 'blue');
    t.is(await sys.extattr_get_file('f', USER, 'color'), 4);
    t.is(await sys.extattr_list_file('f', USER, buf), 6);
    t.is(buf.toString('latin1', 0, 6), '\x05color');
    await fails(t, 'ENOATTR', sys.extattr_get_file('f', USER, 'none', buf));
    await fails(t, 'EINVAL', sys.extattr_get_file('f', 9, 'color', buf));
    await fails(t, 'EPERM', as({ uid: 7 }).extattr_get_file('f', c.EXTATTR_NAMESPACE_SYSTEM, 'x', buf));
    await fails(t, 'EACCES', as({ uid: 7 }).extattr_set_file('f', USER, 'x', buf));
    await sys.extattr_delete_file('f', USER, 'color');
    const fd = await sys.open('f', c.O_RDWR);
    await sys.extattr_set_fd(fd, USER, 'a', Buffer.from('1'));
    t.is(await sys.extattr_get_fd(fd, USER, 'a', buf), 1);
    t.is(await sys.extattr_list_fd(fd, USER, buf), 2);
    await sys.extattr_delete_fd(fd, USER, 'a');
    await sys.symlink('f', 'l');
    await sys.extattr_set_link('l', USER, 'b', Buffer.from('2'));
    t.is(await sys.extattr_get_link('l', USER, 'b', buf), 1);
    t.is(await sys.extattr_list_link('l', USER, buf), 2);
    await sys.extattr_delete_link('l', USER, 'b');
    await sys.setxattr('f', 'user.n', Buffer.from('val'), c.XATTR_CREATE);
    await fails(t, 'EEXIST', sys.setxattr('f', 'user.n', Buffer.from('v'), c.XATTR_CREATE));
    await fails(t, 'ENOATTR', sys.lsetxattr('f', 'user.m', Buffer.from('v'), c.XATTR_REPLACE));
    await fails(t, 'EOPNOTSUPP', sys.setxattr('f', 'none', Buffer.from('v'), 0));
    t.is(await sys.getxattr('f', 'user.n', buf), 3);
    await fails(t, 'ERANGE', sys.lgetxattr('f', 'user.n', Buffer.alloc(1)));
    t.is(await sys.listxattr('f', buf), 7);
    t.is(await sys.llistxattr('f'), 7);
    await sys.fsetxattr(fd, 'user.o', Buffer.from('x'), 0);
    t.is(await sys.fgetxattr(fd, 'user.o', buf), 1);
    t.is(await sys.flistxattr(fd, buf), 14);
    await sys.fremovexattr(fd, 'user.o');
    await sys.lremovexattr('f', 'user.n');
    await fails(t, 'ENOATTR', sys.removexattr('f', 'user.n'));
  },
  { on: ['rumpfs', 'tmpfs'] },
);

fileConformance(
  'a file handle finds its file by whatever name, until it is gone',
  async (t, { sys, put, as }) => {
    await put('f', 'abc');
    const buf = Buffer.alloc(64);
    await fails(t, 'EPERM', as({ uid: 7 }).getfh('f', buf));
    const length = await sys.getfh('f', buf);
    const fh = buf.subarray(0, length);
    await sys.rename('f', 'g');
    t.is((await sys.fhstat(fh)).size, 3);
    const fd = await sys.fhopen(fh, c.O_RDONLY);
    t.is(await sys.read(fd, Buffer.alloc(9)), 3);
    t.is((await sys.fhstatvfs1(fh, c.MNT_WAIT)).namemax, 255);
    t.is((await sys.__fhstatvfs190(fh, c.MNT_WAIT)).namemax, 255);
    await fails(t, 'E2BIG', sys.getfh('g', Buffer.alloc(4)));
    await fails(t, 'EINVAL', sys.fhopen(Buffer.alloc(4), c.O_RDONLY));
    await sys.close(fd);
    await sys.unlink('g');
    await fails(t, 'ESTALE', sys.fhstat(fh));
  },
  { on: ['rumpfs', 'tmpfs'] },
);

fileConformance('pathconf tells the limits', async (t, { sys, put }) => {
  await put('f');
  await sys.symlink('f', 'l');
  t.is(await sys.pathconf('f', c._PC_NAME_MAX), 255);
  t.is(await sys.lpathconf('l', c._PC_LINK_MAX), 32767);
  t.is(await sys.fpathconf(await sys.open('f', c.O_RDONLY), c._PC_PATH_MAX), 1024);
  await fails(t, 'EINVAL', sys.pathconf('f', 999));
  const [r] = await sys.pipe();
  t.is(await sys.fpathconf(r, c._PC_PIPE_BUF), c.PIPE_BUF);
  await fails(t, 'EINVAL', sys.fpathconf(r, c._PC_NAME_MAX));
});

fileConformance('kqueue sees what happens to a file', async (t, { sys, put }) => {
  await put('f', 'abc');
  const fd = await sys.open('f', c.O_RDWR);
  const kq = await sys.kqueue();
  const fflags = c.NOTE_WRITE | c.NOTE_EXTEND | c.NOTE_ATTRIB | c.NOTE_LINK | c.NOTE_RENAME | c.NOTE_DELETE;
  const watch = {
    ident: fd,
    filter: c.EVFILT_VNODE,
    flags: c.EV_ADD | c.EV_CLEAR,
    fflags,
    data: 0,
    udata: null,
  };
  await sys.kevent(kq, [watch], 0, null);
  const seen = async (): Promise<number> => {
    const [event] = await sys.kevent(kq, [], 1, { sec: 0, nsec: 0 });
    return event?.fflags ?? 0;
  };
  t.is(await seen(), 0);
  await sys.pwrite(fd, Buffer.from('x'), 10);
  t.is(await seen(), c.NOTE_WRITE | c.NOTE_EXTEND);
  await sys.pwrite(fd, Buffer.from('xyz'), 8);
  t.is(await seen(), c.NOTE_WRITE);
  await sys.ftruncate(fd, 5);
  t.is(await seen(), c.NOTE_WRITE | c.NOTE_ATTRIB);
  await sys.ftruncate(fd, 9);
  t.is(await seen(), c.NOTE_WRITE | c.NOTE_ATTRIB | c.NOTE_EXTEND);
  await sys.chmod('f', 0o600);
  t.is(await seen(), c.NOTE_ATTRIB);
  await sys.link('f', 'g');
  t.is(await seen(), c.NOTE_LINK);
  await sys.rename('f', 'h');
  t.is(await seen(), c.NOTE_RENAME);
  await sys.unlink('h');
  t.is(await seen(), c.NOTE_DELETE);
});

fileConformance('kqueue: a directory has links as directories come and go', async (t, { sys }) => {
  await sys.mkdir('a', 0o755);
  await sys.mkdir('b', 0o755);
  const kq = await sys.kqueue();
  const watched = [await sys.open('a', c.O_RDONLY), await sys.open('b', c.O_RDONLY)];
  const filter = { filter: c.EVFILT_VNODE, flags: c.EV_ADD | c.EV_CLEAR, data: 0, udata: null };
  const fflags = c.NOTE_WRITE | c.NOTE_LINK;
  await sys.kevent(
    kq,
    watched.map((ident) => ({ ...filter, ident, fflags })),
    0,
    null,
  );
  const seen = async (): Promise<(number | undefined)[]> => {
    const events = await sys.kevent(kq, [], 5, { sec: 0, nsec: 0 });
    return watched.map((fd) => events.find(({ ident }) => ident === fd)?.fflags);
  };
  const linked = c.NOTE_WRITE | c.NOTE_LINK;
  await sys.mkdir('a/x', 0o755);
  t.deepEqual(await seen(), [linked, undefined]);
  await sys.rename('a/x', 'a/y');
  t.deepEqual(await seen(), [c.NOTE_WRITE, undefined]);
  await sys.mkdir('a/x', 0o755);
  t.deepEqual(await seen(), [linked, undefined]);
  await sys.rename('a/x', 'a/y');
  t.deepEqual(await seen(), [linked, undefined]);
  await sys.rename('a/y', 'b/y');
  t.deepEqual(await seen(), [linked, linked]);
  await sys.mkdir('a/y', 0o755);
  t.deepEqual(await seen(), [linked, undefined]);
  await sys.rename('a/y', 'b/y');
  t.deepEqual(await seen(), [linked, c.NOTE_WRITE]);
});

fileConformance(
  'kqueue and poll: a file is readable up to its end',
  async (t, { sys, put }) => {
    await put('f', 'abc');
    const fd = await sys.open('f', c.O_RDWR);
    const kq = await sys.kqueue();
    const watch = { ident: fd, filter: c.EVFILT_READ, flags: c.EV_ADD, fflags: 0, data: 0, udata: null };
    const [event] = await sys.kevent(kq, [watch], 1, { sec: 0, nsec: 0 });
    t.is(event?.data, 3);
    t.is(await sys.poll([{ fd, events: c.POLLIN | c.POLLOUT, revents: 0 }], 0), 1);
  },
  { on: ['rumpfs', 'tmpfs'] },
);

conformance('the devices of /dev', async (t, { newproc, call, output }) => {
  const sys = call(newproc());
  const open = (name: string): Promise<number> => sys.open(`/dev/${name}`, c.O_RDWR);
  const buf = Buffer.alloc(8, 7);
  t.is(await sys.read(await open('null'), buf), 0);
  t.is(await sys.write(await open('null'), buf), 8);
  t.is(await sys.read(await open('zero'), buf), 8);
  t.deepEqual([...buf], new Array(8).fill(0));
  await fails(t, 'ENOSPC', sys.write(await open('full'), buf));
  t.is(await sys.read(await open('full'), buf), 8);
  t.is(await sys.read(await open('random'), buf), 8);
  t.is(await sys.read(await open('urandom'), buf), 8);
  t.notDeepEqual([...buf], new Array(8).fill(0));
  await sys.write(await open('console'), Buffer.from('hello, console'));
  t.true(output().includes('hello, console'));
  await fails(t, 'EFAULT', sys.pread(await open('mem'), buf, 2 ** 50));
  const ksyms = await sys.open('/dev/ksyms', c.O_RDONLY);
  const elf = Buffer.alloc(64);
  t.is(await sys.read(ksyms, elf), 64);
  t.is(elf.toString('latin1', 0, 4), '\x7fELF');
  await fails(t, 'EACCES', call(newproc({ uid: 7, gid: 7 })).open('/dev/mem', c.O_RDONLY));
});

fileConformance(
  'revoke takes a file away from who has it open, not from others',
  async (t, { sys, put, as, root }) => {
    await put('f', 'abc');
    await sys.mkfifo('p', 0o666);
    const fd = await sys.open('f', c.O_RDWR);
    const fifo = await sys.open('p', c.O_RDWR);
    await sys.flock(fd, c.LOCK_EX);
    await fails(t, 'EPERM', as({ uid: 7 }).revoke('f'));
    await sys.revoke('f');
    const reading = root.promises.read(fifo, new Uint8Array(1));
    t.is(await now(reading), 'pending');
    await sys.revoke('p');
    await fails(t, 'EIO', reading);
    await fails(t, 'EIO', sys.write(fifo, new Uint8Array(1)));
    await fails(t, 'EIO', sys.read(fd, new Uint8Array(1)));
    await fails(t, 'EIO', sys.write(fd, new Uint8Array(1)));
    await fails(t, 'EBADF', sys.fstat(fd));
    await sys.close(fd);
    await sys.close(fifo);
    const again = await sys.open('f', c.O_RDWR);
    await sys.flock(again, c.LOCK_EX | c.LOCK_NB);
    t.is(await sys.read(again, new Uint8Array(9)), 3);
    t.true((await sys.open('p', c.O_RDWR)) >= 0);
  },
);

conformance('revoke takes a device away from who has it open', async (t, { newproc, call }) => {
  const sys = call(newproc());
  const fd = await sys.open('/dev/zero', c.O_RDWR);
  await fails(t, 'EINVAL', sys.revoke('/tmp'));
  await fails(t, 'EPERM', call(newproc({ uid: 7 })).revoke('/dev/zero'));
  await sys.revoke('/dev/zero');
  await fails(t, 'EIO', sys.read(fd, new Uint8Array(1)));
  t.is(await sys.read(await sys.open('/dev/zero', c.O_RDONLY), new Uint8Array(1)), 1);
});
