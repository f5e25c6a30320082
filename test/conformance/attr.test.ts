/** stat(2), access(2), chmod(2), chown(2), chflags(2), utimes(2), utimensat(2), umask(2). */
import { constants as c } from '../../lib/api/index.ts';
import { FILE_SYSTEMS, fileConformance } from './files.ts';
import { fails } from './harness.ts';

const LEAVE = -1;

fileConformance('stat tells of a file, lstat of a link, fstat of what is open', async (t, { sys, put }) => {
  await put('f', 'abc', 0o640);
  await sys.symlink('f', 'l');
  const stat = await sys.stat('l');
  t.is(stat.mode, c.S_IFREG | 0o640);
  t.deepEqual([stat.size, stat.uid, stat.nlink], [3, 0, 1]);
  t.is((await sys.lstat('l')).mode & c.S_IFMT, c.S_IFLNK);
  const fd = await sys.open('f', c.O_RDONLY);
  t.is((await sys.fstat(fd)).ino, stat.ino);
  t.is((await sys.fstatat(c.AT_FDCWD, 'l', c.AT_SYMLINK_NOFOLLOW)).size, 1);
  const d = await sys.open('.', c.O_RDONLY);
  t.is((await sys.fstatat(d, 'f', 0)).ino, stat.ino);
  await fails(t, 'EINVAL', sys.fstatat(d, 'f', 1));
  await fails(t, 'ENOTDIR', sys.fstatat(fd, 'f', 0));
  await fails(t, 'EBADF', sys.fstatat(99, 'f', 0));
  t.is((await sys.fstatat(99, '/', 0)).mode & c.S_IFMT, c.S_IFDIR);
});

fileConformance(
  'permissions: owner, group and others each have their own, and only these',
  async (t, { sys, put, as }) => {
    await put('f', 'x');
    await sys.chown('f', 10, 20);
    await sys.chmod('f', 0o407);
    const owner = as({ uid: 10, gid: 99 });
    const group = as({ uid: 11, gid: 99, groups: [20] });
    const other = as({ uid: 12, gid: 99 });
    await owner.close(await owner.open('f', c.O_RDONLY));
    await fails(t, 'EACCES', owner.open('f', c.O_WRONLY));
    await fails(t, 'EACCES', group.open('f', c.O_RDONLY));
    await other.close(await other.open('f', c.O_RDWR));
  },
);

fileConformance(
  'directories: x to go through, r to list, w to change',
  async (t, { sys, put, as, names }) => {
    await sys.mkdir('d', 0o755);
    await put('d/f', 'x');
    const user = as({ uid: 7 });
    await sys.chmod('d', 0o754);
    await fails(t, 'EACCES', user.stat('d/f'));
    await user.close(await user.open('d', c.O_RDONLY));
    await sys.chmod('d', 0o751);
    t.is((await user.stat('d/f')).size, 1);
    await fails(t, 'EACCES', user.open('d', c.O_RDONLY));
    await fails(t, 'EACCES', user.unlink('d/f'));
    await fails(t, 'EACCES', user.open('d/g', c.O_CREAT | c.O_RDWR, 0o644));
    await sys.chmod('d', 0o753);
    await user.unlink('d/f');
    t.deepEqual(await names('d'), []);
  },
);

fileConformance(
  'the superuser may read and write everything, and execute what anybody may',
  async (t, { sys, put }) => {
    await put('f', 'x', 0o000);
    await sys.close(await sys.open('f', c.O_RDWR));
    await fails(t, 'EACCES', sys.access('f', c.X_OK));
    await sys.chmod('f', 0o001);
    await sys.access('f', c.X_OK);
  },
);

fileConformance(
  'access asks by the real ids, faccessat by the effective ones if told',
  async (t, { put, newproc, call, dir }) => {
    await put('f', 'x', 0o600);
    const p = newproc({ cwd: dir });
    const who = call(p);
    await who.setreuid(7, 0);
    await fails(t, 'EACCES', who.access('f', c.R_OK));
    await who.access('f', c.F_OK);
    await who.faccessat(c.AT_FDCWD, 'f', c.R_OK, c.AT_EACCESS);
    await fails(t, 'EINVAL', who.access('f', 8));
    await fails(t, 'ENOENT', who.access('no', c.F_OK));
  },
);

