/**
 * One connection: handshakes first, then calls, any number at a time.
 *
 * A connection is a process of the kernel's. Whatever ends it ends the process and everything that is under way in it.
 * Nothing the other side sends is believed: lengths are bounded, what is out of place is answered with an error, and
 * what cannot be made sense of any more closes the connection.
 *
 * NetBSD: lib/librumpuser/rumpuser_sp.c (handlereq).
 */
import { exit1 } from '../kern/exit.ts';
import type { Kernel } from '../kern/kernel.ts';
import type { Lwp } from '../kern/lwp.ts';
import { lwpRun } from '../kern/lwprun.ts';
import type { Proc } from '../kern/proc.ts';
import { pump, settle } from '../kern/sched.ts';
import { Sigctx } from '../kern/sigacts.ts';
import { W_EXITCODE } from '../sys/constants/wait.ts';
import { serveCall } from './calls.ts';
import {
  encodeFrame,
  type Frame,
  HANDSHAKE_EXEC,
  Reassembly,
  RUMPSP_ERR_INEXEC,
  RUMPSP_ERR_MALFORMED_REQUEST,
  RUMPSP_ERROR,
  RUMPSP_HANDSHAKE,
  RUMPSP_PREFORK,
  RUMPSP_REQ,
  RUMPSP_RESP,
  RUMPSP_SYSCALL,
} from './frame.ts';
import { execBegin, type Pending, prefork, shakeHands } from './handshake.ts';
import type { Server } from './server.ts';
import { WireVmspace } from './vmspace.ts';

/** Bytes of a frame from a client: a transfer and its header, with some to spare. Before it is known who it is: */
const FRAME_MAX = (1 << 20) + 4096;
const HELLO_MAX = 4096;
/** Frames of one client that are looked at before others get their turn. */
const FRAMES_PER_TURN = 64;

/** The way to a client. */
export interface Transport {
  /** What `Client.peer` tells. */
  readonly peer: string;
  /**
   * @param written called when the frame is not looked at any more
   * @returns false when so much waits already that nothing more should be begun: `Client.drained` will be called
   */
  write(frame: Uint8Array, written?: () => void): boolean;
  /** What `fn` writes need not go before it returns. */
  together(fn: () => void): void;
  /** Call `fn` when nobody is in the middle of anything. */
  soon(fn: () => void): void;
  /** Let no more come until `resume`. */
  pause(): void;
  resume(): void;
  end(): void;
}

export class Client {
  readonly server: Server;
  readonly kernel: Kernel;
  readonly vm: WireVmspace;
  /** Null before it is one, and when it is no more. */
  proc: Proc | null = null;
  /** The lwp it has begun with. */
  lwp: Lwp | null = null;
  /** What its calls have of the thread that makes them: they are all taken for one's. */
  sigctx = new Sigctx();
  /** A token has been given, or none is wanted. */
  trusted: boolean;
  /** A handshake of exec waits for the calls that are under way. */
  exec: Pending | null = null;
  readonly #transport: Transport;
  readonly #input: Reassembly;
  /** It does not read its answers: none of its requests is begun until it does. */
  #blocked = false;
  /** Frames have come that are left for the next turn. */
  #later = false;
  #closed = false;

  constructor(server: Server, transport: Transport) {
    this.server = server;
    this.kernel = server.kernel;
    this.#transport = transport;
    this.#input = new Reassembly(HELLO_MAX, (length) => server.rooms.take(length));
    this.vm = new WireVmspace(
      server.rooms,
      (frame, written) => this.send(frame, written),
      // Its process has exited; this is inside the kernel.
      () => transport.soon(() => this.close()),
    );
    this.trusted = server.token === null;
  }

  /** Where it comes from, for people: the server's address, or its own, and which connection it is. */
  get peer(): string {
    return this.#transport.peer;
  }

  /** Its calls may bring memory along, and what else the extension has. */
  get attaches(): boolean {
    return this.vm.extended;
  }

