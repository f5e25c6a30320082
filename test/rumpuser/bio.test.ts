import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import {
  RUMPUSER_BIO_READ,
  RUMPUSER_BIO_SYNC,
  RUMPUSER_BIO_WRITE,
  RUMPUSER_OPEN_BIO,
  RUMPUSER_OPEN_CREATE,
  RUMPUSER_OPEN_RDONLY,
  RUMPUSER_OPEN_RDWR,
  RumpuserAssertion,
} from '../../lib/rumpuser/rumpuser.ts';
import type { Errno } from '../../lib/sys/errno.ts';
import { EBADF, EINVAL } from '../../lib/sys/errno.ts';
import { type OpenHost, openHost, temporaryDirectory } from './host_support.ts';
import { throwsErrno } from './sim_support.ts';

const DISK = RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_CREATE | RUMPUSER_OPEN_BIO;
type Result = [count: number, error: Errno | null];

function wait(opened: OpenHost, results: readonly Result[], wanted: number): void {
  while (results.length < wanted) {
    if (opened.calls.reap() === 0) opened.idle();
  }
}

function one(opened: OpenHost, fd: number, op: number, data: Uint8Array, off: number): Result {
  const results: Result[] = [];
  opened.calls.bio(fd, op, data, off, (count, error) => void results.push([count, error]));
  wait(opened, results, 1);
  return results[0] as Result;
}

test('a request is completed by reap, and by nothing else', (t) => {
  const opened = openHost();
  const { calls } = opened;
  const path = join(temporaryDirectory(t), 'disk');
  const fd = calls.open(path, DISK);
  let completed = 0;
  calls.bio(fd, RUMPUSER_BIO_WRITE | RUMPUSER_BIO_SYNC, Buffer.from('hello'), 3, (count, error) => {
    completed++;
    t.is(count, 5);
    t.is(error, null);
  });
  opened.idle();
  t.is(completed, 0);
  t.true(opened.busy());
  t.is(calls.reap(), 1);
  t.is(completed, 1);
  t.false(opened.busy());
  t.is(calls.reap(), 0);
  t.is(readFileSync(path, 'latin1'), '\0\0\0hello');
  const data = new Uint8Array(10);
  t.deepEqual(one(opened, fd, RUMPUSER_BIO_READ, data, 3), [5, null]);
  t.is(Buffer.from(data).toString('latin1'), 'hello\0\0\0\0\0');
  t.deepEqual(one(opened, fd, RUMPUSER_BIO_READ, data, 100), [0, null]);
  calls.close(fd);
  opened.close();
});

test('failures come through the completion, with no bytes', (t) => {
  const opened = openHost();
  const fd = opened.calls.open(join(temporaryDirectory(t), 'disk'), DISK);
  const data = new Uint8Array(8);
  t.deepEqual(one(opened, 999_999, RUMPUSER_BIO_READ, data, 0), [0, EBADF]);
  t.deepEqual(one(opened, fd, 0, data, 0), [0, EINVAL]);
  t.deepEqual(one(opened, fd, RUMPUSER_BIO_READ | RUMPUSER_BIO_WRITE, data, 0), [0, EINVAL]);
  t.deepEqual(one(opened, fd, RUMPUSER_BIO_READ, data, -1), [0, EINVAL]);
  throwsErrno(t, EINVAL, () => opened.calls.bio(fd, RUMPUSER_BIO_READ, data, 0.5, () => t.fail()));
  throwsErrno(t, EINVAL, () => opened.calls.bio(2 ** 32, RUMPUSER_BIO_READ, data, 0, () => t.fail()));
  opened.calls.close(fd);
  opened.close();
});

test('a write keeps what the buffer held when it was asked for', (t) => {
  const opened = openHost();
  const path = join(temporaryDirectory(t), 'disk');
  const fd = opened.calls.open(path, DISK);
  const results: Result[] = [];
  const data = Buffer.from('first');
  opened.calls.bio(fd, RUMPUSER_BIO_WRITE, data, 0, (count, error) => void results.push([count, error]));
  data.fill('x');
  wait(opened, results, 1);
  t.is(readFileSync(path, 'latin1'), 'first');
  opened.calls.close(fd);
  opened.close();
});

test('a buffer may be transferred away while a read into it is under way', (t) => {
  const opened = openHost();
  const path = join(temporaryDirectory(t), 'disk');
  writeFileSync(path, Buffer.alloc(1 << 20, 7));
  const fd = opened.calls.open(path, RUMPUSER_OPEN_RDONLY);
  const results: Result[] = [];
  for (let i = 0; i < 32; i++) {
    const data = new Uint8Array(1 << 20);
    opened.calls.bio(fd, RUMPUSER_BIO_READ, data, 0, (count, error) => void results.push([count, error]));
    structuredClone(data, { transfer: [data.buffer] });
  }
  wait(opened, results, 32);
  t.true(results.every(([count, error]) => count === 1 << 20 && error === null));
  opened.calls.close(fd);
  opened.close();
});

test('host memory is read into in place, and cannot be freed meanwhile', (t) => {
  const opened = openHost();
  const { calls } = opened;
  const path = join(temporaryDirectory(t), 'disk');
  writeFileSync(path, Buffer.alloc(64 << 20, 0x5a));
  const fd = calls.open(path, RUMPUSER_OPEN_RDONLY);
  const memory = calls.anonmmap(64 << 20);
  const results: Result[] = [];
  calls.bio(fd, RUMPUSER_BIO_READ, memory.bytes, 0, (count, error) => void results.push([count, error]));
  t.throws(() => calls.unmap(memory), {
    instanceOf: RumpuserAssertion,
    message: /^unmap: memory at 0x[0-9a-f]+ has block I\/O under way$/,
  });
  wait(opened, results, 1);
  t.deepEqual(results, [[64 << 20, null]]);
  t.is(memory.bytes.indexOf(0), -1);
  calls.unmap(memory);
  calls.close(fd);
  opened.close();
});