fileConformance('chmod is for the owner', async (t, { sys, put, as }) => {
  await put('f');
  await sys.chown('f', 7, 8);
  const owner = as({ uid: 7, gid: 8 });
  await owner.chmod('f', 0o4755);
  t.is((await sys.stat('f')).mode & 0o7777, 0o4755);
  await fails(t, 'EPERM', as({ uid: 9 }).chmod('f', 0o777));
  await fails(t, 'EFTYPE', owner.chmod('f', 0o1755));
  const fd = await owner.open('f', c.O_RDONLY);
  await owner.fchmod(fd, 0o600);
  t.is((await sys.stat('f')).mode & 0o7777, 0o600);
  await owner.fchmodat(c.AT_FDCWD, 'f', 0o640, 0);
  t.is((await sys.stat('f')).mode & 0o7777, 0o640);
  await fails(t, 'EPERM', as({ uid: 7, gid: 1 }).chmod('f', 0o2755));
});

fileConformance(
  'lchmod changes the link',
  async (t, { sys, put }) => {
    await put('f', '', 0o600);
    await sys.symlink('f', 'l');
    await sys.lchmod('l', 0o700);
    t.is((await sys.stat('f')).mode & 0o777, 0o600);
    t.is((await sys.lstat('l')).mode & 0o777, 0o700);
  },
  // Links of most hosts have no modes.
  { on: FILE_SYSTEMS.filter((fs) => fs !== 'hostfs') },
);

fileConformance(
  'chown: only the superuser gives files away, owners may change to groups of theirs',
  async (t, { sys, put, as }) => {
    await put('f');
    await sys.chown('f', 7, 8);
    const owner = as({ uid: 7, gid: 8, groups: [9] });
    await fails(t, 'EPERM', owner.chown('f', 10, LEAVE));
    await owner.chown('f', LEAVE, 9);
    t.is((await sys.stat('f')).gid, 9);
    await fails(t, 'EPERM', owner.chown('f', LEAVE, 10));
    await fails(t, 'EPERM', as({ uid: 10 }).chown('f', LEAVE, 9));
    await sys.symlink('f', 'l');
    await sys.lchown('l', 1, 2);
    t.deepEqual([(await sys.lstat('l')).uid, (await sys.stat('f')).uid], [1, 7]);
    const fd = await sys.open('f', c.O_RDONLY);
    await sys.fchown(fd, 3, 4);
    await sys.fchownat(c.AT_FDCWD, 'f', LEAVE, 5, 0);
    t.deepEqual([(await sys.stat('f')).uid, (await sys.stat('f')).gid], [3, 5]);
  },
);

fileConformance('chown to no other ids is no change, and anybody may', async (t, { sys, put, as }) => {
  await put('f');
  await sys.chmod('f', 0o6711);
  await sys.utimensat(c.AT_FDCWD, 'f', null, 0);
  const before = await sys.stat('f');
  const other = as({ uid: 10, gid: 10 });
  await other.chown('f', LEAVE, LEAVE);
  await other.lchown('f', LEAVE, LEAVE);
  await sys.__posix_chown('f', LEAVE, LEAVE);
  await fails(t, 'EPERM', other.__posix_chown('f', LEAVE, LEAVE));
  await fails(t, 'EPERM', other.chown('f', 0, LEAVE));
  const { mode, ctim } = await sys.stat('f');
  t.deepEqual({ mode, ctim }, { mode: before.mode, ctim: before.ctim });
});

fileConformance(
  'chown takes set-id bits away, and so does writing by others than the superuser',
  async (t, { sys, put, as }) => {
    await put('f');
    await sys.chmod('f', 0o6777);
    await sys.chown('f', 7, LEAVE);
    t.is((await sys.stat('f')).mode & 0o7000, 0o2000);
    await sys.chmod('f', 0o6777);
    await sys.__posix_chown('f', 7, 7);
    t.is((await sys.stat('f')).mode & 0o7000, 0o6000);
    const user = as({ uid: 9 });
    const fd = await user.open('f', c.O_WRONLY);
    await user.write(fd, Buffer.from('x'));
    t.is((await sys.stat('f')).mode & 0o7000, 0);
    await sys.chmod('f', 0o6777);
    const owner = as({ uid: 7, gid: 7 });
    await owner.__posix_fchown(await owner.open('f', c.O_RDONLY), LEAVE, 7);
    t.is((await sys.stat('f')).mode & 0o7000, 0);
    await sys.__posix_lchown('f', 0, 0);
  },
);

fileConformance('new files are the caller’s, of the group of their directory', async (t, { sys, as }) => {
  await sys.mkdir('d', 0o777);
  await sys.chmod('d', 0o777);
  await sys.chown('d', 1, 42);
  const user = as({ uid: 7, gid: 8 });
  await user.close(await user.open('d/f', c.O_CREAT | c.O_RDWR, 0o2755));
  const stat = await sys.stat('d/f');
  t.deepEqual([stat.uid, stat.gid, stat.mode & 0o7000], [7, 42, 0]);
});

