/**
 * A Worker whose kernel has a native module with a thread that is in and out of the kernel until somebody
 * ends it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { nativeHost } from '../../lib/rumpuser/native.ts';
import { ioctl, loadObject } from './native_module.ts';
import { bootOn, newproc } from './support.ts';

const k = bootOn(nativeHost({ env: {} }));
loadObject(k, workerData as string);
ioctl(newproc(k), 1, 1_000_000_000);
parentPort?.postMessage('running');
