/** open(2), close(2), read(2), write(2), lseek(2), truncate(2). */
import { constants as c } from '../../lib/api/index.ts';
import { fileConformance } from './files.ts';
import { fails } from './harness.ts';

fileConformance('open makes a file with the mode, less the umask', async (t, { sys }) => {
  await sys.umask(0o027);
  await sys.close(await sys.open('f', c.O_CREAT | c.O_RDWR, 0o777));
  const stat = await sys.stat('f');
  t.is(stat.mode, c.S_IFREG | 0o750);
  t.is(stat.size, 0);
  t.is(stat.nlink, 1);
});

fileConformance('open of what is not there is ENOENT', async (t, { sys }) => {
  await fails(t, 'ENOENT', sys.open('no', c.O_RDONLY));
  await fails(t, 'ENOENT', sys.open('no/such', c.O_CREAT | c.O_RDWR, 0o644));
  await fails(t, 'ENOENT', sys.open('', c.O_RDONLY));
});

fileConformance('O_EXCL refuses what is there, a dangling link too', async (t, { sys, put }) => {
  await put('f');
  await sys.symlink('nowhere', 'l');
  await fails(t, 'EEXIST', sys.open('f', c.O_CREAT | c.O_EXCL | c.O_RDWR, 0o644));
  await fails(t, 'EEXIST', sys.open('l', c.O_CREAT | c.O_EXCL | c.O_RDWR, 0o644));
  await fails(t, 'ENOENT', sys.stat('nowhere'));
});

fileConformance('O_CREAT follows a dangling link and makes its target', async (t, { sys }) => {
  await sys.symlink('target', 'l');
  await sys.close(await sys.open('l', c.O_CREAT | c.O_RDWR, 0o644));
  t.is((await sys.lstat('target')).mode & c.S_IFMT, c.S_IFREG);
});

fileConformance('O_TRUNC empties, and only who may write', async (t, { sys, put, as }) => {
  await put('f', 'hello', 0o644);
  await fails(t, 'EACCES', as({ uid: 7 }).open('f', c.O_RDONLY | c.O_TRUNC));
  t.is((await sys.stat('f')).size, 5);
  await sys.close(await sys.open('f', c.O_WRONLY | c.O_TRUNC));
  t.is((await sys.stat('f')).size, 0);
});

fileConformance('O_APPEND writes at the end, wherever the offset is', async (t, { sys, put, text }) => {
  await put('f', 'one');
  const fd = await sys.open('f', c.O_RDWR | c.O_APPEND);
  await sys.lseek(fd, 0, c.SEEK_SET);
  await sys.write(fd, Buffer.from('two'));
  t.is(await sys.lseek(fd, 0, c.SEEK_CUR), 6);
  t.is(await text('f'), 'onetwo');
});

fileConformance('directories open for reading only', async (t, { sys }) => {
  await sys.mkdir('d', 0o755);
  await fails(t, 'EISDIR', sys.open('d', c.O_RDWR));
  await fails(t, 'EISDIR', sys.open('d', c.O_RDONLY | c.O_CREAT, 0o644));
  const fd = await sys.open('d', c.O_RDONLY | c.O_DIRECTORY);
  await fails(t, 'EISDIR', sys.read(fd, new Uint8Array(8)));
  await fails(t, 'EBADF', sys.write(fd, new Uint8Array(8)));
});

fileConformance('O_DIRECTORY and trailing slashes want a directory', async (t, { sys, put }) => {
  await put('f');
  await fails(t, 'ENOTDIR', sys.open('f', c.O_RDONLY | c.O_DIRECTORY));
  await fails(t, 'ENOTDIR', sys.open('f/', c.O_RDONLY));
  await fails(t, 'ENOTDIR', sys.open('f/x', c.O_RDONLY));
  await fails(t, 'ENOENT', sys.open('new/', c.O_CREAT | c.O_RDWR, 0o644));
  await fails(t, 'EINVAL', sys.open('f', c.O_CREAT | c.O_DIRECTORY, 0o644));
});

fileConformance('O_NOFOLLOW does not open a symbolic link', async (t, { sys, put }) => {
  await put('f');
  await sys.symlink('f', 'l');
  await fails(t, 'EFTYPE', sys.open('l', c.O_RDONLY | c.O_NOFOLLOW));
  await sys.close(await sys.open('f', c.O_RDONLY | c.O_NOFOLLOW));
});

