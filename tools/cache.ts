/**
 * Makes the code cache of the bundle, for the Node that runs this: a kernel is booted, so that what a boot
 * needs is compiled, and what has been compiled by then is kept.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { codeCache, compile, run } from './load.ts';

interface Sys {
  getpid(): number;
  pipe(): readonly [number, number];
  write(fd: number, bytes: Uint8Array): number;
  read(fd: number, bytes: Uint8Array): number;
  close(fd: number): void;
}

interface Api {
  boot(options: object): { newproc(): { readonly sys: Sys }; [Symbol.dispose](): void };
}

const file = fileURLToPath(new URL('api.cjs', import.meta.url));
const script = compile(file, 'anew');
const { boot } = run(file, script) as unknown as Api;
const kernel = boot({ console: () => {} });
const { sys } = kernel.newproc();
const [r, w] = sys.pipe();
sys.write(w, new Uint8Array(1));
sys.read(r, new Uint8Array(1));
sys.close(r);
sys.getpid();
kernel[Symbol.dispose]();
// In one step: another process may be loading.
const cache = codeCache(file);
writeFileSync(`${cache}.new`, script.createCachedData());
renameSync(`${cache}.new`, cache);
