import test from 'ava';
import { inKernel } from '../../lib/kern/schedule.ts';
import { type SysctlNode, sysctlChild, sysctlCreatev, sysctlDestroyv } from '../../lib/kern/sysctl.ts';
import { dosysctl } from '../../lib/kern/sysctl_call.ts';
import { sysctldescDecode } from '../../lib/kern/sysctl_meta.ts';
import { SYSCTLNODE_SIZE, sysctlnodeDecode, sysctlnodeRequest } from '../../lib/kern/sysctl_node.ts';
import {
  CREATE_BASE,
  CTL_CREATE,
  CTL_CREATESYM,
  CTL_DESCRIBE,
  CTL_HW,
  CTL_KERN,
  CTL_MMAP,
  CTL_QUERY,
  CTL_VENDOR,
  CTLFLAG_ANYWRITE,
  CTLFLAG_PERMANENT,
  CTLFLAG_PRIVATE,
  CTLFLAG_READWRITE,
  CTLTYPE_BOOL,
  CTLTYPE_INT,
  CTLTYPE_NODE,
  CTLTYPE_QUAD,
  CTLTYPE_STRING,
  CTLTYPE_STRUCT,
  HW_NCPU,
  KERN_HOSTNAME,
  KERN_OSTYPE,
} from '../../lib/sys/constants/sysctl.ts';
import {
  EEXIST,
  EFAULT,
  EINVAL,
  ENAMETOOLONG,
  ENOENT,
  ENOMEM,
  ENOTDIR,
  ENOTEMPTY,
  EOPNOTSUPP,
  EPERM,
  type Errno,
} from '../../lib/sys/errno.ts';
import { bootSim, byName, errnoOf, int32, newproc, read, sysctl } from './sysctl_support.ts';

// ---- the tree about itself
// ---------------------------------------------------------------------------------

test('CTL_QUERY lists children in the order of their numbers', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 1000 });
  const top = sysctlnodeDecode(read(l, [CTL_QUERY], sysctlnodeRequest()));
  t.deepEqual(
    top.map((info) => info.name),
    [
      'kern',
      'vm',
      'vfs',
      'net',
      'debug',
      'hw',
      'machdep',
      'user',
      'ddb',
      'proc',
      'vendor',
      'emul',
      'security',
    ],
  );
  t.true(top.every((info) => info.type === CTLTYPE_NODE && info.size === SYSCTLNODE_SIZE));
  const kern = sysctlnodeDecode(read(l, [CTL_KERN, CTL_QUERY], sysctlnodeRequest()));
  t.is(top[0]?.clen, kern.length);
  const hostname = kern.find((info) => info.num === KERN_HOSTNAME);
  t.like(hostname, {
    name: 'hostname',
    type: CTLTYPE_STRING,
    flags: CTLFLAG_PERMANENT | CTLFLAG_READWRITE,
    size: 256,
  });
});

test('CTL_QUERY stores whole nodes only and tells the length of all', (t) => {
  const k = bootSim();
  const buf = new Uint8Array(2 * SYSCTLNODE_SIZE + 5).fill(0xee);
  const result = inKernel(k, (l) => dosysctl(l, [CTL_HW, CTL_QUERY], buf, sysctlnodeRequest()));
  t.is(result.error, ENOMEM);
  t.is(result.oldlen % SYSCTLNODE_SIZE, 0);
  t.deepEqual(
    sysctlnodeDecode(buf.subarray(0, 2 * SYSCTLNODE_SIZE)).map((info) => info.name),
    ['machine', 'model'],
  );
  t.deepEqual(buf.subarray(2 * SYSCTLNODE_SIZE), new Uint8Array(5).fill(0xee));
});

test('CTL_QUERY wants a request of this version, and not of an outdated tree', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 0 });
  const query = (newv?: Uint8Array): Errno | 'no error' =>
    errnoOf(() => sysctl(l, [CTL_KERN, CTL_QUERY], null, newv));
  t.is(query(), EINVAL);
  t.is(query(new Uint8Array(SYSCTLNODE_SIZE)), EINVAL);
  t.is(query(sysctlnodeRequest().subarray(1)), EINVAL);
  const versioned = sysctlnodeRequest();
  new DataView(versioned.buffer).setUint32(40, k.sysctl.ver, true);
  t.is(query(versioned), 'no error');
  const fresh = { num: CTL_CREATE, name: 'fresh', type: CTLTYPE_NODE };
  sysctlCreatev(sysctlChild(k.sysctl, 'hw') as SysctlNode, fresh);
  t.is(query(versioned), 'no error', 'nothing has changed there');
  sysctlCreatev(sysctlChild(k.sysctl, 'kern') as SysctlNode, fresh);
  t.is(query(versioned), EINVAL);
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN, KERN_OSTYPE, CTL_QUERY], null, sysctlnodeRequest())),
    ENOTDIR,
  );
});

