/**
 * Watching: `FSWatcher` over kqueue's vnode filter, as libuv does it where there is no inotify.
 *
 * A directory is open, and so is every regular file and directory in it: their notes say that something is
 * changed. Which names came and went is seen by reading the directory again. A watcher has a kqueue and its
 * descriptors in the process that watches; one promised kevent(2) sleeps on it.
 */
import { EventEmitter } from 'node:events';
import { posix } from 'node:path';
import {
  EV_ADD,
  EV_CLEAR,
  EVFILT_READ,
  EVFILT_VNODE,
  NOTE_ATTRIB,
  NOTE_DELETE,
  NOTE_EXTEND,
  NOTE_LINK,
  NOTE_RENAME,
  NOTE_REVOKE,
  NOTE_WRITE,
} from '../../sys/constants/event.ts';
import { O_CLOEXEC, O_NONBLOCK, O_RDONLY } from '../../sys/constants/fcntl.ts';
import type { Kevent } from '../../sys/types.ts';
import { toBoolean, toEncoding, toOptions, toPath, toSignal } from './check.ts';
import { DT_DIR, type Entry, encoded, list } from './dirent.ts';
import { codeOf, nodeError, renamed } from './errors.ts';
import { type FsProc, runSync } from './op.ts';
import { type Ignores, toIgnores } from './watchignore.ts';

const NOTES = NOTE_DELETE | NOTE_WRITE | NOTE_EXTEND | NOTE_ATTRIB | NOTE_LINK | NOTE_RENAME | NOTE_REVOKE;
const GONE = NOTE_DELETE | NOTE_RENAME | NOTE_REVOKE;
const CHANGED = NOTE_WRITE | NOTE_EXTEND | NOTE_ATTRIB;
const DT_REG = 8;
const EVENTS = 64;

/** Something that is watched. `name` is as events tell it: below the directory, or of the file itself. */
interface Watched {
  readonly fd: number;
  readonly path: string;
  readonly name: string;
  /** What is in it, when its entries are watched. */
  readonly entries: Map<string, Child> | null;
}

interface Child {
  readonly ino: number;
  readonly watched: Watched | null;
}

interface WatchOptions {
  readonly encoding: ReturnType<typeof toEncoding>;
  readonly persistent: boolean;
  readonly recursive: boolean;
  readonly signal: AbortSignal | undefined;
  readonly ignores: Ignores;
}

export function watchOptions(value: unknown): WatchOptions {
  const given = toOptions<Record<string, unknown>>(value, {});
  return {
    encoding: toEncoding(given['encoding']),
    persistent: toBoolean(given['persistent'] ?? true, 'options.persistent'),
    recursive: toBoolean(given['recursive'] ?? false, 'options.recursive'),
    signal: toSignal(given['signal']),
    ignores: toIgnores(given['ignore']),
  };
}

export class FSWatcher extends EventEmitter {
  readonly #proc: FsProc;
  readonly #options: WatchOptions;
  readonly #byFd = new Map<number, Watched>();
  readonly #kq: number;
  /** What is written to it wakes the one who sleeps on the kqueue. */
  readonly #wake: readonly [read: number, write: number];
  /** A promised call does not keep the host program running: this does. */
  readonly #alive: NodeJS.Timeout;
  #closed = false;

  /** @throws what open(2) says of the path, as `watch` */
  constructor(proc: FsProc, path: unknown, options: WatchOptions) {
    super();
    const name = toPath(path, 'filename');
    this.#proc = proc;
    this.#options = options;
    const { sys } = proc;
    this.#kq = sys.kqueue();
    this.#wake = sys.pipe() as readonly [number, number];
    this.#alive = setInterval(() => {}, 2 ** 30);
    if (!options.persistent) {
      this.#alive.unref();
    }
    try {
      this.#add(this.#wake[0], EVFILT_READ, 0);
      const st = sys.stat(name);
      this.#watch(name, posix.basename(name), (st.mode & 0o170000) === 0o040000 ? 'entries' : 'itself');
    } catch (error) {
      this.#release();
      throw Object.assign(renamed(error, 'watch', name) as object, { filename: name });
    }
    const { signal } = options;
    const abort = () => this.close();
    if (signal?.aborted === true) {
      process.nextTick(abort);
    }
    signal?.addEventListener('abort', abort, { once: true });
    this.once('close', () => signal?.removeEventListener('abort', abort));
    void this.#loop();
  }

