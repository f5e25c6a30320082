/** What the tests of the native host calls share. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { loadBinding } from '../../lib/rumpuser/binding.ts';
import { type Host, type HostCalls, type HostOptions, hostCalls } from '../../lib/rumpuser/host.ts';
import type { HostBinding } from '../../lib/rumpuser/host_errno.ts';

interface IdlerBinding extends HostBinding {
  hostOpen(pump: () => void): number;
  hostClose(host: number): void;
  hostIdler(host: number): number;
  idle(idler: number, deadlineNs: number): number;
  busy(idler: number): boolean;
  onAssertion(thrower: (message: string) => void): void;
}

export interface OpenHost {
  readonly host: Host;
  readonly calls: HostCalls;
  readonly binding: HostBinding;
  /** Wait in the host until block I/O has rung. */
  idle(): void;
  busy(): boolean;
  close(): void;
}

/** The host calls alone, over a fresh idler. */
export function openHost(options: Partial<HostOptions> = {}): OpenHost {
  const binding = loadBinding() as IdlerBinding;
  const tenant = binding.hostOpen(() => {});
  const idler = binding.hostIdler(tenant);
  const host = hostCalls(binding, { upcalls: () => undefined, idler, ...options });
  return {
    host,
    calls: host.calls,
    binding,
    idle: () => void binding.idle(idler, Number.POSITIVE_INFINITY),
    busy: () => {
      // Answers a ring for what was reaped already.
      binding.idle(idler, 0);
      return binding.busy(idler);
    },
    close: () => {
      host.fini();
      binding.hostClose(tenant);
    },
  };
}

/** A directory that goes away with the test. */
export function temporaryDirectory(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'rumpkernel-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** The repository, seen from the compiled tests. */
export const ROOT = new URL('../../..', import.meta.url);
