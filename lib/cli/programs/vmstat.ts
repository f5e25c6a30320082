/**
 * NetBSD: vmstat(1), -e, -m and -s; sys/sys/sysctl.h (struct evcnt_sysctl), sys/sys/pool.h (struct pool_sysctl),
 * sys/uvm/uvm_extern.h (struct uvmexp_sysctl).
 */
import { constants } from '../../api/index.ts';
import { getopt, UsageError } from '../getopt.ts';
import type { Program, Self } from '../program.ts';
import { sysctlBytes, sysctlFind, textOf, viewOf } from '../sysctl.ts';
import { type Column, table } from '../table.ts';

const { CLOCK_MONOTONIC, CTL_KERN, KERN_EVCNT, KERN_EVCNT_COUNT_ANY, KERN_EVCNT_COUNT_NONZERO } = constants;

const EVCNT_TYPE_ANY = -1;
const TYPES = ['misc', 'intr', 'trap'] as const;

/** Where the fields of a `struct evcnt_sysctl` are, in bytes; its length counts words of 8. */
const EVCNT = { count: 0, type: 24, grouplen: 25, len: 27, strings: 28, word: 8 } as const;

/** Where those of a `struct pool_sysctl` are, in bytes. */
const POOL = { name: 0, nameEnd: 16, flags: 16, size: 16 + 26 * 8 } as const;

/**
 * What is counted of memory and of what the kernel has done: the words of vmstat(1), and which number of a
 * `struct uvmexp_sysctl` it is. What does not happen in this kernel (faults, paging, swapping) is left out.
 */
const COUNTS: readonly (readonly [index: number, text: string])[] = [
  [0, 'bytes per page'],
  [76, 'page colors'],
  [3, 'pages managed'],
  [4, 'pages free'],
  [8, 'pages wired'],
  [78, 'pages in pools'],
  [27, 'CPU context switches'],
  [28, 'software interrupts'],
  [29, 'system calls'],
  [35, 'forks total'],
  [59, 'times daemon wokeup'],
];

interface Event {
  readonly name: string;
  readonly total: bigint;
  readonly rate: bigint;
  readonly type: string;
}

/** @param seconds since the boot */
function events(bytes: Uint8Array, seconds: number): Event[] {
  const found: Event[] = [];
  for (let at = 0; at < bytes.length; ) {
    const head = viewOf(bytes.subarray(at));
    const length = head.getUint8(EVCNT.len) * EVCNT.word;
    const strings = bytes.subarray(at + EVCNT.strings, at + length);
    const name = `${textOf(strings)} ${textOf(strings.subarray(head.getUint8(EVCNT.grouplen) + 1))}`;
    const total = head.getBigUint64(EVCNT.count, true);
    const type = TYPES[head.getUint8(EVCNT.type)] ?? '?';
    found.push({ name, total, rate: total / BigInt(Math.max(1, seconds)), type });
    at += length;
  }
  return found;
}

const EVENTS: readonly Column<Event>[] = [
  { title: 'event', align: 'left', value: (e) => e.name },
  { title: 'total', align: 'right', value: (e) => String(e.total) },
  { title: 'rate', align: 'right', value: (e) => String(e.rate) },
  { title: 'type', align: 'left', value: (e) => e.type },
];

/** The `index`th number of a pool, right-aligned; 4294967295 stands for no limit. */
function number(title: string, index: number): Column<Uint8Array> {
  const value = (pool: Uint8Array): string => {
    const count = viewOf(pool).getBigUint64(POOL.flags + index * 8, true);
    return count === 0xffffffffn ? 'inf' : String(count);
  };
  return { title, align: 'right', value };
}

const POOLS: readonly Column<Uint8Array>[] = [
  { title: 'Name', align: 'left', value: (pool) => textOf(pool.subarray(POOL.name, POOL.nameEnd)) },
  number('Size', 1),
  number('Requests', 10),
  number('Fail', 11),
  number('Releases', 12),
  number('Pgreq', 13),
  number('Pgrel', 14),
  number('Npage', 7),
  number('Hiwat', 15),
  number('Minpg', 8),
  number('Maxpg', 9),
  number('Idle', 16),
];

async function counts(self: Self): Promise<string> {
  const variable = await sysctlFind(self, 'vm.uvmexp2');
  const view = viewOf(variable === undefined ? new Uint8Array() : await sysctlBytes(self, variable.mib));
  const lines = COUNTS.map(
    ([index, text]) => `${String(view.getBigInt64(index * 8, true)).padStart(9)} ${text}\n`,
  );
  return lines.join('');
}

async function eventTable(self: Self, which: number): Promise<string> {
  const bytes = await sysctlBytes(self, [CTL_KERN, KERN_EVCNT, EVCNT_TYPE_ANY, which]);
  const { sec } = await self.sys.clock_gettime(CLOCK_MONOTONIC);
  return table(EVENTS, events(bytes, sec));
}

async function poolTable(self: Self): Promise<string> {
  const variable = await sysctlFind(self, 'kern.pool');
  const bytes = variable === undefined ? new Uint8Array() : await sysctlBytes(self, variable.mib);
  const pools = Array.from({ length: bytes.length / POOL.size }, (_, i) =>
    bytes.subarray(i * POOL.size, (i + 1) * POOL.size),
  );
  return table(POOLS, pools);
}

export const vmstat: Program = {
  name: 'vmstat',
  synopsis: '-e [-v] | -m | -s',
  summary: 'event counters (-v: also those at zero), memory pools, or counts of memory and of what was done',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'emsv');
    const wanted = ['e', 'm', 's'].filter((letter) => options.has(letter));
    if (operands.length > 0 || wanted.length !== 1) {
      throw new UsageError(operands.length > 0 ? 'no operands, please' : '-e, -m or -s');
    }
    const which = options.has('v') ? KERN_EVCNT_COUNT_ANY : KERN_EVCNT_COUNT_NONZERO;
    switch (wanted[0]) {
      case 'e':
        await self.out(await eventTable(self, which));
        break;
      case 'm':
        await self.out(await poolTable(self));
        break;
      default:
        await self.out(await counts(self));
    }
    return 0;
  },
};
