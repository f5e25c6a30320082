// Runs a build tool (node-gyp-build, prebuildify) so that it compiles against the headers that were installed
// beside this very Node: node-gyp would otherwise download them, which fails without a network and is wasted
// work with one. Plain JavaScript because it runs at install time, before anything is compiled.
// Usage: node native/with-headers.mjs TOOL [ARGUMENT...]
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The prefix whose include/node is exactly this Node's, or undefined. */
function headersPrefix() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  const header = join(prefix, 'include', 'node', 'node_version.h');
  if (!existsSync(header)) return undefined;
  const text = readFileSync(header, 'utf8');
  const part = (name) => text.match(new RegExp(`^#define NODE_${name}_VERSION (\\d+)`, 'm'))?.[1];
  const version = `v${part('MAJOR')}.${part('MINOR')}.${part('PATCH')}`;
  return version === process.version ? prefix : undefined;
}

const [tool, ...args] = process.argv.slice(2);
if (tool === undefined) {
  console.error('usage: node native/with-headers.mjs TOOL [ARGUMENT...]');
  process.exit(64);
}
// On all CPUs: node-gyp uses one unless told.
const env = { JOBS: 'max', ...process.env };
if (!env.npm_config_nodedir) {
  const prefix = headersPrefix();
  if (prefix !== undefined) env.npm_config_nodedir = prefix;
}
// node-gyp compiles one file at a time unless told otherwise.
env.JOBS ??= 'max';
const done = spawnSync(tool, args, { stdio: 'inherit', env, shell: process.platform === 'win32' });
if (done.error) console.error(`with-headers: ${tool}: ${done.error.message}`);
process.exit(done.status ?? 1);
