/** mkdir(2), rmdir(2), link(2), symlink(2), readlink(2), unlink(2), mknod(2), getdents(2). */
import { constants as c } from '../../lib/api/index.ts';
import { FILE_SYSTEMS, fileConformance } from './files.ts';
import { fails } from './harness.ts';

fileConformance(
  'mkdir makes an empty directory with two links, its parent gets one more',
  async (t, { sys, names }) => {
    const before = (await sys.stat('.')).nlink;
    await sys.umask(0);
    await sys.mkdir('d', 0o751);
    const stat = await sys.stat('d');
    t.is(stat.mode, c.S_IFDIR | 0o751);
    t.is(stat.nlink, 2);
    t.is((await sys.stat('.')).nlink, before + 1);
    t.deepEqual(await names('d'), []);
    t.is((await sys.stat('d/..')).ino, (await sys.stat('.')).ino);
  },
);

fileConformance('mkdir refuses what exists, and takes trailing slashes', async (t, { sys, put }) => {
  await put('f');
  await sys.symlink('nowhere', 'l');
  await fails(t, 'EEXIST', sys.mkdir('f', 0o755));
  await fails(t, 'EEXIST', sys.mkdir('l', 0o755));
  await fails(t, 'EEXIST', sys.mkdir('.', 0o755));
  await fails(t, 'EEXIST', sys.mkdir('/', 0o755));
  await fails(t, 'ENOENT', sys.mkdir('a/b', 0o755));
  await fails(t, 'ENOTDIR', sys.mkdir('f/b', 0o755));
  await sys.mkdir('d//', 0o755);
  t.is((await sys.stat('d')).mode & c.S_IFMT, c.S_IFDIR);
});

fileConformance('rmdir removes what is empty, and nothing else', async (t, { sys, put }) => {
  await sys.mkdir('d', 0o755);
  await put('d/f');
  await fails(t, 'ENOTEMPTY', sys.rmdir('d'));
  await sys.unlink('d/f');
  await fails(t, 'EINVAL', sys.rmdir('d/.'));
  await fails(t, 'ENOTEMPTY', sys.rmdir('d/..'));
  await sys.rmdir('d');
  await fails(t, 'ENOENT', sys.rmdir('d'));
  await put('f');
  await fails(t, 'ENOTDIR', sys.rmdir('f'));
  await fails(t, 'EBUSY', sys.rmdir('/'));
});

fileConformance('a removed directory that somebody stands in is empty and stays so', async (t, { sys }) => {
  await sys.mkdir('d', 0o755);
  await sys.chdir('d');
  await sys.rmdir('../d');
  await fails(t, 'ENOENT', sys.open('f', c.O_CREAT | c.O_RDWR, 0o644));
  await fails(t, 'ENOENT', sys.mkdir('e', 0o755));
  await fails(t, 'ENOENT', sys.getcwd());
  t.is((await sys.stat('.')).nlink, 0);
});

fileConformance('link gives a file another name', async (t, { sys, put, text }) => {
  await put('f', 'one');
  await sys.link('f', 'g');
  t.is((await sys.stat('f')).nlink, 2);
  t.is((await sys.stat('g')).ino, (await sys.stat('f')).ino);
  await sys.unlink('f');
  t.is(await text('g'), 'one');
  t.is((await sys.stat('g')).nlink, 1);
});

fileConformance(
  'link refuses directories, existing names and other file systems',
  async (t, { sys, put, dir }) => {
    await put('f');
    await sys.mkdir('d', 0o755);
    await fails(t, 'EPERM', sys.link('d', 'e'));
    await fails(t, 'EEXIST', sys.link('f', 'd'));
    await fails(t, 'ENOENT', sys.link('no', 'e'));
    await fails(t, 'ENOENT', sys.link('f', 'g/'));
    await sys.mkdir('m', 0o755);
    await sys.mount('tmpfs', `${dir}/m`, 0, undefined);
    await fails(t, 'EXDEV', sys.link('f', 'm/f'));
    await sys.unmount('m', 0);
  },
);

fileConformance('linkat follows a symbolic link only when told to', async (t, { sys, put }) => {
  await put('f');
  await sys.symlink('f', 's');
  await sys.linkat(c.AT_FDCWD, 's', c.AT_FDCWD, 'nofollow', 0);
  await sys.linkat(c.AT_FDCWD, 's', c.AT_FDCWD, 'follow', c.AT_SYMLINK_FOLLOW);
  t.is((await sys.lstat('nofollow')).mode & c.S_IFMT, c.S_IFLNK);
  t.is((await sys.lstat('follow')).mode & c.S_IFMT, c.S_IFREG);
  await fails(t, 'EINVAL', sys.linkat(c.AT_FDCWD, 's', c.AT_FDCWD, 'x', 1));
});

