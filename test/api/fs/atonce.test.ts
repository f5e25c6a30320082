/**
 * Promised operations make their calls at once, and wait only for those that sleep: then they do what a call of any
 * other lwp does.
 */
import test, { type ExecutionContext } from 'ava';
import { boot, constants as c, type Proc, sigset } from '../../../lib/api/index.ts';

function booted(t: ExecutionContext) {
  const kernel = boot({ console: () => {} });
  t.teardown(() => kernel.running && kernel.halt());
  const proc = kernel.newproc();
  return { kernel, proc, fs: proc.fs };
}

/** How many lwps a process has. */
function lwps(proc: Proc): number {
  return proc.kernel.ps().find(({ pid }) => pid === proc.pid)?.nlwps ?? 0;
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const turn = new Promise((resolve) => setTimeout(resolve, 5, 'turn'));
  return (await Promise.race([promise.catch(() => 'failed'), turn])) === 'turn';
}

test('what need not sleep has been done when the promise is there', async (t) => {
  const { proc, fs } = booted(t);
  const written = fs.promises.writeFile('/tmp/file', 'text');
  t.is(fs.readFileSync('/tmp/file', 'utf8'), 'text');
  const read = fs.promises.readFile('/tmp/file', 'utf8');
  fs.unlinkSync('/tmp/file');
  await written;
  t.is(await read, 'text');
  await t.throwsAsync(fs.promises.stat('/tmp/file'), { code: 'ENOENT' });
  t.is(lwps(proc), 1, 'what made the calls has gone');
});

test('what sleeps is waited for, and others go on', async (t) => {
  const { proc, fs } = booted(t);
  proc.sys.mkfifo('/tmp/fifo', 0o600);
  const read = fs.promises.readFile('/tmp/fifo', 'utf8');
  t.true(await isPending(read));
  t.is(lwps(proc), 2);
  t.is(proc.sys.getpid(), proc.pid, 'the process makes calls meanwhile');
  await fs.promises.writeFile('/tmp/fifo', 'through it');
  t.is(await read, 'through it');
  t.is(lwps(proc), 1);
});

test('a signal ends what sleeps, unless its handler restarts it', async (t) => {
  const { proc, fs } = booted(t);
  const caught: number[] = [];
  const handler = (signo: number): void => void caught.push(signo);
  proc.sys.mkfifo('/tmp/fifo', 0o600);
  proc.sys.sigaction(c.SIGUSR1, { handler, mask: sigset(), flags: 0 });
  proc.sys.sigaction(c.SIGUSR2, { handler, mask: sigset(), flags: c.SA_RESTART });
  const opening = fs.promises.open('/tmp/fifo', 'r');
  t.true(await isPending(opening));
  proc.kill('SIGUSR2');
  t.true(await isPending(opening));
  proc.kill('SIGUSR1');
  await t.throwsAsync(opening, { code: 'EINTR' });
  t.deepEqual(caught, [c.SIGUSR2, c.SIGUSR1]);
  t.is(lwps(proc), 1);
});

test('a stopped process does nothing until it is continued', async (t) => {
  const { proc, fs } = booted(t);
  proc.kill('SIGSTOP');
  const made = fs.promises.mkdir('/tmp/dir');
  t.true(await isPending(made));
  t.false(proc.kernel.fs.existsSync('/tmp/dir'));
  proc.kill('SIGCONT');
  await made;
  t.true(proc.kernel.fs.existsSync('/tmp/dir'));
});

test('a process that is killed fails what it was in, and what it begins', async (t) => {
  const { proc, fs } = booted(t);
  proc.sys.mkfifo('/tmp/fifo', 0o600);
  const opening = fs.promises.open('/tmp/fifo', 'r');
  t.true(await isPending(opening));
  proc.kill('SIGKILL');
  await t.throwsAsync(opening, { code: 'ESRCH' });
  await t.throwsAsync(fs.promises.stat('/tmp'), { code: 'ESRCH' });
});

test('a kernel that ends fails what sleeps', async (t) => {
  const { kernel, proc, fs } = booted(t);
  proc.sys.mkfifo('/tmp/fifo', 0o600);
  const opening = fs.promises.open('/tmp/fifo', 'r');
  t.true(await isPending(opening));
  kernel.halt();
  await t.throwsAsync(opening, { code: 'ERR_KERNEL_DEAD' });
  await t.throwsAsync(fs.promises.stat('/tmp'), { code: 'ERR_KERNEL_DEAD' });
});

test('its calls are traced as others are', async (t) => {
  const { kernel, fs } = booted(t);
  const trace = kernel.trace();
  const seen: string[] = [];
  const reading = (async () => {
    for await (const event of trace) {
      if (event.type === 'return' || event.type === 'error') {
        seen.push(event.call);
      }
    }
  })();
  await fs.promises.writeFile('/tmp/file', 'x');
  await t.throwsAsync(fs.promises.stat('/tmp/none'), { code: 'ENOENT' });
  trace.stop();
  await reading;
  t.deepEqual(seen, ['open', 'write', 'close', 'stat']);
});

test('a long operation gives others their turn', async (t) => {
  const { fs } = booted(t);
  fs.mkdirSync('/tmp/many');
  for (let i = 0; i < 2000; i++) {
    fs.writeFileSync(`/tmp/many/${i}`, '');
  }
  let turns = 0;
  const count = (): void => {
    turns++;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  await fs.promises.rm('/tmp/many', { recursive: true });
  clearImmediate(timer);
  t.true(turns >= 3, `${turns} turns`);
});
