/** Workers that play the scenes of `thread.ts`. */
import { Worker } from 'node:worker_threads';
import type { Shared } from '../../lib/api/index.ts';
import type { Order, Scene } from './thread.ts';

export interface Told {
  readonly value?: unknown;
  readonly error?: string;
  readonly name?: string;
}

export function play(shared: Shared, scene: Scene, ...args: unknown[]): Worker {
  return playLooking(0, shared, scene, ...args);
}

/** The same, by one that looks for the answers of its calls so long before it sleeps. */
export function playLooking(spinUs: number, shared: Shared, scene: Scene, ...args: unknown[]): Worker {
  const workerData: Order = { scene, shared, args, spinUs };
  return new Worker(new URL('thread.js', import.meta.url), { workerData });
}

export function told(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** What it came to. */
export async function outcome(worker: Worker): Promise<Told> {
  const [answer] = await Promise.all([
    told(worker) as Promise<Told>,
    new Promise((resolve) => worker.once('exit', resolve)),
  ]);
  return answer;
}
