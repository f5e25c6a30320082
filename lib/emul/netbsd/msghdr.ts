/**
 * Messages of a foreign caller, as sendmsg(2), recvmsg(2) and their plurals pass them: where a message is and what it
 * points at is copied in, and what has been received is copied out.
 *
 * Of many messages those that are good count: the first one that is not ends them, and is an error only when it is the
 * first of all. (The original then has the socket remember the error; that is nothing that could be done from here.)
 *
 * NetBSD: sys/sys/socket.h; sys/kern/uipc_syscalls.c (do_sys_sendmsg_so, do_sys_recvmsg_so, copyout_msg_control,
 * sys_recvmsg, sys_sendmmsg, sys_recvmmsg).
 */
import type { MaySleep } from '../../kern/maysleep.ts';
import { IOV_MAX } from '../../sys/constants/limits.ts';
import { EFAULT, EINVAL, EMSGSIZE, ENOMEM } from '../../sys/errno.ts';
import { controlFits, MESSAGES_MAX, sends } from '../../sys/sockargs.ts';
import { argOfType } from '../../sys/syscalls.ts';
import type { Mmsghdr, Msghdr, Sockaddr } from '../../sys/types.ts';
import type { Marshal } from './args.ts';
import { sockaddrAt, sockaddrTo } from './sockaddr.ts';
import { lengthOf, placesAt, type Scattered, scatter, transferred } from './transfer.ts';
import { rightsIn, toldOrClosed } from './undo.ts';

/** Bytes of a `struct msghdr`, and of a `struct mmsghdr`. */
export const MSGHDR_SIZE = 48;
export const MMSGHDR_SIZE = 56;
/** Where the fields are; the last is the second structure's. */
export const NAME = 0;
export const NAMELEN = 8;
export const IOV = 16;
export const IOVLEN = 24;
export const CONTROL = 32;
export const CONTROLLEN = 40;
export const FLAGS = 44;
export const LEN = 48;

/** Bytes of control messages that a caller can receive at once. */
const CONTROL_ROOM = 65536;
const NOTHING = new Uint8Array(0);

interface Message {
  readonly address: bigint;
  /** The structure, as it will be copied out. */
  readonly header: DataView;
  readonly moved: Scattered;
  /** What the handler gets. */
  readonly item: Mmsghdr;
}

/** All messages of a call. */
export interface Messages {
  readonly many: boolean;
  readonly list: readonly Message[];
}

/** Argument `name`: a `struct msghdr`, or an array of `struct mmsghdr`. @throws EBADF EFAULT EINVAL EMSGSIZE ENOMEM */
export function* messagesIn(
  m: Marshal,
  name: string,
  address: bigint,
  what: 'msghdr' | 'mmsghdr',
): MaySleep<void> {
  const max = m.vm.transferMax;
  if (what === 'msghdr') {
    const header = yield* headerAt(m, address, MSGHDR_SIZE);
    m.descriptor();
    const message = (yield* messageAt(m, address, header, max, 'in part')) as Message;
    m.values.push(message.item.hdr);
    m.messages = { many: false, list: [message] };
    return;
  }
  m.descriptor();
  const list = yield* severalAt(m, address, Math.min(countOf(m, name), MESSAGES_MAX), max);
  m.values.push(list.map(({ item }) => item));
  m.messages = { many: true, list };
}

function countOf(m: Marshal, name: string): number {
  return m.scalar(argOfType(m.row, `len ${name}`), 'unsigned int');
}

function* severalAt(m: Marshal, address: bigint, count: number, max: number): MaySleep<Message[]> {
  const list: Message[] = [];
  const headers = yield* headersAt(m, address, count);
  let left = max;
  for (let n = 0; n < count; n++) {
    const at = BigInt.asUintN(64, address + BigInt(n * MMSGHDR_SIZE));
    try {
      const header =
        headers === null
          ? yield* headerAt(m, at, MMSGHDR_SIZE)
          : new DataView(headers.buffer, n * MMSGHDR_SIZE, MMSGHDR_SIZE);
      const message = yield* messageAt(m, at, header, left, n === 0 ? 'in part' : 'whole');
      if (message === null) {
        break;
      }
      list.push(message);
      left -= message.moved.buffers.reduce((sum, { length }) => sum + length, 0);
    } catch (error) {
      if (n === 0 || (error !== EFAULT && error !== EINVAL && error !== EMSGSIZE && error !== ENOMEM)) {
        throw error;
      }
      break;
    }
  }
  return list;
}

