/**
 * Callers of other processes: what a call over a unix socket costs. Clients are programs in C (the library of
 * native/client) and in JavaScript, against a socket of Node's that echoes. Server and client are processes; *pinned*
 * both have one CPU. *Asked for* is a client that attaches nothing.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchRow, MeasuredTrial, Target } from './bench.ts';
import { HELD } from './sysproxy_peers.ts';

const peers = fileURLToPath(new URL('./sysproxy_peers.js', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
/** Files a process has besides its connections. */
const FILES_SPARE = 100;

type Cpus = 'two CPUs' | 'pinned';

function start(cpus: Cpus, dir: string, program: readonly string[]): ChildProcess {
  const [command = '', ...rest] = cpus === 'pinned' ? ['taskset', '-c', '0', ...program] : program;
  return spawn(command, rest, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, RUMP_SERVER: `unix://${dir}/kernel` },
  });
}

function node(role: 'server' | 'client', dir: string, ...what: readonly string[]): string[] {
  return [process.execPath, '--expose-gc', peers, role, dir, ...what];
}

/** The client in C, compiled. */
function inC(dir: string, what: string): string[] {
  const program = join(dir, 'client');
  const sources = ['attach.c', 'client.c', 'connection.c', 'memory.c', 'wire.c'].map(
    (name) => `native/client/${name}`,
  );
  const generated = 'dist/client';
  const all = ['benchmarks/sysproxy_client.c', ...sources, `${generated}/rump_syscalls.c`];
  const include = ['native/client/include', 'native/client', generated].map((folder) => `-I${folder}`);
  execFileSync('cc', ['-O2', '-pthread', '-o', program, ...include, ...all], { cwd: root, stdio: 'inherit' });
  return [program, what];
}

/** The next thing a child prints. */
async function line(child: ChildProcess): Promise<string> {
  const said =
    child.stdout === null ? [] : await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  if (!(said[0] instanceof Uint8Array)) {
    throw new Error('a process of the benchmark has ended');
  }
  return String(said[0]).trim();
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null) {
    const over = once(child, 'exit');
    child.stdin?.end();
    await over;
  }
}

async function served<T>(cpus: Cpus, body: (server: ChildProcess, dir: string) => Promise<T>): Promise<T> {
  if (cpus === 'pinned') {
    execFileSync('taskset', ['-p', String(process.pid)], { stdio: 'ignore' });
  }
  const dir = mkdtempSync(join(tmpdir(), 'rump-'));
  const server = start(cpus, dir, node('server', dir));
  try {
    await line(server);
    return await body(server, dir);
  } finally {
    await ended(server);
    rmSync(dir, { recursive: true });
  }
}

function measured(client: (dir: string) => string[], cpus: Cpus = 'two CPUs'): MeasuredTrial {
  return {
    measure: () => served(cpus, async (_server, dir) => Number(await line(start(cpus, dir, client(dir))))),
  };
}

function js(what: string, cpus?: Cpus): MeasuredTrial {
  return measured((dir) => node('client', dir, what), cpus);
}

function c(what: string, cpus?: Cpus): MeasuredTrial {
  return measured((dir) => inC(dir, what), cpus);
}

/** Bytes of the server for each of many clients that are there at once. */
function held(): MeasuredTrial {
  return {
    measure: () => {
      const files = Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
      if (files < HELD + FILES_SPARE) {
        throw new Error(`${HELD} clients want ulimit -n ${HELD + FILES_SPARE}, it is ${files}`);
      }
      return served('two CPUs', async (server, dir) => {
        const size = async (): Promise<number> => {
          server.stdin?.write('\n');
          return Number(await line(server));
        };
        const before = await size();
        const client = start('two CPUs', dir, node('client', dir, 'held'));
        if (Number(await line(client)) !== HELD) {
          throw new Error('not all clients are there');
        }
        const after = await size();
        await ended(client);
        return (after - before) / HELD;
      });
    },
  };
}

/**
 * At most `us` microseconds where a socket of Node's echoes in 10. What a call through the host's kernel costs, and
 * what wakes a process on another CPU (4 microseconds here, 35 there, by whether that CPU has gone to sleep), is most
 * of these rows; the unit of the others, a mutex, knows nothing of it.
 */
function byEcho(us: number, cpus: Cpus): Target {
  return { ratioOf: `Node socket echo, ${cpus}`, times: us / 10 };
}

export const rows: readonly BenchRow[] = [
  { name: 'Node socket echo, two CPUs', others: '7 to 10 us', setup: () => js('echo') },
  { name: 'Node socket echo, pinned', setup: () => js('echo', 'pinned') },
  {
    name: 'sysproxy: getpid, two CPUs',
    target: byEcho(25, 'two CPUs'),
    others: 'rump 50 us',
    setup: () => c('getpid'),
  },
  {
    name: 'sysproxy: getpid, pinned',
    target: byEcho(8, 'pinned'),
    others: 'rump 8.0 us',
    setup: () => c('getpid', 'pinned'),
  },
  {
    name: 'sysproxy: getpid, 8 clients together, each',
    target: byEcho(10, 'pinned'),
    others: 'rump 17.5 us (57,000/s)',
    setup: () => c('together'),
  },
  {
    name: 'sysproxy: 64 KiB written',
    target: byEcho(131, 'two CPUs'),
    others: 'rump 67 MB/s',
    setup: () => c('write'),
  },
  {
    name: 'sysproxy: 64 KiB written, pinned',
    target: byEcho(131, 'pinned'),
    others: 'rump 430 MB/s',
    setup: () => c('write', 'pinned'),
  },
  {
    name: 'sysproxy: 64 KiB read',
    target: byEcho(65, 'two CPUs'),
    others: 'rump 630 MB/s',
    setup: () => c('read'),
  },
  {
    name: 'sysproxy: 64 KiB read, pinned',
    target: byEcho(65, 'pinned'),
    others: 'rump 1,700 MB/s',
    setup: () => c('read', 'pinned'),
  },
  {
    name: 'sysproxy: open + close',
    target: byEcho(50, 'two CPUs'),
    others: 'rump 171 us',
    setup: () => c('open'),
  },
  { name: 'sysproxy: stat', target: byEcho(25, 'two CPUs'), others: 'rump 116 us', setup: () => c('stat') },
  { name: 'sysproxy: pwritev of 8, nine copies', setup: () => c('writev') },
  { name: 'sysproxy: connect(), getpid', setup: () => js('getpid') },
  { name: 'sysproxy: connect(), open + close', setup: () => js('open') },
  { name: 'sysproxy: connect(), open + close, asked for', setup: () => js('open, asked') },
  { name: 'sysproxy: connect(), stat', setup: () => js('stat') },
  { name: 'sysproxy: connect(), stat, asked for', setup: () => js('stat, asked') },
  { name: 'sysproxy: connect(), pwritev of 8', setup: () => js('writev') },
  { name: 'sysproxy: connect(), pwritev of 8, asked for', setup: () => js('writev, asked') },
  { name: 'sysproxy: connect(), 64 KiB written', setup: () => js('write') },
  { name: 'sysproxy: connect(), 64 KiB read', setup: () => js('read') },
  {
    name: 'sysproxy: a client among 10,000, of the server',
    target: { bytes: 32_768 },
    others: 'rump holds 255',
    setup: held,
  },
];
