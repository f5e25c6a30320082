/** The programs of `rump sh`. */
import type { Program } from '../program.ts';
import { date } from './date.ts';
import { dmesg } from './dmesg.ts';
import { echo } from './echo.ts';
import { exit } from './exit.ts';
import { forkDemo } from './fork-demo.ts';
import { halt, reboot } from './halt.ts';
import { help } from './help.ts';
import { hostname } from './hostname.ts';
import { id } from './id.ts';
import { kill } from './kill.ts';
import { ps } from './ps.ts';
import { sleep } from './sleep.ts';
import { ulimit } from './ulimit.ts';
import { uname } from './uname.ts';

/** By name. */
export const PROGRAMS: readonly Program[] = [
  ...[date, dmesg, echo, exit, forkDemo, halt, help, hostname, id, kill, ps, reboot, sleep, ulimit, uname],
];
