/**
 * Calls on sockets with whatever may lie in memory, from a seed: each one ends with a value or an errno, moves no more
 * than it may, and leaves no descriptor behind of which its caller does not know.
 */
import test from 'ava';
import { boot, components, simulatedHost } from '../../../lib/api/index.ts';
import { IOVEC_SIZE } from '../../../lib/emul/netbsd/transfer.ts';
import { errnoByNumber } from '../../../lib/sys/errno.ts';
import { syscallByCall } from '../../../lib/sys/syscalls.ts';
import type { SysentRow } from '../../../lib/sys/sysent.ts';
import { insideOf } from '../../conformance/harness.ts';
import { faults } from '../../conformance/invariants.ts';
import { Chance, Content } from '../../sysproxy/fuzz_content.ts';
import { loopback } from './loopback.ts';
import { foreignCall, Memory } from './memory.ts';

const SEEDS = Math.max(3, Math.floor(Number(process.env['RUMP_TEST_SEEDS'] ?? 0) / 100));
const CALLS = 3000;
const SENDING = ['sendto', 'sendmsg', 'sendmsg', 'sendmmsg'];
const RECEIVING = ['recvfrom', 'recvmsg', 'recvmsg', 'recvmmsg'];
const OTHERS = [
  ...['bind', 'connect', 'accept', 'paccept', 'getsockname', 'getpeername', 'socketpair'],
  ...['setsockopt', 'getsockopt', 'getsockopt2'],
];
/** A call that would sleep would sleep for ever. */
const MSG_DONTWAIT = 0x80;
const PAGES = 64;
const PAGE = 4096;
const BASE = 0x10000n;

/** A register for that argument. */
function register(content: Content, chance: Chance, type: string, name: string): bigint {
  if (name === 'flags') {
    return BigInt(chance.of([0, 0, 2, 0x2000])) | BigInt(MSG_DONTWAIT);
  }
  if (name === 's' || name === 'fdes') {
    return BigInt(chance.below(12));
  }
  if (/^(len|salen) /.test(type)) {
    return chance.one(8) ? content.word() : BigInt(chance.of([0, 1, 2, 3, 4, 16, 100, 255, 256]));
  }
  return type === 'int' ? BigInt(chance.below(3)) : chance.one(12) ? 0n : content.pointer();
}

for (let seed = 1; seed <= SEEDS; seed++) {
  test(`seed ${seed}`, async (t) => {
    const chance = new Chance(seed);
    const content = new Content(chance);
    using kernel = boot({
      host: simulatedHost({ seed }),
      components: [...Object.values(components), loopback(8)],
    });
    const k = insideOf(kernel);
    const proc = kernel.newproc({ uid: 100 });
    const vm = new Memory(BASE, PAGES * PAGE);
    vm.transferMax = 3 * PAGE;
    const { fd } = proc.lwp.proc;
    const ends = new Map<string, number>();
    proc.sys.close(0);
    for (let i = 0; i < CALLS; i++) {
      const page = chance.below(PAGES) * PAGE;
      const structure = chance.one(2)
        ? content.message(56)
        : chance.one(2)
          ? content.vector(IOVEC_SIZE * (1 + chance.below(5)))
          : content.of('a', chance.below(300));
      vm.bytes.set(structure, page + chance.of([0, 0, 8]));
      const call = chance.of(chance.one(2) ? (chance.one(2) ? SENDING : RECEIVING) : OTHERS);
      const { args, result } = syscallByCall(call) as SysentRow;
      const before = fd.descriptors().length;
      const { errno, retval } = await foreignCall(
        proc.lwp,
        vm,
        call,
        ...args.map(([name, type]) => register(content, chance, type, name)),
      );
      const what = `seed ${seed}, call ${i}: ${call}`;
      t.true(errno === 0 || errnoByNumber(errno) !== undefined, what);
      const made = fd.descriptors().length - before;
      if (errno !== 0) {
        t.is(made, 0, what);
        t.deepEqual(retval, [0n, 0n], what);
      } else if (result === 'count' || result === 'count:ssize_t') {
        t.true(retval[0] >= 0n && retval[0] <= BigInt(vm.transferMax), what);
      }
      const end = `${call} ${errno}`;
      ends.set(end, (ends.get(end) ?? 0) + 1);
      if (fd.descriptors().length > 10) {
        proc.sys.close(chance.of(fd.descriptors()).fd);
      }
    }
    t.is(kernel.dead, '', kernel.dmesg());
    t.deepEqual(faults(k), []);
    for (const calls of [SENDING, RECEIVING, ['bind'], ['connect'], ['getsockname'], ['setsockopt']]) {
      const done = calls.reduce((sum, call) => sum + (ends.get(`${call} 0`) ?? 0), 0);
      t.true(done > 0, `${calls} never succeed: ${JSON.stringify([...ends])}`);
    }
  });
}
