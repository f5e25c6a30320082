/** watchFile: a file is looked at every now and then, also while there is none. */
import { EventEmitter } from 'node:events';
import type { Stat, Timespec } from '../../sys/types.ts';
import { toInteger, toPath } from './check.ts';
import { invalidArgType } from './errors.ts';
import type { FsProc } from './op.ts';
import { type BigIntStats, type Stats, toBigIntStats, toStats } from './stats.ts';

const EPOCH: Timespec = { sec: 0, nsec: 0 };

/** What is told of a file that is not there. */
const NOTHING: Stat = {
  dev: 0,
  mode: 0,
  ino: 0,
  nlink: 0,
  uid: 0,
  gid: 0,
  rdev: 0,
  atim: EPOCH,
  mtim: EPOCH,
  ctim: EPOCH,
  birthtim: EPOCH,
  size: 0,
  blocks: 0,
  blksize: 0,
  flags: 0,
  gen: 0,
};

/** Milliseconds between looks, as in Node. */
const INTERVAL_MS = 5007;

function differs(a: Stat, b: Stat): boolean {
  const at = (t: Timespec, u: Timespec) => t.sec !== u.sec || t.nsec !== u.nsec;
  return (
    at(a.mtim, b.mtim) ||
    at(a.ctim, b.ctim) ||
    at(a.birthtim, b.birthtim) ||
    a.size !== b.size ||
    a.ino !== b.ino ||
    a.dev !== b.dev ||
    a.mode !== b.mode ||
    a.nlink !== b.nlink ||
    a.uid !== b.uid ||
    a.gid !== b.gid
  );
}

/** Emits `change` with what is now and what was, and `stop`. */
export class StatWatcher extends EventEmitter {
  readonly #proc: FsProc;
  readonly #path: string;
  readonly #timer: NodeJS.Timeout;
  readonly #make: (st: Stat) => Stats | BigIntStats;
  #last: Stat | null = null;
  #looking = false;
  #stopped = false;

  constructor(
    proc: FsProc,
    path: string,
    options: { readonly interval: number; readonly persistent: boolean; readonly bigint: boolean },
  ) {
    super();
    this.#proc = proc;
    this.#path = path;
    this.#make = options.bigint ? toBigIntStats : toStats;
    this.#timer = setInterval(() => void this.#look(), options.interval);
    if (!options.persistent) {
      this.#timer.unref();
    }
    void this.#look();
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#stopped) {
      return;
    }
    this.#looking = true;
    let now = NOTHING;
    try {
      now = await this.#proc.promises.stat(this.#path);
    } catch {
      // Whatever the reason, there is nothing to be seen; a dead kernel never shows anything again.
      if (!this.#proc.alive) {
        this.stop();
      }
    }
    this.#looking = false;
    const last = this.#last;
    this.#last = now;
    // The first look tells only that there is nothing.
    if (!this.#stopped && (last === null ? now === NOTHING : differs(last, now))) {
      this.emit('change', this.#make(now), this.#make(last ?? NOTHING));
    }
  }

  stop(): void {
    if (!this.#stopped) {
      this.#stopped = true;
      clearInterval(this.#timer);
      process.nextTick(() => this.emit('stop'));
    }
  }

  ref(): this {
    this.#timer.ref();
    return this;
  }

  unref(): this {
    this.#timer.unref();
    return this;
  }
}

type Listener = (now: unknown, before: unknown) => void;

export function fileWatching(proc: FsProc): Record<string, unknown> {
  const watchers = new Map<string, StatWatcher>();
  return {
    watchFile: (path: unknown, options: unknown, listener?: unknown) => {
      const name = toPath(path, 'filename');
      const fn = typeof options === 'object' && options !== null ? listener : options;
      if (typeof fn !== 'function') {
        throw invalidArgType('listener', 'of type function', fn);
      }
      const {
        interval = INTERVAL_MS,
        persistent = true,
        bigint = false,
      } = (typeof options === 'object' && options !== null ? options : {}) as {
        interval?: number;
        persistent?: boolean;
        bigint?: boolean;
      };
      let watcher = watchers.get(name);
      if (watcher === undefined) {
        toInteger(interval, 'interval', 0, 4294967295);
        watcher = new StatWatcher(proc, name, { interval, persistent, bigint });
        watchers.set(name, watcher);
      }
      watcher.addListener('change', fn as Listener);
      return watcher;
    },
    unwatchFile: (path: unknown, listener?: unknown) => {
      const name = toPath(path, 'filename');
      const watcher = watchers.get(name);
      if (typeof listener === 'function') {
        watcher?.removeListener('change', listener as Listener);
      } else {
        watcher?.removeAllListeners('change');
      }
      if (watcher?.listenerCount('change') === 0) {
        watcher.stop();
        watchers.delete(name);
      }
    },
  };
}
