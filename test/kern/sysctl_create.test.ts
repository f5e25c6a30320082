/** CTL_CREATE and CTL_DESTROY: the tree changed by sysctl itself. */
import test from 'ava';
import { boot, constants as c, type Proc, SysError } from '../../lib/api/index.ts';
import { sysctlnodeDecode, sysctlnodeNew, sysctlnodeRequest } from '../../lib/kern/sysctl_node.ts';

function errnoOf(fn: () => unknown): string {
  try {
    fn();
    return 'nothing';
  } catch (error) {
    return error instanceof SysError ? error.code : String(error);
  }
}

const RW = c.CTLFLAG_READWRITE;

/** Make a node. @returns its number */
function create({ sys }: Proc, parent: readonly number[], request: Uint8Array): number {
  const old = new Uint8Array(512);
  const length = sys.sysctl([...parent, c.CTL_CREATE], old, request);
  return sysctlnodeDecode(old.subarray(0, length))[0]?.num ?? 0;
}

test('a node and leaves of every type are made, read, written and destroyed', (t) => {
  const kernel = boot();
  const root = kernel.newproc();
  const mine = create(root, [], sysctlnodeNew(-1, 'mine', RW | c.CTLTYPE_NODE));
  t.true(mine > 1024);
  const at = [mine];
  create(root, at, sysctlnodeNew(1, 'int', RW | c.CTLFLAG_IMMEDIATE | c.CTLTYPE_INT, { value: -7n }));
  create(root, at, sysctlnodeNew(2, 'quad', c.CTLFLAG_IMMEDIATE | c.CTLTYPE_QUAD, { value: 1n << 40n }));
  create(root, at, sysctlnodeNew(3, 'bool', RW | c.CTLFLAG_IMMEDIATE | c.CTLTYPE_BOOL, { value: 1n }));
  create(root, at, sysctlnodeNew(4, 'text', RW | c.CTLFLAG_OWNDATA | c.CTLTYPE_STRING, { size: 16 }));
  t.is(kernel.sysctl('mine.int'), -7);
  t.is(kernel.sysctl('mine.quad'), 2 ** 40);
  t.is(kernel.sysctl('mine.bool'), true);
  t.is(kernel.sysctl('mine.text'), '');
  t.is(kernel.sysctl('mine.int', 5), 5);
  t.is(kernel.sysctl('mine.text', 'hello'), 'hello');
  t.is(
    errnoOf(() => kernel.sysctl('mine.quad', 1)),
    'EPERM',
  );
  t.is(
    errnoOf(() => kernel.sysctl('mine.text', 'sixteen or longer')),
    'EINVAL',
  );
  const destroy = (parent: readonly number[], num: number): string =>
    errnoOf(() => root.sys.sysctl([...parent, c.CTL_DESTROY], null, sysctlnodeRequest(num)));
  t.is(destroy([], mine), 'ENOTEMPTY');
  t.is(destroy(at, 9), 'ENOENT');
  for (const num of [1, 2, 3, 4]) {
    t.is(destroy(at, num), 'nothing');
  }
  t.is(destroy([], mine), 'nothing');
  t.is(
    errnoOf(() => kernel.sysctl('mine.int')),
    'ENOENT',
  );
  kernel.halt();
});

test('what the kernel began with stays, and only the superuser changes the tree', (t) => {
  const kernel = boot();
  const root = kernel.newproc();
  const user = kernel.newproc({ uid: 7 });
  const node = sysctlnodeNew(-1, 'mine', RW | c.CTLTYPE_NODE);
  t.is(
    errnoOf(() => create(user, [], node)),
    'EPERM',
  );
  t.is(
    errnoOf(() => root.sys.sysctl([c.CTL_KERN, c.CTL_DESTROY], null, sysctlnodeRequest(c.KERN_OSTYPE))),
    'EPERM',
  );
  create(root, [], node);
  t.is(
    errnoOf(() => create(root, [], node)),
    'EEXIST',
  );
  t.is(
    errnoOf(() => create(root, [], sysctlnodeNew(-1, '0bad', c.CTLTYPE_NODE))),
    'EINVAL',
  );
  t.is(
    errnoOf(() => create(root, [], sysctlnodeNew(-1, 'perm', c.CTLFLAG_PERMANENT | c.CTLTYPE_NODE))),
    'EINVAL',
  );
  t.is(
    errnoOf(() => create(root, [], sysctlnodeNew(-1, 'big', c.CTLTYPE_STRUCT, { size: 1e6 }))),
    'EINVAL',
  );
  t.is(
    errnoOf(() => create(root, [], sysctlnodeNew(-1, 'far', c.CTLTYPE_STRUCT, { size: 8, value: 4096n }))),
    'EFAULT',
  );
  t.is(
    errnoOf(() => root.sys.sysctl([c.CTL_CREATE], null, new Uint8Array(3))),
    'EINVAL',
  );
  kernel.sysctl('kern.securelevel', 1);
  t.is(
    errnoOf(() => create(root, [], sysctlnodeNew(-1, 'late', RW | c.CTLTYPE_NODE))),
    'EPERM',
  );
  kernel.halt();
});