fileConformance(
  'in a sticky directory everybody removes only what is their own',
  async (t, { sys, as, put }) => {
    await sys.chmod('.', 0o1777);
    await put('roots');
    const user = as({ uid: 7 });
    await user.close(await user.open('mine', c.O_CREAT | c.O_RDWR, 0o644));
    await fails(t, 'EPERM', user.unlink('roots'));
    await fails(t, 'EPERM', as({ uid: 8 }).unlink('mine'));
    await fails(t, 'EPERM', as({ uid: 8 }).rename('mine', 'yours'));
    await user.unlink('mine');
    await sys.chmod('.', 0o777);
  },
);

fileConformance(
  'flags: immutable stays as it is, append-only grows',
  async (t, { sys, put, as }) => {
    await put('f', 'x');
    await sys.chflags('f', c.UF_IMMUTABLE);
    await fails(t, 'EPERM', sys.open('f', c.O_WRONLY));
    await fails(t, 'EPERM', sys.unlink('f'));
    await fails(t, 'EPERM', sys.chmod('f', 0o777));
    await fails(t, 'EPERM', sys.rename('f', 'g'));
    await fails(t, 'EPERM', sys.link('f', 'g'));
    await fails(t, 'EPERM', as({ uid: 7 }).chflags('f', 0));
    await sys.lchflags('f', c.UF_APPEND);
    await fails(t, 'EPERM', sys.open('f', c.O_WRONLY));
    await fails(t, 'EPERM', sys.truncate('f', 0));
    const fd = await sys.open('f', c.O_WRONLY | c.O_APPEND);
    await sys.write(fd, Buffer.from('y'));
    await sys.fchflags(fd, 0);
    t.is((await sys.stat('f')).size, 2);
    await sys.chown('f', 7, 7);
    await fails(t, 'EPERM', as({ uid: 7 }).chflags('f', c.SF_IMMUTABLE));
    await as({ uid: 7 }).chflags('f', c.UF_NODUMP);
    await sys.mknod('dev', c.S_IFCHR | 0o666, 0);
    await sys.chown('dev', 7, 7);
    await fails(t, 'EPERM', as({ uid: 7 }).chflags('dev', c.UF_NODUMP));
    await sys.chflags('dev', c.UF_NODUMP);
  },
  // The host's files have none.
  { on: FILE_SYSTEMS.filter((fs) => fs !== 'hostfs') },
);

fileConformance(
  'times are set to the nanosecond',
  async (t, { sys, put }) => {
    await put('f');
    await sys.utimensat(
      c.AT_FDCWD,
      'f',
      [
        { sec: 1, nsec: 123456789 },
        { sec: 1e9, nsec: 999999999 },
      ],
      0,
    );
    let stat = await sys.stat('f');
    t.deepEqual(stat.atim, { sec: 1, nsec: 123456789 });
    t.deepEqual(stat.mtim, { sec: 1e9, nsec: 999999999 });
    await sys.utimes('f', [
      { sec: 5, usec: 6 },
      { sec: 7, usec: 8 },
    ]);
    stat = await sys.stat('f');
    t.deepEqual(
      [stat.atim, stat.mtim],
      [
        { sec: 5, nsec: 6000 },
        { sec: 7, nsec: 8000 },
      ],
    );
    const fd = await sys.open('f', c.O_RDONLY);
    await sys.futimens(fd, [
      { sec: 0, nsec: c.UTIME_OMIT },
      { sec: 9, nsec: 1 },
    ]);
    await sys.futimes(fd, [
      { sec: 5, usec: 6 },
      { sec: 9, usec: 0 },
    ]);
    stat = await sys.stat('f');
    t.deepEqual([stat.atim.sec, stat.mtim.sec], [5, 9]);
    await sys.symlink('f', 'l');
    await sys.lutimes('l', [
      { sec: 1, usec: 0 },
      { sec: 2, usec: 0 },
    ]);
    t.is((await sys.lstat('l')).mtim.sec, 2);
    t.is((await sys.stat('f')).mtim.sec, 9);
    await fails(
      t,
      'EINVAL',
      sys.utimensat(
        c.AT_FDCWD,
        'f',
        [
          { sec: 1, nsec: -1 },
          { sec: 1, nsec: 0 },
        ],
        0,
      ),
    );
  },
  { on: ['rumpfs', 'tmpfs'] },
);

