/**
 * The compiler's view of the repository: syntax trees and types of every file of some projects. It is
 * TypeScript 7's own interface (`typescript/unstable/sync`), so the checks see exactly what `tsc -b` sees; it
 * may change between versions, hence package.json pins one.
 */
import { relative } from 'node:path';
import { type Node, type SourceFile, SyntaxKind } from 'typescript/unstable/ast';
import type { FileSystem } from 'typescript/unstable/fs';
import { API, type Checker } from 'typescript/unstable/sync';
import type { Problem } from './problem.ts';

export interface CheckedFile {
  /** Path from the root, with `/`. */
  readonly path: string;
  readonly source: SourceFile;
  readonly checker: Checker;
}

/**
 * Calls `visit` for every file of the projects, once each. The files' nodes and types die with the call.
 * @param root absolute path that the files' paths are counted from
 * @param configs absolute paths of the projects' tsconfig.json
 * @param fs in place of the disk: planted sources in tests
 */
export function forEachFile(
  root: string,
  configs: readonly string[],
  visit: (file: CheckedFile) => void,
  fs?: FileSystem,
): void {
  const api = new API(fs === undefined ? { cwd: root } : { cwd: root, fs });
  try {
    const snapshot = api.updateSnapshot({ openProjects: [...configs] });
    for (const config of configs) {
      const project = snapshot.getProject(config);
      if (project === undefined) {
        throw new Error(`no such project: ${config}`);
      }
      for (const name of project.rootFiles) {
        const source = project.program.getSourceFile(name);
        if (source === undefined) {
          throw new Error(`${config} lists ${name}, which the compiler did not read`);
        }
        visit({ path: relative(root, name).replaceAll('\\', '/'), source, checker: project.checker });
      }
    }
  } finally {
    api.close();
  }
}

/** Calls `visit` for every node below `node`, parents first. */
export function forEachNode(node: Node, visit: (node: Node) => void): void {
  node.forEachChild((child) => {
    visit(child);
    forEachNode(child, visit);
  });
}

export function problemAt(file: CheckedFile, node: Node, message: string): Problem {
  const { line } = file.source.getLineAndCharacterOfPosition(node.getStart(file.source));
  return { file: file.path, line: line + 1, message };
}

/** What parentheses and assertions wrap. */
export function unwrap(node: Node): Node {
  for (;;) {
    switch (node.kind) {
      case SyntaxKind.ParenthesizedExpression:
      case SyntaxKind.AsExpression:
      case SyntaxKind.SatisfiesExpression:
      case SyntaxKind.NonNullExpression:
        node = (node as Node & { readonly expression: Node }).expression;
        break;
      default:
        return node;
    }
  }
}
