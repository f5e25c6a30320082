/**
 * Handlers of system calls, by the types the table gives them.
 *
 * NetBSD: sys/kern/init_sysent.c, sys/kern/kern_syscall.c.
 */
import { type ArgsOf, type ByCall, type CallName, type ResultOf, syscallByCall } from '../sys/syscalls.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import type { Soon } from './maysleep.ts';

/** The handler of one call: a plain function; where the table says it may sleep, it may answer with a coroutine. */
export type Handler<C extends CallName> = (
  l: Lwp,
  ...args: ArgsOf<C>
) => ByCall<C>['sleeps'] extends true ? Soon<ResultOf<C>> : ResultOf<C>;

export type Handlers<C extends CallName> = { readonly [K in C]: Handler<K> };

/** As the dispatcher sees a handler. Its arguments have been checked against the table. */
export type AnyHandler = (l: Lwp, ...args: never[]) => unknown;

export type HandlerTable = (AnyHandler | undefined)[];

/** Number of entries; a number past it is ENOSYS. */
export { SYS_NSYSENT } from '../sys/syscalls.ts';

/** Make a component's handlers reachable. */
export function syscallEstablish(k: Kernel, handlers: Partial<Handlers<CallName>>): void {
  for (const [call, handler] of Object.entries(handlers)) {
    const row = syscallByCall(call);
    KASSERT(row !== undefined, `no system call ${call}`);
    KASSERT(k.sysent[row.number] === undefined, `system call ${call} established twice`);
    k.sysent[row.number] = handler as AnyHandler;
  }
}
