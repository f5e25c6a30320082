import test from 'ava';
import { constants, defineModule, type Kernel } from '../../lib/api/index.ts';
import { sysctlParsed, sysctlShown } from '../../lib/cli/sysctlvalue.ts';
import { output, outputOf } from './output.ts';

test('sysctl shows values, subtrees and all', async (t) => {
  t.is(
    await output('sysctl kern.ostype hw.ncpu', 'sysctl -n kern.ostype kern.hostid', 'sysctl kern.boottime'),
    'kern.ostype = NetBSD\nhw.ncpu = 2\nNetBSD\n0x0\nkern.boottime = Fri, 01 Jan 2010 00:00:00 UTC\n',
  );
  t.is(
    await output('sysctl security', 'sysctl kern.clockrate', 'sysctl kern.cp_id'),
    'security.models.suser.name = Traditional NetBSD: Superuser\n' +
      'security.models.securelevel.name = Traditional NetBSD: Securelevel\n' +
      'security.models.securelevel.securelevel = -1\n' +
      'security.models.bsd44.name = Traditional NetBSD (derived from 4.4BSD)\n' +
      'kern.clockrate = hz = 100, tick = 10000, tickadj = 0, stathz = 100, profhz = 100\nkern.cp_id = 0 1\n',
  );
  const all = (await output('sysctl -a')).trimEnd().split('\n');
  t.true(all.length > 30);
  for (const line of all) {
    t.regex(line, /^[a-z]+(?:\.\w+)+ = /);
  }
  t.is((await output('sysctl -an')).split('\n').length, all.length + 1);
});

test('sysctl -d says what variables are for', async (t) => {
  t.is(
    await output('sysctl -d kern.ostype kern.none; echo $?', 'sysctl -d kern | grep file2'),
    'kern.ostype: Operating system type\nsysctl: kern.none: no such variable\n1\n' +
      'kern.file2: Open files, in a structure that is the same on every machine\n',
  );
  const [all, shown] = [await output('sysctl -da'), await output('sysctl -a')];
  for (const name of shown.matchAll(/^[\w.]+(?= = )/gm)) {
    t.true(all.includes(`\n${name[0]}: `), name[0]);
  }
  t.regex(all, /^kern: The kernel at large\nkern\./);
});

test('sysctl sets values', async (t) => {
  t.is(
    await output(
      'sysctl kern.hostname=a=b',
      'hostname',
      'sysctl -w -n kern.hostid=0x10',
      'sysctl -q kern.hostid=7; id -u',
    ),
    'kern.hostname: box.example -> a=b\na=b\n0x10\n0\n',
  );
  t.is(
    await output('sysctl kern.hostname=; sysctl kern.hostid=4294967295'),
    'kern.hostname: box.example -> \nkern.hostid: 0x0 -> 0xffffffff\n',
  );
});

test('sysctl complains of each name on its own', async (t) => {
  const wrong: readonly (readonly [operand: string, why: string])[] = [
    ['kern.x', 'no such variable'],
    ['kern.ostype.x', 'no such variable'],
    ['kern.', 'no such variable'],
    ['=x', 'no such variable'],
    ['kern.pool', 'not one value; see ps, vmstat, dmesg'],
    ['kern.ostype=x', 'Operation not permitted'],
    ['kern.hostid=x', 'x: not a number'],
    ['kern.hostid=', ': not a number'],
    ['kern.hostid=-1', '-1: out of range'],
    ['kern.hostid=4294967296', '4294967296: out of range'],
    ['kern.boottime=1', 'cannot be set'],
    ['kern=1', 'cannot be set'],
    [`kern.hostname=${'x'.repeat(300)}`, 'Invalid argument'],
  ];
  for (const [operand, why] of wrong) {
    const shown = operand.length > 200 ? `${operand.slice(0, 200)}...` : operand;
    t.is(
      await output(`sysctl ${operand} kern.ostype; echo $?`),
      `sysctl: ${shown}: ${why}\nkern.ostype = NetBSD\n1\n`,
      operand,
    );
  }
  for (const usage of ['', '-a kern', '-z']) {
    t.regex(await output(`sysctl ${usage}; echo $?`), /^sysctl: [^\n]*\(usage: [^\n]*\)\n1\n$/, usage);
  }
});

