/**
 * Handlers of system calls, by the types the table gives them.
 *
 * NetBSD: sys/kern/init_sysent.c, sys/kern/kern_syscall.c.
 */
import {
  type ArgsOf,
  type ByCall,
  type CallName,
  type ResultOf,
  syscallByCall,
  syscallByNumber,
} from '../sys/syscalls.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';
import type { Lwp } from './lwp.ts';
import type { Soon } from './maysleep.ts';

/**
 * The handler of one call: a plain function; where the table says it may sleep, it may answer with a
 * coroutine.
 */
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

/** The handlers there are, by the names they have in the symbol table. NetBSD: sys_read and the like. */
export function syscallFunctions(k: Kernel): Record<string, AnyHandler> {
  const functions: Record<string, AnyHandler> = {};
  for (const [number, handler] of k.sysent.entries()) {
    const row = syscallByNumber(number);
    if (handler !== undefined && row !== undefined) {
      functions[`sys_${row.name}`] = handler;
    }
  }
  return functions;
}

/** Make a component's handlers reachable. */
export function syscallEstablish(k: Kernel, handlers: Partial<Handlers<CallName>>): void {
  for (const [call, handler] of Object.entries(handlers)) {
    const row = syscallByCall(call);
    KASSERT(row !== undefined, `no system call ${call}`);
    KASSERT(k.sysent[row.number] === undefined, `system call ${call} established twice`);
    k.sysent[row.number] = handler as AnyHandler;
  }
}
