import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { SYSCALLS } from '../../lib/sys/syscalls.master.ts';
import { syscallByCall } from '../../lib/sys/syscalls.ts';
import { repositoryRoot } from '../../tools/repository.ts';
import { localName, signature } from '../../tools/signature.ts';
import { syscallsMarkdown } from '../../tools/syscalls-markdown.ts';

const read = (...path: string[]): string => readFileSync(join(repositoryRoot(), ...path), 'utf8');

test('docs/SYSCALLS.md is fresh', (t) => {
  t.true(read('docs', 'SYSCALLS.md') === syscallsMarkdown(SYSCALLS), 'run: npm run docs');
});

test('every row has its line, whatever its text holds', (t) => {
  const lines = syscallsMarkdown(SYSCALLS).split('\n');
  for (const row of SYSCALLS) {
    const line = lines.find((text) => text.startsWith(`| ${row.number} |`)) ?? '';
    t.is(line.replaceAll('\\|', '').split('|').length, 9, row.name);
  }
});

test('a structure is called as in lib/sys/types.ts', (t) => {
  const types = read('lib', 'sys', 'types.ts');
  const structs = [...(types.split('export interface Structs')[1] ?? '').matchAll(/^ {2}(\w+): (\w+);$/gm)];
  t.true(structs.length > 30);
  for (const [, cName = '', name = ''] of structs) {
    t.is(localName(cName), name);
  }
});

test('signatures say what the types say', (t) => {
  const EXPECTED: Readonly<Record<string, string>> = {
    getpid: 'getpid(): number',
    wait4: 'wait4(pid: number, options: number): { pid: number; status: number; rusage: Rusage }',
    pipe2: 'pipe2(flags: number): [number, number]',
    read: 'read(fd: number, buf: Uint8Array): number',
    open: 'open(path: string, flags: number, mode?: number): number',
    nanosleep: 'nanosleep(rqtp: Timespec, rmtp?: Timespec): void',
    gettimeofday: 'gettimeofday(): Timeval',
    utimensat: 'utimensat(fd: number, path: string, tptr: [Timespec, Timespec] | null, flag: number): void',
    kevent: 'kevent(fd: number, changelist: Kevent[] | null, nevents: number, timeout?: Timespec): Kevent[]',
    sysctl: 'sysctl(name: number[], oldv?: Uint8Array, newv?: Uint8Array): number',
    getlogin: 'getlogin(): string',
    accept: 'accept(s: number): { fd: number; name: Sockaddr | null }',
    poll: 'poll(fds: Pollfd[], timeout: number): number',
    clock_nanosleep:
      'clock_nanosleep(clock_id: number, flags: number, rqtp: Timespec, rmtp?: Timespec): void',
    syscall: 'syscall(code: number, ...args: unknown[]): unknown',
    mmap: 'mmap(addr: bigint, len: number, prot: number, flags: number, fd: number, pos: number): bigint',
    fcntl: 'fcntl(fd: number, cmd: number, arg?: unknown): number',
  };
  for (const [call, text] of Object.entries(EXPECTED)) {
    const row = syscallByCall(call);
    t.is(row && signature(row), text);
  }
});
