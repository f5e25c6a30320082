import test from 'ava';
import { Random } from '../../lib/kern/random.ts';
import { RUMPUSER_RANDOM_NOWAIT } from '../../lib/rumpuser/rumpuser.ts';
import { simulatedHost } from '../../lib/rumpuser/sim.ts';
import { EAGAIN } from '../../lib/sys/errno.ts';
import { bootOn, fifoHost, throwsErrno } from './support.ts';

/** A host whose entropy is `key`. */
function keyed(key: Uint8Array) {
  const host = fifoHost();
  Object.defineProperty(host, 'getrandom', {
    value: (buf: Uint8Array, flags: number) => {
      buf.set(key.subarray(0, buf.length));
      return flags === RUMPUSER_RANDOM_NOWAIT ? buf.length : 0;
    },
  });
  return host;
}

function stream(random: Random, length: number): string {
  const buf = new Uint8Array(length);
  random.bytes(buf);
  return [...buf].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** RFC 8439, appendix A.1, test vectors 1, 2: key and nonce zero, blocks 0 and 1. */
const ZERO_KEY_BLOCKS =
  '76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7' +
  'da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586' +
  '9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed' +
  '29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f';

test('the stream is ChaCha20 as RFC 8439 has it', (t) => {
  t.is(stream(new Random(keyed(new Uint8Array(32))), 128), ZERO_KEY_BLOCKS);
});

/** RFC 8439, appendix A.1, test vector 4: the second byte of the key is ff, block 2. */
test('the key goes in as its bytes come', (t) => {
  const key = new Uint8Array(32);
  key[1] = 0xff;
  t.is(
    stream(new Random(keyed(key)), 192).slice(256),
    '72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca' +
      '13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096',
  );
});

test('words and bytes come from one stream, and a part of a word is not used twice', (t) => {
  const random = new Random(keyed(new Uint8Array(32)));
  t.is(random.next32(), 0xade0b876);
  t.is(stream(random, 3), 'a0f13d');
  t.is(stream(random, 4), '405d6ae5');
});

test('a kernel draws the same numbers from the same seed, and others from another', (t) => {
  const draw = (seed: number) => stream(bootOn(simulatedHost({ seed })).random, 32);
  t.is(draw(5), draw(5));
  t.not(draw(5), draw(6));
});

test('without entropy there is no kernel', (t) => {
  const host = simulatedHost({ faults: [{ call: 'getrandom', nth: 1, fail: EAGAIN }] });
  throwsErrno(t, EAGAIN, () => bootOn(host));
});

test('a host that gives less than was asked for is asked again', (t) => {
  const host = fifoHost();
  const asked: number[] = [];
  Object.defineProperty(host, 'getrandom', {
    value: (buf: Uint8Array) => {
      asked.push(buf.length);
      buf.fill(1, 0, 10);
      return Math.min(10, buf.length);
    },
  });
  const whole = new Random(keyed(new Uint8Array(32).fill(1)));
  t.is(stream(new Random(host), 16), stream(whole, 16));
  t.deepEqual(asked, [32, 22, 12, 2]);
});
