/** The contract of `lib/rumpuser/rumpuser.ts`: operations on host directories. */
import {
  RUMPUSER_OPEN_ACCMODE,
  RUMPUSER_OPEN_CREATE,
  RUMPUSER_OPEN_DIRECTORY,
  RUMPUSER_OPEN_EXCL,
  RUMPUSER_OPEN_RDONLY,
  RUMPUSER_OPEN_RDWR,
  RUMPUSER_OPEN_WRONLY,
} from '../../lib/rumpuser/rumpuser.ts';
import {
  RUMPUSER_FS_ALLOCATE,
  RUMPUSER_FS_CHMOD,
  RUMPUSER_FS_CHOWN,
  RUMPUSER_FS_CLOSE,
  RUMPUSER_FS_DISCARD,
  RUMPUSER_FS_FSYNC,
  RUMPUSER_FS_GETATTR,
  RUMPUSER_FS_LINK,
  RUMPUSER_FS_MKDIR,
  RUMPUSER_FS_MKNOD,
  RUMPUSER_FS_OPEN,
  RUMPUSER_FS_READDIR,
  RUMPUSER_FS_READLINK,
  RUMPUSER_FS_RENAME,
  RUMPUSER_FS_RMDIR,
  RUMPUSER_FS_ROOT,
  RUMPUSER_FS_SEEK,
  RUMPUSER_FS_STATFS,
  RUMPUSER_FS_SYMLINK,
  RUMPUSER_FS_TRUNCATE,
  RUMPUSER_FS_UNLINK,
  RUMPUSER_FS_UTIMES,
  RUMPUSER_FSATTRS,
  RUMPUSER_FSSPACE_BLOCKS,
  RUMPUSER_FSSPACE_NAMEMAX,
  RUMPUSER_FSSPACES,
} from '../../lib/sys/constants/fsop.ts';
import { S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK } from '../../lib/sys/constants/stat.ts';
import {
  EAGAIN,
  EBADF,
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  ENXIO,
  EOPNOTSUPP,
  type Errno,
  ESTALE,
} from '../../lib/sys/errno.ts';
import { onEveryHost } from './contract_hosts.ts';
import { attributesOf, HostDirectory } from './fsop_support.ts';
import { bind, throwsErrno } from './sim_support.ts';

const text = new TextEncoder();
const NEW = RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_EXCL;

/** A test with an empty directory `top` of the host. */
function inDirectory(
  title: string,
  body: (t: Parameters<Parameters<typeof onEveryHost>[1]>[0], dir: HostDirectory) => void,
): void {
  onEveryHost(title, (t, { host, path }) => {
    bind(host);
    const parent = new HostDirectory(host, path(''));
    parent.at(RUMPUSER_FS_MKDIR, 'top', [0o755]);
    const dir = new HostDirectory(host, path('top'));
    body(t, dir);
    dir.close();
    parent.close();
  });
}

/** Make a file. */
function make(dir: HostDirectory, path: string, content = '', mode = 0o644): void {
  const fd = dir.at(RUMPUSER_FS_OPEN, path, [NEW, mode]);
  dir.host.iovwrite(fd, [text.encode(content)], 0);
  dir.call({ op: RUMPUSER_FS_CLOSE, fd });
}

inDirectory('a file is made with its mode, whatever the umask, and written and read', (t, dir) => {
  const before = process.umask(0o077);
  const data = new Uint8Array(RUMPUSER_FSATTRS * 8);
  const fd = dir.at(RUMPUSER_FS_OPEN, 'f', [NEW, 0o666], { data });
  process.umask(before);
  t.is(attributesOf(data).mode, S_IFREG | 0o666);
  t.is(dir.host.iovwrite(fd, [text.encode('hello')], 0), 5);
  t.like(dir.attributes('f'), { mode: S_IFREG | 0o666, size: 5, nlink: 1 });
  t.deepEqual(dir.attributes('', fd).id, dir.attributes('f').id);
  throwsErrno(t, EEXIST, () => dir.at(RUMPUSER_FS_OPEN, 'f', [NEW, 0o600]));
  dir.call({ op: RUMPUSER_FS_CLOSE, fd });
  throwsErrno(t, EBADF, () => dir.call({ op: RUMPUSER_FS_CLOSE, fd }));
});

