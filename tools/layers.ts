/**
 * Who may import whom. The project references of TypeScript refuse most wrong imports already; this table is
 * the rule in one place and also covers packages and what a component may see of its neighbours.
 */
import { dirname, join } from 'node:path/posix';
import {
  isCallExpression,
  isExportDeclaration,
  isImportDeclaration,
  isImportTypeNode,
  isLiteralTypeNode,
  isStringLiteral,
  type Node,
  SyntaxKind,
} from 'typescript/unstable/ast';
import type { Problem } from './problem.ts';
import { type CheckedFile, forEachNode, problemAt } from './program.ts';

interface Layer {
  /** The files it is about: a path prefix. */
  readonly files: string;
  /** Path prefixes it may import from besides its own. */
  readonly from: readonly string[];
  /** Packages it may import: exact names, or a prefix that ends in `:`. */
  readonly packages: readonly string[];
}

/** `rumpuser.ts` and `rumpuser_ways.ts`. */
const HOST_INTERFACE = 'lib/rumpuser/rumpuser';
const FACTIONS: readonly string[] = ['lib/vfs/', 'lib/net/', 'lib/dev/'];

/** The first that fits a file counts. */
export const LAYERS: readonly Layer[] = [
  { files: 'lib/sys/', from: [], packages: [] },
  { files: HOST_INTERFACE, from: ['lib/sys/'], packages: [] },
  { files: 'lib/rumpuser/', from: ['lib/sys/'], packages: ['node:', 'node-gyp-build'] },
  { files: 'lib/kern/', from: ['lib/sys/', HOST_INTERFACE], packages: [] },
  ...FACTIONS.map((files) => ({ files, from: ['lib/kern/', 'lib/sys/'], packages: [] })),
  { files: 'lib/emul/', from: ['lib/sys/', 'lib/kern/'], packages: [] },
  ...['lib/sysproxy/', 'lib/gate/'].map((files) => ({
    files,
    from: ['lib/kern/', 'lib/emul/', 'lib/sys/', HOST_INTERFACE],
    packages: ['node:'],
  })),
  { files: 'lib/api/', from: ['lib/'], packages: ['node:', '@xmldom/xmldom'] },
  { files: 'lib/cli/', from: ['lib/api/'], packages: ['node:'] },
  { files: 'tools/', from: ['lib/sys/'], packages: ['node:', 'rolldown', 'typescript/'] },
];

/** Where the files of one component live below their faction, or undefined for the faction's own files. */
function componentOf(path: string): string | undefined {
  return /^(lib\/vfs\/fs\/[^/]+\/|lib\/(?:net|dev)\/[^/]+\/)/.exec(path)?.[1];
}

function specifierOf(node: Node): Node | undefined {
  if (isImportDeclaration(node) || isExportDeclaration(node)) {
    return node.moduleSpecifier;
  }
  if (isImportTypeNode(node) && isLiteralTypeNode(node.argument)) {
    return node.argument.literal;
  }
  if (isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword) {
    return node.arguments[0];
  }
  return undefined;
}

/** What is wrong with `path` importing `specifier`, or undefined. */
export function importProblem(path: string, specifier: string): string | undefined {
  const layer = LAYERS.find(({ files }) => path.startsWith(files));
  if (layer === undefined) {
    return path.startsWith('lib/') ? `${path} belongs to no layer: name it in tools/layers.ts` : undefined;
  }
  if (!specifier.startsWith('.')) {
    const allowed = layer.packages.some((name) =>
      name.endsWith(':') || name.endsWith('/') ? specifier.startsWith(name) : specifier === name,
    );
    return allowed ? undefined : `${layer.files} may not import the package ${specifier}`;
  }
  const target = join(dirname(path), specifier);
  if (!target.startsWith(layer.files) && !layer.from.some((prefix) => target.startsWith(prefix))) {
    return `${layer.files} may not import ${target}`;
  }
  const component = componentOf(target);
  if (component !== undefined && layer.files !== 'lib/api/' && componentOf(path) !== component) {
    return `${target} belongs to a component: only lib/api names components`;
  }
  return undefined;
}

/** Imports of `file` that the layers forbid. */
export function forbiddenImports(file: CheckedFile): Problem[] {
  const problems: Problem[] = [];
  forEachNode(file.source, (node) => {
    const specifier = specifierOf(node);
    if (specifier !== undefined && isStringLiteral(specifier)) {
      const message = importProblem(file.path, specifier.text);
      if (message !== undefined) {
        problems.push(problemAt(file, specifier, message));
      }
    }
  });
  return problems;
}
