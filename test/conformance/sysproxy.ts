/**
 * The calls of a process by way of sysproxy: a client's, frame by frame, over a line that is no socket. On the native
 * host what a call points at goes along with it, on the simulated one the server asks for it.
 */
import { EventEmitter } from 'node:events';
import { remoteCalls } from '../../lib/api/connect.ts';
import { SignalHandlers } from '../../lib/api/handlers.ts';
import type { Kernel, NewprocOptions, Proc, PromiseCalls } from '../../lib/api/index.ts';
import { Wire } from '../../lib/api/wire.ts';
import type { Kernel as Kern } from '../../lib/kern/kernel.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import { vmspaceFree } from '../../lib/kern/vmspace.ts';
import { Client } from '../../lib/sysproxy/client.ts';
import { Server } from '../../lib/sysproxy/server.ts';
import type { Caller, Face } from './harness.ts';

/** Tests that cannot be made so, by title, with the reason. */
const FORK = 'fork(2) is for processes of this isolate: a client announces a child, which comes by itself';
const INDIRECT = 'a client sends the number of the call that it means';
const LWP = 'it looks at one lwp in particular; each call of a client has one of its own';
const SIGNAL =
  'a signal is told by its number: who sent it stays in the kernel, and the handler is not waited for';
const MIXED = 'it makes calls of its own for a process of a client, whose host does what ends it';
const WORDS = 'an error here does not say which process has exited';
const OBJECT = 'it has an object filled that has no C structure';

const NOT_BY_SYSPROXY: Readonly<Record<string, string>> = {
  'vfork: makes a child, as fork does': FORK,
  'fork: EAGAIN when every number is taken, and again when one is free': FORK,
  'fork: the child has a number of its own and knows its parent': FORK,
  'RLIMIT_NPROC: counts the processes of the real user, in all its sessions': FORK,
  'RLIMIT_NPROC: does not bind the superuser': FORK,
  'RLIMIT_NPROC: a zombie counts until it is waited for; a change of the real user moves the count': FORK,
  'syscall, __syscall: make the call of that number with the arguments that follow': INDIRECT,
  'syscall: errors are those of the call that is meant': INDIRECT,
  'syscall: ENOSYS for a number without a call, EINVAL for what is no number': INDIRECT,
  'syscall: calls that sleep, and that end the process': INDIRECT,
  'every lwp of a process has its descriptors': LWP,
  'every lwp of a process has its identity': LWP,
  'LwpHandle.exit: as _lwp_exit, and once': LWP,
  'an lwp of a process that has exited makes no calls': LWP,
  '_lwp_kill: a signal for one lwp waits for that one': LWP,
  'sigaction: a signal to oneself is handled before the call returns': SIGNAL,
  'a handler may end its own process': SIGNAL,
  'the signal is blocked in its handler, unless SA_NODEFER; SA_RESETHAND catches once': SIGNAL,
  'real-time signals queue, with what was sent along': SIGNAL,
  'SIGCHLD tells of children; SA_NOCLDSTOP not of stops; SA_NOCLDWAIT leaves no zombies': SIGNAL,
  'what a handler throws goes to whoever waits, else into the message buffer; the kernel goes on': SIGNAL,
  'timer_settime: the signal and the value asked for, relative or absolute, and silence for SIGEV_NONE':
    SIGNAL,
  'Proc.kill: as the superuser, by name or number': MIXED,
  'nanosleep: a signal that kills ends it, and rmtp says what was left': MIXED,
  'wait4: a wait ends with EINTR when its process is told to exit': MIXED,
  'exit: a process that has exited makes no more calls, and says so': WORDS,
  'a tmpfs is full when its size or its files are used up, and loses nothing': OBJECT,
  'getgroups: size 0 asks how many; a size too small is EINVAL': 'it answers with the number alone, as in C',
};

export function comesBySysproxy(title: string): boolean {
  return NOT_BY_SYSPROXY[title] === undefined;
}

/** The client's end: what is written arrives at the server later, as it would through a socket. */
class Line extends EventEmitter {
  readonly #client: () => Client;
  #closed = false;

  constructor(client: () => Client) {
    super();
    this.#client = client;
  }

  write(frame: Uint8Array): void {
    const bytes = frame.slice();
    queueMicrotask(() => this.#client().receive(bytes));
  }

  /** The server has written. */
  heard(frame: Uint8Array): boolean {
    const bytes = Buffer.from(frame);
    queueMicrotask(() => this.#closed || this.emit('data', bytes));
    return true;
  }

  destroy(): void {
    queueMicrotask(() => this.#client().close());
  }

  /** The server has closed it. */
  ended(): void {
    queueMicrotask(() => {
      this.#closed = true;
      this.emit('close');
    });
  }
}

export function sysproxyFace(kernel: Kernel, kern: Kern, attach: boolean): Face {
  const server = new Server(kern, {
    who: { uid: 0, gid: 0, groups: [] },
    token: null,
    maxClients: Number.POSITIVE_INFINITY,
    tell: () => {},
  });
  const faces = new Map<Caller, PromiseCalls>();
  const clients: Client[] = [];

  /** Make a process a client's. */
  const connected = (pid: number): PromiseCalls => {
    const p = kern.procs.get(pid);
    if (p === undefined) {
      throw new Error(`no process ${pid}`);
    }
    const line: Line = new Line(() => client);
    const client = new Client(server, {
      peer: 'test',
      write: (frame) => line.heard(frame),
      cork: () => {},
      uncork: () => {},
      pause: () => {},
      resume: () => {},
      end: () => line.ended(),
    });
    clients.push(client);
    vmspaceFree(p.vmspace);
    p.vmspace = client.vm;
    client.attaches = true;
    client.become(p.lwps as Lwp);
    const wire = new Wire({ kind: 'unix', path: '' }, {}, new SignalHandlers(undefined), line);
    line.heard(Buffer.from('RUMPSP-0.4-NetBSD-10/test\n'));
    wire.attaches = attach;
    return remoteCalls(wire);
  };

  /** A process whose calls are a client's, and whose children's are clients' of their own. */
  const familyOf = (proc: Proc): Proc => {
    faces.set(proc, connected(proc.pid));
    const fork = proc.fork.bind(proc);
    return Object.defineProperty(proc, 'fork', { value: () => familyOf(fork()) });
  };

  return {
    newproc(options: NewprocOptions = {}) {
      return familyOf(kernel.newproc(options));
    },
    calls(caller) {
      const face = faces.get(caller);
      if (face === undefined) {
        throw new Error('no process of this face');
      }
      return face;
    },
    close() {
      for (const client of clients) {
        client.close();
      }
    },
  };
}