inDirectory('directories are made, listed in batches and removed', (t, dir) => {
  dir.at(RUMPUSER_FS_MKDIR, 'd', [0o1777]);
  t.is(dir.attributes('d').mode, S_IFDIR | 0o1777);
  const names = Array.from({ length: 200 }, (_, i) => `file${String(i).padStart(3, '0')}${'x'.repeat(i)}`);
  for (const name of names) make(dir, `d/${name}`);
  for (const room of [600, 4096, 65536]) {
    t.deepEqual(dir.list('d', room), [
      ['.', 4],
      ['..', 4],
      ...names.map((name): [string, number] => [name, 8]),
    ]);
  }
  t.deepEqual(dir.list(''), [
    ['.', 4],
    ['..', 4],
    ['d', 4],
  ]);
  throwsErrno(t, ENOTEMPTY, () => dir.at(RUMPUSER_FS_RMDIR, 'd'));
  throwsErrno(t, ENOTDIR, () => dir.at(RUMPUSER_FS_RMDIR, `d/${names[0]}`));
  throwsErrno(t, EISDIR, () => dir.at(RUMPUSER_FS_UNLINK, 'd'));
  for (const name of names) dir.at(RUMPUSER_FS_UNLINK, `d/${name}`);
  dir.at(RUMPUSER_FS_RMDIR, 'd');
  throwsErrno(t, ENOENT, () => dir.attributes('d'));
});

inDirectory('what is removed while a directory is read hides nothing else', (t, dir) => {
  dir.at(RUMPUSER_FS_MKDIR, 'd', [0o755]);
  const names = Array.from({ length: 60 }, (_, i) => `file${String(i).padStart(2, '0')}`);
  for (const name of names) make(dir, `d/${name}`);
  const seen = dir.list(
    'd',
    128,
    (name) => name.startsWith('file') && dir.at(RUMPUSER_FS_UNLINK, `d/${name}`),
  );
  t.deepEqual(
    seen.map(([name]) => name),
    ['.', '..', ...names],
  );
  t.is(dir.list('d').length, 2);
});

inDirectory('links: their text is told, and nothing follows them', (t, dir) => {
  dir.at(RUMPUSER_FS_MKDIR, 'd', [0o755]);
  make(dir, 'd/f', 'x');
  for (const [name, target] of [
    ['abs', '/etc/passwd'],
    ['up', '../..'],
    ['self', 'self'],
    ['dir', 'd'],
  ] as const) {
    dir.at(RUMPUSER_FS_SYMLINK, name, [], { path2: target });
    t.is(dir.readlink(name), target);
    t.like(dir.attributes(name), { size: target.length });
    t.is(dir.attributes(name).mode & 0o170000, S_IFLNK);
    throwsErrno(t, ELOOP, () => dir.at(RUMPUSER_FS_OPEN, name, [RUMPUSER_OPEN_RDONLY]));
    throwsErrno(t, ELOOP, () => dir.at(RUMPUSER_FS_TRUNCATE, name, [0]));
    throwsErrno(t, EOPNOTSUPP, () => dir.at(RUMPUSER_FS_CHMOD, name, [0o777]));
    throwsErrno(t, ESTALE, () => dir.attributes(`${name}/f`));
  }
  throwsErrno(t, ENOTDIR, () =>
    dir.at(RUMPUSER_FS_OPEN, 'd/f', [RUMPUSER_OPEN_RDONLY | RUMPUSER_OPEN_DIRECTORY]),
  );
  throwsErrno(t, EINVAL, () => dir.readlink('d'));
  throwsErrno(t, EEXIST, () => dir.at(RUMPUSER_FS_SYMLINK, 'abs', [], { path2: 'x' }));
  throwsErrno(t, ENOENT, () => dir.at(RUMPUSER_FS_SYMLINK, 'empty', [], { path2: '' }));
  dir.at(RUMPUSER_FS_UNLINK, 'dir');
  t.like(dir.attributes('d'), { nlink: 2 });
  // A link to a link is the link's other name.
  dir.at(RUMPUSER_FS_LINK, 'abs', [], { path2: 'abs2' });
  t.is(dir.readlink('abs2'), '/etc/passwd');
});

