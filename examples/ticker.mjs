// A kernel module in C, built and loaded. Run: node examples/ticker.mjs
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { boot } from 'rumpkernel';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'ticker-'));
const object = join(dir, 'ticker.so');
execFileSync('cc', ['-shared', '-fPIC', '-I', here('../native/include'), here('ticker.c'), '-o', object]);

const kernel = boot();
kernel.modules.load(object, { text: 'tock', period: 5 });
console.log(kernel.modules.list().map(({ name, class: kind }) => `${name}: ${kind}`));
const read = kernel.ksyms.lookup('ticker_read');
console.log(kernel.ksyms.resolve(read + 1n));
kernel.modules.unload('ticker');
console.log(kernel.dmesg().match(/ticker: .*/g));
kernel.halt();
rmSync(dir, { recursive: true });
