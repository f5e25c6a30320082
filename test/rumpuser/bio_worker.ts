/** Starts more block I/O than can be done at once, says so, and goes on until it is terminated. */
import { parentPort, workerData } from 'node:worker_threads';
import {
  RUMPUSER_BIO_READ,
  RUMPUSER_BIO_WRITE,
  RUMPUSER_OPEN_BIO,
  RUMPUSER_OPEN_CREATE,
  RUMPUSER_OPEN_RDWR,
} from '../../lib/rumpuser/rumpuser.ts';
import { openHost } from './host_support.ts';

const { calls, idle } = openHost();
const fd = calls.open(workerData, RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_BIO);
const memory = calls.anonmmap(1 << 20);
for (let i = 0; i < 200; i++) {
  calls.bio(fd, RUMPUSER_BIO_WRITE, memory.bytes, i << 20, () => {});
  calls.bio(fd, RUMPUSER_BIO_READ, new Uint8Array(1 << 18), 0, () => {});
}
parentPort?.postMessage('started');
for (;;) {
  calls.bio(fd, RUMPUSER_BIO_READ, new Uint8Array(1 << 18), 0, () => {});
  idle();
  calls.reap();
}
