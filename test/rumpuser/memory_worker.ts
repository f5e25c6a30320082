/** Takes and touches 64 MiB of host memory, and leaves it. */
import { parentPort } from 'node:worker_threads';
import { openHost } from './host_support.ts';

const { calls } = openHost();
let bytes = 0;
for (let i = 0; i < 32; i++) {
  for (const memory of [calls.malloc(1 << 20, 4096), calls.anonmmap(1 << 20)]) {
    memory.bytes.fill(1);
    bytes += memory.bytes.length;
  }
}
parentPort?.postMessage(bytes);
setInterval(() => {}, 1000);