inDirectory('names are linked and renamed', (t, dir) => {
  make(dir, 'a', 'A');
  make(dir, 'b', 'B');
  dir.at(RUMPUSER_FS_MKDIR, 'd', [0o755]);
  dir.at(RUMPUSER_FS_LINK, 'a', [], { path2: 'd/a' });
  t.deepEqual(dir.attributes('a'), dir.attributes('d/a'));
  t.is(dir.attributes('a').nlink, 2);
  throwsErrno(t, EEXIST, () => dir.at(RUMPUSER_FS_LINK, 'a', [], { path2: 'b' }));
  const { id } = dir.attributes('a');
  dir.at(RUMPUSER_FS_RENAME, 'a', [], { path2: 'b' });
  t.deepEqual(dir.attributes('b').id, id);
  throwsErrno(t, ENOENT, () => dir.attributes('a'));
  dir.at(RUMPUSER_FS_MKDIR, 'e', [0o755]);
  throwsErrno(t, EISDIR, () => dir.at(RUMPUSER_FS_RENAME, 'b', [], { path2: 'd' }));
  throwsErrno(t, ENOTDIR, () => dir.at(RUMPUSER_FS_RENAME, 'd', [], { path2: 'b' }));
  throwsErrno(t, ENOTEMPTY, () => dir.at(RUMPUSER_FS_RENAME, 'e', [], { path2: 'd' }));
  throwsErrno(t, EINVAL, () => dir.at(RUMPUSER_FS_RENAME, 'd', [], { path2: 'd/d' }));
  dir.at(RUMPUSER_FS_RENAME, 'd', [], { path2: 'e' });
  t.deepEqual(
    dir.list('e').map(([name]) => name),
    ['.', '..', 'a'],
  );
});

inDirectory('attributes change, and are told', (t, dir) => {
  make(dir, 'f', '0123456789');
  const data = new Uint8Array(RUMPUSER_FSATTRS * 8);
  dir.at(RUMPUSER_FS_CHMOD, 'f', [0o4751], { data });
  t.is(attributesOf(data).mode, S_IFREG | 0o4751);
  dir.at(RUMPUSER_FS_UTIMES, 'f', [1_000, 5, 2_000, 123_456_789], { data });
  t.deepEqual(attributesOf(data).mtime, [2_000, 123_456_789]);
  dir.at(RUMPUSER_FS_UTIMES, 'f', [9, 9, 0, -1]);
  t.deepEqual(dir.attributes('f').mtime, [2_000, 123_456_789]);
  dir.at(RUMPUSER_FS_TRUNCATE, 'f', [4], { data });
  t.is(attributesOf(data).size, 4);
  dir.at(RUMPUSER_FS_TRUNCATE, 'f', [8]);
  const fd = dir.at(RUMPUSER_FS_OPEN, 'f', [RUMPUSER_OPEN_RDWR]);
  const back = new Uint8Array(10);
  t.is(dir.host.iovread(fd, [back], 0), 8);
  t.deepEqual([...back], [48, 49, 50, 51, 0, 0, 0, 0, 0, 0]);
  const { uid, gid } = dir.attributes('f');
  dir.at(RUMPUSER_FS_CHOWN, 'f', [uid, gid]);
  dir.at(RUMPUSER_FS_CHOWN, 'f', [-1, -1]);
  t.like(dir.attributes('f'), { uid, gid });
  // All of them by descriptor, also when the file has no name any more.
  dir.at(RUMPUSER_FS_UNLINK, 'f');
  for (const [op, args] of [
    [RUMPUSER_FS_CHMOD, [0o600]],
    [RUMPUSER_FS_CHOWN, [uid, gid]],
    [RUMPUSER_FS_UTIMES, [1, 1, 3, 3]],
    [RUMPUSER_FS_TRUNCATE, [3]],
  ] as const) {
    dir.call({ op, fd, args, data });
  }
  t.like(attributesOf(data), { mode: S_IFREG | 0o600, size: 3, nlink: 0 });
  throwsErrno(t, EINVAL, () => dir.call({ op: RUMPUSER_FS_TRUNCATE, fd, args: [-1] }));
  throwsErrno(t, EISDIR, () => dir.at(RUMPUSER_FS_TRUNCATE, '', [0]));
  dir.call({ op: RUMPUSER_FS_CLOSE, fd });
});

