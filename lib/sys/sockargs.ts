/**
 * How long the arguments of calls on sockets may be, whoever makes them.
 *
 * NetBSD: sys/kern/uipc_syscalls.c (sockargs, sockargs_sb, do_sys_sendmsg_so, sys_sendmmsg).
 */
import { UCHAR_MAX } from './constants/limits.ts';
import { PAGE_SIZE } from './constants/param.ts';

/** Bytes of an address before its data: its length, its family. */
export const SOCKADDR_HEAD = 2;
/** Bytes of an address at most: its first one tells how many. */
export const SOCKADDR_MAX = UCHAR_MAX;
/** Bytes of a `struct cmsghdr`, aligned. */
export const CMSG_HEAD = 16;
/** Messages of one sendmmsg or recvmmsg. */
export const MESSAGES_MAX = 1024;

/** May an address that is given have so many bytes, its head among them? If not: EINVAL. */
export function sockaddrFits(length: number): boolean {
  return length > SOCKADDR_HEAD && length <= SOCKADDR_MAX;
}

/** May control messages that are sent have so many bytes? If not: EINVAL. */
export function controlFits(length: number): boolean {
  return length >= CMSG_HEAD && length <= PAGE_SIZE;
}

/** Does this call send messages, or receive them? */
export function sends(call: string): boolean {
  return call.startsWith('send');
}
