/** The package as a user gets it: packed, and unpacked into a project of its own. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../../tools/repository.ts';

export interface PackedPackage {
  readonly tarball: string;
  /** A folder whose node_modules holds the package. */
  readonly project: string;
}

export function packPackage(): PackedPackage {
  const root = repositoryRoot();
  const project = realpathSync(mkdtempSync(join(tmpdir(), 'rumpkernel-package-')));
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', project], { cwd: root });
  const tarball = join(project, readdirSync(project).find((name) => name.endsWith('.tgz')) ?? 'none');
  const installed = join(project, 'node_modules', 'rumpkernel');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  // What npm would do next, without a network: the dependencies, and the addon its install script would
  // build.
  copyDependencies(root, root, project);
  const built = join(root, 'build', 'Release');
  for (const name of existsSync(built) ? readdirSync(built) : []) {
    if (name.endsWith('.node')) {
      cpSync(join(built, name), join(installed, 'build', 'Release', name));
    }
  }
  return { tarball, project };
}

/** Gives `project` what the package in `folder` depends on, out of the node_modules of `root`. */
function copyDependencies(root: string, folder: string, project: string): void {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies?: Readonly<Record<string, string>>;
  };
  for (const name of Object.keys(dependencies)) {
    const from = join(root, 'node_modules', name);
    cpSync(from, join(project, 'node_modules', name), { recursive: true });
    copyDependencies(root, from, project);
  }
}

/** The Nodes to try: the running one, and those named in NODE_BINARIES (paths, separated by `:`). */
export function nodeBinaries(): string[] {
  const others = (process.env['NODE_BINARIES'] ?? '').split(':').filter((path) => path !== '');
  return [process.execPath, ...others];
}