inDirectory('FIFOs and sockets are made and never opened', (t, dir) => {
  for (const [name, type] of [
    ['fifo', S_IFIFO],
    ['socket', S_IFSOCK],
  ] as const) {
    dir.at(RUMPUSER_FS_MKNOD, name, [type | 0o622]);
    t.is(dir.attributes(name).mode, type | 0o622);
    for (const flags of [RUMPUSER_OPEN_RDONLY, RUMPUSER_OPEN_WRONLY, RUMPUSER_OPEN_RDWR])
      throwsErrno(t, EOPNOTSUPP, () => dir.at(RUMPUSER_FS_OPEN, name, [flags]));
    throwsErrno(t, EOPNOTSUPP, () => dir.at(RUMPUSER_FS_TRUNCATE, name, [0]));
  }
  for (const type of [S_IFCHR, S_IFREG, S_IFDIR, 0])
    throwsErrno(t, EOPNOTSUPP, () => dir.at(RUMPUSER_FS_MKNOD, 'x', [type | 0o666]));
});

inDirectory('what a path may not be', (t, dir) => {
  dir.at(RUMPUSER_FS_MKDIR, 'd', [0o755]);
  make(dir, 'd/f');
  for (const path of [
    '.',
    '..',
    '/',
    '/etc',
    'd/',
    'd//f',
    './d',
    'd/.',
    'd/..',
    'd/../d/f',
    '../top',
    '//d',
  ]) {
    throwsErrno(t, EINVAL, () => dir.attributes(path));
    throwsErrno(t, EINVAL, () => dir.at(RUMPUSER_FS_MKDIR, path, [0o755]));
    throwsErrno(t, EINVAL, () => dir.at(RUMPUSER_FS_RENAME, 'd/f', [], { path2: path }));
    throwsErrno(t, EINVAL, () => dir.at(RUMPUSER_FS_LINK, 'd/f', [], { path2: path }));
  }
  throwsErrno(t, EINVAL, () => dir.attributes('d\0x'));
  throwsErrno(t, EINVAL, () => dir.at(RUMPUSER_FS_SYMLINK, 'l', [], { path2: 'a\0b' }));
  throwsErrno(t, ENAMETOOLONG, () => dir.attributes('n'.repeat(256)));
  throwsErrno(t, ENAMETOOLONG, () => dir.attributes(`${'n/'.repeat(2048)}n`));
  throwsErrno(t, ESTALE, () => dir.attributes('d/f/x'));
  throwsErrno(t, ESTALE, () => dir.attributes('none/x'));
  throwsErrno(t, ENOENT, () => dir.attributes('none'));
  for (const op of [RUMPUSER_FS_MKDIR, RUMPUSER_FS_UNLINK, RUMPUSER_FS_RMDIR, RUMPUSER_FS_RENAME])
    throwsErrno(t, EINVAL, () => dir.at(op, '', [0o755], { path2: 'x' }));
  // Names are bytes.
  const name = Uint8Array.of(0x66, 0xff, 0xfe);
  dir.at(RUMPUSER_FS_MKDIR, name, [0o700]);
  dir.at(RUMPUSER_FS_RMDIR, name);
});

inDirectory('a file that is not the one that was meant is left alone', (t, dir) => {
  dir.at(RUMPUSER_FS_MKDIR, 'd', [0o755]);
  make(dir, 'd/f', 'first');
  make(dir, 'd/g', 'second');
  const [where, what] = [dir.attributes('d').id, dir.attributes('d/f').id];
  const right = { where, what };
  dir.at(RUMPUSER_FS_RENAME, 'd/g', [], { path2: 'd/f', where, where2: where });
  const attempts: readonly [number, readonly number[], string | undefined][] = [
    [RUMPUSER_FS_GETATTR, [], undefined],
    [RUMPUSER_FS_OPEN, [RUMPUSER_OPEN_WRONLY], undefined],
    [RUMPUSER_FS_CHMOD, [0], undefined],
    [RUMPUSER_FS_CHOWN, [0, 0], undefined],
    [RUMPUSER_FS_UTIMES, [0, 0, 0, 0], undefined],
    [RUMPUSER_FS_TRUNCATE, [0], undefined],
    [RUMPUSER_FS_UNLINK, [], undefined],
    [RUMPUSER_FS_RENAME, [], 'h'],
    [RUMPUSER_FS_LINK, [], 'h'],
  ];
  const untouched = dir.attributes('d/f');
  for (const [op, args, path2] of attempts) {
    const named = path2 === undefined ? {} : { path2 };
    throwsErrno(t, ESTALE, () => dir.at(op, 'd/f', args, { ...right, ...named }));
    throwsErrno(t, ESTALE, () => dir.at(op, 'd/f', args, { where: what, ...named }));
  }
  throwsErrno(t, ESTALE, () => dir.at(RUMPUSER_FS_LINK, 'd/f', [], { path2: 'd/h', where2: what }));
  t.deepEqual(dir.attributes('d/f'), untouched);
  t.deepEqual(dir.list('').length, 3);
});

