/** fcntl(2) F_SETLK and its kin, flock(2), O_EXLOCK, O_SHLOCK. */
import { constants as c } from '../../lib/api/index.ts';
import { fileConformance } from './files.ts';
import { fails, now } from './harness.ts';

const range = (type: number, start = 0, len = 0) => ({ type, start, len, whence: c.SEEK_SET });

fileConformance(
  'record locks keep other processes out of their range',
  async (t, { sys, put, newproc, call, dir, root }) => {
    await put('f', 'abcdef');
    const fd = await sys.open('f', c.O_RDWR);
    await sys.fcntl(fd, c.F_SETLK, range(c.F_WRLCK, 2, 2));
    const p = newproc({ cwd: dir });
    const other = call(p);
    const ofd = await other.open('f', c.O_RDWR);
    await fails(t, 'EAGAIN', other.fcntl(ofd, c.F_SETLK, range(c.F_RDLCK, 3, 1)));
    await other.fcntl(ofd, c.F_SETLK, range(c.F_WRLCK, 4, 0));
    const found = range(c.F_WRLCK);
    await other.fcntl(ofd, c.F_GETLK, found);
    t.like(found, { type: c.F_WRLCK, start: 2, len: 2, pid: root.pid });
    await sys.fcntl(fd, c.F_SETLK, range(c.F_UNLCK));
    await other.fcntl(ofd, c.F_GETLK, found);
    t.is(found.type, c.F_UNLCK);
  },
);

fileConformance(
  'a process’s own locks never stand in its way: they join, split and change',
  async (t, { sys, put, newproc, call, dir }) => {
    await put('f');
    const fd = await sys.open('f', c.O_RDWR);
    await sys.fcntl(fd, c.F_SETLK, range(c.F_WRLCK, 0, 10));
    await sys.fcntl(fd, c.F_SETLK, range(c.F_UNLCK, 4, 2));
    await sys.fcntl(fd, c.F_SETLK, range(c.F_RDLCK, 0, 2));
    const other = call(newproc({ cwd: dir }));
    const ofd = await other.open('f', c.O_RDWR);
    const seen: (readonly [number, number, number])[] = [];
    for (let start = 0; ; ) {
      const found = range(c.F_WRLCK, start);
      await other.fcntl(ofd, c.F_GETLK, found);
      if (found.type === c.F_UNLCK) {
        break;
      }
      seen.push([found.type, found.start, found.len]);
      start = found.start + found.len;
    }
    t.deepEqual(seen, [
      [c.F_RDLCK, 0, 2],
      [c.F_WRLCK, 2, 2],
      [c.F_WRLCK, 6, 4],
    ]);
  },
);

fileConformance(
  'a range longer than any file reaches to the end',
  async (t, { sys, put, newproc, call, dir }) => {
    await put('f');
    const fd = await sys.open('f', c.O_RDWR);
    const longest = 2 ** 62;
    const free = range(c.F_WRLCK, 5, longest);
    await sys.fcntl(fd, c.F_GETLK, free);
    t.like(free, { type: c.F_UNLCK, start: 5, len: 0 });
    await sys.fcntl(fd, c.F_SETLK, range(c.F_WRLCK, 0, longest));
    const other = call(newproc({ cwd: dir }));
    const found = range(c.F_RDLCK, 2 ** 50);
    await other.fcntl(await other.open('f', c.O_RDWR), c.F_GETLK, found);
    t.like(found, { type: c.F_WRLCK, start: 0, len: 0 });
    await fails(t, 'EINVAL', sys.fcntl(fd, c.F_SETLK, range(c.F_WRLCK, 0, 0.5)));
    await fails(t, 'EOVERFLOW', sys.fcntl(fd, c.F_SETLK, range(c.F_WRLCK, 2 ** 60)));
  },
);

