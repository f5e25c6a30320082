/**
 * Socket addresses and messages of a JavaScript caller on their way to a kernel elsewhere, and what comes back of them.
 *
 * NetBSD: sys/sys/socket.h.
 */
import { UCHAR_MAX } from '../../sys/constants/limits.ts';
import { SOCKADDR_MAX, sends } from '../../sys/sockargs.ts';
import type { Mmsghdr, Msghdr, Sockaddr } from '../../sys/types.ts';
import type { Encoder } from './encoder.ts';
import {
  CONTROL,
  CONTROLLEN,
  FLAGS,
  IOV,
  IOVLEN,
  LEN,
  MMSGHDR_SIZE,
  MSGHDR_SIZE,
  NAME,
  NAMELEN,
} from './msghdr.ts';
import { decodeSockaddr, encodeSockaddr, SOCKLEN_SIZE, salenOf } from './sockaddr.ts';

/** An address so that the kernel takes it for the same: the length that stands there is not the one it believes. */
function outwardSockaddr(name: Sockaddr): Uint8Array {
  const bytes = encodeSockaddr(name);
  if (name.family === 0) {
    // A small length before family 0 would be taken for the family.
    bytes[0] = UCHAR_MAX;
  }
  return bytes;
}

/** Argument `i`, an address that is given. */
export function sockaddrArg(e: Encoder, i: number, name: string, value: Sockaddr | null | undefined): void {
  if (value != null) {
    const bytes = outwardSockaddr(value);
    e.set(i, e.give(bytes));
    e.set(salenOf(e.row, name), bytes.length);
  }
}

/** Argument `i`, an address that comes back. */
export function sockaddrResult(e: Encoder, i: number, name: string): void {
  const bytes = new Uint8Array(SOCKADDR_MAX);
  const length = Uint32Array.of(SOCKADDR_MAX);
  e.set(i, e.place(bytes));
  e.set(salenOf(e.row, name), e.give(new Uint8Array(length.buffer, 0, SOCKLEN_SIZE)));
  e.outs.set(name, () => decodeSockaddr(bytes.subarray(0, length[0])));
}

/** Argument `i`, one message. */
export function messageArg(e: Encoder, i: number, msg: Msghdr): void {
  const header = new DataView(new ArrayBuffer(MSGHDR_SIZE));
  const received = outwardMessage(e, header, msg);
  e.set(i, e.giveFirst(new Uint8Array(header.buffer)));
  if (!sends(e.row.call)) {
    e.after.push(received);
  }
}

/** Argument `i`, several. */
export function messagesArg(e: Encoder, i: number, name: string, list: readonly Mmsghdr[]): void {
  const bytes = new Uint8Array(list.length * MMSGHDR_SIZE);
  const told = list.map((item, n) => {
    const header = new DataView(bytes.buffer, n * MMSGHDR_SIZE, MMSGHDR_SIZE);
    const received = outwardMessage(e, header, item.hdr);
    return (): void => {
      item.len = header.getUint32(LEN, true);
      if (!sends(e.row.call)) {
        received();
      }
    };
  });
  e.set(i, e.giveFirst(bytes));
  e.setLength(name, list.length);
  e.after.push((count) => {
    for (const tell of told.slice(0, count)) {
      tell();
    }
  });
}

/** Lay a message out. @returns what fills the caller's with what has been received */
function outwardMessage(e: Encoder, header: DataView, msg: Msghdr): () => void {
  const sent = sends(e.row.call);
  const { control } = msg;
  const name = sent ? (msg.name === null ? null : outwardSockaddr(msg.name)) : new Uint8Array(SOCKADDR_MAX);
  // What is received is the caller's own memory, where it is filled.
  const put = (bytes: Uint8Array): bigint => (sent ? e.give(bytes) : e.place(bytes));
  if (name !== null) {
    header.setBigUint64(NAME, put(name), true);
    header.setUint32(NAMELEN, name.length, true);
  }
  if (control !== null) {
    header.setBigUint64(CONTROL, put(control), true);
    header.setUint32(CONTROLLEN, control.length, true);
  }
  header.setBigUint64(IOV, e.vector(msg.iov, sent ? 'given' : 'filled'), true);
  header.setUint32(IOVLEN, msg.iov.length, true);
  return () => {
    msg.name = decodeSockaddr((name as Uint8Array).subarray(0, header.getUint32(NAMELEN, true)));
    msg.control = control?.subarray(0, header.getUint32(CONTROLLEN, true)) ?? null;
    msg.flags = header.getInt32(FLAGS, true);
  };
}
