import test from 'ava';
import type { Lwp } from '../../lib/kern/lwp.ts';
import { MSGBUFSIZE } from '../../lib/kern/msgbuf.ts';
import { inKernel } from '../../lib/kern/schedule.ts';
import { dosysctl } from '../../lib/kern/sysctl_call.ts';
import { EVCNT_TYPE_ANY } from '../../lib/kern/sysctl_evcnt.ts';
import { type SysctlnodeInfo, sysctlnodeDecode, sysctlnodeRequest } from '../../lib/kern/sysctl_node.ts';
import { RLIM_INFINITY_ABI } from '../../lib/sys/constants/resource.ts';
import {
  CTL_HW,
  CTL_KERN,
  CTL_MAXNAME,
  CTL_QUERY,
  CTLTYPE_INT,
  CTLTYPE_NODE,
  CTLTYPE_QUAD,
  CTLTYPE_STRING,
  CTLTYPE_STRUCT,
  HW_MACHINE,
  HW_PAGESIZE,
  KERN_ARND,
  KERN_BOOTTIME,
  KERN_CP_TIME,
  KERN_EVCNT_COUNT_ANY,
  KERN_HOSTID,
  KERN_HOSTNAME,
  KERN_MSGBUF,
  KERN_OSRELEASE,
  KERN_OSREV,
  KERN_OSTYPE,
  KERN_PROC2,
  KERN_VERSION,
} from '../../lib/sys/constants/sysctl.ts';
import { E2BIG, EINVAL, EISDIR, ENOENT, ENOMEM, ENOTDIR, EOPNOTSUPP, EPERM } from '../../lib/sys/errno.ts';
import { bootSim, byName, call, errnoOf, int32, newproc, read, sysctl } from './sysctl_support.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Every leaf below `parent`, found as sysctl(8) finds them: by CTL_QUERY. */
function* leaves(
  l: Lwp,
  parent: readonly number[] = [],
  path = '',
): Generator<{ mib: number[]; path: string; info: SysctlnodeInfo }> {
  for (const info of sysctlnodeDecode(read(l, [...parent, CTL_QUERY], sysctlnodeRequest()))) {
    const mib = [...parent, info.num];
    const name = path === '' ? info.name : `${path}.${info.name}`;
    if (info.type === CTLTYPE_NODE) {
      yield* leaves(l, mib, name);
    } else {
      yield { mib, path: name, info };
    }
  }
}

test('strings and ints lie in memory as a rump kernel of NetBSD stores them', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 0 });
  t.deepEqual(read(l, [CTL_KERN, KERN_OSTYPE]), bytesOf('NetBSD\0'));
  t.deepEqual(read(l, [CTL_KERN, KERN_OSRELEASE]), bytesOf('7.99.34\0'));
  t.deepEqual(read(l, [CTL_KERN, KERN_VERSION]), bytesOf('NetBSD 7.99.34 (RUMP-ROAST)\n\0'));
  t.deepEqual(read(l, [CTL_HW, HW_MACHINE]), bytesOf('amd64\0'));
  t.deepEqual(read(l, [CTL_KERN, KERN_OSREV]), int32(799003400));
});

test('every node that is told can be read by number and by name, with the type and size it tells', (t) => {
  const k = bootSim({ memlimit: '64m' });
  const l = newproc(k, { uid: 1000 });
  const seen: string[] = [];
  for (const { mib, path, info } of leaves(l)) {
    seen.push(path);
    // NetBSD calls it a structure too, and wants a type and which of them.
    const operands = path === 'kern.evcnt' ? [EVCNT_TYPE_ANY, KERN_EVCNT_COUNT_ANY] : [];
    const bytes = read(l, [...mib, ...operands]);
    const value = byName(k, path);
    switch (info.type) {
      case CTLTYPE_INT:
        t.is(typeof value, 'number', path);
        t.is(bytes.length, 4, path);
        break;
      case CTLTYPE_QUAD:
        t.true(typeof value === 'number' || value === RLIM_INFINITY_ABI, path);
        t.is(bytes.length, 8, path);
        break;
      case CTLTYPE_STRING:
        t.is(`${value as string}\0`, new TextDecoder().decode(bytes), path);
        break;
      default:
        t.is(info.type, CTLTYPE_STRUCT, path);
        t.true(path === 'kern.msgbuf' ? typeof value === 'string' : typeof value === 'object', path);
        t.true(info.size === 0 || info.size === bytes.length, path);
    }
  }
  for (const path of ['kern.hostname', 'kern.boottime', 'hw.ncpu', 'hw.physmem64', 'user.line_max']) {
    t.true(seen.includes(path), path);
  }
  t.is(new Set(seen).size, seen.length);
});

