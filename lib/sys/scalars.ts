/**
 * Size, sign and range of the C scalars of the system-call interface on NetBSD/amd64 (LP64).
 *
 * NetBSD: sys/sys/types.h, sys/arch/amd64/include/{ansi,int_types}.h.
 */
import type { Scalar } from './sysent.ts';

export interface ScalarInfo {
  /** Bytes in memory. In a register every scalar has 8. */
  readonly size: 1 | 4 | 8;
  readonly signed: boolean;
  /** Least and greatest value. `bigint`: those of 64 bits do not fit a number. */
  readonly min: bigint;
  readonly max: bigint;
}

function scalar(size: 1 | 4 | 8, sign: 'signed' | 'unsigned'): ScalarInfo {
  const signed = sign === 'signed';
  const bits = BigInt(size * 8);
  return Object.freeze({
    size,
    signed,
    min: signed ? -(1n << (bits - 1n)) : 0n,
    max: signed ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n,
  });
}

const int32 = scalar(4, 'signed');
const uint32 = scalar(4, 'unsigned');
const int64 = scalar(8, 'signed');
const uint64 = scalar(8, 'unsigned');

/** What each scalar is. */
export const SCALARS: Readonly<Record<Scalar, ScalarInfo>> = Object.freeze({
  int: int32,
  'unsigned int': uint32,
  long: int64,
  'unsigned long': uint64,
  size_t: uint64,
  ssize_t: int64,
  off_t: int64,
  mode_t: uint32,
  dev_t: uint64,
  id_t: uint32,
  pid_t: int32,
  uid_t: uint32,
  gid_t: uint32,
  lwpid_t: int32,
  clockid_t: int32,
  timer_t: int32,
  idtype_t: int32,
  uint64_t: uint64,
  uint32_t: uint32,
  uint8_t: scalar(1, 'unsigned'),
  key_t: int64,
  intptr_t: int64,
  socklen_t: uint32,
  psetid_t: int32,
  cpuid_t: uint64,
  mqd_t: int32,
});
