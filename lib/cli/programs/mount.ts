/** NetBSD: mount(8), umount(8), df(1). */
import { constants } from '../../api/index.ts';
import { forEachOperand } from '../files.ts';
import { getopt, UsageError } from '../getopt.ts';
import type { Program } from '../program.ts';
import { table } from '../table.ts';

const {
  MNT_FORCE,
  MNT_NOATIME,
  MNT_NODEV,
  MNT_NOEXEC,
  MNT_NOSUID,
  MNT_NOWAIT,
  MNT_RDONLY,
  MNT_SYNCHRONOUS,
  MNT_UPDATE,
} = constants;

const FLAGS: ReadonlyMap<string, number> = new Map([
  ['ro', MNT_RDONLY],
  ['rdonly', MNT_RDONLY],
  ['noatime', MNT_NOATIME],
  ['nodev', MNT_NODEV],
  ['noexec', MNT_NOEXEC],
  ['nosuid', MNT_NOSUID],
  ['sync', MNT_SYNCHRONOUS],
  ['update', MNT_UPDATE],
]);

/** Names of flags to show. */
const SHOWN: readonly (readonly [name: string, flag: number])[] = [
  ['read-only', MNT_RDONLY],
  ['noatime', MNT_NOATIME],
  ['nodev', MNT_NODEV],
  ['noexec', MNT_NOEXEC],
  ['nosuid', MNT_NOSUID],
  ['synchronous', MNT_SYNCHRONOUS],
];

/** Most file systems listed. */
const MOUNTS_MAX = 10_000;

/** "ro,size=64m,uid=7": flags, and what the file system is told. @throws UsageError */
function optionsOf(text: string): { flags: number; data: Record<string, unknown> } {
  let flags = 0;
  const data: Record<string, unknown> = {};
  for (const option of text.split(',').filter((each) => each !== '')) {
    const [name = '', value] = option.split('=');
    const flag = FLAGS.get(name);
    if (flag !== undefined && value === undefined) {
      flags |= flag;
    } else if (option !== 'rw') {
      data[name] = optionValue(name, value);
    }
  }
  return { flags, data };
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

function optionValue(name: string, value: string | undefined): unknown {
  if (value === undefined) {
    return true;
  }
  if (name === 'mode' || name === 'umask') {
    return Number.parseInt(value, 8);
  }
  const number = /^(\d+)([kmg]?)$/.exec(value);
  return number === null ? value : Number(number[1]) * (UNITS[number[2] ?? ''] ?? 1);
}

export const mount: Program = {
  name: 'mount',
  synopsis: '[-u] [-t type] [-o options] [what] directory',
  summary:
    'mount a file system, or list those that are: mount -t hostfs /host/dir /mnt, mount -t tmpfs -o size=64m /mnt',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'ut:o:');
    if (operands.length === 0) {
      const mounts = await self.sys.getvfsstat(MOUNTS_MAX, MNT_NOWAIT);
      for (const { mntfromname, mntonname, fstypename, flag } of mounts) {
        const names = SHOWN.filter(([, bit]) => (flag & bit) !== 0).map(([name]) => name);
        const shown = names.length === 0 ? '' : ` (${names.join(', ')})`;
        await self.out(`${mntfromname} on ${mntonname} type ${fstypename}${shown}\n`);
      }
      return 0;
    }
    const { flags, data } = optionsOf(options.get('o') ?? '');
    const type = options.get('t') ?? 'tmpfs';
    const [first, second, ...more] = operands;
    if (
      more.length > 0 ||
      first === undefined ||
      (type === 'hostfs' && second === undefined && !options.has('u'))
    ) {
      throw new UsageError(type === 'hostfs' ? 'which directory of the host, and where?' : 'where?');
    }
    if (type === 'hostfs' && second !== undefined) {
      data['path'] = first;
    }
    const given = Object.keys(data).length > 0;
    await self.sys.mount(
      type,
      second ?? first,
      flags | (options.has('u') ? MNT_UPDATE : 0),
      given ? data : undefined,
    );
    return 0;
  },
};

export const umount: Program = {
  name: 'umount',
  synopsis: '[-f] directory ...',
  summary: 'unmount file systems; -f: even if they are in use',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'f');
    if (operands.length === 0) {
      throw new UsageError('unmount what?');
    }
    return forEachOperand(self, operands, (dir) => self.sys.unmount(dir, options.has('f') ? MNT_FORCE : 0));
  },
};

export const df: Program = {
  name: 'df',
  synopsis: '[-i] [file ...]',
  summary: 'how much room there is, in KiB; -i: and for how many files',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'i');
    const all = operands.length === 0 ? await self.sys.getvfsstat(MOUNTS_MAX, MNT_NOWAIT) : [];
    const status = await forEachOperand(self, operands, async (path) => {
      all.push(await self.sys.statvfs1(path, MNT_NOWAIT));
    });
    type Mounted = (typeof all)[number];
    const kib = (blocks: (m: Mounted) => number) => (m: Mounted) =>
      String(Math.floor((blocks(m) * m.frsize) / 1024));
    const column = (title: string, value: (m: Mounted) => string) => ({
      title,
      align: 'right' as const,
      value,
    });
    await self.out(
      table(
        [
          { title: 'Filesystem', align: 'left', value: (m) => m.mntfromname },
          column(
            '1K-blocks',
            kib((m) => m.blocks),
          ),
          column(
            'Used',
            kib((m) => m.blocks - m.bfree),
          ),
          column(
            'Avail',
            kib((m) => m.bavail),
          ),
          ...(options.has('i')
            ? [column('iUsed', (m) => String(m.files - m.ffree)), column('iAvail', (m) => String(m.favail))]
            : []),
          { title: 'Mounted on', align: 'left', value: (m) => m.mntonname },
        ],
        all,
      ),
    );
    return status;
  },
};
