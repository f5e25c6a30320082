/** Random operations on node:fs and on a kernel's fs: results, errors and what is there in the end are equal. */
import test from 'ava';
import { fc } from '../../fc.ts';
import { clear, compares, FORMS, type Outcome, run, type Step, sameHere, twins } from './twin.ts';

const path = fc.constantFrom('@/a', '@/b', '@/d', '@/d/a', '@/d/b', '@/d/e', '@/d/e/a', '@/a/x', '@/none/x');
// Never out of the directory: the host's side is real.
const target = fc.constantFrom('a', 'd', './d/a', 'e', 'none', 'b');
const data = fc.constantFrom('', 'x', 'hello', 'é'.repeat(3000));
const flag = fc.constantFrom('r+', 'w', 'wx', 'w+', 'a', 'ax', 'a+');
const mode = fc.constantFrom(0, 0o644, 0o755, 0o700, 0o6711);
const PLAIN = { noNullPrototype: true } as const;
const recursive = fc.record({ recursive: fc.boolean() }, PLAIN);

function step(op: string, ...args: fc.Arbitrary<unknown>[]): fc.Arbitrary<Step> {
  return fc.tuple(...args).map((all) => [op, ...all] as const);
}

/** Not link(2): of a symbolic link NetBSD makes one to what that leads to, Linux one to the link. */
const STEPS = fc.oneof(
  step('writeFile', path, data),
  step('writeFile', path, data, fc.record({ flag, mode }, PLAIN)),
  step('appendFile', path, data),
  step('readFile', path),
  step('readFile', path, fc.constant('utf8')),
  step('mkdir', path),
  step('mkdir', path, recursive),
  step('rmdir', path),
  step('rm', path, fc.record({ recursive: fc.boolean(), force: fc.boolean() }, PLAIN)),
  step('unlink', path),
  step('rename', path, path),
  step('symlink', target, path),
  step('readlink', path),
  step('realpath', path),
  step('stat', path),
  step('lstat', path),
  step('access', path),
  step('chmod', path, mode),
  step('truncate', path, fc.nat(8000)),
  step('copyFile', path, path),
  step('copyFile', path, path, fc.constant(1)),
  step('cp', path, path, recursive),
  step('readdir', path),
  step('utimes', path, fc.nat(1000), fc.nat(1000)),
);

/** Both fail, with errnos that Linux and NetBSD choose differently. */
const CHOICES: readonly (readonly [ops: readonly string[], ours: string, theirs: string, why: string])[] = [
  [['unlink', 'rm'], 'EPERM', 'EISDIR', 'unlink(2) of a directory'],
  [['rename'], 'ENOENT', 'ENOTDIR', 'rename(2) looks for the first name first'],
  [['rename'], 'ENOENT', 'ELOOP', 'the same'],
  [['rename'], 'EISDIR', 'ENOTEMPTY', 'a file over the directory that it is in'],
  [['copyFile', 'cp'], 'EISDIR', 'ENOTDIR', 'a directory is refused before its copy would be made'],
  [['copyFile', 'cp'], 'EISDIR', 'ENOENT', 'the same'],
  [['copyFile', 'cp'], 'EISDIR', 'EEXIST', 'the same'],
  [['cp'], 'ERR_FS_EISDIR', 'ERR_FS_EISDIR', 'synchronously, some Nodes give the number of another error'],
  [['rm'], 'ENOTDIR', 'ENOTDIR', 'with force, told of lstat or of unlink'],
  [['rm'], 'ELOOP', 'ELOOP', 'the same'],
  [['cp'], 'ELOOP', 'ELOOP', 'two names in a circle: told of either'],
  [['cp'], 'ENOENT', 'ENOTDIR', 'both names are looked up at once, by promises: told of either'],
  [['cp'], 'ENOTDIR', 'ENOENT', 'the same'],
  [['mkdir'], 'ENOENT', 'ENOTDIR', 'below a link to nothing, by promises'],
];

function alike([op]: Step, ours: Outcome, theirs: Outcome): boolean {
  if (!('error' in ours) || !('error' in theirs)) {
    return false;
  }
  const [mine, host] = [ours.error['code'], theirs.error['code']];
  return CHOICES.some(([ops, a, b]) => ops.includes(op) && a === mine && b === host);
}

for (const form of FORMS) {
  test.serial(`${form}: what happens to random files is what happens on the host`, async (t) => {
    const pair = twins();
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(STEPS, { minLength: 5, maxLength: 40 }), async (all) => {
          const steps = all.filter(([op]) => compares(op, form));
          clear(pair.host);
          clear(pair.ours);
          const theirs = await run(pair.host, form, steps);
          const ours = await run(pair.ours, form, steps);
          for (const [i, each] of steps.entries()) {
            const [mine, host] = [ours[i] as Outcome, theirs[i] as Outcome];
            if (
              each[0] === 'cp' &&
              'error' in host &&
              host.error['code'] === 'ERR_FS_CP_EINVAL' &&
              !('error' in mine)
            ) {
              // Some Nodes refuse a link over one that leads to the same nothing.
              break;
            }
            if (each[0] === 'copyFile' && 'error' in mine && mine.error['code'] === 'EISDIR') {
              // Libuv then removes the target, also one that was there before; here it stays. So they part.
              break;
            }
            if (!sameHere(each, mine, host) && !alike(each, mine, host)) {
              throw new Error(
                `step ${i}: ${JSON.stringify(each)}\nours   ${JSON.stringify(mine)}\ntheirs ${JSON.stringify(host)}`,
              );
            }
          }
        }),
        { numRuns: form === 'sync' ? 150 : 40, includeErrorInReport: true },
      );
      t.pass();
    } finally {
      pair.end();
    }
  });
}