test('values of every type there and back', (t) => {
  const { CTLTYPE_BOOL, CTLTYPE_INT, CTLTYPE_QUAD, CTLTYPE_STRUCT, CTLFLAG_UNSIGNED } = constants;
  const there = (type: number, flags: number, text: string) => {
    const variable = { name: 'a.b', mib: [1, 2], type, flags };
    return sysctlShown(variable, sysctlParsed(variable, text));
  };
  t.is(there(CTLTYPE_INT, 0, '-2147483648'), '-2147483648');
  t.is(there(CTLTYPE_INT, CTLFLAG_UNSIGNED, '4294967295'), '4294967295');
  t.is(there(CTLTYPE_QUAD, 0, '-9223372036854775808'), '-9223372036854775808');
  t.is(there(CTLTYPE_BOOL, 0, '1'), '1');
  t.throws(() => there(CTLTYPE_BOOL, 0, '2'), { message: '2: out of range' });
  t.throws(() => there(CTLTYPE_INT, 0, '2147483648'), { message: '2147483648: out of range' });
  t.throws(() => there(CTLTYPE_STRUCT, 0, '1'), { message: 'cannot be set' });
});

test('vmstat -s tells what the kernel counts', async (t) => {
  const counted = async (...lines: string[]) => {
    let before: Readonly<Record<string, number>> = {};
    const text = await outputOf('script', lines, (kernel) => {
      kernel.fs.writeFileSync('/tmp/big', Buffer.alloc(1 << 20, 1));
      before = kernel.sysctl('vm.uvmexp2') as typeof before;
    });
    const rows = text.trimEnd().split('\n');
    const found = Object.fromEntries(
      rows.map((row) => [/^ *\d+ (.*)$/.exec(row)?.[1], Number.parseInt(row, 10)]),
    ) as Record<string, number>;
    return { before, found };
  };
  const { before, found } = await counted('vmstat -s');
  for (const [text, field] of [
    ['bytes per page', 'pagesize'],
    ['page colors', 'ncolors'],
    ['pages managed', 'npages'],
    ['pages free', 'free'],
    ['pages wired', 'wired'],
    ['pages in pools', 'poolpages'],
    ['times daemon wokeup', 'pdwoke'],
  ] as const) {
    t.is(found[text], before[field], text);
  }
  t.true((found['pages wired'] ?? 0) >= 256);
  t.is(found['forks total'], (before['forks'] ?? 0) + 2, 'the shell and vmstat');
  const more = (await counted('true; true; true; vmstat -s')).found;
  t.is((more['forks total'] ?? 0) - (found['forks total'] ?? 0), 3);
  t.true((more['system calls'] ?? 0) > (found['system calls'] ?? 0));
  t.true((more['CPU context switches'] ?? 0) > (found['CPU context switches'] ?? 0));
  t.is(found['software interrupts'], before['softs']);
});

test('vmstat', async (t) => {
  t.regex(
    await output('sleep 5', 'vmstat -ev'),
    /^event +total rate type\n(?:callout \S+ +\d+ +\d+ misc\n)+softint clk\/0 +\d+/,
  );
  t.regex(
    await output('echo a | cat', 'vmstat -m'),
    /^a\nName +Size Requests Fail .* Idle\n(?:\S+ .*\n)*kmem_arena\S* +16384 +1 +0 +\d+ +1 +0 +1 +1 +0 +\d+ +\d+\n/,
  );
  for (const wrong of ['', '-e -m', '-e x', '-v', '-s x', '-ms']) {
    t.regex(await output(`vmstat ${wrong}; echo $?`), /^vmstat: [^\n]*\(usage: [^\n]*\)\n1\n$/, wrong);
  }
});

test('modules come and go by name', async (t) => {
  const register = (kernel: Kernel): void => {
    kernel.modules.register(defineModule({ name: 'base', init: () => undefined }));
    kernel.modules.register(defineModule({ name: 'upper', required: ['base'], init: () => undefined }));
  };
  const lines = [
    'modload upper',
    'modstat',
    'modunload base; echo $?',
    'modload upper',
    'modunload upper',
    'modstat upper',
  ];
  t.is(
    await outputOf('script', lines, register),
    'NAME  CLASS SOURCE  FLAG REFS REQUIRES\nbase  misc  builtin a       1 -\nupper misc  builtin -       0 base\n' +
      'modunload: base: Device busy\n1\nmodload: upper: File exists\n' +
      'NAME  CLASS SOURCE  FLAG REFS REQUIRES\nupper misc  builtin -       - base\n',
  );
  t.is(
    await output('modstat', 'modstat x; echo $?', 'modload x; echo $?', 'modload -f ../x.so'),
    'NAME CLASS SOURCE FLAG REFS REQUIRES\n'.repeat(2) +
      '1\nmodload: x: No such file or directory\n1\nmodload: ../x.so: No such file or directory\n',
  );
  for (const wrong of ['modload', 'modload a b', 'modunload', 'modunload -f a', 'modstat a b']) {
    t.regex(await output(`${wrong}; echo $?`), /^mod\w+: [^\n]*\(usage: [^\n]*\)\n1\n$/, wrong);
  }
});
