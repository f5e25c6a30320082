/** The examples of docs/FILESYSTEMS.md. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';

test('the example file system shows an object as files', (t) => {
  const output = execFileSync(process.execPath, ['dist/examples/objectfs.js'], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    encoding: 'utf8',
  });
  t.is(output, "public\nSysError: EROFS: Read-only file system, open '/config/new'\n");
});
