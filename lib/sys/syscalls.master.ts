/**
 * Every system call of NetBSD, declared once: the index in the table is the number. Handler types, dispatch, the local
 * facades, marshalling for foreign callers, traces and docs/SYSCALLS.md all come from here.
 *
 * The interface is that of NetBSD 7.99.34, plus the calls that later versions added; their note says so.
 *
 * NetBSD: sys/kern/syscalls.master.
 */

import { SYSCALLS_0 } from './syscalls/0-99.ts';
import { SYSCALLS_100 } from './syscalls/100-199.ts';
import { SYSCALLS_200 } from './syscalls/200-299.ts';
import { SYSCALLS_300 } from './syscalls/300-399.ts';
import { SYSCALLS_400 } from './syscalls/400-499.ts';
import { SYSCALLS_500 } from './syscalls/500-506.ts';
import type { SysentRow } from './sysent.ts';

export const SYSCALLS = [
  ...SYSCALLS_0,
  ...SYSCALLS_100,
  ...SYSCALLS_200,
  ...SYSCALLS_300,
  ...SYSCALLS_400,
  ...SYSCALLS_500,
] as const satisfies readonly SysentRow[];
