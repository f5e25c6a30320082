/**
 * A process of a kernel that lives in another thread of this host process. Its calls block the thread that makes
 * them, and that thread alone.
 */
import { Handles } from '../../emul/netbsd/handles.ts';
import { GATE_ATTACH, GATE_FORK, GATE_LEAVE, GATE_NEWLWP } from '../../gate/slots.ts';
import { NSIG, signumber } from '../../sys/constants/signal.ts';
import { Errno } from '../../sys/errno.ts';
import { KernelDead, wanted } from '../errors.ts';
import type { PromiseCalls, SysCalls } from '../facade.ts';
import { createFs, type NodeFs } from '../fs/index.ts';
import { type OnSignal, SignalHandlers } from '../handlers.ts';
import { type GateWay, gatePromiseCalls, gateSysCalls, requested } from './calls.ts';
import { GateSession } from './session.ts';

/** What `kernel.share()` and `proc.share()` return: it can be posted to another thread of this process. */
export interface Shared {
  readonly gate: number;
  readonly key: bigint;
  readonly cwd: string;
}

export interface AttachOptions {
  /**
   * Microseconds to look for the answer of a call before the thread sleeps. Default 0. Worth it where the kernel
   * has a thread of its own, and a CPU.
   */
  readonly spinUs?: number;
  /**
   * Called with the number of each signal for which the process has a handler that is no function of this thread. Like
   * such functions: after the call during which it came, else from the event loop.
   */
  readonly onsignal?: OnSignal;
}

const NS_PER_US = 1000;
const SPIN_MAX_US = 1_000_000;

/** What processes and lwps have in common here. */
abstract class GateCalling {
  /** @internal */
  readonly way: GateWay;
  readonly #sys: SysCalls;
  readonly #promises: PromiseCalls;
  #here = true;

  constructor(way: GateWay) {
    this.way = way;
    this.#sys = gateSysCalls(way);
    this.#promises = gatePromiseCalls(way);
  }

  /** System calls that block this thread until they are answered. */
  get sys(): SysCalls {
    return this.#sys;
  }

  /** The same calls as promises, each with an lwp of its own. */
  get promises(): PromiseCalls {
    return this.#promises;
  }

  /** Leave; again, or when the kernel is dead: no-op. */
  protected leave(status: number): void {
    if (!this.#here) {
      return;
    }
    this.#here = false;
    try {
      this.way.session.request(GATE_LEAVE, this.way.client, BigInt(status));
    } catch (error) {
      if (!(error instanceof Errno) && !(error instanceof KernelDead)) {
        throw error;
      }
    }
  }

  [Symbol.dispose](): void {
    this.leave(0);
  }
}

/** A second thread of a process: its own `sys`, the same process. */
export class GateLwp extends GateCalling {
  readonly lid: number;

  /** @internal */
  constructor(way: GateWay, lid: number) {
    super(way);
    this.lid = lid;
  }

  /** Leave the process. */
  exit(): void {
    this.leave(0);
  }
}

export class GateProc extends GateCalling {
  readonly pid: number;
  #fs: NodeFs | null = null;

  /** @internal */
  constructor(way: GateWay, pid: number) {
    super(way);
    this.pid = pid;
  }

  /** False once it has exited, or the kernel has ended. */
  get alive(): boolean {
    try {
      this.sys.getpid();
      return true;
    } catch {
      return false;
    }
  }

  /** `node:fs` with this process's rights; a synchronous operation blocks this thread. */
  get fs(): NodeFs {
    this.#fs ??= createFs(this);
    return this.#fs;
  }

  /** A child with copies of the descriptors, driven by this thread. @throws SysError EAGAIN ESRCH */
  fork(): GateProc {
    const { session, client, handlers, handles } = this.way;
    const [number, pid] = requested('fork', () => session.request(GATE_FORK, client));
    return new GateProc(wayIn(session, number, handlers.copy(), handles), Number(pid));
  }

