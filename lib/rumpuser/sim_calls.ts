/** The hypercalls of the simulated host: which part of the machine each of them is. */
import { EOPNOTSUPP, ESRCH } from '../sys/errno.ts';
import type { Timespec } from '../sys/types.ts';
import type {
  DlObject,
  FileType,
  FsRequest,
  HostMemory,
  Hyperup,
  LockHandle,
  Rumpuser,
  RwMode,
} from './rumpuser.ts';
import type { BioDone } from './sim_bio.ts';
import { NO_FAULT } from './sim_bio.ts';
import type { SimMachine } from './sim_machine.ts';

export class SimCalls implements Rumpuser {
  readonly kind = 'simulated';
  readonly curlwp: Uint32Array;
  protected readonly machine: SimMachine;

  constructor(machine: SimMachine) {
    this.machine = machine;
    this.curlwp = machine.lwps.curlwp;
  }

  init(version: number, upcalls: Hyperup): void {
    this.machine.lwps.bind(version, upcalls);
  }

  fini(): void {
    this.machine.stop();
  }

  lwpCreate(): number {
    return this.machine.lwps.create();
  }

  lwpDestroy(handle: number): void {
    this.machine.lwps.destroy(handle);
  }

  curlwpSet(handle: number): void {
    this.machine.lwps.set(handle);
  }

  curlwpClear(handle: number): void {
    this.machine.lwps.clear(handle);
  }

  clockGettime(clock: number): Timespec {
    return this.machine.clock.gettime(clock);
  }

  monotonicNs(): number {
    return this.machine.clock.nowNs;
  }

  clockSleep(clock: number, sec: number, nsec: number): void {
    this.machine.clock.sleep(clock, sec, nsec);
  }

  idle(deadlineNs: number): void {
    this.machine.clock.idle(deadlineNs);
  }

  onPump(pump: () => void): void {
    this.machine.clock.onPump(pump);
  }

  arm(deadlineNs: number): void {
    this.machine.clock.arm(deadlineNs);
  }

  defer(): void {
    this.machine.clock.defer();
  }

  doorbell(): void {
    this.machine.clock.ring();
  }

  busy(): boolean {
    return this.machine.bioPending > 0;
  }

  worked(ns: number): void {
    this.machine.clock.advance(this.machine.clock.nowNs + ns);
  }

  schedPick(n: number): number {
    return this.machine.sched.below(n);
  }

  getparam(name: string): string | undefined {
    return this.machine.process.getparam(name);
  }

  getrandom(buf: Uint8Array, flags: number): number {
    return this.machine.lwps.blocking(() => this.machine.getrandom(buf, flags));
  }

  putchar(byte: number): void {
    this.machine.console.putchar(byte);
  }

  dprintf(text: string): void {
    this.machine.console.write(text);
  }

  exit(code: number): void {
    this.machine.process.exit(code);
  }

  kill(pid: number, signo: number): void {
    this.machine.process.kill(pid, signo);
  }

  seterrno(errno: number): void {
    this.machine.process.seterrno(errno);
  }

  malloc(length: number, alignment: number): HostMemory {
    return this.machine.memory.malloc(length, alignment);
  }

  free(memory: HostMemory): void {
    this.machine.release('free', memory);
  }

  anonmmap(length: number): HostMemory {
    return this.machine.memory.anonmmap(length);
  }

  unmap(memory: HostMemory): void {
    this.machine.release('unmap', memory);
  }

  open(path: string, flags: number): number {
    return this.machine.lwps.blocking(() => this.machine.files.open(path, flags));
  }

  close(fd: number): void {
    this.machine.lwps.blocking(() => this.machine.files.close(fd));
  }

  getfileinfo(path: string): { size: number; type: FileType } {
    return this.machine.files.getfileinfo(path);
  }

  iovread(fd: number, buffers: readonly Uint8Array[], off: number): number {
    return this.machine.lwps.blocking(() => this.machine.files.read(fd, buffers, off));
  }

  iovwrite(fd: number, buffers: readonly Uint8Array[], off: number): number {
    return this.machine.lwps.blocking(() => this.machine.files.write(fd, buffers, off));
  }

  bio(fd: number, op: number, data: Uint8Array, off: number, done: BioDone): void {
    this.machine.submit(fd, op, data, off, done, NO_FAULT);
  }

