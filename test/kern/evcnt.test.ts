import test from 'ava';
import {
  EVCNT_STRING_MAX,
  Evcnt,
  evcntAttachDynamic,
  evcntAttachStatic,
  evcntDetach,
  evcntLines,
} from '../../lib/kern/evcnt.ts';
import { KernelBug } from '../../lib/kern/kassert.ts';
import type { Kernel } from '../../lib/kern/kernel.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import {
  EVCNT_TYPE_ANY,
  EVCNT_TYPE_INTR,
  EVCNT_TYPE_MISC,
  EVCNT_TYPE_TRAP,
  evcntDecode,
} from '../../lib/kern/sysctl_evcnt.ts';
import { sysctlByName } from '../../lib/kern/sysctl_name.ts';
import {
  CTL_KERN,
  CTL_QUERY,
  KERN_EVCNT,
  KERN_EVCNT_COUNT_ANY,
  KERN_EVCNT_COUNT_NONZERO,
} from '../../lib/sys/constants/sysctl.ts';
import { EINVAL, ENOMEM, ENOTDIR, EPERM } from '../../lib/sys/errno.ts';
import { onEveryKernel } from './every.ts';
import { bootFifo, throwsErrno } from './support.ts';
import { newproc, read, sysctl } from './sysctl_support.ts';

const MIB = [CTL_KERN, KERN_EVCNT];

function names(k: Kernel): string[] {
  return evcntLines(k, 'all').map(({ group, name }) => `${group} ${name}`);
}

onEveryKernel(
  'the kernel counts soft interrupts of each CPU, callouts and cross calls',
  (t, k) => {
    t.deepEqual(names(k), [
      'callout late/0',
      'callout wait/0',
      ...[0, 1].flatMap((cpu) => ['clk', 'bio', 'net', 'ser'].map((level) => `softint ${level}/${cpu}`)),
      'crosscall unicast',
      'crosscall broadcast',
    ]);
  },
  { ncpu: 2 },
);

test('counters are listed in the order they came, until they go', (t) => {
  const k = bootFifo();
  const before = names(k);
  const parent = new Evcnt('intr', null, 'uhci0', 'intr');
  evcntAttachStatic(k, parent);
  const child = evcntAttachDynamic(k, 'intr', parent, 'uhci0', 'error');
  t.is(child.parent, parent);
  t.deepEqual(names(k), [...before, 'uhci0 intr', 'uhci0 error']);
  evcntDetach(k, parent);
  t.deepEqual(names(k), [...before, 'uhci0 error']);
  t.throws(() => evcntDetach(k, parent), { instanceOf: KernelBug });
  t.throws(() => evcntAttachStatic(k, child), { instanceOf: KernelBug });
});

test('a name and a group have from 1 to 254 characters', (t) => {
  const k = bootFifo();
  const longest = 'x'.repeat(EVCNT_STRING_MAX - 1);
  evcntAttachDynamic(k, 'misc', null, longest, longest);
  for (const bad of ['', `${longest}x`]) {
    t.throws(() => evcntAttachDynamic(k, 'misc', null, bad, 'name'), {
      instanceOf: KernelBug,
      message: /group/,
    });
    t.throws(() => evcntAttachDynamic(k, 'misc', null, 'group', bad), {
      instanceOf: KernelBug,
      message: /name/,
    });
  }
});

test('a line has the total and the rate since boot; zeros are left out unless asked for', (t) => {
  const k = bootFifo();
  const ev = evcntAttachDynamic(k, 'misc', null, 'test', 'events');
  t.false(evcntLines(k, 'nonzero').some(({ group }) => group === 'test'));
  ev.count = 25;
  k.host.clockSleep(0, 10, 0);
  t.deepEqual(
    evcntLines(k, 'nonzero').filter(({ group }) => group === 'test'),
    [{ type: 'misc', group: 'test', name: 'events', total: 25, rate: 2 }],
  );
});