test('CTL_DESCRIBE says what nodes are, all or one', (t) => {
  const k = bootSim();
  const l = newproc(k, { uid: 1000 });
  const all = sysctldescDecode(read(l, [CTL_KERN, CTL_DESCRIBE]));
  const kern = sysctlChild(k.sysctl, 'kern') as SysctlNode;
  t.deepEqual(
    [...all.keys()],
    [...kern.children.keys()].sort((a, b) => a - b),
  );
  t.true([...all.values()].every((desc) => desc.length > 5));
  const one = sysctldescDecode(read(l, [CTL_KERN, CTL_DESCRIBE], sysctlnodeRequest(KERN_HOSTNAME)));
  t.deepEqual([...one], [[KERN_HOSTNAME, 'Name of this host']]);
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN, CTL_DESCRIBE], null, sysctlnodeRequest(999))),
    ENOENT,
  );
  const setting = sysctlnodeRequest(KERN_HOSTNAME);
  setting[SYSCTLNODE_SIZE - 8] = 1;
  t.is(
    errnoOf(() => sysctl(l, [CTL_KERN, CTL_DESCRIBE], null, setting)),
    EPERM,
  );
});

test('a node made after boot is described once', (t) => {
  const k = bootSim();
  const root = newproc(k, { uid: 0 });
  const user = newproc(k, { uid: 1000 });
  const vendor = sysctlChild(k.sysctl, 'vendor') as SysctlNode;
  const { num } = sysctlCreatev(vendor, { num: CTL_CREATE, name: 'made', type: CTLTYPE_INT, read: () => 1 });
  const mib = [CTL_VENDOR, CTL_DESCRIBE];
  const describe = (text: string, of = num): Uint8Array => {
    const node = sysctlnodeRequest(of);
    node[SYSCTLNODE_SIZE - 8] = 1;
    return Buffer.concat([node, Buffer.from(text)]);
  };
  t.is(
    errnoOf(() => sysctl(user, mib, null, describe('mine\0'))),
    EPERM,
  );
  t.is(
    errnoOf(() => sysctl(root, mib, null, describe('mine\0', num + 1))),
    ENOENT,
  );
  t.is(
    errnoOf(() => sysctl(root, mib, null, describe(''))),
    EFAULT,
  );
  t.is(
    errnoOf(() => sysctl(root, mib, null, describe('x'.repeat(1024)))),
    ENAMETOOLONG,
  );
  t.deepEqual([...sysctldescDecode(read(root, mib, sysctlnodeRequest(num)))], [[num, '']], 'nothing is set');
  sysctl(root, mib, null, describe('what is made\0and more'));
  t.deepEqual([...sysctldescDecode(read(user, mib, sysctlnodeRequest(num)))], [[num, 'what is made']]);
  t.is(
    errnoOf(() => sysctl(root, mib, null, describe('other\0'))),
    EPERM,
  );
});

test('there are no other operations on the tree', (t) => {
  const l = newproc(bootSim(), { uid: 0 });
  for (const op of [CTL_CREATESYM, CTL_MMAP, -99]) {
    t.is(
      errnoOf(() => sysctl(l, [CTL_VENDOR, op], null, sysctlnodeRequest())),
      EOPNOTSUPP,
      String(op),
    );
  }
});

// ---- nodes of factions and modules
// --------------------------------------------------------------------------

