// A user of a kernel gets one directory of this machine and works in it; what may not be does not happen.
// Run: npx tsc -b && node dist/examples/host-directory.js
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boot, constants as c, type Proc } from 'rumpkernel';

const dir = mkdtempSync(join(tmpdir(), 'project-'));
writeFileSync(join(dir, 'todo'), 'mount a directory\n');
symlinkSync('/etc/passwd', join(dir, 'passwd'));

const kernel = boot();
const root = kernel.newproc();
root.sys.mkdir('/home', 0o755);
// Shown as the user's own, whoever runs this program.
root.sys.mount('hostfs', '/home', 0, { path: dir, uid: 1000, gid: 1000 });

const user = kernel.newproc({ uid: 1000, gid: 1000, cwd: '/home' });
const todo = user.sys.open('todo', c.O_WRONLY | c.O_APPEND);
user.sys.write(todo, Buffer.from('see what changed\n'));
user.sys.close(todo);
user.sys.mkdir('done', 0o755);

const attempts: Record<string, (sys: Proc['sys']) => unknown> = {
  'read this machine’s users': (sys) => sys.open('passwd', c.O_RDONLY),
  'go up and out': (sys) => sys.open('../../../../../../etc/passwd', c.O_RDONLY),
  'give it away': (sys) => sys.chown('todo', 0, 0),
  'write elsewhere': (sys) => sys.mkdir('/elsewhere', 0o755),
  'mount more': (sys) => sys.mount('hostfs', '/tmp', 0, { path: '/' }),
};
for (const [what, attempt] of Object.entries(attempts)) {
  try {
    attempt(user.sys);
    console.log(`${what}: done`);
  } catch (error) {
    console.log(`${what}: ${(error as { code: string }).code}`);
  }
}
kernel.halt();

console.log(readdirSync(dir).sort().join(' '));
console.log(readFileSync(join(dir, 'todo'), 'utf8'));
rmSync(dir, { recursive: true });
