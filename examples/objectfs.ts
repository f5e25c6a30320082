// A file system in one page: a JavaScript object as read-only files. Objects are directories, everything else is text.
// Run: npx tsc -b && node dist/examples/objectfs.js
import {
  boot,
  components,
  constants,
  defineFilesystem,
  errno,
  genfsOps,
  type Mount,
  type Owned,
  type Vnode,
  type Vnodeops,
  vnodeNew,
  vref,
} from 'rumpkernel';

interface Node extends Owned {
  readonly fileid: number;
  readonly text: Uint8Array | null;
  readonly children: Map<string, Node>;
  readonly parent: Node | null;
  vnode: Vnode | null;
}

/** What the mount keeps: how many nodes there are. */
interface State {
  count: number;
}

function nodeOf(value: unknown, parent: Node | null, state: State): Node {
  const directory = typeof value === 'object' && value !== null;
  const node: Node = {
    fileid: 2 + state.count++,
    text: directory ? null : new TextEncoder().encode(String(value)),
    children: new Map(),
    parent,
    vnode: null,
    // Its `Owned` part is what permissions are checked against.
    mode: directory ? 0o555 : 0o444,
    uid: 0,
    gid: 0,
    flags: 0,
  };
  for (const [name, child] of Object.entries(directory ? value : {})) {
    node.children.set(name, nodeOf(child, node, state));
  }
  return node;
}

const of = (vp: Vnode): Node => vp.data as Node;

/** The vnode of a node: made when it is asked for, forgotten when the kernel reclaims it. */
function vnodeOf(mp: Mount, node: Node): Vnode {
  node.vnode ??= vnodeNew(mp, node.text === null ? 'VDIR' : 'VREG', ops, node, node);
  return node.vnode;
}

const ops: Vnodeops = {
  ...genfsOps,
  lookup(_l, dvp, name) {
    const node = name === '..' ? of(dvp).parent : of(dvp).children.get(name);
    return node == null ? null : vnodeOf(dvp.mount as Mount, node);
  },
  readdir(_l, vp, from, emit) {
    const { fileid, parent, children } = of(vp);
    const all = [
      ['.', fileid, true],
      ['..', (parent ?? of(vp)).fileid, true],
    ] as [string, number, boolean][];
    for (const [name, node] of children) {
      all.push([name, node.fileid, node.text === null]);
    }
    return all
      .slice(from)
      .every(([name, id, dir], i) => emit({ name, fileid: id, type: dir ? 'VDIR' : 'VREG' }, from + i + 1));
  },
  getattr(_l, vp) {
    const { fileid, text, mode, uid, gid } = of(vp);
    const time = { sec: 0, nsec: 0 };
    return {
      dev: (vp.mount as Mount).dev,
      mode: mode | (text === null ? constants.S_IFDIR : constants.S_IFREG),
      ino: fileid,
      nlink: text === null ? 2 : 1,
      ...{ uid, gid, rdev: 0, atim: time, mtim: time, ctim: time, birthtim: time },
      ...{ size: text?.length ?? 0, blocks: 0, blksize: 512, flags: 0, gen: 0 },
    };
  },
  read(_l, vp, uio) {
    const text = of(vp).text as Uint8Array;
    if (uio.offset < text.length) {
      uio.move(text, uio.offset, text.length - uio.offset);
    }
  },
  reclaim(vp) {
    of(vp).vnode = null;
  },
};

export const objectfs = defineFilesystem({
  name: 'objectfs',
  mount(_l, mp, args) {
    if (typeof args !== 'object' || args === null || args instanceof Uint8Array) {
      throw errno.EINVAL;
    }
    const state: State = { count: 0 };
    mp.data = state;
    mp.from = 'object';
    mp.flag |= constants.MNT_RDONLY;
    mp.root = vref(vnodeOf(mp, nodeOf(args, null, state)));
  },
  unmount() {},
  statvfs(_l, mp) {
    const none = { bsize: 512, frsize: 512, iosize: 512, blocks: 0, bfree: 0, bavail: 0, bresvd: 0 };
    return { ...none, files: (mp.data as State).count, ffree: 0, favail: 0, fresvd: 0 };
  },
});

const kernel = boot({ components: [...Object.values(components), objectfs] });
const { sys } = kernel.newproc();
sys.mkdir('/config', 0o755);
sys.mount('objectfs', '/config', 0, { port: 8080, tls: { key: 'secret', cert: 'public' } });
const fd = sys.open('/config/tls/cert', constants.O_RDONLY);
const buf = Buffer.alloc(16);
console.log(buf.toString('utf8', 0, sys.read(fd, buf)));
try {
  sys.open('/config/new', constants.O_CREAT | constants.O_RDWR, 0o644);
} catch (error) {
  console.log(String(error));
}
kernel.halt();