  #add(ident: number, filter: number, fflags: number): void {
    const change: Kevent = { ident, filter, flags: EV_ADD | EV_CLEAR, fflags, data: 0, udata: 0 };
    this.#proc.sys.kevent(this.#kq, [change], 0, null);
  }

  /** Watch a file, or a directory and its entries. */
  #watch(path: string, name: string, what: 'entries' | 'itself'): Watched {
    const fd = this.#proc.sys.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    const watched: Watched = { fd, path, name, entries: what === 'entries' ? new Map() : null };
    this.#byFd.set(fd, watched);
    this.#add(fd, EVFILT_VNODE, NOTES);
    if (watched.entries !== null) {
      for (const entry of runSync(list(this.#proc.sys, path))) {
        watched.entries.set(entry.name, this.#child(watched, entry));
      }
    }
    return watched;
  }

  /** Names in the watched directory are told as they are, those further down with the way to them. */
  #nameBelow(watched: Watched, name: string): string {
    return this.#byFd.values().next().value === watched ? name : posix.join(watched.name, name);
  }

  #child(parent: Watched, entry: Entry): Child {
    const path = posix.join(parent.path, entry.name);
    try {
      const { ino } = this.#proc.sys.lstat(path);
      const deeper = this.#options.recursive && entry.type === DT_DIR;
      const name = this.#nameBelow(parent, entry.name);
      if ((entry.type !== DT_REG && entry.type !== DT_DIR) || this.#options.ignores(name)) {
        return { ino, watched: null };
      }
      return { ino, watched: this.#watch(path, name, deeper ? 'entries' : 'itself') };
    } catch (error) {
      // It went meanwhile, or may not be read: its name is still told of.
      if (codeOf(error) === 'EMFILE' || codeOf(error) === 'ENFILE') {
        throw error;
      }
      return { ino: 0, watched: null };
    }
  }

  #forget(watched: Watched | null): void {
    if (watched === null || !this.#byFd.delete(watched.fd)) {
      return;
    }
    for (const child of watched.entries?.values() ?? []) {
      this.#forget(child.watched);
    }
    this.#proc.sys.close(watched.fd);
  }

  async #loop(): Promise<void> {
    try {
      for (;;) {
        const events = await this.#proc.promises.kevent(this.#kq, null, EVENTS, null);
        if (this.#closed) {
          break;
        }
        for (const { ident, filter, fflags } of events) {
          const watched = filter === EVFILT_VNODE ? this.#byFd.get(ident) : undefined;
          if (watched !== undefined && !this.#closed) {
            this.#noted(watched, fflags);
          }
        }
      }
      this.#release();
    } catch (error) {
      // The process or the kernel has gone, and with it the descriptors.
      const wasClosed = this.#closed;
      this.#closed = true;
      clearInterval(this.#alive);
      if (!wasClosed) {
        this.emit('error', nodeError(error));
        this.emit('close');
      }
    }
  }

  #noted(watched: Watched, notes: number): void {
    const isRoot = this.#byFd.values().next().value === watched;
    if (watched.entries !== null && (notes & NOTE_WRITE) !== 0) {
      this.#compare(watched);
    }
    if (isRoot && (notes & GONE) !== 0) {
      this.#tell('rename', watched.name);
    } else if ((notes & CHANGED) !== 0 && (watched.entries === null || (notes & NOTE_ATTRIB) !== 0)) {
      this.#tell('change', watched.name);
    }
  }

  /** What came to a directory, and what went. */
  #compare(watched: Watched): void {
    const before = watched.entries as Map<string, Child>;
    let now: Entry[];
    try {
      now = runSync(list(this.#proc.sys, watched.path));
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') {
        now = [];
      } else {
        throw error;
      }
    }
    const left = new Map(before);
    const known = new Set(Array.from(before.values(), ({ ino }) => ino));
    for (const entry of now) {
      const old = before.get(entry.name);
      left.delete(entry.name);
      if (old !== undefined && old.ino === this.#inode(watched, entry)) {
        continue;
      }
      this.#forget(old?.watched ?? null);
      const child = this.#child(watched, entry);
      before.set(entry.name, child);
      const name = this.#nameBelow(watched, entry.name);
      this.#tell('rename', name);
      if (entry.type === DT_REG && !known.has(child.ino) && this.#hasData(child)) {
        // It was written to before it could be watched.
        this.#tell('change', name);
      }
      for (const below of child.watched?.entries?.keys() ?? []) {
        this.#tell('rename', posix.join(name, below));
      }
    }
    for (const [name, child] of left) {
      before.delete(name);
      this.#forget(child.watched);
      this.#tell('rename', this.#nameBelow(watched, name));
    }
  }

  #inode(watched: Watched, entry: Entry): number {
    try {
      return this.#proc.sys.lstat(posix.join(watched.path, entry.name)).ino;
    } catch {
      return -1;
    }
  }

  #hasData({ watched }: Child): boolean {
    return watched !== null && this.#proc.sys.fstat(watched.fd).size > 0;
  }

  #tell(event: 'rename' | 'change', name: string): void {
    if (!this.#closed && !this.#options.ignores(name)) {
      this.emit('change', event, encoded(Buffer.from(name), this.#options.encoding));
    }
  }

  #release(): void {
    clearInterval(this.#alive);
    const { sys } = this.#proc;
    for (const fd of [...this.#byFd.keys(), ...this.#wake, this.#kq]) {
      sys.close(fd);
    }
    this.#byFd.clear();
  }

  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    clearInterval(this.#alive);
    if (this.#proc.alive) {
      this.#proc.sys.write(this.#wake[1], new Uint8Array(1));
    }
    process.nextTick(() => this.emit('close'));
  }

  ref(): this {
    this.#alive.ref();
    return this;
  }

  unref(): this {
    this.#alive.unref();
    return this;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