test('kern.evcnt by name is a list of counters', (t) => {
  const k = bootFifo();
  evcntAttachDynamic(k, 'trap', null, 'cpu0', 'page fault').count = 2 ** 40;
  const shown = inKernel(k, (l) => sysctlByName(l, 'kern.evcnt')) as object[];
  t.deepEqual(shown.at(-1), { type: 'trap', group: 'cpu0', name: 'page fault', count: 2 ** 40 });
  t.is(shown.length, names(k).length);
});

test('kern.evcnt is asked for one type, or for what is not zero', (t) => {
  const k = bootFifo();
  const l = newproc(k, { uid: 1 });
  evcntAttachDynamic(k, 'intr', null, 'disk', 'intr').count = 1;
  evcntAttachDynamic(k, 'intr', null, 'disk', 'stray');
  evcntAttachDynamic(k, 'trap', null, 'cpu', 'trap').count = 1;
  const ask = (type: number, which: number) =>
    evcntDecode(read(l, [...MIB, type, which])).map(({ group, name }) => `${group} ${name}`);
  t.deepEqual(ask(EVCNT_TYPE_INTR, KERN_EVCNT_COUNT_ANY), ['disk intr', 'disk stray']);
  t.deepEqual(ask(EVCNT_TYPE_INTR, KERN_EVCNT_COUNT_NONZERO), ['disk intr']);
  t.deepEqual(ask(EVCNT_TYPE_TRAP, KERN_EVCNT_COUNT_ANY), ['cpu trap']);
  t.deepEqual(ask(EVCNT_TYPE_MISC, KERN_EVCNT_COUNT_NONZERO), []);
  t.deepEqual(ask(EVCNT_TYPE_ANY, KERN_EVCNT_COUNT_ANY), names(k));
});

test('a record is laid out as NetBSD does on amd64', (t) => {
  const k = bootFifo();
  evcntAttachDynamic(k, 'intr', null, 'ab', 'xyz').count = 5;
  const bytes = read(newproc(k, { uid: 0 }), [...MIB, EVCNT_TYPE_INTR, KERN_EVCNT_COUNT_ANY]);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  t.is(bytes.length, 40);
  t.is(view.getBigUint64(0, true), 5n);
  t.deepEqual([...bytes.subarray(8, 24)], new Array(16).fill(0));
  t.deepEqual([...bytes.subarray(24, 28)], [EVCNT_TYPE_INTR, 2, 3, 5]);
  t.is(new TextDecoder().decode(bytes.subarray(28)), 'ab\0xyz\0\0\0\0\0\0');
});

test('what fits is stored, and what is needed is told; the length alone has some to spare', (t) => {
  const k = bootFifo();
  const l = newproc(k, { uid: 0 });
  const name = [...MIB, EVCNT_TYPE_ANY, KERN_EVCNT_COUNT_ANY];
  const whole = read(l, name);
  t.is(sysctl(l, name, null), whole.length + 1024);
  const small = new Uint8Array(whole.length - 1);
  throwsErrno(t, ENOMEM, () => sysctl(l, name, small));
  // Every record here is shorter than 64 bytes; the last one did not fit.
  t.deepEqual(small.subarray(0, -64), whole.subarray(0, -65));
  t.deepEqual(small.subarray(-31), new Uint8Array(31));
});

test('bad requests', (t) => {
  const k = bootFifo();
  const l = newproc(k, { uid: 0 });
  for (const tail of [[], [0], [3, 0], [-2, 0], [0, 2], [0, -1], [0, 0, 0]]) {
    throwsErrno(t, EINVAL, () => sysctl(l, [...MIB, ...tail], null));
  }
  throwsErrno(t, ENOTDIR, () => sysctl(l, [...MIB, CTL_QUERY], null));
  throwsErrno(t, EPERM, () => sysctl(l, [...MIB, 0, 0], null, new Uint8Array(8)));
  throwsErrno(t, EINVAL, () => evcntDecode(new Uint8Array(40)));
  throwsErrno(t, EINVAL, () => evcntDecode(new Uint8Array(4)));
});
