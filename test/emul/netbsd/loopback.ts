/**
 * Sockets as far as a test of how calls on them are passed needs any: whoever has a name is sent messages, whole, with
 * who sent them, control messages and flags. A component of its own, as one that brings real sockets will be.
 */

import { rightsIn } from '../../../lib/emul/netbsd/undo.ts';
import type { Component } from '../../../lib/kern/component.ts';
import { Condvar } from '../../../lib/kern/condvar.ts';
import { closef, File, type Fileops, FREAD, FWRITE, fileHold } from '../../../lib/kern/file.ts';
import { fdInstall } from '../../../lib/kern/filedesc.ts';
import { anonStat } from '../../../lib/kern/fstat.ts';
import type { Lwp } from '../../../lib/kern/lwp.ts';
import { type MaySleep, waitFor } from '../../../lib/kern/maysleep.ts';
import { syscallEstablish } from '../../../lib/kern/sysent.ts';
import {
  AF_LOCAL,
  AF_UNSPEC,
  MSG_CTRUNC,
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITFORONE,
  SOCK_CLOEXEC,
} from '../../../lib/sys/constants/socket.ts';
import { S_IFSOCK } from '../../../lib/sys/constants/stat.ts';
import {
  EADDRINUSE,
  EAGAIN,
  EBADF,
  ECONNREFUSED,
  EDESTADDRREQ,
  EINVAL,
  ENOBUFS,
  ENOPROTOOPT,
  ENOTCONN,
  ENOTSOCK,
  ENOTTY,
  Errno,
} from '../../../lib/sys/errno.ts';
import { CMSG_HEAD } from '../../../lib/sys/sockargs.ts';
import type { Msghdr, Sockaddr, Stat } from '../../../lib/sys/types.ts';

/** A message under way. */
interface Datagram {
  readonly data: Uint8Array;
  readonly from: Sockaddr | null;
  readonly control: Uint8Array | null;
  /** The files it brings. */
  readonly rights: readonly File[];
}

/** The address of who has none. */
const NONAME: Sockaddr = { family: AF_LOCAL, data: new Uint8Array(0) };

class Socket implements Fileops {
  readonly name = 'socket';
  readonly inherited = true;
  readonly seekable = false;
  readonly queue: Datagram[] = [];
  readonly pending: Socket[] = [];
  readonly options = new Map<string, Uint8Array>();
  readonly arrived = new Condvar('netio');
  bound: Sockaddr | null = null;
  peer: Socket | null = null;
  listening = false;
  /** Calls that slept here before it was raised start again. */
  generation = 0;
  readonly #gone: () => void;

  constructor(gone: (socket: Socket) => void) {
    this.#gone = () => gone(this);
  }

  read(): never {
    throw EBADF;
  }

  write(): never {
    throw EBADF;
  }

  ioctl(): never {
    throw ENOTTY;
  }

  poll(): number {
    return 0;
  }

  kqfilter(): never {
    throw EINVAL;
  }

  stat(l: Lwp): Stat {
    return anonStat(l, S_IFSOCK, 0, 0);
  }

  restart(): void {
    this.generation++;
    this.arrived.broadcast();
  }

  /** What nobody has taken goes, too. */
  *close(l: Lwp): MaySleep<void> {
    this.#gone();
    for (const { rights } of this.queue.splice(0)) {
      for (const file of rights) {
        yield* waitFor(closef(l, file));
      }
    }
  }
}

function keyOf({ family, data }: Sockaddr): string {
  return `${family}:${Buffer.from(data).toString('hex')}`;
}

/** @throws EBADF ENOTSOCK */
function socketAt(l: Lwp, s: number): Socket {
  const { ops } = l.proc.fd.get(s);
  if (!(ops instanceof Socket)) {
    throw ENOTSOCK;
  }
  return ops;
}

class Loopback {
  readonly #names = new Map<string, Socket>();
  readonly #queueMax: number;

