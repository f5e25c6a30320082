// Makes the code cache of the bundle for the Node that installs the package: the one it may have come with is of
// whoever packed it. It only saves time, so that nothing fails without it. Not in a clone, whose build does it.
import { existsSync } from 'node:fs';

const cache = new URL('../dist/bundle/cache.js', import.meta.url);
if (existsSync(cache)) {
  try {
    await import(cache.href);
  } catch (error) {
    console.warn(`rumpkernel: no code cache: ${error instanceof Error ? error.message : error}`);
  }
}
