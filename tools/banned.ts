/**
 * Names the kernel may not use. Time, randomness, timers and promises reach it through `Rumpuser` alone, or
 * the same seed would not give the same run.
 */
import { isIdentifier, isPropertyAccessExpression, type Node, SyntaxKind } from 'typescript/unstable/ast';
import type { Problem } from './problem.ts';
import { type CheckedFile, forEachNode, problemAt } from './program.ts';

/** Folders whose code runs in the kernel. */
const KERNEL: readonly string[] = ['lib/sys/', 'lib/kern/', 'lib/vfs/', 'lib/net/', 'lib/dev/', 'lib/emul/'];

const HOST = 'ask `rumpuser`';
const SLEEP = 'the kernel sleeps with `yield*`';

/** Each banned name, and what to use instead. */
const BANNED: ReadonlyMap<string, string> = new Map([
  ['Date', HOST],
  ['performance', HOST],
  ['process', HOST],
  ['console', HOST],
  ['Buffer', 'use `Uint8Array`'],
  ['require', 'import it, if its layer allows'],
  ['setTimeout', 'use a callout'],
  ['setInterval', 'use a callout'],
  ['setImmediate', 'use a softint'],
  ['queueMicrotask', 'use a softint'],
  ['Promise', SLEEP],
  ['globalThis', HOST],
]);

const BANNED_KEYWORDS: ReadonlyMap<SyntaxKind, string> = new Map([
  [SyntaxKind.AsyncKeyword, `\`async\` is banned here: ${SLEEP}`],
  [SyntaxKind.AwaitExpression, `\`await\` is banned here: ${SLEEP}`],
]);

const MEMBERS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.PropertyAccessExpression,
  SyntaxKind.PropertyAssignment,
  SyntaxKind.PropertyDeclaration,
  SyntaxKind.PropertySignature,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.MethodSignature,
  SyntaxKind.QualifiedName,
]);

/** Whether `node` is only the name of a member, as `process` in `l.process`. */
function isMemberName(node: Node): boolean {
  const parent = node.parent as Node & { readonly name?: Node; readonly right?: Node };
  return MEMBERS.has(parent.kind) && (parent.name === node || parent.right === node);
}

/** Uses of banned names in `file`, if it is one of the kernel's. */
export function bannedNames(file: CheckedFile): Problem[] {
  const problems: Problem[] = [];
  if (!KERNEL.some((folder) => file.path.startsWith(folder))) {
    return problems;
  }
  forEachNode(file.source, (node) => {
    const keyword = BANNED_KEYWORDS.get(node.kind);
    if (keyword !== undefined) {
      problems.push(problemAt(file, node, keyword));
    } else if (isIdentifier(node) && !isMemberName(node)) {
      const instead = BANNED.get(node.text);
      if (instead !== undefined) {
        problems.push(problemAt(file, node, `\`${node.text}\` is banned here: ${instead}`));
      } else if (
        node.text === 'Math' &&
        isPropertyAccessExpression(node.parent) &&
        node.parent.name.text === 'random'
      ) {
        problems.push(problemAt(file, node, `\`Math.random\` is banned here: ${HOST}`));
      }
    }
  });
  return problems;
}
