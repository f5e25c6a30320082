import test, { type ExecutionContext } from 'ava';
import { bannedNames } from '../../tools/banned.ts';
import { forbiddenImports, importProblem } from '../../tools/layers.ts';
import { moduleState } from '../../tools/module-state.ts';
import { sourceListProblems } from '../../tools/native-sources.ts';
import type { CheckedFile } from '../../tools/program.ts';
import { textProblems } from '../../tools/text.ts';
import { plantedProblems } from './planted.ts';

type Check = (file: CheckedFile) => ReturnType<typeof bannedNames>;

function caught(t: ExecutionContext, check: Check, path: string, text: string, message: RegExp): void {
  const found = plantedProblems({ [path]: `${text}\nexport {};\n` }, check);
  t.is(found.length, 1, text);
  t.regex(found[0]?.message ?? '', message, text);
  t.is(found[0]?.file, path);
}

function allowed(t: ExecutionContext, check: Check, path: string, text: string): void {
  t.deepEqual(plantedProblems({ [path]: `${text}\nexport {};\n` }, check), [], text);
}

test('layers: what each may import', (t) => {
  t.is(importProblem('lib/kern/a.ts', './b.ts'), undefined);
  t.is(importProblem('lib/kern/a.ts', '../sys/errno.ts'), undefined);
  t.is(importProblem('lib/kern/a.ts', '../rumpuser/rumpuser.ts'), undefined);
  t.is(importProblem('lib/vfs/namei.ts', '../kern/proc.ts'), undefined);
  t.is(importProblem('lib/vfs/fs/tmpfs/node.ts', '../../vnode.ts'), undefined);
  t.is(importProblem('lib/vfs/fs/tmpfs/node.ts', './index.ts'), undefined);
  t.is(importProblem('lib/api/boot.ts', '../vfs/fs/tmpfs/index.ts'), undefined);
  t.is(importProblem('lib/rumpuser/binding.ts', 'node-gyp-build'), undefined);
  t.is(importProblem('test/kern/a.test.ts', 'ava'), undefined);

  t.regex(importProblem('lib/sys/a.ts', '../kern/proc.ts') ?? '', /may not import lib\/kern\/proc/);
  t.regex(
    importProblem('lib/kern/a.ts', '../rumpuser/native.ts') ?? '',
    /may not import lib\/rumpuser\/native/,
  );
  t.regex(importProblem('lib/rumpuser/rumpuser.ts', './native.ts') ?? '', /may not import/);
  t.regex(importProblem('lib/kern/a.ts', '../vfs/vnode.ts') ?? '', /may not import/);
  t.regex(importProblem('lib/kern/a.ts', 'node:fs') ?? '', /package node:fs/);
  t.regex(importProblem('lib/vfs/a.ts', '../net/socket.ts') ?? '', /may not import/);
  t.regex(importProblem('lib/vfs/a.ts', './fs/tmpfs/node.ts') ?? '', /only lib\/api names components/);
  t.regex(importProblem('lib/vfs/fs/tmpfs/node.ts', '../mfs/node.ts') ?? '', /only lib\/api names/);
  t.regex(importProblem('lib/cli/main.ts', '../kern/proc.ts') ?? '', /may not import/);
  t.regex(importProblem('lib/api/index.ts', 'lodash') ?? '', /package lodash/);
  t.regex(importProblem('lib/new/a.ts', './b.ts') ?? '', /belongs to no layer/);
});

test('layers: every form of import counts', (t) => {
  const message = /may not import the package node:fs/;
  caught(t, forbiddenImports, 'lib/kern/a.ts', "import 'node:fs';", message);
  caught(t, forbiddenImports, 'lib/kern/a.ts', "import type { Stats } from 'node:fs';", message);
  caught(t, forbiddenImports, 'lib/kern/a.ts', "export { statSync } from 'node:fs';", message);
  caught(
    t,
    forbiddenImports,
    'lib/kern/a.ts',
    "type S = import('node:fs').Stats; export type { S };",
    message,
  );
  caught(t, forbiddenImports, 'lib/kern/a.ts', "export const later = () => import('node:fs');", message);
  allowed(t, forbiddenImports, 'lib/api/a.ts', "import 'node:fs';");
});

