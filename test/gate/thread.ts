/** A Worker for tests: it attaches to what it is given and does one of these things there. */
import { parentPort, workerData } from 'node:worker_threads';
import { attach, constants as c, type GateProc, type Shared } from '../../lib/api/index.ts';

export type Scene = keyof typeof SCENES;

export interface Order {
  readonly scene: Scene;
  readonly shared: Shared;
  readonly args: readonly unknown[];
  readonly spinUs: number;
}

const text = (value: string): Uint8Array => Buffer.from(value);

const SCENES = {
  /** Everything once. */
  tour({ sys, pid }: GateProc) {
    const fd = sys.open('/tmp/tour', c.O_CREAT | c.O_RDWR, 0o640);
    const long = new Uint8Array(300_000).map((_, i) => i % 251);
    const written = sys.write(fd, long);
    const back = new Uint8Array(300_000);
    const got = sys.pread(fd, back, 0);
    const [r, w] = sys.pipe();
    sys.write(w, text('abc'));
    const pieces = [new Uint8Array(1), new Uint8Array(2)];
    sys.readv(r, pieces);
    const { size, uid, mode } = sys.fstat(fd);
    return {
      pid: sys.getpid() === pid,
      written,
      got,
      same: Buffer.compare(back, long) === 0,
      pieces: Buffer.concat(pieces).toString(),
      size,
      uid,
      mode: mode & 0o777,
      cwd: sys.getcwd(),
    };
  },
  /** What fails, and with what. */
  errors({ sys }: GateProc) {
    const calls: (() => unknown)[] = [
      () => sys.open('/none', c.O_RDONLY),
      () => sys.read(99, new Uint8Array(1)),
      () => sys.read(0, 'no' as never),
      () => sys.kill(1, 9),
      () => sys.nanosleep({ sec: -1, nsec: 0.5 }),
      () => sys.setuid(0),
      () => sys.fork(),
      () => sys.open('a\0b', 0),
    ];
    return calls.map((call) => {
      try {
        return call();
      } catch (error) {
        return [(error as NodeJS.ErrnoException).code, (error as NodeJS.ErrnoException).syscall];
      }
    });
  },
  /** Children, and what becomes of them. */
  family(proc: GateProc) {
    const child = proc.fork();
    const parent = child.sys.getppid() === proc.pid;
    child.exit(3);
    const { pid, status } = proc.sys.wait4(child.pid, 0);
    const lwp = proc.newlwp();
    const same = lwp.sys.getpid() === proc.pid;
    lwp.exit();
    return { parent, pid: pid === child.pid, status, same };
  },
  /** Add one to a counter in a file, so often, under a lock. */
  count({ sys }: GateProc, times: number) {
    const fd = sys.open('/tmp/count', c.O_RDWR);
    const word = new Uint32Array(1);
    const bytes = new Uint8Array(word.buffer);
    for (let i = 0; i < times; i++) {
      sys.flock(fd, c.LOCK_EX);
      sys.pread(fd, bytes, 0);
      word[0] = (word[0] as number) + 1;
      sys.pwrite(fd, bytes, 0);
      sys.flock(fd, c.LOCK_UN);
    }
    return times;
  },
  /** Hold a lock and a pipe, say so, and read what nobody writes. */
  hold({ sys }: GateProc) {
    const fd = sys.open('/tmp/held', c.O_CREAT | c.O_RDWR, 0o600);
    sys.flock(fd, c.LOCK_EX);
    const [r] = sys.pipe();
    parentPort?.postMessage('holding');
    return sys.read(r, new Uint8Array(1));
  },
  /** Write what comes in by one FIFO to another. */
  echo({ sys }: GateProc, rounds: number) {
    parentPort?.postMessage('attached');
    const from = sys.open('/tmp/there', c.O_RDONLY);
    const to = sys.open('/tmp/back', c.O_WRONLY);
    const bytes = new Uint8Array(16);
    for (let i = 0; i < rounds; i++) {
      sys.write(to, bytes.subarray(0, sys.read(from, bytes)));
    }
    return rounds;
  },
  /** Signals during calls, by a handler of this thread. */
  signals({ sys, pid }: GateProc) {
    const got: number[] = [];
    sys.sigaction(c.SIGUSR1, { handler: (signo: number) => got.push(signo), mask: [0, 0, 0, 0], flags: 0 });
    sys.kill(pid, c.SIGUSR1);
    sys.sigaction(c.SIGALRM, { handler: (signo: number) => got.push(signo), mask: [0, 0, 0, 0], flags: 0 });
    // Again and again: the first may come before this thread sleeps.
    sys.setitimer(c.ITIMER_REAL, { value: { sec: 0, usec: 50_000 }, interval: { sec: 0, usec: 50_000 } });
    let ended = '';
    try {
      sys.nanosleep({ sec: 60, nsec: 0 });
    } catch (error) {
      ended = (error as NodeJS.ErrnoException).code ?? '';
    }
    return { got: [...new Set(got)], ended };
  },
  /** Many promises at a time, large ones too, and buffers that are given away meanwhile. */
  async promises({ promises, sys }: GateProc) {
    const fd = await promises.open('/tmp/many', c.O_CREAT | c.O_RDWR, 0o600);
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => promises.pwrite(fd, new Uint8Array(20_000).fill(i), i * 20_000)),
    );
    const buffer = new Uint8Array(20_000);
    const reading = promises.pread(fd, buffer, 0);
    structuredClone(buffer, { transfer: [buffer.buffer] });
    const given = await reading.then(
      () => 'read',
      (error: Error) => error.constructor.name,
    );
    const [r, w] = sys.pipe();
    const waiting = promises.read(r, new Uint8Array(5));
    sys.write(w, text('hello'));
    return { size: (await promises.fstat(fd)).size, given, read: await waiting };
  },
  /** Short calls, so many, or without end: each has its own answer. */
  short({ sys, pid }: GateProc, times: number | 'no end') {
    const fd = sys.open(`/tmp/${pid}`, c.O_CREAT | c.O_RDWR, 0o600);
    if (times === 'no end') {
      parentPort?.postMessage('attached');
    }
    const bytes = new Uint8Array(4);
    for (let i = 0; times === 'no end' || i < times; i++) {
      if (sys.getpid() !== pid || sys.umask(i & 0o777) !== (i === 0 ? 0o22 : (i - 1) & 0o777)) {
        return `an answer of somebody else's in round ${i}`;
      }
      if (i % 10 === 0) {
        sys.pwrite(fd, Uint8Array.of(i, pid), 0);
        sys.pread(fd, bytes, 0);
        if (bytes[0] !== (i & 0xff) || bytes[1] !== (pid & 0xff)) {
          return `somebody else's bytes in round ${i}`;
        }
      }
    }
    return times;
  },
  /** node:fs. */
  async files({ fs }: GateProc) {
    fs.mkdirSync('/tmp/dir');
    fs.writeFileSync('/tmp/dir/a', 'hello');
    await fs.promises.appendFile('/tmp/dir/a', ' world');
    return [fs.readFileSync('/tmp/dir/a', 'utf8'), fs.readdirSync('/tmp/dir')];
  },
} as const;

const { scene, shared, args, spinUs } = workerData as Order;
const run = SCENES[scene] as (proc: GateProc, ...more: readonly unknown[]) => unknown;
try {
  parentPort?.postMessage({ value: await run(attach(shared, { spinUs }), ...args) });
} catch (error) {
  parentPort?.postMessage({ error: String(error), name: (error as Error).name });
}
