/**
 * Asking the host about a node.
 */
import { type FsRequest, hostFsop } from '../../../kern/hostio.ts';
import type { Lwp } from '../../../kern/lwp.ts';
import type { MaySleep } from '../../../kern/maysleep.ts';
import { RUMPUSER_FS_CLOSE, RUMPUSER_FS_GETATTR, RUMPUSER_FS_OPEN } from '../../../sys/constants/fsop.ts';
import { EAGAIN, ENOENT, ESTALE } from '../../../sys/errno.ts';
import { attrBuffer, bytesOf, type HostAttr, hostAttr } from './attr.ts';
import { type HostFs, type HostNode, pathOf } from './node.ts';

/** Where a request is to act. */
export type Where = Pick<FsRequest, 'fd' | 'path' | 'where' | 'what'>;

/** A name in a directory, whatever it leads to. @throws ESTALE */
export function inDirectory(dir: HostNode, name: string): Where {
  return { fd: dir.fs.rootfd, path: pathOf(dir, name), where: dir.id };
}

/** A file by its name. @throws ESTALE */
export function byName(node: HostNode): Where {
  const { fs, parent } = node;
  if (parent === null) {
    return { fd: fs.rootfd, path: pathOf(node), what: node.id };
  }
  return { fd: fs.rootfd, path: pathOf(node), where: parent.id, what: node.id };
}

/** A file itself where it is open, else by its name. @throws ESTALE */
function itself(node: HostNode): Where {
  const fd = node.wfd >= 0 ? node.wfd : node.rfd;
  return fd >= 0 ? { fd } : byName(node);
}

/**
 * Ask for something about a file; `data` is for what the operation gives.
 * @throws ESTALE it is not where it was; what the host says
 */
export function* ask(
  l: Lwp,
  node: HostNode,
  op: number,
  args: readonly number[],
  data: Uint8Array,
): MaySleep<number> {
  const where = itself(node);
  return yield* using(l, node, () => hostFsop(l, { ...where, op, args, data }), where.path !== undefined);
}

/** Do something with a file's descriptors, which stay open until it is done. */
export function* using<T>(l: Lwp, node: HostNode, work: () => MaySleep<T>, named = false): MaySleep<T> {
  node.busy++;
  try {
    return yield* work();
  } catch (error) {
    // A name that was to lead there and leads nowhere.
    if (named && error === ENOENT) {
      throw ESTALE;
    }
    throw error;
  } finally {
    node.busy--;
    if (node.vnode === null) {
      closeLater(l, node);
    }
  }
}

/** The same for an operation that tells attributes: they are the node's from then on. */
export function* askAttributes(
  l: Lwp,
  node: HostNode,
  op: number,
  args: readonly number[] = [],
): MaySleep<HostAttr> {
  const numbers = attrBuffer();
  yield* ask(l, node, op, args, bytesOf(numbers));
  const attr = hostAttr(numbers);
  node.seen(attr);
  return attr;
}

/**
 * What the host can tell without waiting: undefined when it cannot. Only asked where the whole file system is the
 * host's own.
 */
function now(fs: HostFs, request: FsRequest): number | undefined {
  if (!fs.local) {
    return undefined;
  }
  try {
    return fs.mount.vfs.kernel.host.fsopNow(request);
  } catch (error) {
    if (error === EAGAIN) {
      return undefined;
    }
    throw error;
  }
}

/** Written out, because this is asked for every name of every path. */
function asking({ fd, path, where, what }: Where, data: Uint8Array): FsRequest {
  const op = RUMPUSER_FS_GETATTR;
  if (path === undefined) {
    return { op, fd, data };
  }
  if (where === undefined) {
    return what === undefined ? { op, fd, data, path } : { op, fd, data, path, what };
  }
  return what === undefined ? { op, fd, data, path, where } : { op, fd, data, path, where, what };
}

/** As `lookHost`, at once; undefined when there has to be waiting. */
export function lookNow(fs: HostFs, where: Where): HostAttr | null | undefined {
  const { numbers, bytes } = fs.scratch;
  try {
    const done = now(fs, asking(where, bytes));
    return done === undefined ? undefined : hostAttr(numbers);
  } catch (error) {
    if (error === ENOENT) {
      return null;
    }
    throw error;
  }
}

/** As asking for attributes, at once. @throws ESTALE */
export function attributesNow(node: HostNode): HostAttr | undefined {
  const attr = lookNow(node.fs, itself(node));
  if (attr === null) {
    throw ESTALE;
  }
  if (attr !== undefined) {
    node.seen(attr);
  }
  return attr;
}

/** Open a file at once. @throws ESTALE; what the host says */
export function openNow(node: HostNode, flags: number): number | undefined {
  const { fs } = node;
  try {
    return now(fs, { ...byName(node), op: RUMPUSER_FS_OPEN, args: [flags] });
  } catch (error) {
    throw error === ENOENT ? ESTALE : error;
  }
}

/** Read what the host has in memory. */
export function readNow(fs: HostFs, fd: number, data: Uint8Array, off: number): number | undefined {
  if (!fs.local) {
    return undefined;
  }
  try {
    return fs.mount.vfs.kernel.host.readNow(fd, data, off);
  } catch (error) {
    if (error === EAGAIN) {
      return undefined;
    }
    throw error;
  }
}

/** What a name leads to now, null for nothing. @throws ESTALE the directory is not where it was */
export function* lookHost(l: Lwp, where: Where): MaySleep<HostAttr | null> {
  const numbers = attrBuffer();
  try {
    yield* hostFsop(l, { ...where, op: RUMPUSER_FS_GETATTR, data: bytesOf(numbers) });
  } catch (error) {
    if (error === ENOENT) {
      return null;
    }
    throw error;
  }
  return hostAttr(numbers);
}

/** Give a descriptor back to the host without waiting for it. */
export function closeFd(fs: HostFs, fd: number): void {
  if (fd >= 0 && now(fs, { op: RUMPUSER_FS_CLOSE, fd }) === undefined) {
    fs.mount.vfs.kernel.host.fsop({ op: RUMPUSER_FS_CLOSE, fd }, () => {});
  }
}

/** Give a node's descriptors back, when nobody is using them. */
export function closeLater(l: Pick<Lwp, 'kernel'>, node: HostNode): void {
  if (node.busy > 0 || l.kernel.state === 'dead') {
    return;
  }
  closeFd(node.fs, node.rfd);
  closeFd(node.fs, node.wfd);
  node.rfd = -1;
  node.wfd = -1;
}
