/** mount(2), unmount(2), statvfs(2), getvfsstat(2); chdir(2), chroot(2), getcwd(3). */
import { constants as c } from '../../lib/api/index.ts';
import { fileConformance } from './files.ts';
import { conformance, fails } from './harness.ts';

const all = { on: ['rumpfs', 'tmpfs', 'sleepyfs'] } as const;

fileConformance(
  'chdir, fchdir and getcwd agree',
  async (t, { sys, dir, put, as }) => {
    await sys.mkdir('a', 0o755);
    await sys.mkdir('a/b', 0o700);
    const fd = await sys.open('a', c.O_RDONLY);
    await sys.chdir('a/b');
    t.is(await sys.getcwd(), `${dir}/a/b`);
    await sys.fchdir(fd);
    t.is(await sys.getcwd(), `${dir}/a`);
    await sys.chdir('..');
    t.is(await sys.getcwd(), dir);
    await put('f');
    await fails(t, 'ENOTDIR', sys.chdir('f'));
    await fails(t, 'ENOENT', sys.chdir('no'));
    await fails(t, 'EACCES', as({ uid: 7 }).chdir('a/b'));
    await sys.chdir('/');
    t.is(await sys.getcwd(), '/');
  },
  all,
);

fileConformance('chroot: there is no way out by name', async (t, { sys, put, newproc, call, dir, as }) => {
  await sys.mkdir('jail', 0o755);
  await put('jail/f', 'in');
  await put('out');
  const outside = await sys.open('.', c.O_RDONLY);
  const p = newproc({ cwd: dir });
  const prisoner = call(p);
  const fd = await prisoner.open('.', c.O_RDONLY);
  await prisoner.chroot('jail');
  t.is((await prisoner.stat('/f')).size, 2);
  t.is((await prisoner.stat('/../../f')).size, 2);
  await fails(t, 'ENOENT', prisoner.stat('/out'));
  await fails(t, 'ENOENT', prisoner.stat('../out'));
  t.is(await prisoner.getcwd(), '/');
  await fails(t, 'EPERM', prisoner.fchdir(fd));
  await fails(t, 'EPERM', as({ uid: 7 }).chroot('jail'));
  await prisoner.fchroot(fd);
  t.is((await prisoner.stat('/out')).size, 0);
  t.truthy(outside);
});

fileConformance(
  'chroot: who works below the new root stays where it is',
  async (t, { sys, newproc, call, dir }) => {
    await sys.mkdir('jail', 0o755);
    await sys.mkdir('jail/cell', 0o755);
    const prisoner = call(newproc({ cwd: `${dir}/jail/cell` }));
    await prisoner.chroot('..');
    t.is(await prisoner.getcwd(), '/cell');
    await prisoner.fchroot(await prisoner.open('.', c.O_RDONLY));
    t.is(await prisoner.getcwd(), '/');
    const removed = call(newproc({ cwd: `${dir}/jail/cell` }));
    await sys.rmdir('jail/cell');
    await removed.chroot(`${dir}/jail`);
    t.is(await removed.getcwd(), '/');
  },
);

fileConformance('fchdir, fchroot: ENOTDIR for what is no directory', async (t, { sys, put }) => {
  await put('f');
  const [r] = await sys.pipe();
  for (const fd of [r, await sys.open('f', c.O_RDONLY)]) {
    await fails(t, 'ENOTDIR', sys.fchdir(fd));
    await fails(t, 'ENOTDIR', sys.fchroot(fd));
  }
  await fails(t, 'EBADF', sys.fchdir(77));
});

fileConformance('umask returns the old one', async (t, { sys }) => {
  t.is(await sys.umask(0o077), 0o022);
  t.is(await sys.umask(0o777), 0o077);
});

