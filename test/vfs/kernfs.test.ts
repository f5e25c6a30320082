/** kernfs: the kernel as files. */
import { constants as c } from '../../lib/api/index.ts';
import { direntNames } from '../conformance/files.ts';
import { conformance, fails } from '../conformance/harness.ts';

conformance(
  'kernfs tells of the kernel, and takes a host name of the superuser',
  async (t, { newproc, call, kernel }) => {
    const sys = call(newproc());
    await sys.mkdir('/kern', 0o755);
    await sys.mount('kernfs', '/kern', 0, undefined);
    const read = async (name: string): Promise<string> => {
      const fd = await sys.open(`/kern/${name}`, c.O_RDONLY);
      const buf = Buffer.alloc(100);
      const n = await sys.read(fd, buf);
      await sys.close(fd);
      return buf.toString('utf8', 0, n);
    };
    t.is(await read('hostname'), `${kernel.hostname}\n`);
    t.is(await read('ncpu'), `${String(kernel.sysctl('hw.ncpu'))}\n`);
    t.regex(await read('time'), /^\d+ \d+\n$/);
    const fd = await sys.open('/kern/hostname', c.O_WRONLY | c.O_TRUNC);
    await sys.write(fd, Buffer.from('box.example\n'));
    t.is(kernel.hostname, 'box.example');
    await fails(t, 'EINVAL', sys.write(fd, Buffer.from('a\nb')));
    await fails(t, 'EACCES', call(newproc({ uid: 7, gid: 7 })).open('/kern/hostname', c.O_WRONLY));
    await fails(t, 'EROFS', sys.unlink('/kern/time'));
    await fails(t, 'EROFS', sys.open('/kern/new', c.O_CREAT | c.O_RDWR, 0o644));
    await fails(t, 'ENOENT', sys.stat('/kern/none'));
    const dir = await sys.open('/kern', c.O_RDONLY);
    const buf = Buffer.alloc(4096);
    t.is(direntNames(buf.subarray(0, await sys.getdents(dir, buf))).length, 2 + 11);
    await fails(t, 'EINVAL', sys.mount('kernfs', '/tmp', 0, { path: 'x' }));
  },
);
