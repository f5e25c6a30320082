import test from 'ava';
import {
  IOV_MAX,
  uioFree,
  uioGetoff,
  uioGetresid,
  uiomove,
  uioSetup,
  uioVector,
} from '../../lib/kern/uio.ts';
import { EINVAL } from '../../lib/sys/errno.ts';
import { fc } from '../fc.ts';
import { bootFifo, panics, throwsErrno } from './support.ts';

const bytes = (...values: number[]) => new Uint8Array(values);

test('a transfer tells how much is left, and where it is', (t) => {
  const uio = uioSetup(new Uint8Array(10), 100, 'read');
  t.is(uioGetresid(uio), 10);
  t.is(uioGetoff(uio), 100);
  t.is(uiomove(bytes(1, 2, 3), uio), 3);
  t.is(uioGetresid(uio), 7);
  t.is(uioGetoff(uio), 103);
  t.is(uioFree(uio), 7);
});

test("reading fills the caller's memory, writing takes from it", (t) => {
  const buf = bytes(1, 2, 3, 4);
  uiomove(bytes(9, 8), uioSetup(buf, 0, 'read'));
  t.deepEqual(buf, bytes(9, 8, 3, 4));
  const data = new Uint8Array(3);
  t.is(uiomove(data, uioSetup(buf, 0, 'write')), 3);
  t.deepEqual(data, bytes(9, 8, 3));
});

test('a direction that is none panics the kernel', (t) => {
  panics(t, bootFifo(), /invalid rw sideways/, () => uioSetup(bytes(1), 0, 'sideways' as 'read'));
});

test('no buffers, or too many, are EINVAL', (t) => {
  throwsErrno(t, EINVAL, () => uioVector([], 0, 'read'));
  const many = Array.from({ length: IOV_MAX + 1 }, () => bytes(1));
  throwsErrno(t, EINVAL, () => uioVector(many, 0, 'read'));
  t.is(uioVector(many.slice(1), 0, 'read').resid, IOV_MAX);
});

/** Buffers, some of them empty, and kernel memory of any sizes. */
const scattered = fc.array(fc.uint8Array({ maxLength: 9 }), { minLength: 1, maxLength: 6 });
const pieces = fc.array(fc.uint8Array({ maxLength: 13 }), { maxLength: 6 });

function concat(parts: readonly Uint8Array[]): number[] {
  return parts.flatMap((part) => [...part]);
}

test('scattered reading is reading into one buffer, in whatever pieces', (t) => {
  fc.assert(
    fc.property(scattered, pieces, (iov, sources) => {
      const all = concat(sources);
      const before = concat(iov);
      const uio = uioVector(iov, 7, 'read');
      const moved = sources.reduce((sum, source) => sum + uiomove(source, uio), 0);
      const expected = Math.min(all.length, before.length);
      t.is(moved, expected);
      t.is(uio.resid, before.length - expected);
      t.is(uio.offset, 7 + expected);
      t.deepEqual(concat(iov), [...all.slice(0, expected), ...before.slice(expected)]);
    }),
  );
});

test('scattered writing is writing from one buffer, in whatever pieces', (t) => {
  fc.assert(
    fc.property(scattered, fc.array(fc.nat(13), { maxLength: 6 }), (iov, sizes) => {
      const all = concat(iov);
      const uio = uioVector(iov, 0, 'write');
      const got: number[] = [];
      for (const size of sizes) {
        const data = new Uint8Array(size);
        got.push(...data.subarray(0, uiomove(data, uio)));
      }
      t.deepEqual(
        got,
        all.slice(
          0,
          sizes.reduce((sum, size) => sum + size, 0),
        ),
      );
      t.is(uio.resid, all.length - got.length);
    }),
  );
});