test("values are the kernel's own", (t) => {
  const k = bootSim({ ncpu: 3, hostname: 'first' });
  t.is(byName(k, 'hw.ncpu'), 3);
  t.deepEqual(byName(k, 'kern.cp_id'), [0, 1, 2]);
  t.is(byName(k, 'kern.hostname'), 'first');
  k.hostname = 'second';
  t.is(byName(k, 'kern.hostname'), 'second');
  t.is(byName(k, 'hw.pagesize'), 4096);
  t.deepEqual(byName(k, 'kern.clockrate'), { hz: 100, tick: 10_000, tickadj: 0, stathz: 100, profhz: 100 });
});

test('memory is told only by a kernel that has a limit', (t) => {
  t.is(
    errnoOf(() => byName(bootSim(), 'hw.physmem')),
    ENOENT,
  );
  const k = bootSim({ memlimit: '8g' });
  t.is(byName(k, 'hw.physmem'), 0xffffffff);
  t.is(byName(k, 'hw.physmem64'), 8 * 1024 ** 3);
});

test('the boot time moves with the clock, the time since boot does not', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 0 });
  const before = byName(k, 'kern.boottime') as { sec: number; nsec: number };
  const now = call(l, 'clock_gettime', 0) as { sec: number; nsec: number };
  call(l, 'clock_settime', 0, { sec: now.sec + 3600, nsec: now.nsec });
  t.deepEqual(byName(k, 'kern.boottime'), { sec: before.sec + 3600, nsec: before.nsec });
  t.is(read(l, [CTL_KERN, KERN_BOOTTIME]).length, 16);
});

test('a buffer too small gets what fits, the error, and the length is still told', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 0 });
  const buf = new Uint8Array(3);
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN, KERN_OSTYPE], buf)),
    ENOMEM,
  );
  t.deepEqual(buf, bytesOf('Net'));
  t.deepEqual(
    inKernel(k, (m) => dosysctl(m, [CTL_KERN, KERN_OSTYPE], buf, null)),
    { oldlen: 7, error: ENOMEM },
  );
  t.is(sysctl(l, [CTL_KERN, KERN_OSTYPE], new Uint8Array(100)), 7);
  t.is(sysctl(l, [CTL_KERN, KERN_OSTYPE]), 7);
  t.is(
    errnoOf(() => sysctl(l, [CTL_HW, HW_PAGESIZE], new Uint8Array(0))),
    ENOMEM,
  );
});

test('root writes; the old value is stored before the new one is set', (t) => {
  const k = bootSim({ hostname: 'old' });
  const l = newproc(k, { uid: 0 });
  const buf = new Uint8Array(16);
  t.is(sysctl(l, [CTL_KERN, KERN_HOSTNAME], buf, bytesOf('new')), 4);
  t.deepEqual(buf.subarray(0, 4), bytesOf('old\0'));
  t.is(k.hostname, 'new');
  sysctl(l, [CTL_KERN, KERN_HOSTNAME], null, bytesOf('with\0nul'));
  t.is(k.hostname, 'with');
  sysctl(l, [CTL_KERN, KERN_HOSTID], null, int32(-2));
  t.is(k.hostid, 0xfffffffe);
  t.is(byName(k, 'kern.hostid'), 0xfffffffe);
  t.is(byName(k, 'kern.hostid', 0x80000001), 0x80000001);
  t.is(byName(k, 'kern.domainname', 'example.org'), 'example.org');
  t.is(k.domainname, 'example.org');
});

test('a new value sets in although the old one did not fit, and an empty one is none', (t) => {
  const k = bootSim({ hostname: 'long-enough' });
  const l = newproc(k, { uid: 0 });
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN, KERN_HOSTNAME], new Uint8Array(2), bytesOf('x'))),
    ENOMEM,
  );
  t.is(k.hostname, 'x');
  t.is(sysctl(l, [CTL_KERN, KERN_HOSTNAME], null, new Uint8Array(0)), 2);
  t.is(k.hostname, 'x');
});

test('a new value must have the size of the node', (t) => {
  const k = bootSim({ hostname: 'kept' });
  const l = newproc(k, { uid: 0 });
  const hostname = [CTL_KERN, KERN_HOSTNAME];
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN, KERN_HOSTID], null, new Uint8Array(8))),
    EINVAL,
  );
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN, KERN_HOSTID], null, new Uint8Array(3))),
    EINVAL,
  );
  t.is(
    errnoOf(() => sysctl(l, hostname, null, bytesOf('h'.repeat(257)))),
    EINVAL,
  );
  t.is(
    errnoOf(() => sysctl(l, hostname, null, bytesOf('h'.repeat(256)))),
    EINVAL,
    'no room for the NUL',
  );
  t.is(k.hostname, 'kept');
  sysctl(l, hostname, null, bytesOf('h'.repeat(255)));
  t.is(k.hostname.length, 255);
});

