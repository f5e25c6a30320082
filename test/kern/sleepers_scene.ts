/** Falls asleep so many times over, wakes everyone, and tells how much memory that took. */
import { Condvar } from '../../lib/kern/condvar.ts';
import { kthreadCreate } from '../../lib/kern/kthread.ts';
import { nativeHost } from '../../lib/rumpuser/native.ts';
import { bootOn, fifoHost, runReady, shutdown } from './support.ts';

const [count = '1000', kind = 'simulated'] = process.argv.slice(2);
const sleepers = Number(count);
const k = bootOn(kind === 'native' ? nativeHost({ env: {} }) : fifoHost());
const lwps = k.nlwps;
const cv = new Condvar('many');
let woken = 0;
for (let i = 0; i < sleepers; i++) {
  kthreadCreate(k, 'sleeper', function* (l) {
    yield* cv.wait(l, null);
    woken++;
  });
}
runReady(k);
const asleep = k.nlwps - lwps;
// What is in use, not what the collector has yet to give back: how much of that there is differs between Nodes.
(globalThis as { gc?: () => void }).gc?.();
const { heapUsed, external, rss } = process.memoryUsage();
const used = heapUsed + external;
cv.broadcast();
runReady(k);
process.stdout.write(JSON.stringify({ asleep, woken, left: k.nlwps - lwps, used, rss }));
shutdown(k);
