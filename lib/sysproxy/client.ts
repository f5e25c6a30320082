/**
 * One connection: handshakes first, then calls, any number at a time, each on an lwp of its own.
 *
 * A connection is a process of the kernel's. Whatever ends it ends the process and everything that is under way in it.
 * Nothing the other side sends is believed: lengths are bounded, what is out of place is answered with an error, and
 * what cannot be made sense of any more closes the connection.
 *
 * NetBSD: lib/librumpuser/rumpuser_sp.c (handlereq, serv_handshake).
 */
import { syscallRemote } from '../emul/netbsd/index.ts';
import { exit1 } from '../kern/exit.ts';
import { fdClose } from '../kern/filedesc.ts';
import { fork1 } from '../kern/fork.ts';
import { kauthCredCreate } from '../kern/kauth.ts';
import type { Kernel } from '../kern/kernel.ts';
import type { Lwp } from '../kern/lwp.ts';
import { lwpCreate, lwpFree, lwpUnlink } from '../kern/lwpcreate.ts';
import { isMaySleep, type MaySleep } from '../kern/maysleep.ts';
import type { Proc } from '../kern/proc.ts';
import { setrunnable } from '../kern/runnable.ts';
import { settle } from '../kern/sched.ts';
import { inKernel } from '../kern/schedule.ts';
import { uidFind } from '../kern/uid.ts';
import { vmspaceFree } from '../kern/vmspace.ts';
import { LSZOMB, LW_WEXIT } from '../sys/constants/lwp.ts';
import { Errno } from '../sys/errno.ts';
import { nameDecode } from '../sys/pathname.ts';
import {
  encodeFrame,
  type Frame,
  HANDSHAKE_AUTH,
  HANDSHAKE_EXEC,
  HANDSHAKE_FORK,
  HANDSHAKE_GUEST,
  Reassembly,
  RUMPSP_ERR_AUTH,
  RUMPSP_ERR_INEXEC,
  RUMPSP_ERR_INVALID_PREFORK,
  RUMPSP_ERR_MALFORMED_REQUEST,
  RUMPSP_ERR_RFORK_FAILED,
  RUMPSP_ERR_TRYAGAIN,
  RUMPSP_ERROR,
  RUMPSP_HANDSHAKE,
  RUMPSP_PREFORK,
  RUMPSP_REQ,
  RUMPSP_RESP,
  RUMPSP_SYSCALL,
  words,
} from './frame.ts';
import { AUTH_SIZE, type Server } from './server.ts';
import { WireVmspace } from './vmspace.ts';

/** Bytes of a frame from a client: a transfer and its header, with some to spare. */
const FRAME_MAX = (1 << 20) + 4096;
/** Bytes of a command name, its NUL included. */
const COMM_MAX = 256;
/** Calls of one client that are under way at most. */
const CALLS_MAX = 512;
/** Children announced and not yet come, of one client. */
const PREFORKS_MAX = 64;

export class Client {
  readonly #server: Server;
  readonly #k: Kernel;
  readonly #write: (frame: Uint8Array) => void;
  readonly #end: () => void;
  readonly #input = new Reassembly(FRAME_MAX);
  readonly #vm: WireVmspace;
  #proc: Proc | null = null;
  /** A token has been given, or none is wanted. */
  #trusted: boolean;
  #calls = 0;
  /** A handshake of exec waits for the calls that are under way. */
  #exec: { readonly reqno: bigint; readonly comm: string } | null = null;
  #closed = false;

  constructor(server: Server, write: (frame: Uint8Array) => void, end: () => void) {
    this.#server = server;
    this.#k = server.kernel;
    this.#write = write;
    this.#end = end;
    this.#vm = new WireVmspace((frame) => this.#send(frame));
    this.#trusted = server.token === null;
  }

  get established(): boolean {
    return this.#proc !== null;
  }

