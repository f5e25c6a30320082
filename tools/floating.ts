/**
 * Floating generators. A function that may sleep is a generator: calling it does nothing until somebody says
 * `yield*`. Forgetting that compiles whenever the value is not used, and then the call silently does not
 * happen; forgetting the star hands the generator to the scheduler as if it were a sleep. This check finds
 * both, and the bare `yield` that belongs into the sleeping primitives alone.
 */
import {
  type ArrowFunction,
  isArrowFunction,
  isBinaryExpression,
  isConditionalExpression,
  isDoStatement,
  isExpressionStatement,
  isForStatement,
  isFunctionDeclaration,
  isFunctionExpression,
  isIfStatement,
  isMethodDeclaration,
  isPrefixUnaryExpression,
  isVoidExpression,
  isWhileStatement,
  isYieldExpression,
  type Node,
  SyntaxKind,
} from 'typescript/unstable/ast';
import { type Checker, SignatureKind, type Type, TypeFlags, type UnionType } from 'typescript/unstable/sync';
import type { Problem } from './problem.ts';
import { type CheckedFile, forEachNode, problemAt, unwrap } from './program.ts';

const FLOATING = 'this call may sleep and never runs: its `yield*` is missing';
const BARE = 'a generator is yielded as a value: `yield` must be `yield*`';
const TESTED = 'a generator is always true: the `yield*` of what is tested is missing';
const DROPPED = 'this callback returns a generator to a caller that ignores it: it never runs';

const JOINING: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.AmpersandAmpersandToken,
  SyntaxKind.BarBarToken,
  SyntaxKind.QuestionQuestionToken,
]);

/** The expressions whose value is the value of `node`, where that value is thrown away. */
function* discarded(wrapped: Node): Generator<Node, void, void> {
  const node = unwrap(wrapped);
  if (isVoidExpression(node)) {
    yield* discarded(node.expression);
  } else if (isConditionalExpression(node)) {
    yield* discarded(node.whenTrue);
    yield* discarded(node.whenFalse);
  } else if (isBinaryExpression(node) && node.operatorToken.kind === SyntaxKind.CommaToken) {
    yield* discarded(node.left);
    yield* discarded(node.right);
  } else if (isBinaryExpression(node) && JOINING.has(node.operatorToken.kind)) {
    yield* discarded(node.right);
  } else if (!(isBinaryExpression(node) && isAssignment(node.operatorToken.kind))) {
    yield node;
  }
}

/** `=` and its kind keep the value: whoever holds the variable may still run it. */
function isAssignment(operator: SyntaxKind): boolean {
  return operator >= SyntaxKind.FirstAssignment && operator <= SyntaxKind.LastAssignment;
}

/** What `node` tests for truth, if it does. */
function tested(node: Node): Node | undefined {
  if (isIfStatement(node) || isWhileStatement(node) || isDoStatement(node)) {
    return node.expression;
  }
  if (isForStatement(node) || isConditionalExpression(node)) {
    return node.condition;
  }
  if (isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken) {
    return node.operand;
  }
  if (isBinaryExpression(node) && JOINING.has(node.operatorToken.kind)) {
    return node.left;
  }
  return undefined;
}

/** Places whose value nobody runs, and what is wrong there when that value is a generator. */
function suspects(file: CheckedFile): Map<Node, string> {
  // A map, because a statement's `void f()` is met twice: as the statement and as the expression.
  const found = new Map<Node, string>();
  const discard = (node: Node) => {
    for (const leaf of discarded(node)) {
      found.set(leaf, FLOATING);
    }
  };
  forEachNode(file.source, (node) => {
    if (isExpressionStatement(node)) {
      discard(node.expression);
    } else if (isForStatement(node) && node.incrementor !== undefined) {
      discard(node.incrementor);
    } else if (isYieldExpression(node) && node.asteriskToken === undefined && node.expression !== undefined) {
      found.set(unwrap(node.expression), BARE);
    } else if (
      isArrowFunction(node) &&
      node.body.kind !== SyntaxKind.Block &&
      ignoresResult(file.checker, node)
    ) {
      found.set(unwrap(node.body), DROPPED);
    } else if (isVoidExpression(node)) {
      discard(node);
    }
    const condition = tested(node);
    if (condition !== undefined) {
      found.set(unwrap(condition), TESTED);
    }
  });
  return found;
}

/** Whether whoever takes this callback says that it returns `void`. */
function ignoresResult(checker: Checker, callback: ArrowFunction): boolean {
  const expected = checker.getContextualType(callback);
  if (expected === undefined) {
    return false;
  }
  const signatures = checker.getSignaturesOfType(expected, SignatureKind.Call);
  const returned = signatures.map((signature) => checker.getReturnTypeOfSignature(signature));
  return (
    returned.length > 0 && returned.every((type) => type !== undefined && (type.flags & TypeFlags.Void) !== 0)
  );
}

function isGenerator(type: Type): boolean {
  if ((type.flags & TypeFlags.Union) !== 0) {
    return (type as UnionType).getTypes().some(isGenerator);
  }
  const name = type.getSymbol()?.name;
  return name === 'Generator' || name === 'AsyncGenerator';
}

/** Calls in `file` that may sleep and never run. */
export function floatingGenerators(file: CheckedFile): Problem[] {
  const places = [...suspects(file)];
  const types = file.checker.getTypeAtLocation(places.map(([node]) => node));
  const known = new Map<number, boolean>();
  return places.flatMap(([node, message], i) => {
    const type = types[i];
    if (type === undefined) {
      return [];
    }
    let generator = known.get(type.id);
    if (generator === undefined) {
      generator = isGenerator(type);
      known.set(type.id, generator);
    }
    return generator ? [problemAt(file, node, message)] : [];
  });
}

/** Whether the function around `node` says that it is an iterator over values, not an lwp. */
function inIterator(node: Node): boolean {
  for (let at = node.parent; at !== undefined && at.kind !== SyntaxKind.SourceFile; at = at.parent) {
    if (isFunctionDeclaration(at) || isFunctionExpression(at) || isMethodDeclaration(at)) {
      return /^Itera(?:ble|bleIterator|tor|torObject)</.test(at.type?.getText() ?? '');
    }
  }
  return false;
}

/**
 * Every `yield` without a star in `file` that is not an iterator's: only the sleeping primitives may have
 * one.
 */
export function bareYields(file: CheckedFile): Problem[] {
  const problems: Problem[] = [];
  forEachNode(file.source, (node) => {
    if (isYieldExpression(node) && node.asteriskToken === undefined && !inIterator(node)) {
      problems.push(
        problemAt(file, node, 'bare `yield` outside the sleeping primitives: call one of them with `yield*`'),
      );
    }
  });
  return problems;
}
