/** rename(2). */
import { constants as c } from '../../lib/api/index.ts';
import { fileConformance } from './files.ts';
import { fails } from './harness.ts';

fileConformance(
  'rename gives a file another name, replacing what has it',
  async (t, { sys, put, text, names }) => {
    await put('a', 'one');
    await put('b', 'two');
    const fd = await sys.open('b', c.O_RDONLY);
    await sys.rename('a', 'b');
    t.is(await text('b'), 'one');
    t.deepEqual(await names('.'), ['b']);
    t.is((await sys.fstat(fd)).nlink, 0);
  },
);

fileConformance('rename moves between directories, and ".." goes along', async (t, { sys, names }) => {
  await sys.mkdir('a', 0o755);
  await sys.mkdir('b', 0o755);
  await sys.mkdir('a/d', 0o755);
  const before = [(await sys.stat('a')).nlink, (await sys.stat('b')).nlink] as const;
  await sys.rename('a/d', 'b/e');
  t.deepEqual([(await sys.stat('a')).nlink, (await sys.stat('b')).nlink], [before[0] - 1, before[1] + 1]);
  t.is((await sys.stat('b/e/..')).ino, (await sys.stat('b')).ino);
  t.deepEqual(await names('a'), []);
});

fileConformance('a directory replaces an empty directory only', async (t, { sys, put }) => {
  await sys.mkdir('d', 0o755);
  await sys.mkdir('empty', 0o755);
  await sys.mkdir('full', 0o755);
  await put('full/f');
  await put('f');
  await fails(t, 'ENOTEMPTY', sys.rename('d', 'full'));
  await fails(t, 'ENOTDIR', sys.rename('d', 'f'));
  await fails(t, 'EISDIR', sys.rename('f', 'd'));
  const parent = (await sys.stat('.')).nlink;
  await sys.rename('d', 'empty');
  t.is((await sys.stat('.')).nlink, parent - 1);
  await fails(t, 'ENOENT', sys.stat('d'));
});

fileConformance('a directory does not go below itself', async (t, { sys }) => {
  await sys.mkdir('a', 0o755);
  await sys.mkdir('a/b', 0o755);
  await fails(t, 'EINVAL', sys.rename('a', 'a/b/c'));
  await fails(t, 'EINVAL', sys.rename('a', 'a/x'));
  await fails(t, 'ENOTEMPTY', sys.rename('a/b', 'a'));
  await fails(t, 'EINVAL', sys.rename('a/.', 'x'));
  await fails(t, 'EINVAL', sys.rename('a/..', 'x'));
  await fails(t, 'EISDIR', sys.rename('a/b', '.'));
  await fails(t, 'EISDIR', sys.rename('a', 'a/.'));
  await fails(t, 'EINVAL', sys.rename('a/b', 'a/..'));
});

fileConformance(
  'of two names of one file rename removes the first, POSIX’s keeps both',
  async (t, { sys, put, names }) => {
    await put('a');
    await sys.link('a', 'b');
    await sys.__posix_rename('a', 'b');
    t.deepEqual(await names('.'), ['a', 'b']);
    await sys.renameat(c.AT_FDCWD, 'a', c.AT_FDCWD, 'b');
    t.deepEqual(await names('.'), ['a', 'b']);
    await sys.rename('a', 'a');
    t.deepEqual(await names('.'), ['a', 'b']);
    await sys.rename('a', 'b');
    t.deepEqual(await names('.'), ['b']);
    t.is((await sys.stat('b')).nlink, 1);
  },
);

fileConformance('trailing slashes are for directories', async (t, { sys, put }) => {
  await put('f');
  await sys.mkdir('d', 0o755);
  await fails(t, 'ENOENT', sys.rename('f', 'g/'));
  await fails(t, 'ENOTDIR', sys.rename('f/', 'g'));
  await sys.rename('d/', 'e/');
  t.is((await sys.stat('e')).mode & c.S_IFMT, c.S_IFDIR);
});

fileConformance(
  'rename stays in its file system, and leaves mount points alone',
  async (t, { sys, put, dir }) => {
    await sys.mkdir('m', 0o755);
    await sys.mkdir('d', 0o755);
    await put('f');
    await sys.mount('tmpfs', `${dir}/m`, 0, undefined);
    await fails(t, 'EXDEV', sys.rename('f', 'm/f'));
    await fails(t, 'EBUSY', sys.rename('d', 'm'));
    const error = await t.throwsAsync<Error & { code: string }>(sys.rename('m', 'n'));
    t.true(['EBUSY', 'EXDEV'].includes(error?.code ?? ''));
    await sys.unmount('m', 0);
    await sys.rename('m', 'n');
  },
);

fileConformance('symbolic links are renamed themselves', async (t, { sys, put, names }) => {
  await put('f');
  await sys.symlink('f', 'l');
  await sys.rename('l', 'm');
  t.is((await sys.lstat('m')).mode & c.S_IFMT, c.S_IFLNK);
  await sys.rename('f', 'm');
  t.is((await sys.lstat('m')).mode & c.S_IFMT, c.S_IFREG);
  t.deepEqual(await names('.'), ['m']);
});

fileConformance('rename needs both directories, and the one that is moved', async (t, { sys, as, put }) => {
  await sys.mkdir('a', 0o755);
  await put('a/f');
  await sys.mkdir('b', 0o777);
  await sys.chmod('b', 0o777);
  const user = as({ uid: 7 });
  await fails(t, 'EACCES', user.rename('a/f', 'b/f'));
  await user.mkdir('b/d', 0o755);
  await fails(t, 'EACCES', user.rename('b/d', 'a/d'));
  await sys.mkdir('b/roots', 0o755);
  await sys.mkdir('c', 0o777);
  await sys.chmod('c', 0o777);
  await fails(t, 'EACCES', user.rename('b/roots', 'c/roots'));
  await user.rename('b/d', 'c/d');
});