test('banned names in the kernel', (t) => {
  const path = 'lib/kern/a.ts';
  caught(t, bannedNames, path, 'export const now = () => Date.now();', /`Date` is banned/);
  caught(t, bannedNames, path, 'export const r = () => Math.random();', /`Math.random` is banned/);
  caught(t, bannedNames, path, 'setTimeout(() => 0, 1);', /use a callout/);
  caught(t, bannedNames, path, 'export const v = process.version;', /`process` is banned/);
  caught(t, bannedNames, path, 'export let p: Promise<void> | undefined;', /`Promise` is banned/);
  caught(t, bannedNames, path, 'export async function f() {}', /`async` is banned/);
  caught(t, bannedNames, path, 'await f(); declare function f(): number;', /`await` is banned/);
  allowed(t, bannedNames, path, 'export const f = (l: { process: number }) => l.process + Math.max(1, 2);');
  allowed(t, bannedNames, 'lib/api/a.ts', 'export const now = () => Date.now();');
});

test('module-level mutable state', (t) => {
  const path = 'lib/kern/a.ts';
  caught(t, moduleState, path, 'export let count = 0;', /module-level variable/);
  caught(t, moduleState, path, 'export const cache = new Map<string, number>();', /module-level Map/);
  caught(t, moduleState, path, 'export const list: number[] = [];', /module-level Array/);
  caught(t, moduleState, path, 'export const page = new Uint8Array(4096);', /module-level Uint8Array/);
  caught(t, moduleState, path, 'export const options = { verbose: 0 };', /literal that can be changed/);
  caught(t, moduleState, path, 'export class Proc { static next = 1; }', /static field/);
  allowed(t, moduleState, path, 'export const table: ReadonlyMap<string, number> = new Map([["a", 1]]);');
  allowed(t, moduleState, path, 'export const empty = new Uint8Array(0);');
  allowed(t, moduleState, path, 'export const list: readonly number[] = [1, 2];');
  allowed(t, moduleState, path, 'export const options = { verbose: 0 } as const;');
  allowed(t, moduleState, path, 'export const f = () => { let n = 0; return n++; };');
  allowed(t, moduleState, path, 'export class Proc { static readonly first = 1; next = new Map(); }');
});

test('text: words, paths and lengths', (t) => {
  const messages = (file: string, text: string) =>
    textProblems(file, text).map(({ line, message }) => `${line} ${message}`);
  const word = ['TO', 'DO'].join('');
  t.deepEqual(messages('lib/kern/a.ts', 'const todo = 1;\n'), []);
  t.regex(messages('lib/kern/a.ts', `\n// ${word}: later\n`)[0] ?? '', /^2 TO[D]O: unfinished/);
  t.regex(messages('docs/A.md', `see ${['', 'work', 'main'].join('/')}\n`)[0] ?? '', /path of one machine/);
  t.regex(messages('docs/A.md', `see ..${'/shared'}/DESIGN.md\n`)[0] ?? '', /outside the repository/);
  t.regex(messages('lib/kern/a.ts', `// @ts-${'ignore'}\n`)[0] ?? '', /silences the compiler/);
  t.regex(messages('lib/kern/a.ts', `// ${'x'.repeat(118)}\n`)[0] ?? '', /121 columns, at most 120/);
  t.deepEqual(messages('docs/A.md', `${'x'.repeat(500)}\n`), []);
  t.regex(messages('lib/kern/a.ts', '\n'.repeat(401))[0] ?? '', /401 lines, at most 400/);
  t.deepEqual(messages('lib/sys/a.ts', '\n'.repeat(4000)), []);
});

test('binding.gyp and CMakeLists.txt name the same sources', (t) => {
  const a = 'native/rumpuser/a.cc';
  const b = 'native/binding/b.cc';
  const messages = (gyp: string, cmake: string, existing: string[]) =>
    sourceListProblems(gyp, cmake, existing).map(({ file, message }) => `${file}: ${message}`);
  t.deepEqual(messages(`'${a}', '${b}'`, `${a}\n  ${b}`, [a, b, 'native/test/x.cc']), []);
  t.deepEqual(messages(`'${a}',`, `${a} ${b}`, [a, b]), [`binding.gyp: b.cc (${b}) is missing here`]);
  t.deepEqual(messages(`'${a}', '${b}'`, `${a}\n# ${b}`, [a, b]), [
    `CMakeLists.txt: b.cc (${b}) is missing here`,
  ]);
  t.deepEqual(messages('', '', [a]).length, 2);
  t.deepEqual(messages(`'${a}'`, a, []), [`binding.gyp: ${a} is listed and does not exist`]);
});
