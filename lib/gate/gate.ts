/**
 * A kernel's end of the gate: requests of other host threads are taken from their slots, served on lwps, and
 * answered there.
 *
 * A request that the kernel works on is in `underway`, by its slot; while it is there the slot is the kernel's,
 * even if its caller has gone, and is given back when the work has ended. All of this runs on the kernel's
 * thread, outside any lwp.
 *
 * NetBSD: the seed's rump_sysproxy; sys/rump/librump/rumpkern/scheduler.c for how host threads come in there.
 */
import { syscallOf } from '../emul/netbsd/index.ts';
import { siginfoCodec } from '../emul/netbsd/structs.ts';
import { fork1 } from '../kern/fork.ts';
import type { Kernel } from '../kern/kernel.ts';
import type { Lwp } from '../kern/lwp.ts';
import { inKernel } from '../kern/schedule.ts';
import { sleepqUnsleep } from '../kern/sleepq.ts';
import { vmspaceFree } from '../kern/vmspace.ts';
import type { HostGate } from '../rumpuser/rumpuser_ways.ts';
import { LSSLEEP, LW_SINTR } from '../sys/constants/lwp.ts';
import { EACCES, EDEADLK, EINVAL, ENOSYS, EOPNOTSUPP, ESRCH } from '../sys/errno.ts';
import { gatePlain } from './plain.ts';
import { type GateOwner, Questions } from './questions.ts';
import { type Client, clientLeave, clientRun, type Session, threadOf } from './session.ts';
import {
  GATE_ASK,
  GATE_ATTACH,
  GATE_FORK,
  GATE_LEAVE,
  GATE_NEWLWP,
  GATE_SIGINFO,
  GATE_SIGNALS,
  GATE_SYSCALL,
  SLOT_ARG,
  SLOT_ARGS,
  SLOT_BYTES,
  SLOT_CLIENT,
  SLOT_ERROR,
  SLOT_GONE,
  SLOT_LENGTH,
  SLOT_NUMBER,
  SLOT_REQUEST,
  SLOT_RETVAL,
  SLOT_SCRATCH,
  SLOT_SESSION,
  Slots,
} from './slots.ts';
import { errnoOf, GateVmspace } from './vmspace.ts';

/** Who comes in by a key: a new process, or one more thread of one. @throws an errno */
export type Admission = () => { readonly lwp: Lwp; readonly thread: boolean };
export class Gate {
  readonly #k: Kernel;
  readonly #host: HostGate;
  readonly #slots: Slots;
  readonly #handle: number;
  readonly #keys = new Map<bigint, Admission>();
  readonly #sessions = new Map<number, Session>();
  readonly #serving = new Map<Lwp, number>();
  /** Slots the kernel works on: who is served, null where that is no lwp. */
  readonly #underway = new Map<number, Lwp | null>();
  /** Those of them whose caller has gone. */
  readonly #left = new Set<number>();
  readonly #questions: Questions;
  #waiting = 0;
  /** A slot with an answer that its caller has not been told of; -1: none. */
  #answered = -1;
  /** Sessions of this very thread, which can do nothing while it waits. */
  #here = 0;
  #dead = false;