fileConformance(
  'a symbolic link may be empty, and leads nowhere',
  async (t, { sys }) => {
    await sys.symlink('', 'e');
    t.is(await sys.readlink('e', Buffer.alloc(5)), 0);
    t.is((await sys.lstat('e')).size, 0);
    await fails(t, 'ENOENT', sys.stat('e'));
    await fails(t, 'ENOENT', sys.stat('e/x'));
    await sys.unlink('e');
  },
  // Hosts may refuse it.
  { on: FILE_SYSTEMS.filter((fs) => fs !== 'hostfs') },
);

fileConformance('symlink keeps its text, readlink gives as much as fits', async (t, { sys }) => {
  await sys.symlink('some/where', 'l');
  const buf = Buffer.alloc(20);
  t.is(await sys.readlink('l', buf), 10);
  t.is(buf.toString('utf8', 0, 10), 'some/where');
  t.is(await sys.readlink('l', buf.subarray(0, 4)), 4);
  t.is((await sys.lstat('l')).size, 10);
  await fails(t, 'EINVAL', sys.readlink('.', buf));
  await fails(t, 'EEXIST', sys.symlink('x', 'l'));
  const longest = 'x/'.repeat(511) + 'y';
  await sys.symlink(longest, 'long');
  t.is((await sys.lstat('long')).size, c.PATH_MAX - 1);
  await fails(t, 'ENAMETOOLONG', sys.symlink(`${longest}z`, 'longer'));
});

fileConformance(
  'links lead on, in the middle and at the end, until there are too many',
  async (t, { sys, put }) => {
    await sys.mkdir('d', 0o755);
    await put('d/f', 'x');
    await sys.symlink('d', 'l');
    await sys.symlink('l/f', 'm');
    t.is((await sys.stat('m')).size, 1);
    t.is((await sys.stat('l/f')).size, 1);
    t.is((await sys.lstat('l/')).mode & c.S_IFMT, c.S_IFDIR);
    await sys.symlink('loop', 'loop');
    await fails(t, 'ELOOP', sys.stat('loop'));
    await fails(t, 'ELOOP', sys.open('loop', c.O_CREAT | c.O_RDWR, 0o644));
  },
);

fileConformance('unlink removes names of anything but directories', async (t, { sys, put }) => {
  await put('f');
  await sys.symlink('f', 'l');
  await sys.unlink('l');
  t.is((await sys.stat('f')).nlink, 1);
  await sys.mkdir('d', 0o755);
  await fails(t, 'EPERM', sys.unlink('d'));
  await fails(t, 'ENOTDIR', sys.unlink('f/'));
  await sys.unlink('f');
  await fails(t, 'ENOENT', sys.unlink('f'));
});

fileConformance('unlinkat removes directories when told to', async (t, { sys, put }) => {
  await sys.mkdir('d', 0o755);
  await put('d/f');
  const fd = await sys.open('d', c.O_RDONLY);
  await sys.unlinkat(fd, 'f', 0);
  await fails(t, 'EPERM', sys.unlinkat(c.AT_FDCWD, 'd', 0));
  await sys.unlinkat(c.AT_FDCWD, 'd', c.AT_REMOVEDIR);
  await fails(t, 'EINVAL', sys.unlinkat(c.AT_FDCWD, 'd', 1));
});

fileConformance('names and paths have their lengths', async (t, { sys, put }) => {
  const longest = 'n'.repeat(255);
  await put(longest);
  t.is((await sys.stat(longest)).nlink, 1);
  await fails(t, 'ENAMETOOLONG', sys.stat(`${longest}n`));
  await fails(t, 'ENAMETOOLONG', sys.open('é'.repeat(128), c.O_CREAT | c.O_RDWR, 0o644));
  await fails(t, 'ENAMETOOLONG', sys.stat('./'.repeat(512)));
  t.is((await sys.stat('./'.repeat(511))).mode & c.S_IFMT, c.S_IFDIR);
});

fileConformance('names are any text without slash and NUL', async (t, { sys, put, names }) => {
  await put('é ü\n');
  await put('\u{1f600}');
  t.deepEqual(await names('.'), ['é ü\n', '\u{1f600}'].sort());
  await fails(t, 'EINVAL', sys.stat('a\0b'));
});