  #send(frame: Uint8Array): void {
    if (!this.#closed) {
      this.#write(frame);
    }
  }

  /** Bytes have come. */
  receive(chunk: Uint8Array): void {
    this.#input.push(chunk);
    while (!this.#closed) {
      const frame = this.#input.next();
      if (frame === null) {
        break;
      }
      if (frame === 'bad') {
        this.close();
        return;
      }
      this.#dispatch(frame);
    }
    if (this.#k.state === 'running') {
      settle(this.#k);
    }
  }

  /** It is over, whoever says so. Again: no-op. */
  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.#server.clients.delete(this);
    this.#end();
    if (this.#k.state !== 'running') {
      return;
    }
    this.#vm.close();
    const p = this.#proc;
    this.#proc = null;
    this.#server.forget(this);
    if (p?.alive === true && !p.exiting) {
      run(
        p,
        (l) => exit1(l, 0),
        () => {},
      );
    }
    settle(this.#k);
  }

  #error(reqno: bigint, error: number): void {
    this.#send(encodeFrame(reqno, RUMPSP_ERROR, RUMPSP_HANDSHAKE, error));
  }

  #refuse(reqno: bigint, error: number): void {
    this.#error(reqno, error);
    this.close();
  }

  #dispatch(frame: Frame): void {
    const { reqno } = frame;
    if (this.#proc === null) {
      this.#handshake(frame);
    } else if (frame.class === RUMPSP_RESP || frame.class === RUMPSP_ERROR) {
      if (!this.#vm.answered(frame) && frame.class === RUMPSP_ERROR) {
        this.#error(reqno, RUMPSP_ERR_MALFORMED_REQUEST);
      }
    } else if (frame.class !== RUMPSP_REQ) {
      this.#error(reqno, RUMPSP_ERR_MALFORMED_REQUEST);
    } else if (this.#exec === null) {
      this.#request(frame, this.#proc);
    } else {
      this.#error(reqno, RUMPSP_ERR_INEXEC);
    }
  }

  #request(frame: Frame, p: Proc): void {
    const { reqno, type, u, body } = frame;
    switch (type) {
      case RUMPSP_SYSCALL:
        this.#syscall(p, reqno, u, body.slice());
        return;
      case RUMPSP_PREFORK:
        this.#prefork(p, reqno);
        return;
      case RUMPSP_HANDSHAKE:
        if (u === HANDSHAKE_EXEC) {
          this.#begunExec(reqno, commOf(body));
        } else {
          this.#refuse(reqno, RUMPSP_ERR_MALFORMED_REQUEST);
        }
        return;
      default:
        this.#error(reqno, RUMPSP_ERR_MALFORMED_REQUEST);
    }
  }

  // ---- handshakes

  #handshake({ class: cls, type, reqno, u, body }: Frame): void {
    if (cls !== RUMPSP_REQ || type !== RUMPSP_HANDSHAKE) {
      this.#refuse(reqno, RUMPSP_ERR_AUTH);
    } else if (u === HANDSHAKE_AUTH && this.#server.token !== null) {
      this.#trusted = this.#server.authenticates(body);
      if (this.#trusted) {
        this.#shaken(reqno);
      } else {
        this.#refuse(reqno, RUMPSP_ERR_AUTH);
      }
    } else if (u === HANDSHAKE_GUEST && this.#trusted) {
      this.#guest(reqno, commOf(body));
    } else if (u === HANDSHAKE_FORK) {
      // The key is as good as a token: only who is trusted has got one.
      this.#forked(reqno, body);
    } else {
      this.#refuse(reqno, RUMPSP_ERR_AUTH);
    }
  }

  #shaken(reqno: bigint): void {
    this.#send(encodeFrame(reqno, RUMPSP_RESP, RUMPSP_HANDSHAKE, 0, new Uint8Array(4)));
  }

  #guest(reqno: bigint, comm: string | null): void {
    if (comm === null) {
      this.#refuse(reqno, RUMPSP_ERR_MALFORMED_REQUEST);
      return;
    }
    const { uid, gid, groups } = this.#server.who;
    try {
      this.#become(
        inKernel(this.#k, () =>
          fork1(this.#k.initproc, {
            files: 'copy',
            comm,
            cred: { cred: kauthCredCreate(uid, gid, groups), uidinfo: uidFind(this.#k, uid) },
          }),
        ),
      );
      this.#shaken(reqno);
    } catch (error) {
      this.#failedFork(reqno, error);
    }
  }

  /** No process could be made. */
  #failedFork(reqno: bigint, error: unknown): void {
    if (!(error instanceof Errno)) {
      throw error;
    }
    this.#refuse(reqno, RUMPSP_ERR_RFORK_FAILED);
  }

  /** The connection is this process from now on. */
  #become(l: Lwp): void {
    const p = l.proc;
    p.nozombie = true;
    vmspaceFree(p.vmspace);
    p.vmspace = this.#vm;
    this.#proc = p;
  }

  #prefork(p: Proc, reqno: bigint): void {
    if (this.#server.preforks(this) >= PREFORKS_MAX) {
      this.#error(reqno, RUMPSP_ERR_TRYAGAIN);
      return;
    }
    try {
      const child = inKernel(this.#k, () => fork1(p, { files: 'copy' }));
      child.proc.nozombie = true;
      const auth = this.#server.expect(this, child);
      this.#send(encodeFrame(reqno, RUMPSP_RESP, RUMPSP_PREFORK, 0, auth));
    } catch (error) {
      if (!(error instanceof Errno)) {
        throw error;
      }
      this.#error(reqno, RUMPSP_ERR_RFORK_FAILED);
    }
  }

  #forked(reqno: bigint, body: Uint8Array): void {
    if (body.length !== AUTH_SIZE + 4) {
      this.#refuse(reqno, RUMPSP_ERR_MALFORMED_REQUEST);
      return;
    }
    const l = this.#server.claim(body.subarray(0, AUTH_SIZE));
    if (l === null || !l.proc.alive) {
      this.#refuse(reqno, RUMPSP_ERR_INVALID_PREFORK);
      return;
    }
    this.#become(l);
    this.#shaken(reqno);
  }

  /** The client will be another program: calls of the old one come to their end first. */
  #begunExec(reqno: bigint, comm: string | null): void {
    if (comm === null) {
      this.#error(reqno, RUMPSP_ERR_MALFORMED_REQUEST);
      return;
    }
    this.#exec = { reqno, comm };
    this.#endedCall();
  }

  #endedCall(): void {
    const exec = this.#exec;
    const p = this.#proc;
    if (exec === null || this.#calls > 0 || p === null) {
      return;
    }
    this.#calls++;
    run(
      p,
      function* (l): MaySleep<void> {
        yield* closeOnExec(l);
        p.comm = exec.comm;
        // Handlers were code of the old program.
        p.sigacts = null;
      },
      () => {
        this.#calls--;
        this.#exec = null;
        this.#shaken(exec.reqno);
      },
    );
  }

  // ---- calls

  #syscall(p: Proc, reqno: bigint, number: number, args: Uint8Array): void {
    if (this.#calls >= CALLS_MAX || !p.alive || p.exiting) {
      this.#error(reqno, RUMPSP_ERR_TRYAGAIN);
      return;
    }
    this.#calls++;
    run(
      p,
      (l) => syscallRemote(l, number, args),
      (value, error) => {
        this.#calls--;
        if (error === undefined && value !== undefined) {
          const { error: errno, retval } = value;
          this.#send(
            encodeFrame(reqno, RUMPSP_RESP, RUMPSP_SYSCALL, 0, words(BigInt(errno), retval[0], retval[1])),
          );
        }
        if (p.alive) {
          this.#endedCall();
        } else {
          this.close();
        }
      },
    );
  }
}

/** The name of a program: text with its NUL. */
function commOf(body: Uint8Array): string | null {
  const end = body.indexOf(0);
  return end <= 0 || body.length > COMM_MAX ? null : nameDecode(body.subarray(0, end));
}

function* closeOnExec(l: Lwp): MaySleep<void> {
  const { fd } = l.proc;
  for (const each of fd.descriptors()) {
    if (each.cloexec) {
      const closing = fdClose(l, fd, each.fd);
      if (isMaySleep(closing)) {
        yield* closing;
      }
    }
  }
}

/** Let a new lwp of `p` run a coroutine; `done` is told how it ended, outside any lwp. */
function run<T>(
  p: Proc,
  body: (l: Lwp) => MaySleep<T>,
  done: (value: T | undefined, error: unknown) => void,
): void {
  const l = lwpCreate(p);
  l.coroutine = body(l);
  l.ondone = () => {
    const { value, error } = l;
    l.value = undefined;
    l.error = undefined;
    if (l.stat !== LSZOMB && l.kernel.state !== 'dead') {
      if ((l.flag & LW_WEXIT) === 0) {
        lwpUnlink(l);
      }
      lwpFree(l);
    }
    done(value as T | undefined, error);
  };
  setrunnable(l);
}