conformance('a mount hides what is below, and unmounting shows it again', async (t, { newproc, call }) => {
  const sys = call(newproc());
  await sys.mkdir('/m', 0o755);
  await sys.close(await sys.open('/m/below', c.O_CREAT | c.O_RDWR, 0o644));
  await sys.mount('tmpfs', '/m', 0, undefined);
  await fails(t, 'ENOENT', sys.stat('/m/below'));
  t.is((await sys.stat('/m/..')).ino, (await sys.stat('/')).ino);
  t.not((await sys.stat('/m')).dev, (await sys.stat('/')).dev);
  const fd = await sys.open('/m/f', c.O_CREAT | c.O_RDWR, 0o644);
  await fails(t, 'EBUSY', sys.unmount('/m', 0));
  await fails(t, 'EBUSY', sys.rmdir('/m'));
  await sys.close(fd);
  await sys.unmount('/m', 0);
  t.is((await sys.stat('/m/below')).size, 0);
});

conformance('forced unmounting takes files away from who has them open', async (t, { newproc, call }) => {
  const p = newproc();
  const sys = call(p);
  await sys.mkdir('/m', 0o755);
  await sys.mount('tmpfs', '/m', 0, undefined);
  const fd = await sys.open('/m/f', c.O_CREAT | c.O_RDWR, 0o644);
  await sys.chdir('/m');
  await sys.unmount('/m', c.MNT_FORCE);
  await fails(t, 'EIO', sys.write(fd, Buffer.from('x')));
  await fails(t, 'EBADF', sys.fstat(fd));
  await sys.close(fd);
  t.is(await sys.getcwd(), '/m');
});

conformance('mounting: who, what and where', async (t, { newproc, call }) => {
  const sys = call(newproc());
  await sys.mkdir('/m', 0o755);
  await fails(t, 'ENODEV', sys.mount('nofs', '/m', 0, undefined));
  await fails(t, 'ENOENT', sys.mount('tmpfs', '/no', 0, undefined));
  await fails(t, 'ENOTDIR', sys.mount('tmpfs', '/dev/null', 0, undefined));
  await fails(t, 'EINVAL', sys.mount('tmpfs', '/m', 0, { size: -1 }));
  await fails(t, 'EINVAL', sys.mount('tmpfs', '/m', 0, { nonsense: 1 }));
  await fails(t, 'EPERM', call(newproc({ uid: 7 })).mount('tmpfs', '/m', 0, undefined));
  await fails(t, 'EINVAL', sys.unmount('/m', 0));
  await fails(t, 'EBUSY', sys.unmount('/', 0));
  await sys.mount('tmpfs', '/m', 0, { uid: 7, gid: 8, mode: 0o700 });
  const stat = await sys.stat('/m');
  t.deepEqual([stat.uid, stat.gid, stat.mode & 0o777], [7, 8, 0o700]);
  await fails(t, 'EPERM', call(newproc({ uid: 7 })).unmount('/m', 0));
});

conformance(
  'a tmpfs is full when its size or its files are used up, and loses nothing',
  async (t, { newproc, call }) => {
    const sys = call(newproc());
    await sys.mkdir('/m', 0o755);
    await sys.mount('tmpfs', '/m', 0, { size: 8192, nodes: 3 });
    const fd = await sys.open('/m/f', c.O_CREAT | c.O_RDWR, 0o644);
    t.is(await sys.write(fd, Buffer.alloc(10000, 1)), 8192);
    await fails(t, 'ENOSPC', sys.write(fd, Buffer.alloc(1)));
    t.is((await sys.fstat(fd)).size, 8192);
    t.is((await sys.statvfs1('/m', c.MNT_WAIT)).bfree, 0);
    await sys.mkdir('/m/d', 0o755);
    await fails(t, 'ENOSPC', sys.mkdir('/m/e', 0o755));
    await sys.ftruncate(fd, 0);
    t.is((await sys.fstatvfs1(fd, c.MNT_NOWAIT)).bfree, 2);
    await fails(t, 'EBUSY', sys.mount('tmpfs', '/m', c.MNT_UPDATE, { size: 8192, nodes: 2 }));
    await sys.mount('tmpfs', '/m', c.MNT_UPDATE, { size: 4096, nodes: 10 });
    const args = {};
    await sys.mount('tmpfs', '/m', c.MNT_GETARGS, args);
    t.like(args, { size: 4096, nodes: 10 });
  },
);

