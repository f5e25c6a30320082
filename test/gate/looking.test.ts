/** Callers and kernels that look for each other before they sleep. */
import test from 'ava';
import { boot, type OwnKernel } from '../../lib/api/index.ts';
import { outcome, play, playLooking, told } from './play.ts';

const SPIN_US = 100;
const WHO = { comm: 'looker', cwd: '/tmp' } as const;

/** Those who came in have left. */
async function alone(kernel: OwnKernel): Promise<boolean> {
  for (let i = 0; kernel.ps().some(({ comm }) => comm === 'looker') && i < 2000; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return !kernel.ps().some(({ comm }) => comm === 'looker');
}

test('each gets its own answers, looking or asleep, beside the owner', async (t) => {
  using kernel = boot({ thread: 'own', spinUs: SPIN_US });
  const shared = kernel.share(WHO);
  const workers = [
    playLooking(SPIN_US, shared, 'short', 300),
    playLooking(SPIN_US, shared, 'short', 300),
    play(shared, 'short', 300),
  ];
  let ended = false;
  const done = Promise.all(workers.map(outcome)).finally(() => {
    ended = true;
  });
  const { sys, pid } = kernel.newproc();
  while (!ended) {
    for (let i = 0; i < 200; i++) {
      t.is(sys.getpid(), pid);
    }
    await new Promise(setImmediate);
  }
  t.deepEqual(await done, [{ value: 300 }, { value: 300 }, { value: 300 }]);
  t.true(await alone(kernel));
});

test('two kernels in one process are not taken for each other', async (t) => {
  using one = boot({ thread: 'own', spinUs: SPIN_US });
  using two = boot({ thread: 'own', spinUs: SPIN_US });
  for (let i = 0; i < 3; i++) {
    const workers = [one, two].map((kernel) => playLooking(SPIN_US, kernel.share(WHO), 'short', 200));
    t.deepEqual(await Promise.all(workers.map(outcome)), [{ value: 200 }, { value: 200 }]);
  }
  t.true((await alone(one)) && (await alone(two)));
});

test('a Worker that is terminated while it looks leaves nothing behind', async (t) => {
  using kernel = boot({ thread: 'own', spinUs: SPIN_US });
  const { sys, pid } = kernel.newproc();
  for (let i = 0; i < 6; i++) {
    const worker = playLooking(SPIN_US, kernel.share(WHO), 'short', 'no end');
    t.is(await told(worker), 'attached');
    await new Promise((resolve) => setTimeout(resolve, i % 4));
    await worker.terminate();
    t.is(sys.getpid(), pid);
  }
  t.true(await alone(kernel));
});

test('a kernel that ends while callers look tells them', async (t) => {
  for (let i = 0; i < 6; i++) {
    const kernel = boot({ thread: 'own', spinUs: SPIN_US });
    const shared = kernel.share(WHO);
    const workers = [SPIN_US, SPIN_US, 0].map((spinUs) => playLooking(spinUs, shared, 'short', 'no end'));
    await Promise.all(workers.map(told));
    const ended = Promise.all(workers.map(outcome));
    await new Promise((resolve) => setTimeout(resolve, i));
    kernel.halt();
    t.true((await ended).every(({ name }) => name === 'KernelDead'));
  }
});
