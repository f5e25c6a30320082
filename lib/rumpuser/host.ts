/**
 * Native host: the hypercalls that ask the operating system for something, composed from one file a subject.
 *
 * The addon's functions return a negative errno (already NetBSD's) when they fail; here it becomes the
 * singleton.
 */
import { BioQueue } from './host_bio.ts';
import { type ConsoleSink, HostConsole } from './host_console.ts';
import { HostDl } from './host_dl.ts';
import type { HostBinding } from './host_errno.ts';
import { throwing } from './host_errno.ts';
import { HostFiles } from './host_files.ts';
import { HostMemoryBlocks } from './host_memory.ts';
import { HostParams } from './host_params.ts';
import type { Hyperup, Rumpuser } from './rumpuser.ts';

export interface HostOptions {
  /** What `getparam` sees. By default the environment of this process, as it is at each call. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Gets what `putchar` and `dprintf` write. By default standard output and standard error. */
  readonly console?: ConsoleSink | undefined;
  /** Told when the kernel ends: a status, or RUMPUSER_PANIC. By default nothing ends but the kernel. */
  readonly onExit?: ((code: number) => void) | undefined;
  /** What to call around a call that may block; undefined until the kernel has given it. */
  readonly upcalls: () => Hyperup | undefined;
  /** The idler to ring when block I/O completes. */
  readonly idler: number;
}

/** The part of `Rumpuser` that is made here. */
export type HostCalls = Pick<
  Rumpuser,
  | 'getparam'
  | 'getrandom'
  | 'putchar'
  | 'dprintf'
  | 'exit'
  | 'kill'
  | 'seterrno'
  | 'malloc'
  | 'free'
  | 'anonmmap'
  | 'unmap'
  | 'open'
  | 'close'
  | 'getfileinfo'
  | 'iovread'
  | 'iovwrite'
  | 'bio'
  | 'fsop'
  | 'fsopNow'
  | 'readNow'
  | 'reap'
  | 'syncfd'
  | 'dlBootstrap'
  | 'dlopen'
  | 'daemonizeBegin'
  | 'daemonizeDone'
>;

export interface Host {
  readonly calls: HostCalls;
  /** Hand a line that has no end yet to the console: before this thread waits. */
  flushConsole(): void;
  /** Give host memory back and forget block I/O under way. Idempotent. */
  fini(): void;
}

/** Runs a call that may block, with the virtual CPU given up around it. */
export type Blocking = <T>(call: () => T) => T;

export function hostCalls(binding: HostBinding, options: HostOptions): Host {
  const blocking: Blocking = (call) => {
    const upcalls = options.upcalls();
    if (upcalls === undefined) return call();
    upcalls.unschedule();
    try {
      return call();
    } finally {
      upcalls.schedule();
    }
  };
  const console = new HostConsole(binding, options.console);
  const params = new HostParams(binding, options.env);
  const memory = new HostMemoryBlocks(binding);
  const files = new HostFiles(binding, blocking);
  const bio = new BioQueue(binding, options.idler);
  const dl = new HostDl(binding);

  const calls: HostCalls = {
    getparam: (name) => params.get(name),
    getrandom: (buf, flags) => blocking(() => throwing(binding.getrandom(buf, flags))),
    putchar: (byte) => console.putchar(byte),
    dprintf: (text) => console.dprintf(text),
    exit: (code) => {
      console.flush();
      options.onExit?.(code);
    },
    kill: (pid, signo) => void throwing(binding.kill(pid, signo)),
    seterrno: (errno) => binding.seterrno(errno),
    malloc: (length, alignment) => memory.malloc(length, alignment),
    free: (block) => memory.release('free', block),
    anonmmap: (length) => memory.anonmmap(length),
    unmap: (block) => memory.release('unmap', block),
    open: (path, flags) => files.open(path, flags),
    close: (fd) => files.close(fd),
    getfileinfo: (path) => files.getfileinfo(path),
    iovread: (fd, buffers, off) => files.iovread(fd, buffers, off),
    iovwrite: (fd, buffers, off) => files.iovwrite(fd, buffers, off),
    bio: (fd, op, data, off, done) => bio.start(fd, op, data, off, done),
    fsop: (request, done) => bio.startFsop(request, done),
    fsopNow: (request) => bio.fsopNow(request),
    readNow: (fd, data, off) => bio.readNow(fd, data, off),
    reap: () => bio.reap(),
    syncfd: (fd, flags, start, length) => files.syncfd(fd, flags, start, length),
    dlBootstrap: () => dl.bootstrap(),
    dlopen: (path) => dl.open(path),
    daemonizeBegin: () => {
      console.flush();
      // Node's own options are arguments of the program too, though not in argv.
      const argv = [process.argv0, ...process.execArgv, ...process.argv.slice(1)];
      throwing(binding.daemonizeBegin(argv));
    },
    daemonizeDone: (error) => {
      console.flush();
      throwing(binding.daemonizeDone(error));
    },
  };
  return {
    calls,
    flushConsole: () => console.flush(),
    fini: () => {
      console.flush();
      bio.close();
      memory.releaseAll();
    },
  };
}