test('who is not root reads everything and writes nothing', (t) => {
  const k = bootSim({ hostname: 'kept' });
  const l = newproc(k, { uid: 1000 });
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN, KERN_HOSTNAME], null, bytesOf('mine'))),
    EPERM,
  );
  t.is(k.hostname, 'kept');
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN, KERN_OSTYPE], null, bytesOf('Mine'))),
    EPERM,
  );
});

test('nobody writes what is read-only', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 0 });
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN, KERN_OSTYPE], null, bytesOf('Mine'))),
    EPERM,
  );
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN, KERN_CP_TIME], null, new Uint8Array(40))),
    EPERM,
  );
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN, KERN_PROC2, 0, 0, 680, 1], null, new Uint8Array(4))),
    EPERM,
  );
  t.is(
    errnoOf(() => byName(k, 'kern.boottime', new Uint8Array(16))),
    EPERM,
  );
});

test('names that lead nowhere', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 0 });
  t.is(
    errnoOf(() => sysctl(l, [])),
    EINVAL,
  );
  t.is(
    errnoOf(() =>
      sysctl(
        l,
        Array.from({ length: CTL_MAXNAME + 1 }, () => CTL_KERN),
      ),
    ),
    EINVAL,
  );
  t.is(
    errnoOf(() => sysctl(l, [999])),
    ENOENT,
  );
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN, 999])),
    ENOENT,
  );
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN, 999, 1])),
    ENOENT,
  );
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN, KERN_OSTYPE, 1])),
    ENOTDIR,
  );
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN])),
    EINVAL,
  );
  t.is(
    errnoOf(() => byName(k, 'kern')),
    EISDIR,
  );
  t.is(
    errnoOf(() => byName(k, 'kern.nonesuch')),
    ENOENT,
  );
  t.is(
    errnoOf(() => byName(k, 'kern.ostype.more')),
    ENOENT,
  );
  t.is(
    errnoOf(() => byName(k, '')),
    ENOENT,
  );
});

test('values of another type are refused by name', (t) => {
  const k = bootSim({ hostname: 'kept' });
  for (const value of [1, 1n, true, new Uint8Array(4), 'nul\0inside', 'h'.repeat(256)]) {
    t.is(
      errnoOf(() => byName(k, 'kern.hostname', value)),
      EINVAL,
      String(value),
    );
  }
  for (const value of ['1', 1.5, Number.NaN, -(2 ** 31) - 1, 2 ** 32, 1n, false, {}]) {
    t.is(
      errnoOf(() => byName(k, 'kern.hostid', value)),
      EINVAL,
      String(value),
    );
  }
  t.is(k.hostname, 'kept');
  t.is(k.hostid, 0);
});

test('the message buffer gives as much as there is room for', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 1000 });
  const name = [CTL_KERN, KERN_MSGBUF];
  t.is(sysctl(l, name), MSGBUFSIZE);
  t.is(new TextDecoder().decode(read(l, name)), k.msgbuf.text);
  const few = new Uint8Array(9);
  t.is(sysctl(l, name, few), 9);
  t.is(new TextDecoder().decode(few), k.msgbuf.text.slice(0, 9));
  t.is(byName(k, 'kern.msgbuf'), k.msgbuf.text);
});

test('random bytes fill the buffer, 256 at most', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 1000 });
  const a = new Uint8Array(64);
  const b = new Uint8Array(64);
  t.is(sysctl(l, [CTL_KERN, KERN_ARND], a), 64);
  t.is(sysctl(l, [CTL_KERN, KERN_ARND], b), 64);
  t.notDeepEqual(a, b);
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN, KERN_ARND], new Uint8Array(257))),
    E2BIG,
  );
  t.not(byName(k, 'kern.urandom'), byName(k, 'kern.urandom'));
});

test('CPU times are those of all CPUs together', (t) => {
  const k = bootSim({ ncpu: 2 });
  const l = newproc(k, { uid: 1000 });
  call(l, 'nanosleep', { sec: 5, nsec: 0 });
  const [user, nice, sys, intr, idle] = byName(k, 'kern.cp_time') as number[];
  t.deepEqual([user, nice, intr], [0, 0, 0]);
  t.is((sys as number) + (idle as number), 2 * 5 * 100);
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN, KERN_CP_TIME, 0])),
    EOPNOTSUPP,
  );
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN, KERN_CP_TIME, 0, 0])),
    EINVAL,
  );
});
