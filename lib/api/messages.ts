/**
 * Socket addresses and messages of a local caller: checked and copied in, and what was received given back.
 *
 * NetBSD: sys/kern/uipc_syscalls.c (sockargs, do_sys_sendmsg_so, sys_recvmsg, sys_recvmmsg).
 */
import { IOV_MAX } from '../sys/constants/limits.ts';
import { EFAULT, EINVAL, EMSGSIZE } from '../sys/errno.ts';
import { controlFits, MESSAGES_MAX, SOCKADDR_HEAD, sends, sockaddrFits } from '../sys/sockargs.ts';
import type { Mmsghdr, Msghdr, Sockaddr } from '../sys/types.ts';
import { type ArgCheck, array, bytes, type Complain, nullable } from './checks.ts';

/** An address: a handler may keep it. */
export function sockaddrCheck(no: Complain): ArgCheck {
  const view = bytes(no);
  return (v) => {
    if (typeof v !== 'object' || v === null) {
      return no(EFAULT, 'an object (sockaddr)', v);
    }
    const { family, data } = v as Partial<Sockaddr>;
    if (typeof family !== 'number' || (family & 0xff) !== family) {
      return no(EINVAL, 'an address with a family from 0 to 255', family);
    }
    const copy = (view(data) as Uint8Array).slice();
    return sockaddrFits(SOCKADDR_HEAD + copy.length)
      ? { family: family + 0, data: copy }
      : no(EINVAL, 'an address of 1 to 253 bytes', data);
  };
}

/** One message: to be sent, or room for one. */
export function messageCheck(call: string, no: Complain): ArgCheck {
  const named = nullable(sockaddrCheck(no));
  const pieces = array(bytes(no), no);
  const optional = nullable(bytes(no));
  return (v): Msghdr => {
    if (typeof v !== 'object' || v === null) {
      return no(EFAULT, 'an object (msghdr)', v);
    }
    const { name, iov, control } = v as Partial<Msghdr>;
    const views = pieces(iov) as Uint8Array[];
    if (views.length > IOV_MAX) {
      return no(EMSGSIZE, `a message of at most ${IOV_MAX} pieces`, iov);
    }
    if (!sends(call)) {
      return { name: null, iov: views, control: optional(control) as Uint8Array | null, flags: 0 };
    }
    const to = named(name) as Sockaddr | null;
    const sent = optional(control) as Uint8Array | null;
    if (sent !== null && !controlFits(sent.length)) {
      return no(EINVAL, 'a message with 16 to 4096 bytes of control messages, or null', control);
    }
    return { name: to, iov: views, control: sent?.slice() ?? null, flags: 0 };
  };
}

/** Several messages. Those beyond what a call takes are not looked at. */
export function messagesCheck(call: string, no: Complain): ArgCheck {
  const one = messageCheck(call, no);
  return (v) => {
    if (!Array.isArray(v)) {
      return no(EFAULT, 'an array', v);
    }
    const { length } = v;
    if (typeof length !== 'number') {
      return no(EINVAL, 'an array with a length', v);
    }
    const copies: Mmsghdr[] = [];
    for (let i = 0; i < length && i < MESSAGES_MAX; i++) {
      const each: unknown = v[i];
      if (typeof each !== 'object' || each === null) {
        return no(EFAULT, 'an array of objects (mmsghdr)', each);
      }
      copies.push({ hdr: one((each as Partial<Mmsghdr>).hdr) as Msghdr, len: 0 });
    }
    return copies;
  };
}

/** Give back what recvmsg has received, if it has: the caller's array of pieces stays. */
export function giveMessage(user: unknown, copy: unknown, value: unknown): void {
  if (typeof value === 'number') {
    const { name, control, flags } = copy as Msghdr;
    Object.assign(user as Msghdr, { name, control, flags });
  }
}

/** Give back what has become of as many messages as the call says. */
export function giveMessages(call: string): (user: unknown, copies: unknown, value: unknown) => void {
  return (user, copies, value) => {
    for (const [i, { hdr, len }] of (copies as Mmsghdr[]).slice(0, Number(value ?? 0)).entries()) {
      const given = (user as Mmsghdr[])[i] as Mmsghdr;
      if (!sends(call)) {
        giveMessage(given.hdr, hdr, value);
      }
      given.len = len;
    }
  };
}
