/** NetBSD: id(1). */
import { getopt, UsageError } from '../getopt.ts';
import { groupName, userName } from '../names.ts';
import type { Program, Self } from '../program.ts';

type Name = (id: number) => string | undefined;

function named(id: number, name: Name): string {
  const text = name(id);
  return text === undefined ? String(id) : `${id}(${text})`;
}

/** The effective group, then the others. */
async function groupsOf(self: Self): Promise<number[]> {
  return [...new Set([await self.sys.getegid(), ...(await self.sys.getgroups(0))])];
}

/** Everything in one line. Effective ids only where they differ from the real ones. */
async function everything(self: Self): Promise<string> {
  const [uid, euid, gid, egid] = [
    await self.sys.getuid(),
    await self.sys.geteuid(),
    await self.sys.getgid(),
    await self.sys.getegid(),
  ];
  const fields = [`uid=${named(uid, userName)}`, `gid=${named(gid, groupName)}`];
  if (euid !== uid) {
    fields.push(`euid=${named(euid, userName)}`);
  }
  if (egid !== gid) {
    fields.push(`egid=${named(egid, groupName)}`);
  }
  const groups = await groupsOf(self);
  fields.push(`groups=${groups.map((g) => named(g, groupName)).join(',')}`);
  return fields.join(' ');
}

export const id: Program = {
  name: 'id',
  synopsis: '[-u | -g | -G] [-n] [-r]',
  summary: 'who this process is',
  runs: 'child',
  async main(self, args) {
    const { options, operands } = getopt(args, 'uGgnr');
    if (operands.length > 0) {
      throw new UsageError('users are known by number only; leave the operand out');
    }
    const which = ['u', 'g', 'G'].filter((letter) => options.has(letter));
    if (which.length > 1) {
      throw new UsageError(`-${which[0]} and -${which[1]} exclude each other`);
    }
    if (which.length === 0 && options.size > 0) {
      throw new UsageError(`-${[...options.keys()][0]} goes with -u, -g or -G`);
    }
    const real = options.has('r');
    const show = (n: number, name: Name): string => (options.has('n') ? name(n) : undefined) ?? String(n);
    switch (which[0]) {
      case 'u':
        await self.out(`${show(real ? await self.sys.getuid() : await self.sys.geteuid(), userName)}\n`);
        break;
      case 'g':
        await self.out(`${show(real ? await self.sys.getgid() : await self.sys.getegid(), groupName)}\n`);
        break;
      case 'G':
        await self.out(`${(await groupsOf(self)).map((g) => show(g, groupName)).join(' ')}\n`);
        break;
      default:
        await self.out(`${await everything(self)}\n`);
    }
    return 0;
  },
};