inDirectory('space, holes, synchronisation', (t, dir) => {
  const data = new Uint8Array(RUMPUSER_FSSPACES * 8);
  dir.call({ op: RUMPUSER_FS_STATFS, fd: dir.fd, data });
  const view = new DataView(data.buffer);
  t.true(view.getBigInt64(RUMPUSER_FSSPACE_BLOCKS * 8, true) > 0n);
  t.is(view.getBigInt64(RUMPUSER_FSSPACE_NAMEMAX * 8, true), 255n);
  throwsErrno(t, EINVAL, () => dir.call({ op: RUMPUSER_FS_STATFS, fd: dir.fd }));
  const fd = dir.at(RUMPUSER_FS_OPEN, 'f', [NEW, 0o600]);
  const seek = (off: number, hole: number) => dir.call({ op: RUMPUSER_FS_SEEK, fd, args: [off, hole] });
  dir.host.iovwrite(fd, [text.encode('x')], 65_536);
  t.is(seek(0, 0), 65_536);
  t.is(seek(0, 1), 0);
  t.is(seek(65_536, 1), 65_537);
  throwsErrno(t, ENXIO, () => seek(65_537, 0));
  dir.host.iovwrite(fd, [new Uint8Array(16_384).fill(1)], 0);
  dir.call({ op: RUMPUSER_FS_DISCARD, fd, args: [4_096, 4_096] });
  t.is(seek(0, 1), 4_096);
  dir.call({ op: RUMPUSER_FS_ALLOCATE, fd, args: [0, 100_000] });
  t.is(dir.attributes('f').size, 100_000);
  for (const op of [RUMPUSER_FS_ALLOCATE, RUMPUSER_FS_DISCARD]) {
    throwsErrno(t, EINVAL, () => dir.call({ op, fd, args: [-1, 1] }));
    throwsErrno(t, EINVAL, () => dir.call({ op, fd, args: [0, 0] }));
  }
  dir.call({ op: RUMPUSER_FS_FSYNC, fd, args: [0] });
  dir.call({ op: RUMPUSER_FS_FSYNC, fd, args: [1] });
  dir.call({ op: RUMPUSER_FS_CLOSE, fd });
  throwsErrno(t, EBADF, () => dir.call({ op: RUMPUSER_FS_FSYNC, fd }));
});

inDirectory('requests that make no sense', (t, dir) => {
  const path = text.encode('x');
  for (const op of [-1, 22, 1_000]) throwsErrno(t, EINVAL, () => dir.call({ op, fd: dir.fd, path }));
  for (const flags of [RUMPUSER_OPEN_ACCMODE, RUMPUSER_OPEN_CREATE, RUMPUSER_OPEN_EXCL, 0x10, 0x1000, -1])
    throwsErrno(t, EINVAL, () => dir.at(RUMPUSER_FS_OPEN, 'x', [flags, 0o600]));
  throwsErrno(t, EINVAL, () => dir.at(RUMPUSER_FS_OPEN, 'x', [NEW | RUMPUSER_OPEN_DIRECTORY, 0o600]));
  throwsErrno(t, EINVAL, () => dir.at(RUMPUSER_FS_OPEN, '', [RUMPUSER_OPEN_RDONLY]));
  throwsErrno(t, EISDIR, () => dir.at(RUMPUSER_FS_OPEN, '', [RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_DIRECTORY]));
  for (const args of [[0.5], [Number.NaN], [2 ** 60], [1, 2, 3, 4, 5]])
    throwsErrno(t, EINVAL, () => dir.at(RUMPUSER_FS_CHMOD, 'x', args));
  throwsErrno(t, EBADF, () => dir.call({ op: RUMPUSER_FS_GETATTR, fd: 100_000, path: text.encode('') }));
  throwsErrno(t, ENOENT, () => new HostDirectory(dir.host, '/no/such/directory'));
  throwsErrno(t, ENOTDIR, () => {
    make(dir, 'file');
    const fd = dir.at(RUMPUSER_FS_OPEN, 'file', [RUMPUSER_OPEN_RDONLY]);
    dir.call({ op: RUMPUSER_FS_READDIR, fd, data: new Uint8Array(4096) });
  });
  const fd = dir.at(RUMPUSER_FS_OPEN, '', [RUMPUSER_OPEN_RDONLY | RUMPUSER_OPEN_DIRECTORY]);
  throwsErrno(t, EINVAL, () => dir.call({ op: RUMPUSER_FS_READDIR, fd, data: new Uint8Array(5) }));
  throwsErrno(t, EINVAL, () => dir.call({ op: RUMPUSER_FS_READLINK, fd, data: new Uint8Array(5) }));
  t.is(dir.attributes('').mode & 0o170000, S_IFDIR);
});

