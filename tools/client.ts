/** Writes what is generated of the C client library: into dist/client, or the folder that is given. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as constants from '../lib/sys/constants/index.ts';
import { Errno } from '../lib/sys/errno.ts';
import * as errnos from '../lib/sys/errnos.ts';
import { SYSCALLS } from '../lib/sys/syscalls.master.ts';
import type { SysentRow } from '../lib/sys/sysent.ts';
import { definitions, syscallsHeader, syscallsSource } from './client-header.ts';
import { repositoryRoot } from './repository.ts';

const folder = process.argv[2] ?? join(repositoryRoot(), 'dist', 'client');
const rows: readonly SysentRow[] = SYSCALLS;
const all = Object.values(errnos).filter((each) => each instanceof Errno);
/** Those that callers see; some have a second name. */
const names = [...new Map(all.filter(({ errno }) => errno > 0).map((each) => [each.errno, each])).values()];
mkdirSync(join(folder, 'rump'), { recursive: true });
writeFileSync(join(folder, 'rump', 'rump_syscalls.h'), syscallsHeader(rows));
writeFileSync(join(folder, 'rump_syscalls.c'), syscallsSource(rows, names));
writeFileSync(join(folder, 'rump', 'rumpdefs.h'), definitions(constants, names));
