/** The programs of `rump sh`. */
import type { Program } from '../program.ts';
import { breakProgram, colon, continueProgram, read, unset } from './break.ts';
import { cat } from './cat.ts';
import { cd, pwd, umask } from './cd.ts';
import { chmod, chown, stat } from './chmod.ts';
import { cp } from './cp.ts';
import { date } from './date.ts';
import { dmesg } from './dmesg.ts';
import { echo } from './echo.ts';
import { exit } from './exit.ts';
import { du, find, tee } from './find.ts';
import { forkDemo } from './fork-demo.ts';
import { fstat } from './fstat.ts';
import { grep } from './grep.ts';
import { halt, reboot } from './halt.ts';
import { head } from './head.ts';
import { help } from './help.ts';
import { hostname } from './hostname.ts';
import { id } from './id.ts';
import { bg, fg, jobs, wait } from './jobs.ts';
import { kill } from './kill.ts';
import { ls } from './ls.ts';
import { mkdir, mkfifo, rmdir, touch } from './mkdir.ts';
import { modload, modstat, modunload } from './modules.ts';
import { df, mount, umount } from './mount.ts';
import { ln, mv, rm } from './mv.ts';
import { printf } from './printf.ts';
import { ps } from './ps.ts';
import { seq } from './seq.ts';
import { sleep } from './sleep.ts';
import { sysctl } from './sysctl.ts';
import { bracket, testProgram } from './test.ts';
import { shell, trace } from './trace.ts';
import { falseProgram, trueProgram } from './true.ts';
import { ulimit } from './ulimit.ts';
import { uname } from './uname.ts';
import { vmstat } from './vmstat.ts';
import { wc } from './wc.ts';
import { yes } from './yes.ts';

/** By name. */
export const PROGRAMS: readonly Program[] = [
  ...[
    colon,
    bracket,
    bg,
    breakProgram,
    cat,
    cd,
    chmod,
    chown,
    continueProgram,
    cp,
    date,
    df,
    dmesg,
    du,
    echo,
    exit,
    falseProgram,
    fg,
    find,
    forkDemo,
    fstat,
    grep,
    halt,
    head,
    help,
    hostname,
    id,
    jobs,
    kill,
    ln,
    ls,
    mkdir,
    mkfifo,
    modload,
    modstat,
    modunload,
    mount,
    mv,
    printf,
    ps,
    pwd,
    read,
    reboot,
    rm,
    rmdir,
    seq,
    shell,
    sleep,
    stat,
    sysctl,
    tee,
    testProgram,
    touch,
    trace,
    trueProgram,
    ulimit,
    umask,
    umount,
    uname,
    unset,
    vmstat,
    wait,
    wc,
    yes,
  ],
];