fileConformance('access modes are kept: reading and writing need theirs', async (t, { sys, put }) => {
  await put('f', 'abc');
  const r = await sys.open('f', c.O_RDONLY);
  const w = await sys.open('f', c.O_WRONLY);
  await fails(t, 'EBADF', sys.write(r, new Uint8Array(1)));
  await fails(t, 'EBADF', sys.read(w, new Uint8Array(1)));
  await fails(t, 'EINVAL', sys.open('f', 3));
  t.is(await sys.fcntl(w, c.F_GETFL), c.O_WRONLY);
});

fileConformance('two descriptors of one open share the offset, two opens do not', async (t, { sys, put }) => {
  await put('f', 'abcdef');
  const a = await sys.open('f', c.O_RDONLY);
  const b = await sys.dup(a);
  const other = await sys.open('f', c.O_RDONLY);
  await sys.read(a, new Uint8Array(2));
  const buf = Buffer.alloc(2);
  await sys.read(b, buf);
  t.is(buf.toString(), 'cd');
  await sys.read(other, buf);
  t.is(buf.toString(), 'ab');
});

fileConformance('pread and pwrite leave the offset alone', async (t, { sys, put, text }) => {
  await put('f', 'abcdef');
  const fd = await sys.open('f', c.O_RDWR);
  const buf = Buffer.alloc(2);
  t.is(await sys.pread(fd, buf, 4), 2);
  t.is(buf.toString(), 'ef');
  await sys.pwrite(fd, Buffer.from('X'), 1);
  t.is(await sys.lseek(fd, 0, c.SEEK_CUR), 0);
  t.is(await text('f'), 'aXcdef');
  await fails(t, 'EINVAL', sys.pread(fd, buf, -1));
});

fileConformance('reading stops at the end, writing past it leaves zeros', async (t, { sys, put, text }) => {
  await put('f', 'ab');
  const fd = await sys.open('f', c.O_RDWR);
  const buf = Buffer.alloc(10);
  t.is(await sys.read(fd, buf), 2);
  t.is(await sys.read(fd, buf), 0);
  t.is(await sys.pread(fd, buf, 100), 0);
  await sys.pwrite(fd, Buffer.from('z'), 4);
  t.is(await text('f'), 'ab\0\0z');
});

fileConformance('lseek moves from the start, from here and from the end', async (t, { sys, put }) => {
  await put('f', 'abcdef');
  const fd = await sys.open('f', c.O_RDONLY);
  t.is(await sys.lseek(fd, 4, c.SEEK_SET), 4);
  t.is(await sys.lseek(fd, -1, c.SEEK_CUR), 3);
  t.is(await sys.lseek(fd, 2, c.SEEK_END), 8);
  await fails(t, 'EINVAL', sys.lseek(fd, -1, c.SEEK_SET));
  await fails(t, 'EINVAL', sys.lseek(fd, 0, 9));
  t.is(await sys.lseek(fd, 0, c.SEEK_CUR), 8);
  const [r] = await sys.pipe();
  await fails(t, 'ESPIPE', sys.lseek(r, 0, c.SEEK_SET));
});

fileConformance('readv and writev gather and scatter', async (t, { sys, text }) => {
  const fd = await sys.open('f', c.O_RDWR | c.O_CREAT, 0o644);
  t.is(await sys.writev(fd, [Buffer.from('ab'), Buffer.from(''), Buffer.from('cde')]), 5);
  t.is(await text('f'), 'abcde');
  const a = Buffer.alloc(1);
  const b = Buffer.alloc(10);
  t.is(await sys.preadv(fd, [a, b], 1), 4);
  t.is(a.toString() + b.toString('utf8', 0, 3), 'bcde');
});

fileConformance('truncate and ftruncate set the size, either way', async (t, { sys, put, text, as }) => {
  await put('f', 'abcdef', 0o644);
  await sys.truncate('f', 3);
  t.is(await text('f'), 'abc');
  const fd = await sys.open('f', c.O_RDWR);
  await sys.ftruncate(fd, 5);
  t.is(await text('f'), 'abc\0\0');
  await fails(t, 'EINVAL', sys.truncate('f', -1));
  await fails(t, 'EISDIR', sys.truncate('.', 0));
  await fails(t, 'EACCES', as({ uid: 7 }).truncate('f', 0));
  await fails(t, 'EINVAL', sys.ftruncate(await sys.open('f', c.O_RDONLY), 0));
});

fileConformance('an unlinked file lives until its last descriptor is closed', async (t, { sys, put }) => {
  await put('f', 'still here');
  const fd = await sys.open('f', c.O_RDWR);
  await sys.unlink('f');
  await fails(t, 'ENOENT', sys.stat('f'));
  const buf = Buffer.alloc(10);
  t.is(await sys.read(fd, buf), 10);
  t.is(buf.toString(), 'still here');
  t.is((await sys.fstat(fd)).nlink, 0);
});