inDirectory('what is done at once is what would be done with time', (t, dir) => {
  dir.at(RUMPUSER_FS_MKDIR, 'd', [0o755]);
  make(dir, 'd/f', '0123456789');
  dir.at(RUMPUSER_FS_SYMLINK, 'l', [], { path2: 'd' });
  const { id } = dir.attributes('d/f');
  const { host } = dir;
  let atOnce = 0;
  /** The outcome, and undefined when there has to be waiting. */
  const outcome = (call: () => number): number | Errno | undefined => {
    try {
      return call();
    } catch (error) {
      return error === EAGAIN ? undefined : (error as Errno);
    }
  };
  const named = (path: string) => ({ op: RUMPUSER_FS_GETATTR, fd: dir.fd, path: text.encode(path) });
  const requests = [
    named('d/f'),
    named('d'),
    named(''),
    named('l'),
    named('l/f'),
    named('d/none'),
    named('none/x'),
    named('../top'),
    named('d/'),
    { ...named('d/f'), what: id },
    { ...named('d'), what: id },
    { ...named('d/f'), where: id },
  ];
  for (let round = 0; round < 8; round++) {
    for (const request of requests) {
      const [now, later] = [new Uint8Array(144), new Uint8Array(144)];
      const wanted = outcome(() => dir.call({ ...request, data: later }));
      const got = outcome(() => host.fsopNow({ ...request, data: now }));
      if (got === undefined) continue;
      atOnce++;
      t.deepEqual([got, now], [wanted, later]);
    }
    const fd = outcome(() =>
      host.fsopNow({ ...named('d/f'), op: RUMPUSER_FS_OPEN, args: [RUMPUSER_OPEN_RDONLY], what: id }),
    );
    if (typeof fd === 'number') {
      const buf = new Uint8Array(20);
      const count = outcome(() => host.readNow(fd, buf, 2));
      if (typeof count === 'number') {
        t.true(count > 0 && count <= 8);
        t.deepEqual(buf.subarray(0, count), text.encode('23456789').subarray(0, count));
      }
      t.is(outcome(() => host.readNow(fd, buf, 10)) ?? 0, 0);
      if (outcome(() => host.fsopNow({ op: RUMPUSER_FS_CLOSE, fd })) === undefined)
        dir.call({ op: RUMPUSER_FS_CLOSE, fd });
      throwsErrno(t, EBADF, () => dir.call({ op: RUMPUSER_FS_CLOSE, fd }));
    }
  }
  if (host.kind === 'simulated') t.true(atOnce > 20 && atOnce < 76, String(atOnce));
  for (const [path, error] of [
    ['l', ELOOP],
    ['d', EISDIR],
  ] as const) {
    const opening = { ...named(path), op: RUMPUSER_FS_OPEN, args: [RUMPUSER_OPEN_WRONLY] };
    for (let i = 0; i < 8; i++) t.is(outcome(() => host.fsopNow(opening)) ?? error, error);
  }
  // What changes anything, or may take its time, is never done at once.
  for (const op of [RUMPUSER_FS_MKDIR, RUMPUSER_FS_UNLINK, RUMPUSER_FS_READLINK, RUMPUSER_FS_STATFS])
    throwsErrno(t, EAGAIN, () => host.fsopNow({ op, fd: dir.fd, path: text.encode('new') }));
  for (const off of [-1, 0.5, Number.NaN])
    throwsErrno(t, EINVAL, () => host.readNow(dir.fd, new Uint8Array(1), off));
});

onEveryHost('fini forgets operations under way and takes no more', (t, { host, path }) => {
  bind(host);
  const ask = () => host.fsop({ op: RUMPUSER_FS_ROOT, fd: -1, path: text.encode(path('')) }, () => t.fail());
  ask();
  host.fini();
  t.false(host.busy());
  t.is(host.reap(), 0);
  throwsErrno(t, EINVAL, ask);
});
