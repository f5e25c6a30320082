/**
 * A kernel that has its thread to itself: it waits for callers, not for an event loop.
 */
import type { Kernel } from '../kern/kernel.ts';
import { pump } from '../kern/sched.ts';
import type { Gate } from './gate.ts';

/** Requests served without a look at the clock. */
const REQUESTS_PER_PUMP = 64;

/**
 * Serve until the kernel has ended or `until` says so. Before the thread sleeps it looks for requests as long as
 * `spinNs`. When everybody who has come in waits and nothing could wake them, the newest gets EDEADLK.
 */
export function gateLoop(k: Kernel, gate: Gate, spinNs: number, until: () => boolean): void {
  while (k.state === 'running' && !until()) {
    pump(k);
    gate.answerQuestions();
    if (k.state !== 'running' || until() || k.runnable > 0 || served(k, gate, spinNs)) {
      continue;
    }
    const waking = k.callouts.waking > 0;
    if (!waking && !k.host.busy() && gate.deadlock()) {
      continue;
    }
    k.host.idle(waking ? k.callouts.nextNs : Number.POSITIVE_INFINITY);
  }
}

/** Serve requests as long as nothing but their answers comes of it. @returns whether there were any */
function served(k: Kernel, gate: Gate, spinNs: number): boolean {
  let any = false;
  for (let i = 0; i < REQUESTS_PER_PUMP && gate.serveOne(spinNs); i++) {
    any = true;
    if (k.state !== 'running' || k.runnable > 0 || k.softPending > 0 || gate.asked) {
      break;
    }
  }
  gate.flush();
  return any;
}
