/** One line of ps, as an object. */

import type { Proc } from '../kern/proc.ts';
import { SACTIVE, SDYING, SIDL, SSTOP, SZOMB } from '../sys/constants/proc.ts';

export type ProcState = 'idle' | 'active' | 'dying' | 'stopped' | 'zombie';

export interface ProcStatus {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  /** Effective and real. */
  readonly uid: number;
  readonly ruid: number;
  readonly gid: number;
  readonly comm: string;
  readonly login: string;
  readonly state: ProcState;
  readonly nlwps: number;
  /** What its lwps sleep on, if any does: `['piperd']`. */
  readonly wmesg: readonly string[];
}

const STATES: ReadonlyMap<number, ProcState> = new Map([
  [SIDL, 'idle'],
  [SACTIVE, 'active'],
  [SDYING, 'dying'],
  [SSTOP, 'stopped'],
  [SZOMB, 'zombie'],
]);

export function statusOf(p: Proc): ProcStatus {
  const wmesg: string[] = [];
  for (let l = p.lwps; l !== null; l = l.siblingNext) {
    if (l.wmesg !== '') {
      wmesg.push(l.wmesg);
    }
  }
  return {
    pid: p.pid,
    ppid: p.parent?.pid ?? 0,
    pgid: p.pgrp.id,
    sid: p.pgrp.session.sid,
    uid: p.cred.euid,
    ruid: p.cred.uid,
    gid: p.cred.egid,
    comm: p.comm,
    login: p.pgrp.session.login,
    state: STATES.get(p.stat) ?? 'zombie',
    nlwps: p.nlwps,
    wmesg,
  };
}