test('a node made after boot can be read, written, and removed again', (t) => {
  const k = bootSim();
  const root = newproc(k, { uid: 0 });
  const user = newproc(k, { uid: 1000 });
  const vendor = sysctlChild(k.sysctl, 'vendor') as SysctlNode;
  const made = sysctlCreatev(vendor, { num: CTL_CREATE, name: 'made', type: CTLTYPE_NODE });
  t.true(made.num > CREATE_BASE);
  const values = { quad: 2n ** 60n, small: -5n, flag: 1, secret: 42, blob: Uint8Array.of(1, 2, 3) };
  const spec = <V extends keyof typeof values>(name: V, num: number, type: number, flags = 0): SysctlNode =>
    sysctlCreatev(made, {
      num,
      name,
      type,
      flags,
      size: 3,
      read: () => values[name],
      write: (_l, value) => {
        values[name] = value as (typeof values)[V];
      },
    });
  spec('quad', 1, CTLTYPE_QUAD);
  spec('small', 2, CTLTYPE_QUAD);
  spec('flag', 3, CTLTYPE_BOOL, CTLFLAG_ANYWRITE);
  spec('secret', 4, CTLTYPE_INT, CTLFLAG_PRIVATE);
  spec('blob', 5, CTLTYPE_STRUCT);
  t.is(byName(k, 'vendor.made.quad'), 2n ** 60n);
  t.is(byName(k, 'vendor.made.small'), -5);
  t.is(byName(k, 'vendor.made.small', 7), 7);
  t.is(byName(k, 'vendor.made.small', -(2n ** 63n)), -(2n ** 63n));
  t.is(
    errnoOf(() => byName(k, 'vendor.made.small', 2n ** 63n)),
    EINVAL,
  );
  t.is(byName(k, 'vendor.made.flag'), true);
  t.is(sysctl(user, [CTL_VENDOR, made.num, 3], null, Uint8Array.of(0)), 1);
  t.is(byName(k, 'vendor.made.flag'), false);
  t.is(
    errnoOf(() => sysctl(user, [CTL_VENDOR, made.num, 3], null, Uint8Array.of(2))),
    EINVAL,
  );
  t.is(
    errnoOf(() => read(user, [CTL_VENDOR, made.num, 4])),
    EPERM,
  );
  t.deepEqual(read(root, [CTL_VENDOR, made.num, 4]), int32(42));
  t.false(sysctldescDecode(read(user, [CTL_VENDOR, made.num, CTL_DESCRIBE])).has(4));
  t.true(sysctldescDecode(read(root, [CTL_VENDOR, made.num, CTL_DESCRIBE])).has(4));
  t.deepEqual(byName(k, 'vendor.made.blob', Uint8Array.of(9, 8, 7)), Uint8Array.of(9, 8, 7));
  t.is(
    errnoOf(() => byName(k, 'vendor.made.blob', Uint8Array.of(9))),
    EINVAL,
  );
  t.is(
    errnoOf(() => sysctlDestroyv(vendor, made.num)),
    ENOTEMPTY,
  );
  for (const num of [1, 2, 3, 4, 5]) {
    sysctlDestroyv(made, num);
  }
  sysctlDestroyv(vendor, made.num);
  t.is(
    errnoOf(() => byName(k, 'vendor.made')),
    ENOENT,
  );
});

test('what may not be made or removed', (t) => {
  const k = bootSim();
  const kern = sysctlChild(k.sysctl, 'kern') as SysctlNode;
  const node = (num: number, name: string) => () => sysctlCreatev(kern, { num, name, type: CTLTYPE_INT });
  t.is(errnoOf(node(KERN_OSTYPE, 'other')), EEXIST);
  t.is(errnoOf(node(CTL_CREATE, 'ostype')), EEXIST);
  for (const name of ['', '1st', 'a.b', 'a b', 'n'.repeat(32)]) {
    t.is(errnoOf(node(CTL_CREATE, name)), EINVAL, name);
  }
  const leaf = sysctlChild(kern, 'ostype') as SysctlNode;
  t.is(
    errnoOf(() => sysctlCreatev(leaf, { num: 1, name: 'below', type: CTLTYPE_INT })),
    ENOTDIR,
  );
  t.is(
    errnoOf(() => sysctlDestroyv(kern, KERN_OSTYPE)),
    EPERM,
  );
  t.is(
    errnoOf(() => sysctlDestroyv(kern, 999)),
    ENOENT,
  );
});

test('two kernels have two trees', (t) => {
  const a = bootSim({ hostname: 'a' });
  const b = bootSim({ hostname: 'b' });
  byName(a, 'kern.hostname', 'changed');
  t.is(byName(a, 'kern.hostname'), 'changed');
  t.is(byName(b, 'kern.hostname'), 'b');
  t.is(byName(a, 'hw.ncpu'), byName(b, 'hw.ncpu'));
  t.deepEqual(read(newproc(a, { uid: 0 }), [CTL_HW, HW_NCPU]), int32(2));
});
