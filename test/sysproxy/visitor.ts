/** A program of another process, for tests of servers that wait: visitor.js URL SCENE. */
import { setTimeout as sleep } from 'node:timers/promises';
import { constants as c, connect, type RemoteProc } from '../../lib/api/index.ts';

/** So late that the server waits by then. */
const LATER_MS = 150;
const LARGE = 4 << 20;

const [, , url = '', scene = ''] = process.argv;

async function say(proc: RemoteProc, text: string): Promise<void> {
  const fd = await proc.promises.open('/tmp/fifo', c.O_WRONLY);
  await proc.promises.write(fd, Buffer.from(text));
  await proc.promises.close(fd);
}

const SCENES: Readonly<Record<string, (proc: RemoteProc) => Promise<void>>> = {
  write: (proc) => say(proc, 'hello'),
  /** More than the server sends at once, in both directions, many times. */
  async large(proc) {
    const fd = await proc.promises.open('/tmp/large', c.O_CREAT | c.O_RDWR, 0o600);
    const bytes = new Uint8Array(LARGE).map((_, i) => i % 253);
    let same = (await proc.promises.write(fd, bytes)) === LARGE;
    const readings = Array.from({ length: 8 }, async () => {
      const back = new Uint8Array(LARGE);
      return (await proc.promises.pread(fd, back, 0)) === LARGE && Buffer.compare(back, bytes) === 0;
    });
    same &&= (await Promise.all(readings)).every(Boolean);
    // So many short ones that they do not fit in a turn.
    const pids = await Promise.all(Array.from({ length: 500 }, () => proc.promises.getpid()));
    await say(proc, same && pids.every((pid) => pid === proc.pid) ? 'same' : 'different');
  },
  /** Others come while the server waits. */
  async others(proc) {
    const others = await Promise.all(Array.from({ length: 20 }, () => connect(url, { comm: 'other' })));
    const pids = new Set(await Promise.all(others.map(({ promises }) => promises.getpid())));
    await say(proc, `${pids.size} others`);
  },
  async halt(proc) {
    await proc.promises.reboot(c.RB_HALT, null).catch(() => {});
  },
  async leave() {},
  async stay() {
    await sleep(60_000);
  },
};

const proc = await connect(url, { comm: 'visitor' });
process.stdout.write('here\n');
await sleep(LATER_MS);
await SCENES[scene]?.(proc);
process.exit(0);
