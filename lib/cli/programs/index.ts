/** The programs of `rump sh`. */
import type { Program } from '../program.ts';
import { cat } from './cat.ts';
import { date } from './date.ts';
import { dmesg } from './dmesg.ts';
import { echo } from './echo.ts';
import { exit } from './exit.ts';
import { forkDemo } from './fork-demo.ts';
import { grep } from './grep.ts';
import { halt, reboot } from './halt.ts';
import { head } from './head.ts';
import { help } from './help.ts';
import { hostname } from './hostname.ts';
import { id } from './id.ts';
import { jobs, wait } from './jobs.ts';
import { kill } from './kill.ts';
import { modload, modstat, modunload } from './modules.ts';
import { ps } from './ps.ts';
import { seq } from './seq.ts';
import { sleep } from './sleep.ts';
import { sysctl } from './sysctl.ts';
import { falseProgram, trueProgram } from './true.ts';
import { ulimit } from './ulimit.ts';
import { uname } from './uname.ts';
import { vmstat } from './vmstat.ts';
import { wc } from './wc.ts';
import { yes } from './yes.ts';

/** By name. */
export const PROGRAMS: readonly Program[] = [
  ...[
    cat,
    date,
    dmesg,
    echo,
    exit,
    falseProgram,
    forkDemo,
    grep,
    halt,
    head,
    help,
    hostname,
    id,
    jobs,
    kill,
    modload,
    modstat,
    modunload,
    ps,
    reboot,
    seq,
    sleep,
    sysctl,
    trueProgram,
    ulimit,
    uname,
    vmstat,
    wait,
    wc,
    yes,
  ],
];
