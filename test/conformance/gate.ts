/**
 * The calls of a process by way of the gate: a conformance test's process gets one more thread, which makes them as a
 * foreign caller would, by registers and memory.
 */
import type { Proc, PromiseCalls } from '../../lib/api/index.ts';
import { attachedHere, type GateProc } from '../../lib/api/gate/attach.ts';
import type { Caller } from './harness.ts';

/** Tests that cannot be made so, by title, with the reason. */
const NOT_BY_GATE: Readonly<Record<string, string>> = {};

export function comesByGate(title: string): boolean {
  return NOT_BY_GATE[title] === undefined;
}

export interface GateFace {
  calls(caller: Caller): PromiseCalls;
  /** The threads leave. */
  close(): Promise<void>;
}

export function gateFace(): GateFace {
  const threads = new Map<Caller, Promise<GateProc>>();
  return {
    calls(caller) {
      let thread = threads.get(caller);
      if (thread === undefined) {
        thread = attachedHere((caller as Proc).share());
        threads.set(caller, thread);
      }
      return new Proxy(caller.promises, {
        get: (local, name) =>
          typeof name === 'string' && name in local
            ? async (...args: unknown[]) => {
                const { promises } = (await thread) as GateProc;
                return Reflect.apply((promises as never)[name], promises, args) as unknown;
              }
            : (local as never)[name],
      });
    },
    async close() {
      for (const thread of threads.values()) {
        (await thread).detach();
      }
      // They go when the kernel next looks.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