fileConformance(
  'mknod is for the superuser, FIFOs for everybody',
  async (t, { sys, as }) => {
    await sys.umask(0);
    await sys.mknod('dev', c.S_IFCHR | 0o600, 0x203);
    const stat = await sys.stat('dev');
    t.is(stat.mode, c.S_IFCHR | 0o600);
    t.is(stat.rdev, 0x203);
    const user = as({ uid: 7 });
    await fails(t, 'EPERM', user.mknod('no', c.S_IFCHR | 0o600, 0x203));
    await fails(t, 'EPERM', user.mknod('no', c.S_IFREG | 0o600, 0));
    await sys.mknod('plain', c.S_IFREG | 0o640, 7);
    const { mode, size, rdev } = await sys.stat('plain');
    t.deepEqual([mode, size, rdev], [c.S_IFREG | 0o640, 0, 0]);
    await fails(t, 'EEXIST', sys.mknod('plain', c.S_IFREG | 0o640, 0));
    await fails(t, 'EINVAL', sys.mknod('none', c.S_IFBLK | 0o600, 2 ** 64));
    await user.mkfifo('fifo', 0o644);
    t.is((await sys.stat('fifo')).mode & c.S_IFMT, c.S_IFIFO);
    await fails(t, 'EINVAL', sys.mknod('x', c.S_IFDIR | 0o755, 0));
    await fails(t, 'ENXIO', sys.open('dev', c.O_RDONLY));
  },
  // A device of this kernel is none of the host's.
  { on: FILE_SYSTEMS.filter((fs) => fs !== 'hostfs') },
);

fileConformance(
  'getdents returns each name once, with its type and number',
  async (t, { sys, put, names }) => {
    const wanted: string[] = [];
    for (let i = 0; i < 100; i++) {
      wanted.push(`file${i}`);
      await put(`file${i}`);
    }
    t.deepEqual(await names('.'), wanted.sort());
    const fd = await sys.open('.', c.O_RDONLY);
    const buf = Buffer.alloc(64);
    const n = await sys.getdents(fd, buf);
    t.is(buf.toString('utf8', 13, 14), '.');
    t.is(buf[12], 4);
    t.is(Number(buf.readBigUInt64LE(0)), (await sys.stat('.')).ino);
    t.true(n > 0 && n % 8 === 0);
    await fails(t, 'EINVAL', sys.getdents(fd, new Uint8Array(4)));
    await fails(t, 'ENOTDIR', sys.getdents(await sys.open('file1', c.O_RDONLY), buf));
  },
);

fileConformance(
  'a directory can be emptied while it is read',
  async (t, { sys, put, names }) => {
    for (let i = 0; i < 50; i++) {
      await put(`f${i}`);
    }
    const fd = await sys.open('.', c.O_RDONLY);
    const buf = Buffer.alloc(128);
    let removed = 0;
    for (let n = await sys.getdents(fd, buf); n > 0; n = await sys.getdents(fd, buf)) {
      for (let at = 0; at < n; at += buf.readUInt16LE(at + 8)) {
        const name = buf.toString('utf8', at + 13, at + 13 + buf.readUInt16LE(at + 10));
        if (name !== '.' && name !== '..') {
          await sys.unlink(name);
          removed++;
        }
      }
    }
    t.is(removed, 50);
    t.deepEqual(await names('.'), []);
  },
  { on: ['rumpfs', 'tmpfs'] },
);

fileConformance('the calls that take a directory start from it', async (t, { sys, names, fs }) => {
  await sys.mkdir('d', 0o755);
  const d = await sys.open('d', c.O_RDONLY);
  await sys.mkdirat(d, 'sub', 0o755);
  await sys.close(await sys.openat(d, 'f', c.O_CREAT | c.O_RDWR, 0o644));
  await sys.symlinkat('f', d, 'l');
  await sys.mkfifoat(d, 'p', 0o644);
  // A device of this kernel is none of the host's.
  const device = sys.mknodat(d, 'n', c.S_IFCHR | 0o600, 0x202);
  await (fs === 'hostfs' ? fails(t, 'EOPNOTSUPP', device) : device);
  const buf = Buffer.alloc(4);
  t.is(await sys.readlinkat(d, 'l', buf), 1);
  t.deepEqual(await names('d'), fs === 'hostfs' ? ['f', 'l', 'p', 'sub'] : ['f', 'l', 'n', 'p', 'sub']);
  await fails(t, 'EBADF', sys.openat(99, 'f', c.O_RDONLY));
  await fails(t, 'ENOTDIR', sys.openat(await sys.open('d/f', c.O_RDONLY), 'f', c.O_RDONLY));
});
