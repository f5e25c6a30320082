/**
 * The calls of a process by way of sysproxy: a client's, frame by frame, with its handshakes, over a line that is no
 * socket, so that a run on the simulated host replays. On the native host what a call points at goes along with it, on
 * the simulated one the server asks for it.
 */
import { RemoteProc } from '../../lib/api/connect.ts';
import type { Kernel, NewprocOptions, Proc, PromiseCalls } from '../../lib/api/index.ts';
import { newprocOptions } from '../../lib/api/newproc.ts';
import { Wire } from '../../lib/api/wire.ts';
import type { Kernel as Kern } from '../../lib/kern/kernel.ts';
import type { Proc as KernProc } from '../../lib/kern/proc.ts';
import type { SocketUser } from '../../lib/rumpuser/sockets.ts';
import { Client } from '../../lib/sysproxy/client.ts';
import {
  HANDSHAKE_FORK,
  HANDSHAKE_GUEST,
  HEADER,
  PREFORK_WAITED,
  RUMPSP_HANDSHAKE,
  RUMPSP_PREFORK,
} from '../../lib/sysproxy/frame.ts';
import { Server } from '../../lib/sysproxy/server.ts';
import type { Face } from './harness.ts';

/** Tests that cannot be made so, by title, with the reason. */
const FORK = 'the protocol says that there is no process to be had, not why';
const LWP = 'it looks at one lwp in particular; each call of a client has one of its own';
const SIGNAL = 'a handler of a client is told, and not waited for: nothing is blocked while it runs';
const MIXED = 'it makes calls of its own for a process of a client, whose host does what ends it';
const WORDS = 'an error here does not say which process has exited';

export const NOT_BY_SYSPROXY: Readonly<Record<string, string>> = {
  'fork: EAGAIN when every number is taken, and again when one is free': FORK,
  'RLIMIT_NPROC: counts the processes of the real user, in all its sessions': FORK,
  'RLIMIT_NPROC: a zombie counts until it is waited for; a change of the real user moves the count': FORK,
  '_lwp_kill: a signal for one lwp waits for that one': LWP,
  'a handler may end its own process': SIGNAL,
  'the signal is blocked in its handler, unless SA_NODEFER; SA_RESETHAND catches once': SIGNAL,
  'what a handler throws goes to whoever waits, else into the message buffer; the kernel goes on': SIGNAL,
  'Proc.kill: as the superuser, by name or number': MIXED,
  'nanosleep: a signal that kills ends it, and rmtp says what was left': MIXED,
  'wait4: a wait ends with EINTR when its process is told to exit': MIXED,
  'exit: a process that has exited makes no more calls, and says so': WORDS,
};

export function comesBySysproxy(title: string): boolean {
  return NOT_BY_SYSPROXY[title] === undefined;
}

/** The client's end. What is written is there at once; what the server says comes when the kernel has been left. */
class Line {
  readonly client: Client;
  /** The frame that the server has sent last. */
  told: Uint8Array = new Uint8Array(0);
  readonly #user: SocketUser;
  #closed = false;

  constructor(server: Server, user: SocketUser) {
    this.#user = user;
    this.client = new Client(server, {
      peer: 'test',
      write: (frame) => {
        this.told = frame;
        this.#heard(frame);
        return true;
      },
      together: (fn) => fn(),
      soon: setImmediate,
      pause: () => {},
      resume: () => {},
      end: () => queueMicrotask(() => this.#ended()),
    });
    server.clients.add(this.client);
    this.#heard(Buffer.from('RUMPSP-0.4-NetBSD-10/test\n'));
  }

  #heard(frame: Uint8Array): void {
    const bytes = Buffer.from(frame);
    queueMicrotask(() => this.#closed || this.#user.received(bytes, bytes.length));
  }

  #ended(): void {
    this.#closed = true;
    this.#user.ended(null);
  }

  write(frame: Uint8Array): void {
    this.client.receive(frame);
  }

  destroy(): void {
    queueMicrotask(() => this.client.close());
  }
}

/** A client's process: its connection, and how to open another to the same server. */
interface Family {
  readonly wire: Wire;
  /** All lines to the server; the last is the newest. */
  readonly lines: Line[];
}

export function sysproxyFace(kernel: Kernel, kern: Kern, attach: boolean): Face {
  const faces = new Map<KernProc, PromiseCalls>();
  const servers: Server[] = [];

  /** The process at the end of the newest line, whose children are clients, too. */
  const known = ({ wire, lines }: Family): Proc => {
    const line = lines.at(-1) as Line;
    const p = line.client.proc;
    if (p === null) {
      throw new Error(`the server refuses: ${Buffer.from(line.told).toString('hex')}`);
    }
    const proc = kernel.proc(p.pid);
    const fork = (): Proc => {
      heard(wire.ask(RUMPSP_PREFORK, PREFORK_WAITED, new Uint8Array(0)));
      return child({ wire, lines }, line.told.slice(HEADER));
    };
    Object.defineProperty(proc, 'fork', { value: fork });
    faces.set(p, callsOf(new RemoteProc(wire, p.pid)));
    return proc;
  };

  /** The child that has been announced, with that key. */
  const child = ({ wire, lines }: Family, key: Uint8Array): Proc => {
    const born = new Wire(wire.dial, wire.options, wire);
    heard(born.ask(RUMPSP_HANDSHAKE, HANDSHAKE_FORK, key, new Uint8Array(4)));
    born.attaches = attach;
    return known({ wire: born, lines });
  };

  /** As a program would: fork(2) is its library's. */
  const callsOf = (remote: RemoteProc): PromiseCalls => {
    const forked = async (): Promise<number> => {
      const born = await remote.fork();
      const p = kern.procs.get(born.pid) as KernProc;
      // Who does not attach is taken for a client of the original, whose own host waits for children.
      p.nozombie = false;
      faces.set(p, callsOf(born));
      return born.pid;
    };
    return Object.create(remote.promises, {
      fork: { value: forked },
      vfork: { value: forked },
    }) as PromiseCalls;
  };

  return {
    newproc(options: NewprocOptions = {}) {
      const { cwd, comm, ...who } = newprocOptions(options);
      const server = new Server(kern, { who, token: null, maxClients: Number.POSITIVE_INFINITY, tell() {} });
      servers.push(server);
      const lines: Line[] = [];
      const dial = (user: SocketUser): Line => {
        const line = new Line(server, user);
        lines.push(line);
        return line;
      };
      const wire = new Wire(dial, {});
      const told = wire.introduce(HANDSHAKE_GUEST, comm);
      heard(
        told.then(() => {
          wire.attaches = attach;
        }),
      );
      const proc = known({ wire, lines });
      if (cwd !== '/') {
        proc.sys.chdir(cwd);
      }
      return proc;
    },
    calls(caller) {
      const face = faces.get((caller as Proc).lwp.proc);
      if (face === undefined) {
        throw new Error('no process of this face');
      }
      return face;
    },
    close() {
      for (const server of servers) {
        void server.close();
      }
      kernel.drain();
    },
  };
}

/** What is told of it is seen by the calls that follow. */
function heard(answer: Promise<unknown>): void {
  answer.catch(() => {});
}
