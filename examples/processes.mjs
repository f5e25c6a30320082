// A parent, two children, and a kernel that means it. Run: node examples/processes.mjs
import { boot, constants } from 'rumpkernel';

const { WEXITSTATUS, WTERMSIG, WIFEXITED } = constants;
const kernel = boot();
const parent = kernel.newproc({ uid: 1000, gid: 100, comm: 'parent' });

const good = parent.fork();
const bad = parent.fork();
good.exit(7);
bad.kill('SIGTERM');

for (const _ of [good, bad]) {
  const { pid, status } = await parent.promises.wait4(-1, 0);
  console.log(
    pid,
    WIFEXITED(status) ? `exited with ${WEXITSTATUS(status)}` : `killed by signal ${WTERMSIG(status)}`,
  );
}
kernel.halt();