/** All the structures, asked for once; null where not all of them are there, and each has to be looked for. */
function* headersAt(m: Marshal, address: bigint, count: number): MaySleep<Uint8Array | null> {
  try {
    return new Uint8Array(yield* m.copyin(address, count * MMSGHDR_SIZE));
  } catch (error) {
    if (error !== EFAULT) {
      throw error;
    }
    return null;
  }
}

function* headerAt(m: Marshal, address: bigint, size: number): MaySleep<DataView> {
  // A copy of its own: what has come with the request is a view of that.
  return new DataView(new Uint8Array(yield* m.copyin(address, size)).buffer);
}

/** @param how it may be moved in part; or is null when longer than `max`. @throws EFAULT EINVAL EMSGSIZE ENOMEM */
function* messageAt(
  m: Marshal,
  address: bigint,
  header: DataView,
  max: number,
  how: 'in part' | 'whole',
): MaySleep<Message | null> {
  const pieces = header.getUint32(IOVLEN, true);
  if (pieces > IOV_MAX) {
    throw EMSGSIZE;
  }
  const places = yield* placesAt(m, header.getBigUint64(IOV, true), pieces);
  if (how === 'whole' && lengthOf(places) > BigInt(max)) {
    return null;
  }
  const way = sends(m.row.call) ? 'in' : 'out';
  const name = way === 'in' ? yield* nameIn(m, header) : null;
  const control = way === 'in' ? yield* controlIn(m, header) : controlRoom(m, header);
  const moved = yield* transferred(m, places, way, max);
  const hdr: Msghdr = { name, iov: moved.buffers.slice(), control, flags: 0 };
  return { address, header, moved, item: { hdr, len: 0 } };
}

function* nameIn(m: Marshal, header: DataView): MaySleep<Sockaddr | null> {
  const address = header.getBigUint64(NAME, true);
  return address === 0n ? null : yield* sockaddrAt(m, address, header.getUint32(NAMELEN, true));
}

function* controlIn(m: Marshal, header: DataView): MaySleep<Uint8Array | null> {
  const address = header.getBigUint64(CONTROL, true);
  if (address === 0n) {
    return null;
  }
  const length = header.getUint32(CONTROLLEN, true);
  if (!controlFits(length)) {
    throw EINVAL;
  }
  // The handler may keep it, and the memory of the request is used again.
  return new Uint8Array(yield* m.copyin(address, length));
}

function controlRoom(m: Marshal, header: DataView): Uint8Array | null {
  // A negative length is none.
  const length = Math.max(0, header.getInt32(CONTROLLEN, true));
  return header.getBigUint64(CONTROL, true) === 0n ? null : m.room(Math.min(length, CONTROL_ROOM));
}

/** Tell what has been moved. @param value what the handler returns. @returns what the call does. @throws EFAULT */
export function* messagesOut(m: Marshal, { many, list }: Messages, value: number): MaySleep<number> {
  const receives = !sends(m.row.call);
  if (!many) {
    if (receives) {
      yield* received(m, list[0] as Message, value, MSGHDR_SIZE);
    }
    return value;
  }
  let done = 0;
  for (const message of list.slice(0, value)) {
    const { address, header, item } = message;
    header.setUint32(LEN, item.len, true);
    try {
      yield* receives
        ? received(m, message, item.len, MMSGHDR_SIZE)
        : m.copyout(address + BigInt(LEN), new Uint8Array(header.buffer, header.byteOffset + LEN, 4));
    } catch (error) {
      if (done === 0 || (error !== EFAULT && error !== EINVAL)) {
        throw error;
      }
      break;
    }
    done++;
  }
  return done;
}

/** Data, control messages, name, and the structure with their lengths. */
function* received(m: Marshal, message: Message, length: number, size: number): MaySleep<void> {
  const { address, header, moved, item } = message;
  const { name, control, flags } = item.hdr;
  yield* scatter(m, moved, length);
  const controlAt = header.getBigUint64(CONTROL, true);
  if (controlAt !== 0n) {
    const room = Math.max(0, header.getInt32(CONTROLLEN, true));
    // A copy: it need not be where the room for it begins.
    const bytes = (control ?? NOTHING).slice(0, room);
    yield* toldOrClosed(m.l, rightsIn(bytes), m.copyout(controlAt, bytes));
    header.setUint32(CONTROLLEN, bytes.length, true);
  }
  const nameAt = header.getBigUint64(NAME, true);
  if (nameAt !== 0n) {
    header.setUint32(NAMELEN, yield* sockaddrTo(m, nameAt, header.getInt32(NAMELEN, true), name), true);
  }
  header.setInt32(FLAGS, flags, true);
  yield* m.copyout(address, new Uint8Array(header.buffer, header.byteOffset, size));
}
