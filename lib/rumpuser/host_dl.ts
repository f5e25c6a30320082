/**
 * Native host: the ELF objects of this process. Their symbols are read when somebody asks: Node itself has
 * tens of thousands, and most kernels never look one up.
 *
 * NetBSD: lib/librumpuser/rumpuser_dl.c.
 */
import { ENOENT } from '../sys/errno.ts';
import { type HostBinding, type LoadedObject, throwing } from './host_errno.ts';
import type { DlObject } from './rumpuser.ts';

export class NativeObject implements DlObject {
  readonly path: string;
  readonly base: bigint;
  readonly modules: readonly bigint[];
  readonly #binding: HostBinding;
  #symbols: readonly [Uint8Array, Uint8Array] | undefined;

  constructor(binding: HostBinding, [path, base, modules]: LoadedObject) {
    this.#binding = binding;
    this.path = path;
    this.base = base;
    this.modules = modules;
  }

  get symtab(): Uint8Array {
    return this.#load()[0];
  }

  get strtab(): Uint8Array {
    return this.#load()[1];
  }

  #load(): readonly [Uint8Array, Uint8Array] {
    if (this.#symbols === undefined) {
      const symbols = this.#binding.dlSymbols(this.base);
      // Unloaded since: its addresses are nobody's now.
      this.#symbols = typeof symbols === 'number' ? [new Uint8Array(0), new Uint8Array(0)] : symbols;
    }
    return this.#symbols;
  }
}

export class HostDl {
  readonly #binding: HostBinding;

  constructor(binding: HostBinding) {
    this.#binding = binding;
  }

  bootstrap(): readonly DlObject[] {
    return this.#binding.dlBootstrap().map((object) => new NativeObject(this.#binding, object));
  }

  open(path: string): readonly DlObject[] {
    if (path === '') throw ENOENT;
    const objects = this.#binding.dlopen(path);
    if (typeof objects === 'number') {
      throwing(objects);
      return [];
    }
    return objects.map((object) => new NativeObject(this.#binding, object));
  }
}
