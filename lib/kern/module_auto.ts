/**
 * Unloading what was loaded only because something needed it, some time after nothing does.
 *
 * The timer is housekeeping: it does not keep the host program alive, and in a kernel where nothing happens
 * it waits until something does.
 *
 * NetBSD: sys/kern/kern_module.c (module_thread), module(9) on MODULE_CMD_AUTOUNLOAD.
 */
import { MODFLG_AUTO_LOADED } from '../sys/constants/module.ts';
import { ENOTSUP, ENOTTY, Errno } from '../sys/errno.ts';
import { Callout, calloutSchedule } from './callout.ts';
import { Condvar } from './condvar.ts';
import type { Kernel } from './kernel.ts';
import { kthreadCreate } from './kthread.ts';
import { type LoadedModule, moduleFini } from './module.ts';

/** How long a module stays after its last user has gone. */
export const MODULE_AUTOTIME_NS = 10e9;

/**
 * What a kernel does when an automatically loaded module has no user any more. A kernel without threads does
 * nothing.
 */
export function moduleUnloader(): (k: Kernel) => void {
  let due: Callout | null = null;
  return (k) => {
    due ??= start(k);
    if (due !== null && !due.pending) {
      calloutSchedule(k, due, MODULE_AUTOTIME_NS);
    }
  };
}

function start(k: Kernel): Callout | null {
  const asked = new Condvar('modunload');
  const due = new Callout(() => asked.signal(), 'housekeeping');
  try {
    kthreadCreate(k, 'modunload', function* (l) {
      for (;;) {
        yield* asked.wait(l, null);
        moduleAutounload(k);
        // Who refused is asked again.
        if (idleModules(k).length > 0 && !due.pending) {
          calloutSchedule(k, due, MODULE_AUTOTIME_NS);
        }
      }
    });
  } catch (error) {
    if (error !== ENOTSUP) {
      throw error;
    }
    return null;
  }
  return due;
}

/** Unload every automatically loaded module that nobody uses and that agrees. @returns how many went */
export function moduleAutounload(k: Kernel): number {
  const idle = idleModules(k).filter((m) => agrees(k, m));
  let gone = 0;
  // The last loaded first: one may be the last user of another, which is asked when its time comes.
  for (const m of idle.reverse()) {
    try {
      moduleFini(k, m.info.name);
      gone++;
    } catch (error) {
      if (!(error instanceof Errno)) {
        throw error;
      }
    }
  }
  return gone;
}

function idleModules(k: Kernel): LoadedModule[] {
  return [...k.modules.values()].filter((m) => m.refcnt === 0 && (m.flags & MODFLG_AUTO_LOADED) !== 0);
}

/** ENOTTY is "never thought about it", which does not keep a module. */
function agrees(k: Kernel, m: LoadedModule): boolean {
  try {
    m.info.modcmd(k, 'autounload', {}, m);
    return true;
  } catch (error) {
    if (!(error instanceof Errno)) {
      throw error;
    }
    return error === ENOTTY;
  }
}
