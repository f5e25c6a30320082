/**
 * Looking a system call up, by value and by type.
 *
 * `ArgsOf<'wait4'>` is what a local caller of wait4 passes, `ResultOf<'wait4'>` what it gets.
 */
import { SYSCALLS } from './syscalls.master.ts';
import type { Arg, ArgType, LocalArgs, LocalResult, SysentRow } from './sysent.ts';

type Row = (typeof SYSCALLS)[number];

/** A row that local callers can name: neither superseded nor a number without a call. */
export type CallRow = Exclude<Row, { readonly support: 'compat' | 'obsolete' }>;

type Calls = { readonly [R in CallRow as R['call']]: R };

/** NetBSD's names: `'__wait450'`. */
export type SyscallName = Row['name'];
/** The C library's names: `'wait4'`. */
export type CallName = keyof Calls;

/** The row of a call. */
export type ByCall<C extends CallName> = Calls[C];
export type ArgsOf<C extends CallName> = LocalArgs<Calls[C]['args']>;
export type ResultOf<C extends CallName> = LocalResult<Calls[C]['args'], Calls[C]['result']>;

/** How many numbers the table has; calls from this number on are ENOSYS. */
export const SYS_NSYSENT = SYSCALLS.length;

const rows: readonly SysentRow[] = SYSCALLS;
const byName: ReadonlyMap<string, SysentRow> = new Map(rows.map((row) => [row.name, row]));

/** True for what local callers can name. */
export function isCallable(row: SysentRow): boolean {
  return row.support !== 'compat' && row.support !== 'obsolete';
}

const LOCALLY_NOTHING =
  /^(pad|ignored|fds|rest|string>|(len|lenp|socklenp|salen|out|out\?|out\[\]|zero) .*)$/;

/** The arguments a local caller passes: what only describes or returns memory is not among them. */
export function localArgs(row: SysentRow): readonly Arg[] {
  return row.args.filter(([, type]) => !LOCALLY_NOTHING.test(type));
}

/** Which argument is of one of these types: as `len NAME`, what says how long another is. -1: none. */
export function argOfType(row: SysentRow, ...types: readonly ArgType[]): number {
  return row.args.findIndex(([, type]) => types.includes(type));
}

const byCall: ReadonlyMap<string, SysentRow> = new Map(rows.filter(isCallable).map((row) => [row.call, row]));

/** Undefined outside the table. */
export function syscallByNumber(number: number): SysentRow | undefined {
  return rows[number];
}

/** @param name NetBSD's, as `compat_50_wait4` or `__wait450`. */
export function syscallByName(name: string): SysentRow | undefined {
  return byName.get(name);
}

/** @param call the C library's name, as `wait4`: the row that answers it today. */
export function syscallByCall<C extends CallName>(call: C): ByCall<C>;
export function syscallByCall(call: string): SysentRow | undefined;
export function syscallByCall(call: string): SysentRow | undefined {
  return byCall.get(call);
}
