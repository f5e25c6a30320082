/**
 * All the state of one kernel, a line and a comment each. Nothing in `lib/` is mutable at module level: two
 * kernels share only code.
 *
 * NetBSD: the file-scope variables of sys/rump/librump/rumpkern/*.c and sys/kern/*.c that a rump kernel
 * links.
 */
import type { Rumpuser } from '../rumpuser/rumpuser.ts';
import type { Aio } from './aiodone.ts';
import { CalloutHeap } from './callout_heap.ts';
import type { Component } from './component.ts';
import { Cons, type ConsoleSource } from './cons_host.ts';
import { Cpu } from './cpu.ts';
import { Devsw } from './devsw.ts';
import type { Evcnt } from './evcnt.ts';
import type { Hooks } from './hooks.ts';
import type { KauthCred, KauthListener, KauthScope } from './kauth.ts';
import type { Kmem } from './kmem.ts';
import type { Ksyms } from './ksyms.ts';
import { List } from './list.ts';
import type { Lwp } from './lwp.ts';
import type { LoadedModule, Modinfo, ModuleSource } from './module.ts';
import type { NativeDevice } from './module_native.ts';
import type { Msgbuf } from './msgbuf.ts';
import type { PoolCache } from './pool_cache.ts';
import type { Reclaimable } from './pool_stat.ts';
import type { Pgrp, Proc, Session } from './proc.ts';
import { ProcTable } from './proctab.ts';
import type { Random } from './random.ts';
import type { Secmodel } from './secmodel.ts';
import type { SleepQueue } from './sleepq.ts';
import type { SysctlNode } from './sysctl.ts';
import type { HandlerTable } from './sysent.ts';
import type { Sysproxy } from './sysproxy.ts';
import type { Tracer } from './trace.ts';
import type { Uidinfo } from './uid.ts';
import type { Uvm } from './uvm.ts';
import type { Vmem } from './vmem.ts';
import type { Workqueue } from './workqueue.ts';
import type { XcallState } from './xcall.ts';

/** `dead`: shut down or panicked; `deadReason` says which. No state follows it. */
export type KernelState = 'cold' | 'booting' | 'running' | 'dead';

/** NetBSD: rump_boot_setsigmodel. */
export const SIGNAL_MODELS = ['raise', 'record', 'ignore', 'panic'] as const;
export type SignalModel = (typeof SIGNAL_MODELS)[number];

export interface BootParams {
  readonly host: Rumpuser;
  readonly ncpu: number;
  /** False: no kernel threads (RUMP_THREADS=0). */
  readonly threads: boolean;
  /** Boot messages go to the console too (RUMP_VERBOSE). */
  readonly verbose: boolean;
  /** Name to take instead of the host's. */
  readonly hostname: string | undefined;
  /** Bytes of host memory the kernel may take, Infinity for no limit (RUMP_MEMLIMIT). */
  readonly memlimit: number;
  /** A RUMP_* variable. */
  readonly getenv: (name: string) => string | undefined;
  /** Where console text goes. `full` when it takes no more until `consoleDrained` is called. */
  readonly console: (text: string) => unknown;
  /** Where console input comes from, null for nowhere. */
  readonly consoleSource: ConsoleSource | null;
  /** What a signal posted to a process does; `raise` is as everywhere. */
  readonly sigmodel: SignalModel;
  /** Factions and components, each after those it requires. */
  readonly components: readonly Component[];
  /** Kernel messages go there too, not only into the message buffer. */
  readonly logConsole: boolean;
}

export class Kernel {
  readonly params: BootParams;
  /** Every way out: lib/rumpuser/rumpuser.ts. */
  readonly host: Rumpuser;
  /** Picks among equally ready lwps under a simulated host; null takes the first. */
  readonly schedPick: ((n: number) => number) | null;

  state: KernelState = 'cold';
  /** Why the kernel is dead: "halted", "panic: ...". */
  deadReason = '';
  /** What it took of the host has been given back. */
  finished = false;
  /** Message of the panic; null while there was none. */
  panicstr: string | null = null;
  /** RB_* and AB_* flags. */
  boothowto = 0;
  /** Wall-clock second the kernel booted, and the host's monotonic time then. */
  boottime = { sec: 0, nsec: 0 };
  bootNs = 0;
  /** Nanoseconds settimeofday has moved the wall clock by. */
  clockSkewNs = 0n;
  hostname = '';
  domainname = '';
  hostid = 0;
  /** How long each stage of the boot took, for `rump sh -v`. */
  readonly bootlog: { stage: string; ns: number }[] = [];

