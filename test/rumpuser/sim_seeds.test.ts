import test from 'ava';
import { Prng } from '../../lib/rumpuser/prng.ts';
import {
  RUMPUSER_BIO_READ,
  RUMPUSER_BIO_WRITE,
  RUMPUSER_CLOCK_ABSMONO,
  RUMPUSER_CLOCK_RELWALL,
  RUMPUSER_OPEN_CREATE,
  RUMPUSER_OPEN_RDWR,
} from '../../lib/rumpuser/rumpuser.ts';
import type { Fault, SimulatedHost } from '../../lib/rumpuser/sim.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { EIO, ENOMEM, Errno } from '../../lib/sys/errno.ts';
import { seedCount, turn } from './sim_support.ts';

const FAULTS: readonly Fault[] = [
  { call: 'malloc', probability: 0.1, fail: ENOMEM },
  { call: 'bio', probability: 0.1, fail: EIO, delayNs: 10_000 },
  { call: 'iovwrite', probability: 0.1, delayNs: 777 },
];

type Step = (host: SimulatedHost, script: Prng, note: (what: unknown) => void) => unknown;

const steps: readonly Step[] = [
  (host, script) => host.clockSleep(RUMPUSER_CLOCK_RELWALL, 0, script.below(50_000)),
  (host, script) => host.idle(host.monotonicNs() + script.below(50_000)),
  (host, script) => host.arm(host.monotonicNs() + script.below(50_000)),
  (host) => host.defer(),
  (host) => host.doorbell(),
  (host, script) => host.schedPick(1 + script.below(9)),
  (host) => {
    const buf = new Uint8Array(5);
    host.getrandom(buf, 0);
    return [...buf];
  },
  (host, script) => host.malloc(1 + script.below(100), 8).address,
  (host, script) =>
    host.iovwrite(3, [new Uint8Array(script.below(100)).fill(script.below(256))], script.below(9_000)),
  (host, script, note) => {
    const op = script.below(2) === 0 ? RUMPUSER_BIO_READ : RUMPUSER_BIO_WRITE;
    const data = new Uint8Array(4).fill(script.below(256));
    host.bio(3, op, data, script.below(9_000), (count, error) => note([count, error?.code, ...data]));
  },
  (host) => host.reap(),
  (host) => host.clockGettime(RUMPUSER_CLOCK_ABSMONO),
];

/** Everything a host answers, in order, when a script drawn from `script` is played to it. */
async function transcript(seed: number, scriptSeed: number): Promise<string> {
  const host = simulatedHost({ seed, faults: FAULTS });
  const script = new Prng(scriptSeed);
  const lines: string[] = [];
  const note = (what: unknown) => {
    lines.push(
      `${host.monotonicNs()} ${JSON.stringify(what, (_, v) => (typeof v === 'bigint' ? String(v) : v))}`,
    );
  };
  host.open('/tmp/f', RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_CREATE);
  host.onPump(() => note(['pump', host.reap()]));
  for (let i = 0; i < 60; i++) {
    const step = steps[script.below(steps.length)] as Step;
    try {
      note([i, step(host, script, note)]);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      note([i, error.code]);
    }
    if (script.below(8) === 0) await turn();
  }
  note([...host.readFile('/tmp/f')].join(''));
  note(host.faultsInjected);
  host.fini();
  return lines.join('\n');
}

test('the same seed and the same calls give the same run', async (t) => {
  for (let seed = 0; seed < seedCount(200); seed++) {
    const [first, second] = [await transcript(seed, seed), await transcript(seed, seed)];
    if (first !== second) {
      t.is(first, second, `replay: RUMP_TEST_SEEDS=${seed + 1} npx ava dist/test/rumpuser/sim_seeds.test.js`);
      return;
    }
  }
  t.pass();
});

test('another seed gives another run of the same calls', async (t) => {
  t.not(await transcript(1, 5), await transcript(2, 5));
});

test('two hosts in one event loop do not disturb each other', async (t) => {
  const alone = await transcript(7, 7);
  const together = await Promise.all([transcript(7, 7), transcript(8, 8), transcript(7, 7)]);
  t.is(together[0], alone);
  t.is(together[2], alone);
});

test('named streams are independent and continue', (t) => {
  const host = simulatedHost({ seed: 'x' });
  const a = host.prng('a').next32();
  t.is(host.prng('a'), host.prng('a'));
  t.not(host.prng('a').next32(), a);
  const other = simulatedHost({ seed: 'x' });
  other.prng('b').next32();
  t.is(other.prng('a').next32(), a);
});

test('a host that printed its seed is replayed by it', (t) => {
  const first = simulatedHost({ seed: 42 });
  const again = simulatedHost({ seed: first.seed });
  t.is(again.schedPick(1_000), first.schedPick(1_000));
});