fileConformance('RLIMIT_FSIZE cuts a write short, then refuses with SIGXFSZ', async (t, { sys }) => {
  await sys.sigaction(c.SIGXFSZ, { handler: c.SIG_IGN, mask: [0, 0, 0, 0], flags: 0 });
  await sys.setrlimit(c.RLIMIT_FSIZE, { cur: 4, max: 100 });
  const fd = await sys.open('f', c.O_RDWR | c.O_CREAT, 0o644);
  t.is(await sys.write(fd, Buffer.from('abcdef')), 4);
  await fails(t, 'EFBIG', sys.write(fd, Buffer.from('x')));
  await fails(t, 'EFBIG', sys.ftruncate(fd, 5));
  t.is((await sys.fstat(fd)).size, 4);
});

fileConformance(
  'RLIMIT_FSIZE: neither truncate nor posix_fallocate make a file longer',
  async (t, { sys, put }) => {
    await put('f', 'abc');
    const fd = await sys.open('f', c.O_RDWR);
    await sys.sigaction(c.SIGXFSZ, { handler: c.SIG_IGN, mask: [0, 0, 0, 0], flags: 0 });
    await sys.setrlimit(c.RLIMIT_FSIZE, { cur: 4, max: 100 });
    await fails(t, 'EFBIG', sys.posix_fallocate(fd, 0, 5));
    await fails(t, 'EFBIG', sys.ftruncate(fd, 5));
    t.is((await sys.fstat(fd)).size, 3);
    await sys.posix_fallocate(fd, 0, 4);
    t.is((await sys.fstat(fd)).size, 4);
  },
  { on: ['rumpfs', 'tmpfs'] },
);

fileConformance('descriptors are the lowest free, and EMFILE makes no file', async (t, { sys }) => {
  await sys.setrlimit(c.RLIMIT_NOFILE, { cur: 4, max: 4 });
  t.is(await sys.open('a', c.O_CREAT | c.O_RDWR, 0o644), 3);
  await fails(t, 'EMFILE', sys.open('b', c.O_CREAT | c.O_RDWR, 0o644));
  await fails(t, 'ENOENT', sys.stat('b'));
});

fileConformance('fsync and its kin want files', async (t, { sys, put }) => {
  await put('f');
  const r = await sys.open('f', c.O_RDONLY);
  const w = await sys.open('f', c.O_RDWR);
  await sys.fsync(r);
  await sys.fdatasync(w);
  await fails(t, 'EBADF', sys.fdatasync(r));
  await sys.fsync_range(w, c.FFILESYNC | c.FDISKSYNC, 0, 0);
  await fails(t, 'EINVAL', sys.fsync_range(w, 0x1000, 0, 0));
  await fails(t, 'EINVAL', sys.fsync((await sys.pipe())[0]));
  await sys.sync();
});

fileConformance(
  'O_SEARCH: whether a directory may be searched is asked once',
  async (t, { sys, put, as }) => {
    await sys.mkdir('d', 0o755);
    await put('d/f', 'abc');
    await sys.chmod('d/f', 0o666);
    const user = as({ uid: 7 });
    const plain = await user.open('d', c.O_RDONLY);
    const search = await user.open('d', c.O_SEARCH);
    t.true((await user.getdents(search, new Uint8Array(512))) > 0);
    await sys.chmod('d', 0o700);
    await fails(t, 'EACCES', user.fstatat(plain, 'f', 0));
    t.is((await user.fstatat(search, 'f', 0)).size, 3);
    t.true((await user.openat(search, 'f', c.O_RDWR)) > search);
    // From there on it is asked as ever.
    await fails(t, 'EACCES', user.fstatat(search, '../d/f', 0));
    await fails(t, 'EACCES', user.getdents(search, new Uint8Array(512)));
    await fails(t, 'EACCES', user.open('d', c.O_SEARCH));
    await sys.chmod('d', 0o711);
    await fails(t, 'EACCES', user.open('d', c.O_RDONLY));
    t.is((await user.fstatat(await user.open('d', c.O_SEARCH), 'f', 0)).size, 3);
    await sys.chmod('d', 0o744);
    await fails(t, 'EACCES', user.open('d', c.O_SEARCH));
    await fails(t, 'ENOTDIR', sys.openat(await sys.open('d/f', c.O_SEARCH), 'f', c.O_RDONLY));
  },
);