test('a block device is used directly, from buffers that are aligned and from others', (t) => {
  const path = join(temporaryDirectory(t), 'image');
  const image = Buffer.from(Array.from({ length: 1 << 16 }, (_, i) => i * 31));
  writeFileSync(path, image);
  const loop = spawnSync('losetup', ['--find', '--show', path], { encoding: 'utf8' });
  if (loop.status !== 0) {
    t.pass('this machine gives no loop device');
    return;
  }
  const device = loop.stdout.trim();
  t.teardown(() => void spawnSync('losetup', ['--detach', device]));
  const opened = openHost();
  const fd = opened.calls.open(device, RUMPUSER_OPEN_RDWR | RUMPUSER_OPEN_BIO);
  t.deepEqual(opened.calls.getfileinfo(device), { size: 1 << 16, type: 'blk' });
  const memory = opened.calls.malloc(8192, 4096);
  for (const data of [memory.bytes, new Uint8Array(8193).subarray(1)]) {
    t.deepEqual(one(opened, fd, RUMPUSER_BIO_READ, data, 4096), [8192, null]);
    t.is(Buffer.compare(data, image.subarray(4096, 12288)), 0);
    data.fill(data.length);
    t.deepEqual(one(opened, fd, RUMPUSER_BIO_WRITE | RUMPUSER_BIO_SYNC, data, 16384), [8192, null]);
    t.is(Buffer.compare(data, readFileSync(path).subarray(16384, 24576)), 0);
  }
  // Part of a sector cannot be moved directly.
  t.deepEqual(one(opened, fd, RUMPUSER_BIO_READ, new Uint8Array(100), 0), [0, EINVAL]);
  opened.calls.close(fd);
  opened.close();
});

test('many requests at once complete once each, with their own bytes', (t) => {
  const opened = openHost();
  const { calls } = opened;
  const fd = calls.open(join(temporaryDirectory(t), 'disk'), DISK);
  const blocks = Array.from({ length: 500 }, (_, i) => new Uint8Array(4096).fill(i));
  const results: Result[] = [];
  const done = (count: number, error: Errno | null) => void results.push([count, error]);
  for (const [i, block] of blocks.entries()) calls.bio(fd, RUMPUSER_BIO_WRITE, block, i * 4096, done);
  t.true(opened.busy());
  wait(opened, results, 500);
  t.false(opened.busy());
  const back = blocks.map(() => new Uint8Array(4096));
  for (const [i, block] of back.entries()) calls.bio(fd, RUMPUSER_BIO_READ, block, i * 4096, done);
  wait(opened, results, 1000);
  t.deepEqual(back, blocks);
  t.true(results.every(([count, error]) => count === 4096 && error === null));
  calls.close(fd);
  opened.close();
});

test('a completion may start the next request, and may end the kernel', (t) => {
  const opened = openHost();
  const { calls } = opened;
  const fd = calls.open(join(temporaryDirectory(t), 'disk'), DISK);
  let chained = 0;
  const step = () => {
    if (++chained < 100) calls.bio(fd, RUMPUSER_BIO_WRITE, new Uint8Array(16), chained * 16, step);
    else opened.host.fini();
  };
  calls.bio(fd, RUMPUSER_BIO_WRITE, new Uint8Array(16), 0, step);
  calls.bio(fd, RUMPUSER_BIO_READ, new Uint8Array(16), 0, () => {});
  while (chained < 100) {
    if (calls.reap() === 0) opened.idle();
  }
  t.is(calls.reap(), 0);
  throwsErrno(t, EINVAL, () => calls.bio(fd, RUMPUSER_BIO_WRITE, new Uint8Array(16), 0, step));
  calls.close(fd);
  opened.close();
});

test('a kernel that ends with requests under way hears no more of them', (t) => {
  const path = join(temporaryDirectory(t), 'disk');
  for (let round = 0; round < 20; round++) {
    const opened = openHost();
    const fd = opened.calls.open(path, DISK);
    const memory = opened.calls.malloc(1 << 20, 4096);
    for (let i = 0; i < 20; i++) {
      opened.calls.bio(fd, RUMPUSER_BIO_WRITE, memory.bytes, i << 20, () => t.fail());
      opened.calls.bio(fd, RUMPUSER_BIO_READ, new Uint8Array(1 << 16), 0, () => t.fail());
    }
    opened.close();
    t.is(memory.bytes.length, 0);
    t.is(opened.calls.reap(), 0);
  }
});

test('a Worker may be terminated with requests under way', async (t) => {
  const path = join(temporaryDirectory(t), 'disk');
  for (let round = 0; round < 5; round++) {
    const worker = new Worker(new URL('bio_worker.js', import.meta.url), { workerData: path });
    await new Promise((resolve) => worker.once('message', resolve));
    t.is(await worker.terminate(), 1);
  }
  // The pool that those Workers used still serves this isolate.
  const opened = openHost();
  const fd = opened.calls.open(path, DISK);
  t.deepEqual(one(opened, fd, RUMPUSER_BIO_WRITE, new Uint8Array(100), 0), [100, null]);
  opened.calls.close(fd);
  opened.close();
});