  set attaches(attaches: boolean) {
    this.vm.extended = attaches;
  }

  get established(): boolean {
    return this.proc !== null;
  }

  /** The connection is this process from now on, whose lwp is `l`. */
  become(l: Lwp): void {
    this.proc = l.proc;
    this.lwp = l;
    this.sigctx = l.sigctx;
    this.#input.max = FRAME_MAX;
  }

  /** @param written nobody looks at the frame any more */
  send(frame: Uint8Array, written?: () => void): void {
    if (!this.#closed && !this.#transport.write(frame, written) && !this.#blocked) {
      this.#blocked = true;
      this.#transport.pause();
    }
  }

  /** It has read its answers. */
  drained(): void {
    if (this.#blocked) {
      this.#blocked = false;
      this.#serve();
    }
  }

  /** Bytes have come. */
  receive(chunk: Uint8Array, length = chunk.length): void {
    this.#input.push(chunk, length);
    if (!this.#later && !this.#blocked) {
      this.#serve();
    }
    this.#input.keep();
  }

  /** Look at what has come: so much that others get their turn. */
  #serve(): void {
    for (let n = 0; !this.#closed && !this.#blocked; n++) {
      const frame = this.#input.next();
      if (frame === null) {
        this.#transport.resume();
        break;
      }
      if (frame === 'bad') {
        this.close();
        return;
      }
      this.#dispatch(frame);
      if (n === FRAMES_PER_TURN) {
        this.#transport.pause();
        this.#later = true;
        this.#transport.soon(() => {
          this.#later = false;
          this.#transport.together(() => this.#serve());
        });
        break;
      }
    }
    if (this.kernel.state === 'running') {
      pump(this.kernel);
    }
  }

  /** It is over, whoever says so. Again: no-op. */
  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.server.clients.delete(this);
    this.#transport.end();
    if (this.kernel.state !== 'running') {
      return;
    }
    this.vm.close();
    const p = this.proc;
    this.proc = null;
    this.lwp = null;
    if (p !== null) {
      this.server.tell('gone', p);
    }
    this.server.forget(this);
    if (p?.alive === true && !p.exiting) {
      lwpRun(
        p,
        (l) => exit1(l, W_EXITCODE(0, this.vm.fatal)),
        () => {},
      );
    }
    settle(this.kernel);
  }

  error(reqno: bigint, error: number): void {
    this.send(encodeFrame(reqno, RUMPSP_ERROR, RUMPSP_HANDSHAKE, error));
  }

  refuse(reqno: bigint, error: number): void {
    this.error(reqno, error);
    this.close();
  }

  #dispatch(frame: Frame): void {
    const { reqno } = frame;
    if (this.proc === null) {
      shakeHands(this, frame);
    } else if (frame.class === RUMPSP_RESP || frame.class === RUMPSP_ERROR) {
      if (!this.vm.answered(frame) && frame.class === RUMPSP_ERROR) {
        this.error(reqno, RUMPSP_ERR_MALFORMED_REQUEST);
      }
    } else if (frame.class !== RUMPSP_REQ) {
      this.error(reqno, RUMPSP_ERR_MALFORMED_REQUEST);
    } else if (this.exec === null) {
      this.#request(frame, this.proc);
    } else {
      this.error(reqno, RUMPSP_ERR_INEXEC);
    }
  }

  #request(frame: Frame, p: Proc): void {
    const { reqno, type, u, body } = frame;
    if (type === RUMPSP_SYSCALL) {
      serveCall(this, p, frame);
    } else if (type === RUMPSP_PREFORK) {
      prefork(this, p, frame);
    } else if (type !== RUMPSP_HANDSHAKE) {
      this.error(reqno, RUMPSP_ERR_MALFORMED_REQUEST);
    } else if (u === HANDSHAKE_EXEC) {
      execBegin(this, reqno, body);
    } else {
      this.refuse(reqno, RUMPSP_ERR_MALFORMED_REQUEST);
    }
  }
}
