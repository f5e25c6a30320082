/**
 * Housekeeping threads of the memory subsystem: they do what is better done soon than at once. A thread is
 * started when it is first asked for anything, so that a kernel which never needs it does not pay for it. A
 * kernel without threads does the work at once.
 *
 * NetBSD: sys/uvm/uvm_pdaemon.c, sys/kern/subr_vmem.c (vmem_rehash_start).
 */
import { ENOMEM, ENOTSUP } from '../sys/errno.ts';
import { Condvar } from './condvar.ts';
import type { Kernel } from './kernel.ts';
import { kthreadCreate } from './kthread.ts';

export class Housekeeper {
  readonly #kernel: Kernel;
  readonly #name: string;
  readonly #priority: number;
  readonly #work: () => void;
  readonly #asked: Condvar;
  #started = false;
  #wanted = false;

  /** @param work cannot sleep */
  constructor(k: Kernel, name: string, priority: number, work: () => void) {
    this.#kernel = k;
    this.#name = name;
    this.#priority = priority;
    this.#work = work;
    this.#asked = new Condvar(name);
  }

  /** Have the work done. Asking again before it is has no effect. */
  ask(): void {
    if (!this.#started && !this.#start()) {
      this.#work();
      return;
    }
    this.#wanted = true;
    this.#asked.signal();
  }

  #start(): boolean {
    const me = this;
    try {
      this.#started = true;
      kthreadCreate(
        this.#kernel,
        this.#name,
        function* (l) {
          for (;;) {
            while (!me.#wanted) {
              yield* me.#asked.wait(l, null);
            }
            me.#wanted = false;
            me.#work();
          }
        },
        { priority: this.#priority },
      );
    } catch (error) {
      this.#started = false;
      if (error !== ENOTSUP && error !== ENOMEM) {
        throw error;
      }
    }
    return this.#started;
  }
}
