/**
 * Bootstrap: every subsystem in the seed's order, one line each. `STAGES` is the list to read beside
 * rump__init().
 *
 * Up to `schedule` the code runs with lwp0 as a temporary context and may not sleep; from there on it runs as
 * lwp0 on a virtual CPU.
 *
 * NetBSD: sys/rump/librump/rumpkern/rump.c (rump__init).
 */
import { RUMPUSER_CLOCK_RELWALL, RUMPUSER_PARAM_HOSTNAME, RUMPUSER_VERSION } from '../rumpuser/rumpuser.ts';
import { LW_SYSTEM } from '../sys/constants/lwp.ts';
import { MAXHOSTNAMELEN } from '../sys/constants/param.ts';
import { PID_MAX, PK_SYSTEM, SACTIVE } from '../sys/constants/proc.ts';
import { AB_VERBOSE } from '../sys/constants/reboot.ts';
import { RLIMIT_NPROC } from '../sys/constants/resource.ts';
import { EOPNOTSUPP, EPROGMISMATCH } from '../sys/errno.ts';
import { secmodelBsd44Start } from './bsd44.ts';
import { calloutInit } from './callout.ts';
import { consoleFiledesc } from './cons.ts';
import { descripHandlers } from './descrip.ts';
import { Filedesc } from './filedesc.ts';
import { fork1 } from './fork.ts';
import { genericHandlers } from './generic.ts';
import { giantFini, giantInit } from './giant.ts';
import { factionInit } from './hooks.ts';
import { kauthCredCreate } from './kauth.ts';
import { type BootParams, Kernel } from './kernel.ts';
import { kqueueHandlers } from './kqueue_call.ts';
import { Ksyms } from './ksyms.ts';
import { List } from './list.ts';
import { LW_BOUND } from './lwp.ts';
import { lwpCreate } from './lwpcreate.ts';
import { moduleUnloader } from './module_auto.ts';
import { moduleBootstrap } from './module_native.ts';
import { moduleHandlers } from './module_sys.ts';
import { aprintVerbose, Msgbuf, printf } from './msgbuf.ts';
import { panic } from './panic.ts';
import { pipeHandlers } from './pipe_file.ts';
import { limAlloc } from './plimit.ts';
import { Proc, pgrpCreate, pgrpEnter, procInsert } from './proc.ts';
import { protHandlers } from './prot.ts';
import { timerHandlers } from './ptimer.ts';
import { Random } from './random.ts';
import { rebootHandlers } from './reboot.ts';
import { resourceHandlers } from './resource.ts';
import { PRI_SOFTINT } from './runq.ts';
import { pump } from './sched.ts';
import { hyperup, schedule, unschedule } from './schedule.ts';
import { selectHandlers } from './select.ts';
import { sigHandlers } from './sigsys.ts';
import { softintInitCpu } from './softint.ts';
import { sysctlFinalize } from './sysctl.ts';
import { sysctlHandlers, sysctlInit } from './sysctl_base.ts';
import { syscallEstablish, syscallFunctions } from './sysent.ts';
import { procHandlers } from './sysproc.ts';
import { timeHandlers } from './times.ts';
import { chgproccnt, uidFind } from './uid.ts';
import { uvmInit } from './uvm.ts';
import { COPYRIGHT, RUMP_VERSION, VERSION } from './version.ts';
import { xcallInit } from './xcall.ts';

type Stage = readonly [name: string, init: (k: Kernel) => void];

const STAGES: readonly Stage[] = [
  ['banner', banner],
  [
    'entropy',
    (k) => {
      k.random = new Random(k.host);
    },
  ],
  ['lwp0', lwp0Init],
  ['giantlock', giantInit],
  ['ksyms', ksymsInit],
  ['uvm', uvmInit],
  ['callout', calloutInit],
  ['kauth', secmodelBsd44Start],
  ['proc0', proc0Init],
  [
    'scheduler',
    (k) => {
      schedule(k);
    },
  ],
  ['percpu', percpuInit],
  ['xcall', xcallInit],
  ['sysctl', sysctlInit],
  ['syscalls', syscallsInit],
  ['vfs', (k) => faction(k, 'vfsInit')],
  ['net', (k) => faction(k, 'netInit')],
  ['dev', (k) => faction(k, 'devInit')],
  ['sysctl_finalize', sysctlFinalize],
  ['modules', modulesInit],
  ['hostname', hostnameInit],
  ['init', initprocInit],
];

/**
 * Boot a kernel.
 * @throws EPROGMISMATCH `version` is not RUMP_VERSION; EBUSY the host serves another kernel
 */
export function rumpInit(params: BootParams, version: number = RUMP_VERSION): Kernel {
  const k = new Kernel(params);
  k.msgbuf = new Msgbuf();
  if (version !== RUMP_VERSION) {
    printf(k, `rump version mismatch, ${version} vs. ${RUMP_VERSION}\n`);
    throw EPROGMISMATCH;
  }
  const { host } = params;
  host.init(RUMPUSER_VERSION, hyperup(k));
  k.state = 'booting';
  try {
    for (const component of params.components) {
      component.attach(k);
    }
    for (const [stage, init] of STAGES) {
      const before = host.monotonicNs();
      init(k);
      k.bootlog.push({ stage, ns: host.monotonicNs() - before });
    }
    unschedule(k);
  } catch (error) {
    // What was begun is given back: the host may boot another kernel.
    k.state = 'dead';
    k.deadReason = 'boot failed';
    if (k.curlwp !== null) {
      unschedule(k);
    }
    host.fini();
    throw error;
  }
  host.onPump(() => pump(k));
  k.state = 'running';
  return k;
}