  constructor(queueMax: number) {
    this.#queueMax = queueMax;
  }

  make(l: Lwp, type: number, made = this.socket()): number {
    const cloexec = (type & SOCK_CLOEXEC) === 0 ? 'keep' : 'cloexec';
    return fdInstall(l, new File(made, FREAD | FWRITE), cloexec);
  }

  socket(): Socket {
    return new Socket((gone) => {
      if (gone.bound !== null) {
        this.#names.delete(keyOf(gone.bound));
      }
    });
  }

  bind(so: Socket, name: Sockaddr): void {
    if (so.bound !== null || this.#names.has(keyOf(name))) {
      throw so.bound === null ? EADDRINUSE : EINVAL;
    }
    so.bound = name;
    this.#names.set(keyOf(name), so);
  }

  at(name: Sockaddr): Socket {
    const so = this.#names.get(keyOf(name));
    if (so === undefined) {
      throw ECONNREFUSED;
    }
    return so;
  }

  connect(so: Socket, name: Sockaddr): void {
    if (name.family === AF_UNSPEC) {
      so.peer = null;
      return;
    }
    const to = this.at(name);
    if (!to.listening) {
      so.peer = to;
      return;
    }
    const served = this.socket();
    served.peer = so;
    so.peer = served;
    to.pending.push(served);
    to.arrived.signal();
  }

  send(l: Lwp, s: number, { name, iov, control }: Msghdr): number {
    const so = socketAt(l, s);
    const to = name === null ? so.peer : this.at(name);
    if (to === null) {
      throw EDESTADDRREQ;
    }
    if (to.queue.length >= this.#queueMax) {
      throw ENOBUFS;
    }
    const files = rightsIn(control ?? new Uint8Array(0)).map((fd) => l.proc.fd.get(fd));
    const data = Buffer.concat(iov);
    to.queue.push({ data, from: so.bound, control, rights: files.map(fileHold) });
    to.arrived.signal();
    return data.length;
  }
}

/** Sleep until there is something in `list`. @throws EAGAIN EINTR EBADF */
function* awaited(l: Lwp, so: Socket, list: readonly unknown[], flags: number): MaySleep<void> {
  const { generation } = so;
  while (list.length === 0) {
    if ((flags & MSG_DONTWAIT) !== 0) {
      throw EAGAIN;
    }
    yield* so.arrived.waitSig(l, null);
    if (so.generation !== generation) {
      throw EBADF;
    }
  }
}

/** Fill the pieces, one behind the other. @returns how many bytes there was room for */
export function spread(data: Uint8Array, pieces: readonly Uint8Array[]): number {
  let at = 0;
  for (const piece of pieces) {
    const part = data.subarray(at, at + piece.length);
    piece.set(part);
    at += part.length;
  }
  return at;
}

function* receive(l: Lwp, so: Socket, msg: Msghdr, flags: number): MaySleep<number> {
  yield* awaited(l, so, so.queue, flags);
  const { data, from, control, rights } = so.queue[0] as Datagram;
  if ((flags & MSG_PEEK) === 0) {
    so.queue.shift();
  }
  const at = spread(data, msg.iov);
  msg.name = from;
  msg.flags = at < data.length ? MSG_TRUNC : 0;
  if (msg.control !== null) {
    const told = externalized(l, control ?? new Uint8Array(0), rights);
    msg.flags |= told.length > msg.control.length ? MSG_CTRUNC : 0;
    msg.control.set(told.subarray(0, msg.control.length));
    msg.control = msg.control.subarray(0, told.length);
  }
  return at;
}

/** The receiver has numbers of its own for the files, which are those of the first control message. */
function externalized(l: Lwp, control: Uint8Array, rights: readonly File[]): Uint8Array {
  const bytes = control.slice();
  const view = new DataView(bytes.buffer);
  for (const [n, file] of rights.entries()) {
    view.setInt32(CMSG_HEAD + 4 * n, fdInstall(l, file, 'keep'), true);
  }
  return bytes;
}

