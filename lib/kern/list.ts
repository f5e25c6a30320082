/**
 * Doubly linked lists whose links are embedded in their members: inserting and removing allocate nothing and
 * cost a few stores, where a `Set` of objects costs hundreds of nanoseconds. A member has one link for each
 * kind of list it can be on.
 *
 * NetBSD: sys/sys/queue.h (LIST, TAILQ).
 */
import { KASSERT } from './kassert.ts';

export class Link<T> {
  readonly owner: T;
  list: List<T> | null = null;
  next: Link<T> | null = null;
  prev: Link<T> | null = null;

  constructor(owner: T) {
    this.owner = owner;
  }
}

export class List<T> {
  #first: Link<T> | null = null;
  #last: Link<T> | null = null;
  size = 0;

  insert(link: Link<T>): void {
    KASSERT(link.list === null, 'list member inserted twice');
    link.list = this;
    link.prev = this.#last;
    if (this.#last === null) {
      this.#first = link;
    } else {
      this.#last.next = link;
    }
    this.#last = link;
    this.size++;
  }

  remove(link: Link<T>): void {
    KASSERT(link.list === this, 'removed from a list it is not on');
    if (link.prev === null) {
      this.#first = link.next;
    } else {
      link.prev.next = link.next;
    }
    if (link.next === null) {
      this.#last = link.prev;
    } else {
      link.next.prev = link.prev;
    }
    link.list = null;
    link.next = null;
    link.prev = null;
    this.size--;
  }

  /** For loops that need no iterator: `for (let e = list.first; e !== null; e = e.next) e.owner`. */
  get first(): Link<T> | null {
    return this.#first;
  }

  /** In order of insertion. The current member may be removed meanwhile. */
  *[Symbol.iterator](): IterableIterator<T> {
    let link = this.#first;
    while (link !== null) {
      const { next } = link;
      yield link.owner;
      link = next;
    }
  }
}