conformance('a tmpfs with a size has files for it, however small they are', async (t, { newproc, call }) => {
  const sys = call(newproc());
  await sys.mkdir('/m', 0o755);
  await sys.mount('tmpfs', '/m', 0, { size: 16384 });
  t.is((await sys.statvfs1('/m', c.MNT_WAIT)).files, 19);
  for (let i = 1; i < 19; i++) {
    await sys.mkdir(`/m/${i}`, 0o755);
  }
  await fails(t, 'ENOSPC', sys.mkdir('/m/more', 0o755));
  // What an update does not say stays.
  await sys.mount('tmpfs', '/m', c.MNT_UPDATE, { nodes: 20 });
  await sys.mkdir('/m/more', 0o755);
  await sys.mount('tmpfs', '/m', c.MNT_UPDATE, { size: 8192 });
  const { files, blocks, frsize } = await sys.statvfs1('/m', c.MNT_WAIT);
  t.deepEqual([files, blocks * frsize], [20, 8192]);
});

conformance('a tmpfs with a size has room for so many names of a file', async (t, { newproc, call }) => {
  const sys = call(newproc());
  await sys.mkdir('/m', 0o755);
  await sys.mount('tmpfs', '/m', 0, { size: 8192 });
  const fd = await sys.open('/m/f', c.O_CREAT | c.O_RDWR, 0o644);
  await sys.write(fd, Buffer.alloc(4096));
  for (let i = 0; i < 32; i++) {
    await sys.link('/m/f', `/m/${i}`);
  }
  await fails(t, 'ENOSPC', sys.link('/m/f', '/m/more'));
  await fails(t, 'ENOSPC', sys.write(fd, Buffer.alloc(1)));
  const { blocks, bfree } = await sys.statvfs1('/m', c.MNT_WAIT);
  t.deepEqual([blocks, bfree], [2, 0]);
  await fails(t, 'EBUSY', sys.mount('tmpfs', '/m', c.MNT_UPDATE, { size: 4096 }));
  await sys.rename('/m/0', '/m/g');
  await sys.rename('/m/1', '/m/g');
  await sys.unlink('/m/f');
  for (let i = 2; i < 32; i++) {
    await sys.unlink(`/m/${i}`);
  }
  t.is((await sys.statvfs1('/m', c.MNT_WAIT)).bfree, 1);
  await sys.write(fd, Buffer.alloc(4096));
});

conformance('a file of a tmpfs may have its pages far apart', async (t, { newproc, call }) => {
  const sys = call(newproc());
  await sys.mkdir('/m', 0o755);
  await sys.mount('tmpfs', '/m', 0, { size: 65536 });
  const fd = await sys.open('/m/f', c.O_CREAT | c.O_RDWR, 0o644);
  const at = [0, 3 * 4096, 2 ** 43, 2 ** 45, 2 ** 52];
  for (const offset of at.toReversed()) {
    await sys.pwrite(fd, Buffer.alloc(4096, 'x'), offset);
  }
  const free = async (): Promise<number> => (await sys.statvfs1('/m', c.MNT_WAIT)).bfree;
  t.is(await free(), 11);
  for (const [i, offset] of at.entries()) {
    t.is(await sys.lseek(fd, (at[i - 1] ?? -4096) + 4096, c.SEEK_DATA), offset);
    t.is(await sys.lseek(fd, offset, c.SEEK_HOLE), offset + 4096);
    const byte = Buffer.alloc(2);
    t.is(await sys.pread(fd, byte, offset + 4095), offset === 2 ** 52 ? 1 : 2);
    t.is(byte[0], 'x'.charCodeAt(0));
  }
  await sys.fdiscard(fd, 4096, 2 ** 45 - 4096);
  t.is(await free(), 13);
  t.is(await sys.lseek(fd, 4096, c.SEEK_DATA), 2 ** 45);
  await sys.ftruncate(fd, 2 ** 51);
  t.is(await free(), 14);
  await sys.ftruncate(fd, 2 ** 45 + 1);
  await sys.ftruncate(fd, 2 ** 45 + 4096);
  const rest = Buffer.alloc(2);
  await sys.pread(fd, rest, 2 ** 45);
  t.deepEqual([...rest], ['x'.charCodeAt(0), 0]);
  await sys.close(fd);
  await sys.unlink('/m/f');
  t.is(await free(), 16);
});