fileConformance(
  'a time of modification before the birth is the time of birth, too',
  async (t, { sys, put }) => {
    await put('f');
    const birth = (await sys.stat('f')).birthtim;
    const [early, late] = [
      { sec: 100, nsec: 5 },
      { sec: birth.sec + 1000, nsec: 0 },
    ];
    await sys.utimensat(c.AT_FDCWD, 'f', [early, late], 0);
    t.deepEqual((await sys.stat('f')).birthtim, birth);
    await sys.utimensat(c.AT_FDCWD, 'f', [early, { sec: 1, nsec: c.UTIME_OMIT }], 0);
    t.deepEqual((await sys.stat('f')).birthtim, birth);
    await sys.utimensat(c.AT_FDCWD, 'f', [late, early], 0);
    t.deepEqual((await sys.stat('f')).birthtim, early);
    await sys.utimensat(c.AT_FDCWD, 'f', [late, { ...early, nsec: 6 }], 0);
    t.deepEqual((await sys.stat('f')).birthtim, early);
  },
  { on: ['rumpfs', 'tmpfs'] },
);

fileConformance(
  'a time beyond what can be told becomes the nearest',
  async (t, { sys, put, as }) => {
    await put('f');
    const [first, last] = [
      { sec: -(2 ** 63), usec: 0 },
      { sec: 2 ** 62, usec: 999999 },
    ];
    await fails(t, 'EPERM', as({ uid: 7 }).utimes('f', [first, last]));
    await sys.utimes('f', [first, last]);
    const { atim, mtim } = await sys.stat('f');
    t.deepEqual(atim, { sec: Number.MIN_SAFE_INTEGER, nsec: 0 });
    t.deepEqual(mtim, { sec: Number.MAX_SAFE_INTEGER, nsec: 999999000 });
  },
  { on: ['rumpfs', 'tmpfs'] },
);

fileConformance('times: now for who may write, any time for the owner', async (t, { sys, put, as }) => {
  await put('f', '', 0o666);
  await sys.chmod('f', 0o666);
  const user = as({ uid: 7 });
  await user.utimes('f', null);
  await fails(
    t,
    'EPERM',
    user.utimes('f', [
      { sec: 1, usec: 0 },
      { sec: 1, usec: 0 },
    ]),
  );
  await sys.chmod('f', 0o644);
  await fails(t, 'EACCES', user.utimes('f', null));
});

fileConformance(
  'each operation marks its times',
  async (t, { sys, put, kernel, host }) => {
    t.is(kernel.dead, '', host);
    const old = [
      { sec: 1, nsec: 0 },
      { sec: 1, nsec: 0 },
    ] as const;
    const changed = async (path: string, doing: () => Promise<unknown>): Promise<string> => {
      await sys.utimensat(c.AT_FDCWD, path, old, c.AT_SYMLINK_NOFOLLOW);
      const before = await sys.lstat(path);
      await sys.nanosleep({ sec: 0, nsec: 2_000_000 });
      await doing();
      const after = await sys.lstat(path);
      return (['atim', 'mtim', 'ctim'] as const)
        .filter((which) => JSON.stringify(before[which]) !== JSON.stringify(after[which]))
        .map((which) => which[0])
        .join('');
    };
    await put('f', 'abc');
    const fd = await sys.open('f', c.O_RDWR);
    t.is(await changed('f', () => sys.pread(fd, new Uint8Array(1), 0)), 'a');
    t.is(await changed('f', () => sys.pwrite(fd, Buffer.from('x'), 0)), 'mc');
    t.is(await changed('f', () => sys.ftruncate(fd, 1)), 'mc');
    t.is(await changed('f', () => sys.chmod('f', 0o600)), 'c');
    t.is(await changed('f', () => sys.link('f', 'g')), 'c');
    t.is(await changed('f', () => sys.rename('g', 'h')), 'c');
    t.is(await changed('f', () => sys.unlink('h')), 'c');
    t.is(await changed('.', () => put('new')), 'mc');
    t.is(await changed('.', () => sys.unlink('new')), 'mc');
    t.is(await changed('f', () => sys.stat('f')), '');
  },
  { on: ['rumpfs', 'tmpfs'] },
);

fileConformance('reading nothing is no access', async (t, { sys, put }) => {
  await put('f', 'x');
  const fd = await sys.open('f', c.O_RDONLY);
  const then = { sec: 1000, nsec: 0 };
  await sys.futimens(fd, [then, then]);
  t.is(await sys.read(fd, new Uint8Array(0)), 0);
  t.deepEqual((await sys.fstat(fd)).atim, then);
});
