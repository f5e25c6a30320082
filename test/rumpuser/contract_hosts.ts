/** Every host there is, and a test that runs on each of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { nativeHost } from '../../lib/rumpuser/native.ts';
import type { Rumpuser } from '../../lib/rumpuser/rumpuser.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';

export interface Subject {
  readonly host: Rumpuser;
  /** What the console has been given. */
  readonly output: () => string;
  /** A host path for a file of this test alone. */
  readonly path: (name: string) => string;
}

export interface SubjectOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Gets console text too. */
  readonly console?: (text: string) => void;
}

interface Kind {
  readonly name: string;
  /** Makes a host; `directory` is an empty host directory that goes when the test is over. */
  readonly make: (options: SubjectOptions, directory: string) => Subject;
}

const kinds: readonly Kind[] = [
  {
    name: 'simulated',
    make: (options) => {
      const host = simulatedHost(options);
      return { host, output: () => host.output, path: (name) => `/tmp/${name}` };
    },
  },
  {
    name: 'native',
    make: ({ env = {}, console = () => {} }, directory) => {
      let output = '';
      const host = nativeHost({
        env,
        console: (text) => {
          output += text;
          console(text);
        },
      });
      return { host, output: () => output, path: (name) => `${directory}/${name}` };
    },
  },
];

/** A test of what every host promises. The host is finished off and its files are gone afterwards. */
export function onEveryHost(
  title: string,
  body: (t: ExecutionContext, subject: Subject) => void | Promise<void>,
  options: SubjectOptions = {},
): void {
  for (const { name, make } of kinds) {
    // One after the other: curlwp of the native host belongs to the thread, which all tests of a file share.
    test.serial(`${name}: ${title}`, async (t) => {
      const directory = mkdtempSync(join(tmpdir(), 'rump-contract-'));
      const subject = make(options, directory);
      try {
        await body(t, subject);
      } finally {
        const { host } = subject;
        const current = host.curlwp[0] as number;
        if (current !== 0) host.curlwpClear(current);
        host.fini();
        rmSync(directory, { recursive: true });
      }
    });
  }
}