conformance('a read-only mount stays as it is', async (t, { newproc, call }) => {
  const sys = call(newproc());
  await sys.mkdir('/m', 0o755);
  await sys.mount('tmpfs', '/m', 0, undefined);
  const fd = await sys.open('/m/f', c.O_CREAT | c.O_RDWR, 0o644);
  await fails(t, 'EBUSY', sys.mount('tmpfs', '/m', c.MNT_UPDATE | c.MNT_RDONLY, undefined));
  await sys.close(fd);
  await sys.mount('tmpfs', '/m', c.MNT_UPDATE | c.MNT_RDONLY, undefined);
  await sys.mkdir('/other', 0o755);
  await sys.close(await sys.open('/file', c.O_CREAT, 0o644));
  for (const attempt of [
    () => sys.open('/m/f', c.O_RDWR),
    () => sys.open('/m/g', c.O_CREAT | c.O_RDWR, 0o644),
    () => sys.mkdir('/m/d', 0o755),
    () => sys.unlink('/m/f'),
    () => sys.rename('/m/f', '/m/g'),
    () => sys.rename('/m/f', '/f'),
    () => sys.rename('/other', '/m/f'),
    () => sys.link('/file', '/m/g'),
    () => sys.chmod('/m/f', 0o777),
    () => sys.chown('/m/f', 1, 1),
    () => sys.utimes('/m/f', null),
    () => sys.truncate('/m/f', 0),
    () => sys.symlink('x', '/m/l'),
    () => sys.link('/m/f', '/m/g'),
    () => sys.access('/m/f', c.W_OK),
    () => sys.chflags('/m/f', 0),
  ]) {
    await fails(t, 'EROFS', attempt());
  }
  await sys.close(await sys.open('/m/f', c.O_RDONLY));
});

conformance('nodev mounts have no devices', async (t, { newproc, call }) => {
  const sys = call(newproc());
  await sys.mkdir('/m', 0o755);
  await sys.mount('tmpfs', '/m', c.MNT_NODEV, undefined);
  await sys.mknod('/m/null', c.S_IFCHR | 0o666, 0x202);
  await fails(t, 'ENXIO', sys.open('/m/null', c.O_RDWR));
});

conformance('statvfs and getvfsstat list what is mounted', async (t, { newproc, call }) => {
  const sys = call(newproc());
  await sys.mkdir('/m', 0o755);
  await sys.mount('tmpfs', '/m', c.MNT_NOSUID, undefined);
  const mounts = await sys.getvfsstat(10, c.MNT_NOWAIT);
  t.deepEqual(
    mounts.map(({ fstypename, mntonname }) => [fstypename, mntonname]),
    [
      ['rumpfs', '/'],
      ['tmpfs', '/m'],
    ],
  );
  t.is((await sys.statvfs1('/m', c.MNT_WAIT)).flag & c.MNT_NOSUID, c.MNT_NOSUID);
  t.is((await sys.getvfsstat(1, c.MNT_NOWAIT)).length, 1);
  t.is((await sys.__getvfsstat90(10, c.MNT_NOWAIT)).length, 2);
  t.is((await sys.__statvfs190('/m', c.MNT_WAIT)).namemax, 255);
  const fd = await sys.open('/m', c.O_RDONLY);
  t.is((await sys.__fstatvfs190(fd, c.MNT_WAIT)).fstypename, 'tmpfs');
  await fails(t, 'EINVAL', sys.statvfs1('/m', 77));
});