  /** @throws EAGAIN too many gates in this process */
  constructor(k: Kernel, host: HostGate, owner: GateOwner | null) {
    this.#k = k;
    this.#host = host;
    this.#handle = host.open(() => this.serve());
    k.hooks.died ??= new Set();
    // Callers of other threads are answered at once: this thread may not come back to them.
    k.hooks.died.add(() => this.#died());
    this.#slots = new Slots(host.memory, host.address);
    this.#questions = new Questions(owner, this.#slots, (slot, error, length) => {
      this.#answer(slot, error, BigInt(length), 0n);
      this.#tell();
    });
  }

  /** What others need to come in, as often as they like. */
  share(admit: Admission): { readonly gate: number; readonly key: bigint } {
    const bytes = new Uint8Array(8);
    inKernel(this.#k, () => this.#k.random.bytes(bytes));
    const key = new DataView(bytes.buffer).getBigUint64(0);
    return { gate: this.admit(key, admit), key };
  }

  /** Who shows `key` comes in so. @returns what the gate is called */
  admit(key: bigint, admit: Admission): number {
    this.#keys.set(key, admit);
    return this.#handle;
  }

  /** Callers that have come in. */
  get sessions(): number {
    return this.#sessions.size;
  }

  /** Serve all that has been posted. */
  serve(): void {
    while (this.serveOne(0)) {}
  }

  /**
   * Serve one request, looking for it as long as `spinNs`. Its caller may be told of the answer by the next of this, or
   * by `flush`. @returns whether there was one
   */
  serveOne(spinNs: number): boolean {
    const slot = this.#host.next(spinNs, this.#answered);
    this.#answered = -1;
    if (slot < 0) {
      return false;
    }
    if (this.#slots.word(slot, SLOT_GONE) !== 0) {
      this.#gone(slot);
    } else if (gatePlain(this.#slots, this.#sessions.get(slot), slot)) {
      this.#answered = this.#dead ? -1 : slot;
    } else {
      this.#take(slot);
    }
    return true;
  }

  /** Tell whoever has been answered last. */
  flush(): void {
    if (this.#answered >= 0) {
      this.#host.done(this.#answered);
      this.#answered = -1;
    }
  }

  /** The kernel has ended: so does every request. */
  #died(): void {
    this.#dead = true;
    this.#answered = -1;
    this.#questions.died();
    this.#host.close();
  }

  /** There are questions. */
  get asked(): boolean {
    return this.#questions.waiting;
  }

  /** Outside the kernel. */
  answerQuestions(): void {
    this.#questions.answer();
  }

  /**
   * Everybody waits, for each other: the newest of those whose sleep may be interrupted gets EDEADLK.
   * @returns whether there was one
   */
  deadlock(): boolean {
    for (const l of [...this.#underway.values()].reverse()) {
      if (l !== null && l.stat === LSSLEEP && (l.flag & LW_SINTR) !== 0) {
        sleepqUnsleep(l, EDEADLK);
        return true;
      }
    }
    return false;
  }

  #take(slot: number): void {
    const id = this.#slots.word(slot, SLOT_SESSION);
    const session = this.#sessions.get(id);
    const request = this.#slots.word(slot, SLOT_REQUEST);
    if (session !== undefined && slot === id) {
      session.waiting = true;
      this.#waiting++;
    }
    this.#underway.set(slot, null);
    try {
      if (request === GATE_ATTACH && slot === id) {
        this.#attach(slot, session);
      } else if (session === undefined) {
        throw ESRCH;
      } else {
        this.#request(slot, session, request);
      }
    } catch (error) {
      this.#answer(slot, errnoOf(error), 0n, 0n);
    }
    this.#tell();
  }

  #request(slot: number, session: Session, request: number): void {
    if (request === GATE_ASK) {
      this.#serving.set(this.#k.implicit, slot);
      this.#questions.ask(slot, session, this.#k.implicit);
      return;
    }
    const number = this.#slots.word(slot, SLOT_CLIENT);
    const client = session.clients.get(number);
    if (client === undefined) {
      throw ESRCH;
    }
    switch (request) {
      case GATE_SYSCALL:
        this.#syscall(slot, session, client);
        return;
      case GATE_FORK: {
        const l = inKernel(this.#k, () => {
          if (!client.proc.alive) {
            throw ESRCH;
          }
          const child = fork1(client.proc, { files: 'copy' });
          child.sigctx.mask = client.lwp.sigctx.mask;
          return child;
        });
        this.#admit(slot, session, { proc: l.proc, lwp: l, thread: false, raised: [] });
        return;
      }
      case GATE_NEWLWP:
        this.#admit(
          slot,
          session,
          inKernel(this.#k, () => threadOf(client.proc)),
          'lwp',
        );
        return;
      case GATE_SIGNALS: {
        const raised = client.raised.splice(0).reduce((bits, { signo }) => bits | (1n << BigInt(signo)), 0n);
        this.#answer(slot, 0, BigInt.asIntN(64, raised), BigInt.asIntN(64, raised >> 64n));
        return;
      }
      case GATE_SIGINFO: {
        const info = client.raised.shift();
        if (info !== undefined) {
          this.#slots.bytes.set(siginfoCodec.encode(info), slot * SLOT_BYTES + SLOT_SCRATCH);
        }
        this.#answer(slot, 0, BigInt(info?.signo ?? 0), 0n);
        return;
      }
      case GATE_LEAVE:
        session.clients.delete(number);
        clientLeave(client, Number(this.#slots.long(slot, SLOT_ARG)) << 8);
        this.#answer(slot, 0, 0n, 0n);
        return;
      default:
        throw ENOSYS;
    }
  }

  // ---- coming and going

  #attach(slot: number, known: Session | undefined): void {
    const admit = this.#keys.get(BigInt.asUintN(64, this.#slots.long(slot, SLOT_ARG)));
    if (admit === undefined) {
      throw EACCES;
    }
    const { lwp, thread } = inKernel(this.#k, admit);
    const session =
      known ??
      this.#session(
        slot,
        Number(this.#slots.long(slot, SLOT_ARG + 1)),
        this.#slots.long(slot, SLOT_ARG + 2) !== 0n,
      );
    this.#admit(slot, session, { proc: lwp.proc, lwp, thread, raised: [] });
  }

  #session(slot: number, waiter: number, here: boolean): Session {
    const session: Session = {
      slot,
      waiter,
      here,
      vm: new GateVmspace(this.#host, this.#slots, this.#serving, () => {}),
      clients: new Map(),
      nextClient: 1,
      waiting: true,
      unread: null,
    };
    this.#sessions.set(slot, session);
    this.#here += here ? 1 : 0;
    this.#waiting++;
    return session;
  }

  #admit(slot: number, session: Session, client: Client, as: 'process' | 'lwp' = 'process'): void {
    const { proc, lwp, thread } = client;
    if (!thread) {
      vmspaceFree(proc.vmspace);
      proc.vmspace = new GateVmspace(this.#host, this.#slots, this.#serving, (info) => {
        client.raised.push(info);
        this.#slots.raise(session.slot);
        this.#host.ring(session.waiter);
      });
    }
    const number = session.nextClient++;
    session.clients.set(number, client);
    this.#answer(slot, 0, BigInt(number), BigInt(as === 'lwp' ? lwp.lid : proc.pid));
  }

  /** The owner of a slot has gone: with all it acted for, if that was its first. */
  #gone(slot: number): void {
    const session = this.#sessions.get(slot);
    if (session !== undefined) {
      this.#sessions.delete(slot);
      this.#here -= session.here ? 1 : 0;
      this.#waiting -= session.waiting ? 1 : 0;
      session.waiting = false;
      for (const client of session.clients.values()) {
        clientLeave(client, 0);
      }
      this.#tell();
    }
    if (this.#underway.has(slot)) {
      this.#left.add(slot);
    } else {
      this.#host.forget(slot);
    }
  }

  // ---- calls

  #syscall(slot: number, session: Session, client: Client): void {
    const length = this.#slots.word(slot, SLOT_LENGTH);
    if (!(length >= 0 && length <= SLOT_ARGS * 8)) {
      throw EINVAL;
    }
    const number = this.#slots.word(slot, SLOT_NUMBER);
    const begin = slot * SLOT_BYTES + SLOT_ARG * 8;
    const args = this.#slots.bytes.slice(begin, begin + length);
    const l = clientRun(
      client,
      slot === session.slot,
      (lwp) => syscallOf(lwp, number, args, session.vm, 'partner'),
      (lwp, value, error) => {
        this.#serving.delete(lwp);
        if (this.#dead) {
          return;
        }
        if (value === undefined) {
          this.#answer(slot, error === undefined ? ESRCH.errno : errnoOf(error), 0n, 0n);
        } else {
          this.#answer(slot, value.error, value.retval[0], value.retval[1]);
        }
        this.#tell();
      },
    );
    this.#serving.set(l, slot);
    this.#underway.set(slot, l);
  }

  #answer(slot: number, error: number, first: bigint, second: bigint): void {
    if (this.#dead) {
      // The host has told everybody.
      return;
    }
    this.#underway.delete(slot);
    const session = this.#sessions.get(slot);
    if (session?.waiting === true) {
      session.waiting = false;
      this.#waiting--;
    }
    if (this.#left.delete(slot)) {
      this.#host.forget(slot);
      return;
    }
    this.#slots.setWord(slot, SLOT_ERROR, error);
    this.#slots.setLong(slot, SLOT_RETVAL, first);
    this.#slots.setLong(slot, SLOT_RETVAL + 1, second);
    this.#host.done(slot);
  }

  #tell(): void {
    if (this.#dead) {
      return;
    }
    const outside = this.#sessions.size - this.#waiting;
    this.#host.callers(this.#sessions.size, Math.max(0, outside - this.#here));
  }
}

/**
 * The gate of a kernel, made when somebody first asks for it. @throws EOPNOTSUPP the host has no other threads; EAGAIN
 */
export function gateOf(k: Kernel, owner: GateOwner | null): Gate {
  const { gate } = k.host;
  if (gate === undefined) {
    throw EOPNOTSUPP;
  }
  const made = (k.hooks.gate as Gate | undefined) ?? new Gate(k, gate, owner);
  k.hooks.gate = made;
  return made;
}