  // ---- who runs
  readonly cpus: Cpu[];
  /** The lwp on the CPU, null outside the kernel. */
  curlwp: Lwp | null = null;
  /** CPU the next dispatch starts its search at. */
  nextCpu = 0;
  /** Lwps on run queues, over all CPUs. */
  runnable = 0;
  /** User code to be run for lwps that have left the kernel for it (signal handlers). */
  readonly upcalls: { readonly l: Lwp; readonly fn: () => void }[] = [];
  /** Lwps asleep until the host answers (hyperwait). */
  hyperwaiting = 0;
  /** A pump has been asked for and has not come. */
  pumpAsked = false;
  /** Deadline the host was last armed with. */
  armedNs = Number.POSITIVE_INFINITY;
  /** Dispatches since the clock was last read, and what it said. */
  sinceClock = 0;
  lastClockNs = 0;
  /** Stretches of kernel code run (sample.ts), how many there were when time last moved, last sample's end. */
  stretches = 0;
  stretchesMoved = 0;
  sampledNs = 0;
  readonly callouts = new CalloutHeap();
  /** Sleep queues of ltsleep, by the object slept on. */
  readonly sleeptab = new WeakMap<object, SleepQueue>();
  /** Callouts called too late, and lwps that had to wait for one to be over. */
  calloutLate!: Evcnt;
  calloutWait!: Evcnt;
  /** Soft interrupts scheduled, over all CPUs. */
  softPending = 0;
  /** Cross calls. */
  xcall!: XcallState;
  /** Completes block I/O; made by the first transfer. */
  aiodone: Workqueue<Aio> | null = null;
  /** Host mutex that keeps other host threads out of the kernel's memory (giant.ts). */
  giant = 0;
  giantShared = false;
  /** Who is told of everything (trace.ts); null costs a test. */
  trace: Tracer | null = null;
  /** Numbers of the last 16 system calls, for the post-mortem. */
  readonly lastcalls = new Uint16Array(16);
  ncalls = 0;

  // ---- who there is
  lwp0!: Lwp;
  proc0!: Proc;
  initproc!: Proc;
  readonly procs = new ProcTable();
  readonly pgrps = new Map<number, Pgrp>();
  readonly sessions = new Map<number, Session>();
  readonly uids = new Map<number, Uidinfo>();
  /** Last pid handed out. */
  nextpid = 1;
  /** Some process has used up the lwp ids: from then on they are checked before use. */
  lidWrapped = false;
  nlwps = 0;
  /** Processes made since the boot. */
  nforks = 0;
  /** The superuser's credential, shared by all who run as root. */
  susercred!: KauthCred;
  /** Context of host code that has no lwp of its own (schedule.ts). */
  implicit!: Lwp;
  /** The lwp that stands for the caller's host thread between entries (lwproc.ts). */
  hostlwp: Lwp | null = null;
  readonly kauthScopes = new Map<KauthScope, KauthListener[]>();

  // ---- memory
  /** Pages, and what is done when they run out. */
  uvm!: Uvm;
  readonly vmems = new List<Vmem>();
  readonly pools = new List<Reclaimable>();
  /** Caches of kmem by size class, those that have been used. */
  readonly kmem: (PoolCache<Kmem> | undefined)[] = [];

  // ---- services
  random!: Random;
  msgbuf!: Msgbuf;
  sysctl!: SysctlNode;
  /** No new permanent sysctl nodes once true. */
  sysctlFinal = false;
  ksyms!: Ksyms;
  /** Loaded modules, in the order they were loaded. */
  readonly modules = new Map<string, LoadedModule>();
  /** Modules that can be loaded by name. */
  readonly modinfos = new Map<string, { readonly info: Modinfo; readonly source: ModuleSource }>();
  /** Names of modules whose init is under way, the one that started it first. */
  readonly modulesLoading: string[] = [];
  /** Called when an automatically loaded module has lost its last user. */
  moduleIdle: (k: Kernel) => void = () => {};
  /** Device drivers by major number. */
  readonly devsw = new Devsw();
  /** Those in native code, by address; null until the first native module. */
  nativeDevices: Map<bigint, NativeDevice> | null = null;
  /** -1 to 2; it is only ever raised (securelevel.ts). */
  securelevel = -1;
  /** Security models started, counting modules of that class; those that have a name, by id. */
  nsecmodels = 0;
  readonly secmodels = new Map<string, Secmodel>();
  readonly evcnts = new List<Evcnt>();
  /** Handlers by system-call number; absent ones answer ENOSYS. */
  readonly sysent: HandlerTable = [];
  /** Where system calls go instead of here; null is here. */
  sysproxy: Sysproxy | null = null;
  /** Pipes with a large buffer; timers of kqueues. */
  nbigpipe = 0;
  nkqtimers = 0;
  /** What factions have filled in. */
  readonly hooks: Hooks = {};
  readonly cons: Cons;
  /** What the vfs faction keeps (lib/vfs/vfs.ts); null without it. */
  vfs: object | null = null;

  constructor(params: BootParams) {
    this.params = params;
    this.host = params.host;
    this.cons = new Cons(params.consoleSource);
    const { host } = params;
    this.schedPick =
      host.schedPick === undefined ? null : (n) => (host.schedPick as (n: number) => number)(n);
    this.cpus = Array.from({ length: params.ncpu }, (_, i) => new Cpu(i));
  }
}