fileConformance(
  'F_SETLKW waits, closing any descriptor of the file lets go',
  async (t, { sys, put, newproc, dir }) => {
    await put('f');
    const fd = await sys.open('f', c.O_RDWR);
    await sys.fcntl(fd, c.F_SETLK, range(c.F_WRLCK));
    const p = newproc({ cwd: dir });
    const ofd = p.sys.open('f', c.O_RDWR);
    const waiting = p.promises.fcntl(ofd, c.F_SETLKW, range(c.F_WRLCK));
    t.is(await now(waiting), 'pending');
    await sys.close(await sys.open('f', c.O_RDONLY));
    t.is(await waiting, 0);
  },
);

fileConformance(
  'a circle of waiters is EDEADLK for the one that closes it',
  async (t, { put, newproc, dir }) => {
    await put('f');
    const [a, b] = [newproc({ cwd: dir }), newproc({ cwd: dir })];
    const [afd, bfd] = [a.sys.open('f', c.O_RDWR), b.sys.open('f', c.O_RDWR)];
    a.sys.fcntl(afd, c.F_SETLK, range(c.F_WRLCK, 0, 1));
    b.sys.fcntl(bfd, c.F_SETLK, range(c.F_WRLCK, 1, 1));
    const waiting = a.promises.fcntl(afd, c.F_SETLKW, range(c.F_WRLCK, 1, 1));
    t.is(await now(waiting), 'pending');
    await fails(t, 'EDEADLK', b.promises.fcntl(bfd, c.F_SETLKW, range(c.F_WRLCK, 0, 1)));
    b.sys.close(bfd);
    t.is(await waiting, 0);
  },
);

fileConformance(
  'locks want the right kind of descriptor and a range that is one',
  async (t, { sys, put }) => {
    await put('f');
    const r = await sys.open('f', c.O_RDONLY);
    await fails(t, 'EBADF', sys.fcntl(r, c.F_SETLK, range(c.F_WRLCK)));
    await sys.fcntl(r, c.F_SETLK, range(c.F_RDLCK));
    await fails(t, 'EINVAL', sys.fcntl(r, c.F_SETLK, range(9)));
    await fails(t, 'EINVAL', sys.fcntl(r, c.F_SETLK, range(c.F_RDLCK, -1)));
    await fails(t, 'EINVAL', sys.fcntl(r, c.F_SETLK, { ...range(c.F_RDLCK), whence: 9 }));
    await fails(t, 'EINVAL', sys.fcntl(r, c.F_SETLK, 7));
    await fails(t, 'EINVAL', sys.fcntl((await sys.pipe())[0], c.F_SETLK, range(c.F_RDLCK)));
  },
);

fileConformance('flock belongs to the open file', async (t, { sys, put }) => {
  await put('f');
  const a = await sys.open('f', c.O_RDWR);
  const b = await sys.open('f', c.O_RDWR);
  await sys.flock(a, c.LOCK_EX);
  await sys.flock(await sys.dup(a), c.LOCK_EX | c.LOCK_NB);
  await fails(t, 'EAGAIN', sys.flock(b, c.LOCK_SH | c.LOCK_NB));
  await sys.flock(a, c.LOCK_SH);
  await sys.flock(b, c.LOCK_SH | c.LOCK_NB);
  await fails(t, 'EAGAIN', sys.flock(b, c.LOCK_EX | c.LOCK_NB));
  await sys.flock(a, c.LOCK_UN);
  await sys.flock(b, c.LOCK_EX | c.LOCK_NB);
  await sys.close(b);
  await sys.flock(a, c.LOCK_EX | c.LOCK_NB);
  await fails(t, 'EINVAL', sys.flock(a, 0));
  await fails(t, 'EOPNOTSUPP', sys.flock((await sys.pipe())[0], c.LOCK_EX));
});

fileConformance('O_EXLOCK and O_SHLOCK lock at open', async (t, { sys, put }) => {
  await put('f');
  const a = await sys.open('f', c.O_RDWR | c.O_EXLOCK);
  await fails(t, 'EAGAIN', sys.open('f', c.O_RDONLY | c.O_SHLOCK | c.O_NONBLOCK));
  await sys.close(a);
  await sys.close(await sys.open('f', c.O_RDONLY | c.O_SHLOCK | c.O_NONBLOCK));
});
