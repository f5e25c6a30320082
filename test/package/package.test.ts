import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { repositoryRoot } from '../../tools/repository.ts';
import { nodeBinaries, type PackedPackage, packPackage } from './packed.ts';

let packed: PackedPackage;

test.before(() => {
  packed = packPackage();
});

test.after.always(() => {
  rmSync(packed.project, { recursive: true, force: true });
});

test('publint has nothing to say', async (t) => {
  const bytes = readFileSync(packed.tarball);
  const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  t.deepEqual(
    messages.map((message) => formatMessage(message, pkg)),
    [],
  );
});

test('the tarball holds what an install needs, and nothing of the workshop', (t) => {
  const list = execFileSync('tar', ['-tzf', packed.tarball], { encoding: 'utf8' }).split('\n');
  const has = (path: string) => list.includes(`package/${path}`);
  for (const path of [
    'binding.gyp',
    'LICENSE',
    'dist/bundle/index.js',
    'dist/bundle/index.cjs',
    'dist/lib/api/index.d.ts',
    'dist/bundle/rump.js',
  ]) {
    t.true(has(path), path);
  }
  t.true(list.some((path) => /^package\/native\/rumpuser\/.*\.cc$/.test(path)));
  t.deepEqual(
    list.filter((path) =>
      /tsbuildinfo|tsconfig|\.test\.|^package\/(?:test|tools|benchmarks|build)\//.test(path),
    ),
    [],
  );
});

test('the links of its documents lead to files of the package', (t) => {
  const root = join(packed.project, 'node_modules', 'rumpkernel');
  const documents = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => join('docs', name))];
  for (const document of documents) {
    const text = readFileSync(join(root, document), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      t.true(
        /^https?:/.test(target) || existsSync(join(root, dirname(document), target)),
        `${document}: ${target}`,
      );
    }
  }
});

test('the program in the README runs as it stands there', (t) => {
  const readme = readFileSync(join(packed.project, 'node_modules', 'rumpkernel', 'README.md'), 'utf8');
  const [, program = ''] = /```js\n(.*?)```/s.exec(readme) ?? [];
  const options = { cwd: packed.project, encoding: 'utf8', stdio: 'pipe' } as const;
  writeFileSync(join(packed.project, 'readme.mjs'), `${program}\nconsole.log('done');`);
  t.is(execFileSync(process.execPath, ['readme.mjs'], options), 'done\n');
});

test('an uncaught error is shown with the line it comes from, not with the whole library', (t) => {
  const program = "require('rumpkernel').boot().newproc().sys.open('/none', 0)";
  const options = { cwd: packed.project, encoding: 'utf8' } as const;
  const { stderr } = spawnSync(process.execPath, ['-e', program], options);
  t.regex(stderr, /^SysError: ENOENT/m);
  t.true(stderr.length < 2000, `${stderr.length} characters`);
});

const USE = `
const kernel = boot();
const proc = kernel.newproc({ uid: 0 });
console.log('pid ' + (proc.sys.getpid() === proc.pid && proc.pid > 0));
kernel[Symbol.dispose]();
`;

for (const node of nodeBinaries()) {
  const run = (t: { readonly log: (text: string) => void }, args: readonly string[]) => {
    t.log(execFileSync(node, ['--version'], { encoding: 'utf8' }).trim());
    return execFileSync(node, args, {
      cwd: packed.project,
      encoding: 'utf8',
      timeout: 60_000,
      stdio: 'pipe',
    });
  };

  test(`require() boots a kernel under ${node}`, (t) => {
    t.is(run(t, ['-e', `const { boot } = require('rumpkernel');${USE}`]), 'pid true\n');
  });

  test(`require() needs no ES module under ${node}, as in programs that cannot require one`, (t) => {
    const flag = '--experimental-require-module';
    const known = run(t, ['-p', `process.allowedNodeEnvironmentFlags.has('${flag}')`]) === 'true\n';
    const flags = known ? [flag.replace('--', '--no-')] : [];
    t.is(run(t, [...flags, '-e', `const { boot } = require('rumpkernel');${USE}`]), 'pid true\n');
  });

  test(`there is one copy of the library under ${node}`, (t) => {
    const program =
      "import('rumpkernel').then(({ boot }) => console.log(boot === require('rumpkernel').boot))";
    t.is(run(t, ['-e', program]), 'true\n');
  });

  test(`import boots a kernel under ${node}`, (t) => {
    t.is(run(t, ['--input-type=module', '-e', `import { boot } from 'rumpkernel';${USE}`]), 'pid true\n');
  });

  test(`the command answers under ${node}`, (t) => {
    t.regex(run(t, [join('node_modules', 'rumpkernel', 'dist', 'bundle', 'rump.js'), '--help']), /rump/);
  });
}

const TYPED = `
import { boot, type Kernel, SysError } from 'rumpkernel';
const kernel: Kernel = boot();
const pid: number = kernel.newproc({ uid: 0 }).sys.getpid();
export const caught = (error: unknown): string | undefined => (error instanceof SysError ? error.code : undefined);
export { pid };
`;
const WRONG =
  "import { boot } from 'rumpkernel';\nexport const pid: string = boot().newproc({ uid: 0 }).sys.getpid();\n";

/** What tsc says about `text` as file `name` of a project that uses the package. */
function typecheck(folder: string, name: string, text: string, module: string): string {
  const project = join(packed.project, folder);
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, name), text);
  const tsc = join(repositoryRoot(), 'node_modules', 'typescript', 'bin', 'tsc');
  const options = [
    '--noEmit',
    '--strict',
    '--target',
    'es2023',
    '--lib',
    'es2023,esnext.disposable',
    '--types',
    '',
  ];
  try {
    return execFileSync(process.execPath, [tsc, ...options, '--module', module, name], {
      cwd: project,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } catch (error) {
    return (error as { readonly stdout: string }).stdout;
  }
}

for (const module of ['node16', 'node20', 'nodenext']) {
  for (const extension of ['mts', 'cts']) {
    test(`types reach a .${extension} file under module ${module}`, (t) => {
      const folder = `${module}-${extension}`;
      t.is(typecheck(folder, `right.${extension}`, TYPED, module), '');
      t.regex(typecheck(folder, `wrong.${extension}`, WRONG, module), /TS2322.*'number'.*'string'/);
    });
  }
}
