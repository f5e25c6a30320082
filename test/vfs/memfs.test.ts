/** The file systems in memory under pressure: limits, exhausted memory, many files. */
import test from 'ava';
import { boot, constants as c, type Kernel, SysError } from '../../lib/api/index.ts';
import { insideOf } from '../conformance/harness.ts';

function code(fn: () => unknown): string {
  try {
    fn();
    return 'ok';
  } catch (error) {
    return error instanceof SysError ? error.code : String(error);
  }
}

function inuse(kernel: Kernel): number {
  return insideOf(kernel).uvm.inuse;
}

test('when kernel memory runs out a write is cut short, then ENOSPC, and what was written stays', (t) => {
  const kernel = boot({ memlimit: '2m' });
  const { sys } = kernel.newproc();
  const fd = sys.open('/tmp/f', c.O_CREAT | c.O_RDWR, 0o644);
  const block = Buffer.alloc(100_000);
  let written = 0;
  for (;;) {
    block.fill(1 + (written % 251));
    let n = 0;
    if (
      code(() => {
        n = sys.write(fd, block);
      }) !== 'ok'
    ) {
      break;
    }
    written += n;
  }
  t.true(written > 1_000_000, String(written));
  t.is(
    code(() => sys.write(fd, block)),
    'ENOSPC',
  );
  t.is(sys.fstat(fd).size, written);
  // Names still come and go, and every byte is as it was.
  t.is(
    code(() => sys.mkdir('/tmp/d', 0o755)),
    'ok',
  );
  const back = Buffer.alloc(100_000);
  for (let at = 0; at < written; ) {
    const n = sys.pread(fd, back, at);
    t.true(
      back.subarray(0, n).every((byte) => byte === 1 + (at % 251)),
      `at ${at}`,
    );
    at += n;
  }
  // Overwriting needs no memory; truncating gives it back.
  t.is(sys.pwrite(fd, Buffer.from('x'), 0), 1);
  sys.ftruncate(fd, 0);
  t.is(sys.write(fd, block), block.length);
  t.is(kernel.dead, '');
  kernel.halt();
});

test('everything removed, all memory is back', (t) => {
  const kernel = boot();
  const { sys } = kernel.newproc();
  const work = (): void => {
    sys.mkdir('/m', 0o755);
    sys.mount('tmpfs', '/m', 0, undefined);
    for (let i = 0; i < 200; i++) {
      const fd = sys.open(`/m/f${i}`, c.O_CREAT | c.O_RDWR, 0o644);
      sys.pwrite(fd, Buffer.alloc(10_000, 1), i * 5000);
      if (i % 3 === 0) {
        sys.unlink(`/m/f${i}`);
      }
      sys.close(fd);
    }
    sys.unmount('/m', 0);
    sys.rmdir('/m');
  };
  work();
  const before = inuse(kernel);
  work();
  t.is(inuse(kernel), before);
  kernel.halt();
});

test('a directory of very many files is no slower to use, and is read whole', (t) => {
  // A million by name; fewer when nobody asks.
  const count = Number(process.env['RUMP_TEST_FILES'] ?? 20_000);
  const kernel = boot();
  const { sys } = kernel.newproc();
  sys.mkdir('/tmp/d', 0o755);
  sys.chdir('/tmp/d');
  for (let i = 0; i < count; i++) {
    sys.close(sys.open(`f${i}`, c.O_CREAT | c.O_WRONLY, 0o644));
  }
  t.is(sys.stat(`f${count - 1}`).nlink, 1);
  const seen = new Set<string>();
  const fd = sys.open('.', c.O_RDONLY);
  const buf = Buffer.alloc(8192);
  for (let n = sys.getdents(fd, buf); n > 0; n = sys.getdents(fd, buf)) {
    for (let at = 0; at < n; at += buf.readUInt16LE(at + 8)) {
      seen.add(buf.toString('latin1', at + 13, at + 13 + buf.readUInt16LE(at + 10)));
    }
  }
  t.is(seen.size, count + 2);
  for (let i = 0; i < count; i++) {
    sys.unlink(`f${i}`);
  }
  sys.chdir('/');
  sys.rmdir('/tmp/d');
  kernel.halt();
});

test('100,000 files open at once', (t) => {
  const kernel = boot();
  const { sys } = kernel.newproc();
  const count = 100_000;
  sys.setrlimit(c.RLIMIT_NOFILE, { cur: count + 10, max: count + 10 });
  for (let i = 0; i < count; i++) {
    sys.open('/tmp/f', c.O_CREAT | c.O_RDWR, 0o644);
  }
  t.is(sys.open('/dev/null', c.O_RDONLY), count + 3);
  t.is(sys.fcntl(0, c.F_MAXFD), count + 3);
  sys.fcntl(3, c.F_CLOSEM);
  t.is(sys.open('/dev/null', c.O_RDONLY), 3);
  kernel.halt();
});

test('times go by the clock of the kernel, also when it is set', (t) => {
  const kernel = boot();
  const { sys } = kernel.newproc();
  const now = Date.now() / 1000;
  sys.close(sys.open('/tmp/f', c.O_CREAT | c.O_RDWR, 0o644));
  t.true(Math.abs(sys.stat('/tmp/f').mtim.sec - now) < 60);
  sys.clock_settime(c.CLOCK_REALTIME, { sec: 1_000_000_000, nsec: 0 });
  sys.utimes('/tmp/f', null);
  sys.close(sys.open('/tmp/g', c.O_CREAT | c.O_RDWR, 0o644));
  t.true(sys.stat('/tmp/f').mtim.sec - 1_000_000_000 < 60);
  t.true(sys.stat('/tmp/g').birthtim.sec - 1_000_000_000 < 60);
  kernel.halt();
});
