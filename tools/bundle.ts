/**
 * What ships: the library and the command in a few files. Node takes about half a millisecond for every
 * module it loads, whatever is in it, and a kernel is a hundred of them.
 */
import { join } from 'node:path';
import { build } from 'rolldown';
import { repositoryRoot } from './repository.ts';

const dist = join(repositoryRoot(), 'dist');

await build({
  input: {
    index: join(dist, 'lib', 'api', 'index.js'),
    rump: join(dist, 'lib', 'cli', 'main.js'),
  },
  platform: 'node',
  external: ['node-gyp-build'],
  logLevel: 'warn',
  output: {
    dir: join(dist, 'bundle'),
    format: 'esm',
    sourcemap: true,
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
  },
});