  fsop(request: FsRequest, done: BioDone): void {
    this.machine.submitFsop(request, done, NO_FAULT);
  }

  fsopNow(request: FsRequest): number {
    return this.machine.fsopNow(request);
  }

  readNow(fd: number, data: Uint8Array, off: number): number {
    return this.machine.readNow(fd, data, off);
  }

  reap(): number {
    return this.machine.reap();
  }

  syncfd(fd: number, flags: number, start: number, length: number): void {
    this.machine.lwps.blocking(() => this.machine.files.sync(fd, flags, start, length));
  }

  mutexInit(flags: number): LockHandle {
    return this.machine.locks.mutexes.init(flags);
  }

  mutexEnter(m: LockHandle): void {
    this.machine.locks.mutexes.enter('mutexEnter', m, 'released');
  }

  mutexEnterNowrap(m: LockHandle): void {
    this.machine.locks.mutexes.enter('mutexEnterNowrap', m, 'kept');
  }

  mutexTryenter(m: LockHandle): void {
    this.machine.locks.mutexes.tryenter(m);
  }

  mutexExit(m: LockHandle): void {
    this.machine.locks.mutexes.exit(m);
  }

  mutexDestroy(m: LockHandle): void {
    this.machine.locks.mutexes.destroy(m);
  }

  mutexOwner(m: LockHandle): number {
    return this.machine.locks.mutexes.owner(m);
  }

  rwInit(): LockHandle {
    return this.machine.locks.rwlocks.init();
  }

  rwEnter(mode: RwMode, rw: LockHandle): void {
    this.machine.locks.rwlocks.enter(mode, rw);
  }

  rwTryenter(mode: RwMode, rw: LockHandle): void {
    this.machine.locks.rwlocks.tryenter(mode, rw);
  }

  rwTryupgrade(rw: LockHandle): void {
    this.machine.locks.rwlocks.tryupgrade(rw);
  }

  rwDowngrade(rw: LockHandle): void {
    this.machine.locks.rwlocks.downgrade(rw);
  }

  rwExit(rw: LockHandle): void {
    this.machine.locks.rwlocks.exit(rw);
  }

  rwDestroy(rw: LockHandle): void {
    this.machine.locks.rwlocks.destroy(rw);
  }

  rwHeld(mode: RwMode, rw: LockHandle): boolean {
    return this.machine.locks.rwlocks.held(mode, rw);
  }

  cvInit(): LockHandle {
    return this.machine.locks.cvs.init();
  }

  cvDestroy(cv: LockHandle): void {
    this.machine.locks.cvs.destroy(cv);
  }

  cvWait(cv: LockHandle, m: LockHandle): void {
    this.machine.locks.cvs.wait('cvWait', cv, m, 'released', Number.POSITIVE_INFINITY);
  }

  cvWaitNowrap(cv: LockHandle, m: LockHandle): void {
    this.machine.locks.cvs.wait('cvWaitNowrap', cv, m, 'kept', Number.POSITIVE_INFINITY);
  }

  cvTimedwait(cv: LockHandle, m: LockHandle, timeoutNs: number): void {
    this.machine.locks.cvs.wait('cvTimedwait', cv, m, 'released', timeoutNs);
  }

  cvSignal(cv: LockHandle): void {
    this.machine.locks.cvs.signal(cv);
  }

  cvBroadcast(cv: LockHandle): void {
    this.machine.locks.cvs.broadcast(cv);
  }

  cvHasWaiters(cv: LockHandle): boolean {
    return this.machine.locks.cvs.hasWaiters(cv);
  }

  /** There are no host threads here. @throws EOPNOTSUPP */
  threadCreate(_fn: bigint, _arg: bigint, _name: string, _options: { mustJoin: boolean }): number {
    throw EOPNOTSUPP;
  }

  /** No cookie was ever given out. @throws ESRCH */
  threadJoin(_cookie: number): void {
    throw ESRCH;
  }

  dlBootstrap(): readonly DlObject[] {
    return this.machine.process.dlBootstrap();
  }

  dlopen(path: string): readonly DlObject[] {
    return this.machine.process.dlopen(path, (file) => this.machine.files.exists(file));
  }

  daemonizeBegin(): void {
    this.machine.process.daemonizeBegin();
  }

  daemonizeDone(error: number): void {
    this.machine.process.daemonizeDone(error);
  }
}
