/**
 * The two processes of a sysproxy benchmark: `server DIR` serves a kernel and an echo until its input ends;
 * `client DIR WHAT` takes one figure and prints it.
 */
import { once } from 'node:events';
import { createServer, connect as netConnect, type Socket } from 'node:net';
import { boot, constants as c, connect, type RemoteProc } from '../lib/api/index.ts';
import { encodeFrame } from '../lib/sysproxy/frame.ts';

const ROUNDS = 9;
const WARM = 3000;
const GETPID = 20;
const LARGE = 65536;
export const HELD = 10_000;
/** Bytes of the request and answer of getpid. */
const REQUEST = 24;
const ANSWER = 48;

async function serve(dir: string): Promise<void> {
  const kernel = boot();
  const { sys } = kernel.newproc();
  sys.open('/tmp/file', c.O_CREAT | c.O_RDWR, 0o666);
  await kernel.listen(`unix://${dir}/kernel`, { uid: 0, gid: 0, maxClients: HELD + 10 });
  const answer = Buffer.alloc(ANSWER);
  const echo = createServer((socket) => {
    let have = 0;
    socket.on('data', (chunk) => {
      for (have += chunk.length; have >= REQUEST; have -= REQUEST) {
        socket.write(answer);
      }
    });
  });
  echo.listen(`${dir}/echo`);
  await once(echo, 'listening');
  process.stdin.on('data', () => {
    globalThis.gc?.();
    console.log(process.memoryUsage().rss);
  });
  process.stdin.on('end', () => process.exit());
  console.log('ready');
}

/** Nanoseconds of one, when `n` are made in a row: the median of some rounds. */
async function nsEach(n: number, make: (n: number) => Promise<unknown>): Promise<number> {
  await make(WARM);
  const figures: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = process.hrtime.bigint();
    await make(n);
    figures.push(Number(process.hrtime.bigint() - began) / n);
  }
  return figures.sort((a, b) => a - b)[ROUNDS >> 1] as number;
}

function repeated(one: () => Promise<unknown>): (n: number) => Promise<void> {
  return async (n) => {
    for (let i = 0; i < n; i++) {
      await one();
    }
  };
}

/** There and back `n` times with a request and an answer of getpid's length, with nothing around the socket. */
function bare(socket: Socket, request: Uint8Array): (n: number) => Promise<void> {
  let have = 0;
  let left = 0;
  let done: () => void = () => {};
  socket.on('data', (chunk) => {
    for (have += chunk.length; have >= ANSWER; have -= ANSWER) {
      if (--left > 0) {
        socket.write(request);
      } else {
        done();
      }
    }
  });
  return (n) =>
    new Promise((resolve) => {
      left = n;
      done = resolve;
      socket.write(request);
    });
}

async function bareClient(dir: string): Promise<Socket> {
  const socket = netConnect(`${dir}/kernel`);
  await once(socket, 'data');
  socket.write(encodeFrame(1n, 0, 0, 0, Buffer.from('bare\0')));
  await once(socket, 'data');
  return socket;
}

const getpid = encodeFrame(2n, 0, 1, GETPID);

async function withClient(
  dir: string,
  attach: boolean,
  prepare: (proc: RemoteProc) => Promise<() => Promise<unknown>>,
  n: number,
): Promise<number> {
  const proc = await connect(`unix://${dir}/kernel`, { attach });
  return nsEach(n, repeated(await prepare(proc)));
}

/** A way to a file, as programs have it. */
async function moving(proc: RemoteProc, what: 'pwrite' | 'pread'): Promise<() => Promise<unknown>> {
  const fd = await proc.promises.open('/tmp/file', c.O_RDWR);
  const bytes = new Uint8Array(LARGE);
  await proc.promises.pwrite(fd, bytes, 0);
  return () => proc.promises[what](fd, bytes, 0);
}

const PREPARE: Readonly<Record<string, (proc: RemoteProc) => Promise<() => Promise<unknown>>>> = {
  getpid: async (proc) => () => proc.promises.getpid(),
  open: async (proc) => async () => proc.promises.close(await proc.promises.open('/tmp/file', c.O_RDWR)),
  stat: async (proc) => () => proc.promises.stat('/tmp/file'),
  writev: async (proc) => {
    const fd = await proc.promises.open('/tmp/file', c.O_RDWR);
    const buffers = Array.from({ length: 8 }, () => new Uint8Array(64));
    return () => proc.promises.pwritev(fd, buffers, 0);
  },
  write: (proc) => moving(proc, 'pwrite'),
  read: (proc) => moving(proc, 'pread'),
};

/** Nanoseconds, or how many clients there were. */
async function figure(dir: string, what: string): Promise<number> {
  switch (what) {
    case 'echo':
      return nsEach(10_000, bare(netConnect(`${dir}/echo`), new Uint8Array(REQUEST)));
    case 'held': {
      const clients: Socket[] = [];
      while (clients.length < HELD) {
        clients.push(...(await Promise.all(Array.from({ length: 100 }, () => bareClient(dir)))));
      }
      // Each of them is there.
      await Promise.all(clients.map((client) => bare(client, getpid)(1)));
      console.log(clients.length);
      process.stdin.resume();
      await once(process.stdin, 'end');
      return clients.length;
    }
    default: {
      const [call = '', how] = what.split(', ');
      const prepare = PREPARE[call];
      if (prepare === undefined) {
        throw new Error(`no such figure: ${what}`);
      }
      return withClient(dir, how !== 'asked', prepare, 3000);
    }
  }
}

const [role, dir = '', what = ''] = process.argv.slice(2);
if (role === 'server') {
  await serve(dir);
} else if (role === 'client') {
  console.log(await figure(dir, what));
  process.exit();
}