/** A second init of a kernel returns 0; after its death there is no way back. */
export function rumpReinit(k: Kernel): 0 {
  if (k.state === 'dead') {
    panic('rump_init: host process restart required');
  }
  return 0;
}

/** Give the host back what a dead kernel took of it. Again: no-op. */
export function rumpFini(k: Kernel): void {
  if (k.state !== 'dead' || k.finished) {
    return;
  }
  k.finished = true;
  for (const p of k.procs.values()) {
    for (let l = p.lwps; l !== null; l = l.siblingNext) {
      k.host.lwpDestroy(l.handle);
    }
  }
  // Threads of modules come in by the giant lock.
  k.host.modules?.close();
  giantFini(k);
  k.host.fini();
}

function banner(k: Kernel): void {
  k.boothowto = k.params.verbose ? AB_VERBOSE : 0;
  k.boottime = k.host.clockGettime(RUMPUSER_CLOCK_RELWALL);
  k.bootNs = k.host.monotonicNs();
  k.sampledNs = k.bootNs;
  aprintVerbose(k, `${COPYRIGHT}\n${VERSION}\n`);
}

/** Minimal context: an lwp that can be current before there are credentials or processes. */
function lwp0Init(k: Kernel): void {
  const cred = kauthCredCreate(0, 0, []);
  const session = { sid: 0, leader: null, login: 'rumphobo', count: 1 };
  const pgrp = { id: 0, session, members: new List<Proc>(), jobc: 0 };
  k.proc0 = new Proc(k, 0, {
    comm: 'system',
    cred,
    pgrp,
    fd: new Filedesc(),
    limit: limAlloc(),
    uidinfo: uidFind(k, 0),
    vmspace: { kind: 'local', refcnt: 1 },
  });
  k.susercred = cred;
  k.sessions.set(0, session);
  k.pgrps.set(0, pgrp);
  k.lwp0 = lwpCreate(k.proc0);
  k.lwp0.flag |= LW_SYSTEM;
  k.implicit = k.lwp0;
}

function ksymsInit(k: Kernel): void {
  k.ksyms = new Ksyms(
    // What holds modules is added when they are loaded.
    () => k.host.dlBootstrap().filter(({ modules }) => modules.length === 0),
    () => syscallFunctions(k),
  );
}

/** The rest of process 0, now that there is something to make it of. */
function proc0Init(k: Kernel): void {
  const p = k.proc0;
  p.flag |= PK_SYSTEM;
  p.limit.cur[RLIMIT_NPROC] = PID_MAX;
  p.pgrp.session.leader = p;
  procInsert(p, null);
  chgproccnt(k, p.uidinfo, 1);
  p.stat = SACTIVE;
}

/** Each CPU gets its soft-interrupt context. */
function percpuInit(k: Kernel): void {
  for (const cpu of k.cpus) {
    const l = lwpCreate(k.proc0);
    l.flag |= LW_SYSTEM | LW_BOUND;
    l.name = `softint/${cpu.index}`;
    l.priority = PRI_SOFTINT;
    l.cpu = cpu;
    cpu.softlwp = l;
    softintInitCpu(k, cpu);
    aprintVerbose(k, `cpu${cpu.index} at thinair0: rump virtual cpu\n`);
  }
}

function syscallsInit(k: Kernel): void {
  syscallEstablish(k, protHandlers);
  syscallEstablish(k, procHandlers);
  syscallEstablish(k, timeHandlers);
  syscallEstablish(k, sigHandlers);
  syscallEstablish(k, timerHandlers);
  syscallEstablish(k, resourceHandlers);
  syscallEstablish(k, descripHandlers);
  syscallEstablish(k, genericHandlers);
  syscallEstablish(k, pipeHandlers);
  syscallEstablish(k, selectHandlers);
  syscallEstablish(k, kqueueHandlers);
  syscallEstablish(k, sysctlHandlers);
  syscallEstablish(k, rebootHandlers);
  syscallEstablish(k, moduleHandlers);
}

function modulesInit(k: Kernel): void {
  k.moduleIdle = moduleUnloader();
  moduleBootstrap(k);
}

/** A faction that is not there is no error. */
function faction(k: Kernel, hook: 'vfsInit' | 'netInit' | 'devInit'): void {
  try {
    factionInit(k, hook);
  } catch (error) {
    if (error !== EOPNOTSUPP) {
      throw error;
    }
  }
}

function hostnameInit(k: Kernel): void {
  const name = k.params.hostname ?? k.host.getparam(RUMPUSER_PARAM_HOSTNAME) ?? '';
  k.hostname = name.slice(0, MAXHOSTNAMELEN - 1);
}

/** Process 1: parent of every process the host makes, and what host threads without an lwp act as. */
function initprocInit(k: Kernel): void {
  const l = fork1(k.proc0, { files: 'clear', comm: 'init', pid: 1 });
  const p = l.proc;
  p.fd = consoleFiledesc(k);
  pgrpEnter(p, pgrpCreate(p, null));
  k.initproc = p;
  l.flag |= LW_SYSTEM;
  k.implicit = l;
}
