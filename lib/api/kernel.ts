/**
 * The kernel, as the host program holds it.
 *
 * Every method may be called at any time: on a dead kernel those that need one throw `KernelDead`, those that
 * only look back (`dmesg`, `dead`) still work.
 */

import { type Admission, gateOf } from '../gate/gate.ts';
import { threadOf } from '../gate/session.ts';
import { rumpFini } from '../kern/init.ts';
import type { Kernel as Kern } from '../kern/kernel.ts';
import type { Lwp } from '../kern/lwp.ts';
import { KernelDead } from '../kern/panic.ts';
import type { Proc as KernProc } from '../kern/proc.ts';
import { rumpReboot } from '../kern/reboot.ts';
import { pump } from '../kern/sched.ts';
import { inKernel } from '../kern/schedule.ts';
import type { SysctlDecoded } from '../kern/sysctl.ts';
import { sysctlByName } from '../kern/sysctl_name.ts';
import { __NetBSD_Version__ } from '../sys/constants/param.ts';
import { RB_HALT } from '../sys/constants/reboot.ts';
import { EBUSY, EINVAL, Errno, ESRCH } from '../sys/errno.ts';
import { SysError } from './errors.ts';
import { type EtfsKeys, etfsKeys } from './etfs.ts';
import type { NodeFs } from './fs/index.ts';
import type { Shared } from './gate/attach.ts';
import { type Listener, type ListenOptions, listen } from './listen.ts';
import { type Enter, type Ksyms, ksyms, type Modules, modules } from './modules.ts';
import { type NewprocOptions, newprocOptions, spawn } from './newproc.ts';
import { Proc } from './proc.ts';
import { proxy, type SyscallProxy } from './proxy.ts';
import { type ProcStatus, statusOf } from './ps.ts';
import { startTrace, type Trace, type TraceOptions, traceLimit } from './trace.ts';

/** Counters since boot. */
export interface KernelStats {
  readonly procs: number;
  readonly lwps: number;
  readonly runnable: number;
  readonly callouts: number;
  readonly syscalls: number;
  /** Dispatches, over all CPUs. */
  readonly switches: number;
}

/** How long the stages of the boot took, nanoseconds. */
export type BootStage = Readonly<{ stage: string; ns: number }>;

export class Kernel {
  readonly #k: Kern;
  #fsproc: Proc | null = null;

  /** Kernel modules. */
  readonly modules: Modules;
  /**
   * The kernel's symbol table: its own functions, what modules export, and what is loaded in this host
   * process.
   */
  readonly ksyms: Ksyms;
  /** Host keys: files, disks and directories of the host by names in the root file system. */
  readonly etfs: EtfsKeys;

  constructor(k: Kern) {
    this.#k = k;
    const enter: Enter = (what, fn) => this.enter(what, fn);
    this.modules = modules(k, enter);
    this.ksyms = ksyms(k, enter);
    this.etfs = etfsKeys(k, this, enter);
    const who = newprocOptions({ comm: 'module' });
    k.hooks.gateAdmit = (key) => gateOf(k, null).admit(key, () => ({ lwp: spawn(k, who), thread: false }));
  }

  /** NetBSD's __NetBSD_Version__: 799003400 is 7.99.34. */
  get version(): number {
    return __NetBSD_Version__;
  }

  get hostname(): string {
    return this.#k.hostname;
  }

  /** False once it has halted, rebooted or panicked. */
  get running(): boolean {
    return this.#k.state === 'running';
  }

  /** Why it is not running: "halted", "panic: ..."; empty while it is. */
  get dead(): string {
    return this.#k.deadReason;
  }

  /** Why it has ended, when it has: by `halt`, by a process, by a panic. */
  get ended(): Promise<string> {
    if (this.#k.state === 'dead') {
      return Promise.resolve(this.#k.deadReason);
    }
    return new Promise((resolve) => {
      this.#k.hooks.died ??= new Set();
      this.#k.hooks.died.add(() => {
        // Whoever ended it may still be inside.
        queueMicrotask(() => this.fini());
        resolve(this.#k.deadReason);
      });
    });
  }

  get bootlog(): readonly BootStage[] {
    return this.#k.bootlog;
  }

  /** RB_* and AB_* flags. */
  get boothowto(): number {
    return this.#k.boothowto;
  }

  set boothowto(howto: number) {
    if (!Number.isInteger(howto)) {
      throw new SysError(EINVAL, 'boothowto', `must be an integer, not ${String(howto)}`);
    }
    this.#k.boothowto = howto | 0;
  }

  /**
   * A new process, child of init, with the console open. @throws SysError EINVAL EAGAIN; for a cwd what chdir(2)
   * says, EOPNOTSUPP without vfs
   */
  newproc(options: NewprocOptions = {}): Proc {
    const who = newprocOptions(options);
    const proc = this.enter('newproc', () => {
      const l = spawn(this.#k, who);
      return this.#handle(l.proc, l);
    });
    if (who.cwd !== '/') {
      try {
        proc.sys.chdir(who.cwd);
      } catch (error) {
        proc.exit();
        throw error;
      }
    }
    return proc;
  }

  /** The process of that number. @throws SysError ESRCH */
  proc(pid: number): Proc {
    const p = this.#k.procs.get(pid);
    const l = p?.lwps;
    if (p === undefined || l == null || p === this.#k.proc0 || p === this.#k.initproc) {
      throw new SysError(ESRCH, 'proc', `no process ${String(pid)} to drive`);
    }
    return (p.handle as Proc | null) ?? this.#handle(p, l);
  }

  #handle(p: KernProc, l: Lwp): Proc {
    const proc = new Proc(this, p, l);
    p.handle = proc;
    return proc;
  }