  /** Another lwp of this process. @throws SysError ESRCH */
  newlwp(): GateLwp {
    const { session, client, handlers, handles } = this.way;
    const [number, lid] = requested('newlwp', () => session.request(GATE_NEWLWP, client));
    return new GateLwp({ session, client: Number(number), handlers, handles }, Number(lid));
  }

  /** Send it a signal, by number or name, with its own rights. @throws SysError EINVAL ESRCH */
  kill(signal: number | string): void {
    const signo = typeof signal === 'string' ? signumber(signal) : signal;
    wanted(
      signo !== undefined && Number.isInteger(signo) && signo >= 0 && signo < NSIG,
      'kill',
      `no signal ${String(signal)}`,
    );
    this.sys.kill(this.pid, signo);
  }

  /** Exit with `status` (0 to 255). Again: no-op. */
  exit(status = 0): void {
    wanted(Number.isInteger(status), 'exit', 'status must be an integer');
    this.leave(status & 0xff);
  }

  /** End the session: everything this value has led to goes, as it does when the thread ends. */
  detach(): void {
    this.way.session.close();
  }
}

function isShared(value: unknown): value is Shared {
  const { gate, key, cwd } = (value ?? {}) as Partial<Shared>;
  return typeof gate === 'number' && typeof key === 'bigint' && typeof cwd === 'string';
}

/** What to give a session. @throws SysError EINVAL */
export function attachOptions(options: AttachOptions): {
  spinNs: number;
  onsignal: AttachOptions['onsignal'];
} {
  wanted(typeof options === 'object' && options !== null, 'attach', 'options must be an object');
  const { spinUs = 0, onsignal, ...others } = options;
  const [unknown] = Object.keys(others);
  wanted(unknown === undefined, 'attach', `no option "${unknown}"`);
  wanted(
    typeof spinUs === 'number' && spinUs >= 0 && spinUs <= SPIN_MAX_US,
    'attach',
    `spinUs must be from 0 to ${SPIN_MAX_US}`,
  );
  wanted(onsignal === undefined || typeof onsignal === 'function', 'attach', 'onsignal must be a function');
  return { spinNs: spinUs * NS_PER_US, onsignal };
}

/**
 * Be a process of a kernel that another thread of this host process shares: a new one each time, or, for what
 * `proc.share()` gave, one more thread of that process. When this thread ends, it goes.
 * @throws SysError EINVAL no such value; EACCES it is none of a kernel's; KernelDead
 */
export function attach(shared: Shared, options: AttachOptions = {}): GateProc {
  wanted(isShared(shared), 'attach', 'not what share() returned');
  const { spinNs, onsignal } = attachOptions(options);
  return requested('attach', () => {
    const session = new GateSession(shared.gate, spinNs);
    try {
      return attached(session, shared, onsignal);
    } catch (error) {
      session.close();
      throw error;
    }
  });
}

/** A new process's way in: its signals come by it. */
function wayIn(
  session: GateSession,
  number: bigint,
  handlers: SignalHandlers,
  handles: Handles = new Handles(),
): GateWay {
  const client = Number(number);
  session.handle(client, handlers);
  return { session, client, handles, handlers };
}

/** @internal Come in by a session there is. @throws Errno, SysError of chdir, KernelDead */
export function attached(session: GateSession, { key, cwd }: Shared, onsignal?: OnSignal): GateProc {
  const [number, pid] = session.request(
    GATE_ATTACH,
    0,
    BigInt.asIntN(64, key),
    BigInt(session.waiter),
    session.here ? 1n : 0n,
  );
  const proc = new GateProc(wayIn(session, number, new SignalHandlers(onsignal)), Number(pid));
  if (cwd !== '/') {
    try {
      proc.sys.chdir(cwd);
    } catch (error) {
      proc.exit();
      throw error;
    }
  }
  return proc;
}
