/** The examples about file systems. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';

function outputOf(example: string): string {
  return execFileSync(process.execPath, [`dist/examples/${example}.js`], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    encoding: 'utf8',
  });
}

test('the example file system shows an object as files', (t) => {
  const output = outputOf('objectfs');
  t.is(output, "public\nSysError: EROFS: Read-only file system, open '/config/new'\n");
});

test('the user of a host directory does what is allowed there, and nothing elsewhere', (t) => {
  t.is(
    outputOf('host-directory'),
    [
      'read this machine’s users: ENOENT',
      'go up and out: ENOENT',
      'give it away: EPERM',
      'write elsewhere: EACCES',
      'mount more: EPERM',
      'done passwd todo',
      'mount a directory\nsee what changed\n\n',
    ].join('\n'),
  );
});