  /**
   * `node:fs` as the superuser, in `/`. It is a process of its own, named "fs": its descriptors are that
   * process's. Should that process end, the next use is of a new one.
   * @throws SysError EAGAIN no process can be made
   */
  get fs(): NodeFs {
    if (this.#fsproc === null || (this.running && !this.#fsproc.alive)) {
      this.#fsproc = this.newproc({ comm: 'fs' });
    }
    return this.#fsproc.fs;
  }

  /**
   * A sysctl variable by name: `kernel.sysctl('kern.hostname')`; with `newValue` it is set, as the superuser,
   * and the new value returned.
   * @throws SysError ENOENT EPERM EINVAL EISDIR
   */
  sysctl(name: string, newValue?: SysctlDecoded): SysctlDecoded {
    if (typeof name !== 'string') {
      throw new SysError(EINVAL, 'sysctl', `name must be a string, not ${typeof name}`);
    }
    return this.enter('sysctl', (l) => sysctlByName(l, name, newValue));
  }

  /** Every process, as ps(1) would see them. */
  ps(): ProcStatus[] {
    return [...this.#k.procs.values()].map(statusOf);
  }

  /** The message buffer. Works on a dead kernel too. */
  dmesg(): string {
    return this.#k.msgbuf.text;
  }

  stats(): KernelStats {
    const k = this.#k;
    return {
      procs: k.procs.size,
      lwps: k.nlwps,
      runnable: k.runnable,
      callouts: k.callouts.size,
      syscalls: k.ncalls,
      switches: k.cpus.reduce((sum, cpu) => sum + cpu.nswtch, 0),
    };
  }

  /**
   * Watch system calls, sleeps, wake-ups, signals and processes from now on. One trace at a time.
   * @throws SysError EBUSY one is under way; EINVAL
   */
  trace(options: TraceOptions = {}): Trace {
    const limit = traceLimit(options);
    return this.enter('trace', () => startTrace(this.#k, limit));
  }

  /** Send every system call to `fn` instead of this kernel. Once. @throws SysError EBUSY EINVAL */
  setSysproxy(fn: SyscallProxy, arg?: unknown): void {
    this.enter('sysproxy', () => proxy(this.#k, this, fn, arg));
  }

  /**
   * Serve programs of other processes at `unix:///path` or `tcp://127.0.0.1:port`, by NetBSD's sysproxy protocol.
   * Rejects with SysError EINVAL, EACCES (TCP without a token), or the host's error.
   */
  async listen(url: string, options?: ListenOptions): Promise<Listener> {
    this.#mustRun('listen');
    return await listen(this.#k, url, options);
  }

  /**
   * What another thread of this host process needs to `attach`: it can be posted to Workers, and each `attach` makes a
   * new process like `newproc(options)`. Calls of theirs are served whenever this thread is in the kernel or in its
   * event loop.
   * @throws SysError EINVAL; EOPNOTSUPP a simulated host
   */
  share(options: NewprocOptions = {}): Shared {
    const who = newprocOptions(options);
    this.#mustRun('share');
    return this.#shared(() => ({ lwp: spawn(this.#k, who), thread: false }), who.cwd);
  }

  /** @internal */
  shareThread(p: KernProc): Shared {
    if (!p.alive) {
      throw new SysError(ESRCH, 'share');
    }
    return this.#shared(() => threadOf(p), '/');
  }

  #shared(admit: Admission, cwd: string): Shared {
    try {
      return { ...gateOf(this.#k, null).share(admit), cwd };
    } catch (error) {
      throw error instanceof Errno ? new SysError(error, 'share') : error;
    }
  }

  /** Shut down: RB_HALT, RB_NOSYNC, RB_DUMP. A second time does nothing. */
  reboot(howto = 0): void {
    if (this.#k.state !== 'dead') {
      if (!Number.isInteger(howto)) {
        throw new SysError(EINVAL, 'reboot', `howto must be an integer, not ${String(howto)}`);
      }
      if (this.#k.curlwp !== null) {
        throw new SysError(
          EBUSY,
          'reboot',
          'the kernel is not re-entrant: this call was made from inside it',
        );
      }
      rumpReboot(this.#k, howto);
    }
    this.fini();
  }

  /** Shut down and stay down. */
  halt(): void {
    this.reboot(RB_HALT);
  }

  [Symbol.dispose](): void {
    this.halt();
  }

  /** @internal Run `fn` inside the kernel; errnos come out as `SysError`. */
  enter<T>(what: string, fn: (l: Lwp) => T): T {
    try {
      return inKernel(this.#k, fn);
    } catch (error) {
      if (error instanceof KernelDead || this.#k.state === 'dead') {
        this.fini();
        throw error instanceof KernelDead ? error : new KernelDead(`kernel is dead (${this.#k.deadReason})`);
      }
      throw error instanceof Errno ? new SysError(error, what) : error;
    }
  }

  /** @throws KernelDead */
  #mustRun(what: string): void {
    this.enter(what, () => undefined);
  }

  /** @internal Let everyone run who can. */
  drain(): void {
    pump(this.#k);
  }

  /** @internal The kernel has died: give the host back what it took. */
  fini(): void {
    if (this.#k.curlwp === null) {
      for (const server of this.#k.hooks.servers ?? []) {
        server.close();
      }
      rumpFini(this.#k);
    }
  }
}