function* several(list: readonly { len: number }[], one: (n: number) => MaySleep<number>): MaySleep<number> {
  let done = 0;
  for (const [n, item] of list.entries()) {
    try {
      item.len = yield* one(n);
    } catch (error) {
      if (done === 0 || !(error instanceof Errno)) {
        throw error;
      }
      break;
    }
    done++;
  }
  return done;
}

/** @param queueMax messages that wait for one socket */
export function loopback(queueMax = Number.POSITIVE_INFINITY): Component {
  return {
    name: 'loopback',
    attach(k) {
      const net = new Loopback(queueMax);
      const accepted = function* (l: Lwp, s: number, type: number) {
        const so = socketAt(l, s);
        if (!so.listening) {
          throw EINVAL;
        }
        yield* awaited(l, so, so.pending, 0);
        const served = so.pending.shift() as Socket;
        const name = served.peer?.bound ?? NONAME;
        served.bound = null;
        return { fd: net.make(l, type, served), name };
      };
      syscallEstablish(k, {
        socket: (l, _domain, type) => net.make(l, type),
        socketpair(l, _domain, type) {
          const [a, b] = [net.socket(), net.socket()];
          [a.peer, b.peer] = [b, a];
          return [net.make(l, type, a), net.make(l, type, b)];
        },
        bind: (l, s, name) => net.bind(socketAt(l, s), name),
        connect: (l, s, name) => net.connect(socketAt(l, s), name),
        listen(l, s) {
          socketAt(l, s).listening = true;
        },
        accept: (l, s) => accepted(l, s, 0),
        paccept: (l, s, _mask, flags) => accepted(l, s, flags),
        getsockname: (l, s) => socketAt(l, s).bound ?? NONAME,
        getpeername(l, s) {
          const { peer } = socketAt(l, s);
          if (peer === null) {
            throw ENOTCONN;
          }
          return peer.bound ?? NONAME;
        },
        setsockopt(l, s, level, name, val) {
          const { options } = socketAt(l, s);
          if (val === null || val === undefined) {
            options.delete(`${level}:${name}`);
          } else {
            options.set(`${level}:${name}`, val.slice());
          }
        },
        getsockopt(l, s, level, name, val) {
          const value = socketAt(l, s).options.get(`${level}:${name}`);
          if (value === undefined) {
            throw ENOPROTOOPT;
          }
          const part = value.subarray(0, val?.length ?? 0);
          val?.set(part);
          return part.length;
        },
        // What it tells depends on what is asked.
        getsockopt2(l, s, _level, _name, val) {
          socketAt(l, s);
          val?.reverse();
          return val?.length ?? 0;
        },
        sendto: (l, s, buf, _flags, to) =>
          net.send(l, s, { name: to ?? null, iov: [buf], control: null, flags: 0 }),
        sendmsg: (l, s, msg) => net.send(l, s, msg),
        sendmmsg: (l, s, mmsg) =>
          several(mmsg, function* (n) {
            return net.send(l, s, (mmsg[n] as { hdr: Msghdr }).hdr);
          }),
        *recvfrom(l, s, buf, flags) {
          const msg: Msghdr = { name: null, iov: [buf], control: null, flags: 0 };
          const count = yield* receive(l, socketAt(l, s), msg, flags);
          return { count, from: msg.name };
        },
        recvmsg: (l, s, msg, flags) => receive(l, socketAt(l, s), msg, flags),
        recvmmsg(l, s, mmsg, flags) {
          const so = socketAt(l, s);
          return several(mmsg, (n) => {
            const wait = n > 0 && (flags & MSG_WAITFORONE) !== 0 ? MSG_DONTWAIT : 0;
            return receive(l, so, (mmsg[n] as { hdr: Msghdr }).hdr, flags | wait);
          });
        },
      });
    },
  };
}
