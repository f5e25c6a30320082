/**
 * Module-level mutable state. All state of a kernel hangs off its `Kernel`, so that any number of kernels can
 * live in one process; a module may hold constants only.
 */
import {
  isArrayLiteralExpression,
  isAsExpression,
  isClassDeclaration,
  isObjectLiteralExpression,
  isPropertyDeclaration,
  isVariableStatement,
  type Node,
  NodeFlags,
  SyntaxKind,
  type VariableDeclaration,
} from 'typescript/unstable/ast';
import type { Problem } from './problem.ts';
import { type CheckedFile, problemAt } from './program.ts';

/** Types whose values change, by the name of their interface. */
const MUTABLE: ReadonlySet<string> = new Set([
  'Array',
  'ArrayBuffer',
  'BigInt64Array',
  'BigUint64Array',
  'DataView',
  'Float32Array',
  'Float64Array',
  'Generator',
  'Int16Array',
  'Int32Array',
  'Int8Array',
  'Map',
  'Set',
  'SharedArrayBuffer',
  'Uint16Array',
  'Uint32Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'WeakMap',
  'WeakSet',
]);

/** Arrays of a fixed length that have no element: nothing in them can change. */
const EMPTY = /^new (?:\w+Array|ArrayBuffer)\(0\)$/;

function hasModifier(node: Node & { readonly modifiers?: Iterable<Node> }, kind: SyntaxKind): boolean {
  return [...(node.modifiers ?? [])].some((modifier) => modifier.kind === kind);
}

function declarationProblem(file: CheckedFile, declaration: VariableDeclaration): Problem | undefined {
  const { initializer } = declaration;
  if (initializer === undefined || (isAsExpression(initializer) && initializer.type.getText() === 'const')) {
    return undefined;
  }
  if (EMPTY.test(initializer.getText(file.source))) {
    return undefined;
  }
  const type = file.checker.getTypeAtLocation(declaration.name)?.getSymbol()?.name;
  if (type !== undefined && MUTABLE.has(type)) {
    return problemAt(
      file,
      declaration,
      `module-level ${type}: say that it is read-only by its type, or move it into the Kernel`,
    );
  }
  const literal = isObjectLiteralExpression(initializer) || isArrayLiteralExpression(initializer);
  if (literal && declaration.type === undefined) {
    return problemAt(file, declaration, 'module-level literal that can be changed: add `as const` or a type');
  }
  return undefined;
}

/** Module-level state in `file` that can change. */
export function moduleState(file: CheckedFile): Problem[] {
  const problems: Problem[] = [];
  if (!file.path.startsWith('lib/')) {
    return problems;
  }
  for (const statement of file.source.statements) {
    if (isVariableStatement(statement)) {
      if ((statement.declarationList.flags & NodeFlags.Const) === 0) {
        problems.push(problemAt(file, statement, 'module-level variable: state belongs to the Kernel'));
        continue;
      }
      for (const declaration of statement.declarationList.declarations) {
        const problem = declarationProblem(file, declaration);
        if (problem !== undefined) {
          problems.push(problem);
        }
      }
    } else if (isClassDeclaration(statement)) {
      for (const member of statement.members) {
        if (
          isPropertyDeclaration(member) &&
          hasModifier(member, SyntaxKind.StaticKeyword) &&
          !hasModifier(member, SyntaxKind.ReadonlyKeyword)
        ) {
          problems.push(problemAt(file, member, 'static field that can change: state belongs to the Kernel'));
        }
      }
    }
  }
  return problems;
}
