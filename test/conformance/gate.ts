/**
 * The calls of a process by way of the gate, on the kernel's own thread: as a foreign caller would make them, by
 * registers and memory.
 */

import { attached, type GateLwp, type GateProc } from '../../lib/api/gate/attach.ts';
import { GateSession } from '../../lib/api/gate/session.ts';
import type { Kernel, Proc } from '../../lib/api/index.ts';
import type { Caller, Face } from './harness.ts';

/** Tests that cannot be made so, by title, with the reason. */
const FORK = 'fork(2) is for processes of this isolate: children come by GateProc.fork';
const LWP = 'it looks at one lwp in particular, and its calls here are made by another';
const SIGNAL = 'a handler runs when its thread looks, and nothing is blocked in the kernel meanwhile';
const WORDS = 'an error here does not say how the process ended';

export const NOT_BY_GATE: Readonly<Record<string, string>> = {
  'vfork: makes a child, as fork does': FORK,
  'fork: EAGAIN when every number is taken, and again when one is free': FORK,
  'fork: the child has a number of its own and knows its parent': FORK,
  'RLIMIT_NPROC: counts the processes of the real user, in all its sessions': FORK,
  'RLIMIT_NPROC: does not bind the superuser': FORK,
  'RLIMIT_NPROC: a zombie counts until it is waited for; a change of the real user moves the count': FORK,
  'every lwp of a process has its descriptors': LWP,
  'every lwp of a process has its identity': LWP,
  'LwpHandle.exit: as _lwp_exit, and once': LWP,
  'an lwp of a process that has exited makes no calls': LWP,
  '_lwp_kill: a signal for one lwp waits for that one': LWP,
  'a handler may end its own process': SIGNAL,
  'the signal is blocked in its handler, unless SA_NODEFER; SA_RESETHAND catches once': SIGNAL,
  'a caught or blocked terminal stop does not stop': SIGNAL,
  'SIGIO to a group reaches every member': SIGNAL,
  'pollts, pselect: with another mask while they sleep': SIGNAL,
  'what a handler throws goes to whoever waits, else into the message buffer; the kernel goes on': SIGNAL,
  'exit: a process that has exited makes no more calls, and says so': WORDS,
  'kill: a process that kills itself does not come back from the call': WORDS,
};

export function comesByGate(title: string): boolean {
  return NOT_BY_GATE[title] === undefined;
}

export function gateFace(kernel: Kernel): Face {
  const faces = new Map<Caller, GateProc | GateLwp>();
  const sessions: GateSession[] = [];
  const comeIn = (shared: ReturnType<Kernel['share']>): GateProc => {
    const session = new GateSession(shared.gate, 0, () => kernel.drain());
    sessions.push(session);
    return attached(session, shared);
  };
  return {
    newproc(options = {}) {
      const face = comeIn(kernel.share(options));
      const proc = kernel.proc(face.pid);
      faces.set(proc, face);
      return proc;
    },
    calls(caller) {
      let face = faces.get(caller);
      if (face === undefined) {
        // A child of one that came in, or another lwp: it gets one more thread, which makes its calls.
        face = comeIn((caller as Proc).share());
        faces.set(caller, face);
      }
      return face.promises;
    },
    close() {
      for (const session of sessions) {
        session.close();
      }
      kernel.drain();
    },
  };
}
