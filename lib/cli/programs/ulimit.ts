/** NetBSD: sh(1), getrlimit(2). */
import { constants } from '../../api/index.ts';
import { getopt, UsageError } from '../getopt.ts';
import type { Program, Self } from '../program.ts';

const { RLIM_INFINITY } = constants;

interface Limit {
  readonly letter: string;
  readonly name: string;
  readonly which: number;
  readonly unit: string;
  /** In what the kernel counts. */
  readonly factor: number;
}

function limit(letter: string, name: string, which: number, unit: string, factor: number): Limit {
  return { letter, name, which, unit, factor };
}

const LIMITS: readonly Limit[] = [
  limit('t', 'time', constants.RLIMIT_CPU, 'seconds', 1),
  limit('f', 'file', constants.RLIMIT_FSIZE, 'blocks', 512),
  limit('d', 'data', constants.RLIMIT_DATA, 'kbytes', 1024),
  limit('s', 'stack', constants.RLIMIT_STACK, 'kbytes', 1024),
  limit('c', 'coredump', constants.RLIMIT_CORE, 'blocks', 512),
  limit('m', 'memory', constants.RLIMIT_RSS, 'kbytes', 1024),
  limit('l', 'locked memory', constants.RLIMIT_MEMLOCK, 'kbytes', 1024),
  limit('r', 'threads', constants.RLIMIT_NTHR, 'threads', 1),
  limit('p', 'processes', constants.RLIMIT_NPROC, 'processes', 1),
  limit('n', 'nofiles', constants.RLIMIT_NOFILE, 'descriptors', 1),
  limit('v', 'vmemory', constants.RLIMIT_AS, 'kbytes', 1024),
  limit('b', 'sbsize', constants.RLIMIT_SBSIZE, 'bytes', 1),
];

type Side = 'cur' | 'max';

async function show(self: Self, { which, factor }: Limit, side: Side): Promise<string> {
  const { [side]: value } = await self.sys.getrlimit(which);
  return value === RLIM_INFINITY ? 'unlimited' : String(Math.floor(value / factor));
}

/** Set one side of a limit, or both. @throws UsageError SysError */
async function set(
  self: Self,
  { which, factor }: Limit,
  sides: readonly Side[],
  text: string,
): Promise<void> {
  const value =
    text === 'unlimited' ? RLIM_INFINITY : /^\d+$/.test(text) ? Number(text) * factor : Number.NaN;
  if (Number.isNaN(value) || (value !== RLIM_INFINITY && !Number.isSafeInteger(value))) {
    throw new UsageError(`${text}: not a limit`);
  }
  const { cur, max } = await self.sys.getrlimit(which);
  await self.sys.setrlimit(which, {
    cur: sides.includes('cur') ? value : cur,
    max: sides.includes('max') ? value : max,
  });
}

export const ulimit: Program = {
  name: 'ulimit',
  synopsis: '[-HS] [-a | -tfdscmlrpnvb [value | unlimited]]',
  summary: 'show or set the limits of the shell and its children',
  runs: 'shell',
  async main(self, args) {
    const { options, operands } = getopt(args, `HSa${LIMITS.map((l) => l.letter).join('')}`);
    const chosen = LIMITS.filter((l) => options.has(l.letter));
    const [value] = operands;
    if (
      operands.length > 1 ||
      chosen.length > 1 ||
      (options.has('a') && (value ?? chosen[0]) !== undefined)
    ) {
      throw new UsageError(operands.length > 1 ? 'one value' : 'one limit at a time');
    }
    const side: Side = options.has('H') && !options.has('S') ? 'max' : 'cur';
    if (options.has('a')) {
      for (const each of LIMITS) {
        const name = `${each.name} (${each.unit}) -${each.letter}`;
        await self.out(`${name.padEnd(27)} ${await show(self, each, side)}\n`);
      }
      return 0;
    }
    const [one = LIMITS[1] as Limit] = chosen;
    if (value === undefined) {
      await self.out(`${await show(self, one, side)}\n`);
    } else {
      const given = [options.has('S') ? 'cur' : null, options.has('H') ? 'max' : null].filter(
        (s) => s !== null,
      );
      await set(self, one, given.length === 0 ? ['cur', 'max'] : (given as Side[]), value);
    }
    return 0;
  },
};
