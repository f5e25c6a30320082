import { Worker } from 'node:worker_threads';
import test from 'ava';
import { RumpuserAssertion } from '../../lib/rumpuser/rumpuser.ts';
import { EINVAL, ENOMEM } from '../../lib/sys/errno.ts';
import { openHost } from './host_support.ts';
import { throwsErrno } from './sim_support.ts';

test('malloc aligns as asked, at any power of two', (t) => {
  const { calls, close } = openHost();
  for (let alignment = 1; alignment <= 1 << 21; alignment *= 2) {
    const memory = calls.malloc(1000, alignment);
    t.is(memory.address % BigInt(alignment), 0n);
    t.is(memory.bytes.length, 1000);
    memory.bytes.fill(0xff);
    calls.free(memory);
    t.is(memory.bytes.length, 0);
  }
  for (const alignment of [0, -8, 3, 12, 0.5, 2 ** 32, Number.NaN]) {
    throwsErrno(t, EINVAL, () => calls.malloc(16, alignment));
  }
  for (const length of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    throwsErrno(t, EINVAL, () => calls.malloc(length, 16));
    throwsErrno(t, EINVAL, () => calls.anonmmap(length));
  }
  close();
});

test('more than there is, is ENOMEM and not the end of the host', (t) => {
  const { calls, close } = openHost();
  for (const length of [2 ** 32, 2 ** 47, Number.MAX_SAFE_INTEGER]) {
    throwsErrno(t, ENOMEM, () => calls.malloc(length, 16));
    throwsErrno(t, ENOMEM, () => calls.anonmmap(length));
  }
  // The longest there can be is reserved, not touched.
  const memory = calls.anonmmap(2 ** 32 - 1);
  t.is(memory.bytes.length, 2 ** 32 - 1);
  memory.bytes[2 ** 32 - 2] = 1;
  calls.unmap(memory);
  close();
});

test('anonmmap gives zeroed pages', (t) => {
  const { calls, close } = openHost();
  for (let round = 0; round < 3; round++) {
    const memory = calls.anonmmap(10_000);
    t.is(memory.address % 4096n, 0n);
    t.is(memory.bytes.length, 10_000);
    t.true(memory.bytes.every((byte) => byte === 0));
    memory.bytes.fill(1);
    calls.unmap(memory);
  }
  close();
});

test('freeing twice, the wrong way, or what is not there is an assertion that names the memory', (t) => {
  const { calls, close } = openHost();
  const other = openHost();
  const at = (address: bigint) => `0x${address.toString(16)}`;
  const memory = calls.malloc(100, 16);
  const pages = calls.anonmmap(100);
  const foreign = other.calls.malloc(100, 16);
  const asserts = (call: () => void, message: string) =>
    t.throws(call, { instanceOf: RumpuserAssertion, message });

  asserts(
    () => calls.unmap(memory),
    `unmap: memory at ${at(memory.address)} came from malloc, not from anonmmap`,
  );
  asserts(
    () => calls.free(pages),
    `free: memory at ${at(pages.address)} came from anonmmap, not from malloc`,
  );
  asserts(() => calls.free(foreign), `free: memory at ${at(foreign.address)} is another host's`);
  asserts(() => calls.free({ bytes: new Uint8Array(4), address: 4096n }), 'free: not memory of this host');
  const address = memory.address;
  calls.free(memory);
  asserts(() => calls.free(memory), `free: memory at ${at(address)} is already free`);
  calls.unmap(pages);
  asserts(() => calls.unmap(pages), `unmap: memory at ${at(pages.address)} is already free`);
  other.calls.free(foreign);
  close();
  other.close();
});

test('every view of freed memory is empty', (t) => {
  const { calls, close } = openHost();
  const memory = calls.malloc(4096, 4096);
  const words = new Uint32Array(memory.bytes.buffer);
  const part = memory.bytes.subarray(100, 200);
  calls.free(memory);
  t.is(words.length, 0);
  t.is(part.length, 0);
  t.is(part[0], undefined);
  close();
});

test('the end of the kernel frees what it left, twice without harm', (t) => {
  const { calls, host, close } = openHost();
  const blocks = Array.from({ length: 50 }, () => calls.malloc(1 << 16, 64));
  host.fini();
  t.true(blocks.every((block) => block.bytes.length === 0));
  t.notThrows(() => host.fini());
  close();
});

test('memory does not grow with blocks that were freed', (t) => {
  const { calls, close } = openHost();
  const cycle = () => {
    for (let i = 0; i < 200; i++) {
      const memory = calls.malloc(1 << 20, 4096);
      memory.bytes.fill(1);
      calls.free(memory);
    }
  };
  cycle();
  const before = process.memoryUsage().rss;
  cycle();
  // Kept, it would be 200 MiB more.
  t.true(process.memoryUsage().rss - before < 100 << 20);
  close();
});

test('the end of an isolate frees what it left', async (t) => {
  const run = async () => {
    const worker = new Worker(new URL('memory_worker.js', import.meta.url));
    const bytes = await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
    return bytes;
  };
  t.is(await run(), 64 << 20);
  const before = process.memoryUsage().rss;
  for (let round = 0; round < 8; round++) await run();
  // Kept, it would be 512 MiB more.
  t.true(process.memoryUsage().rss - before < 256 << 20);
});
