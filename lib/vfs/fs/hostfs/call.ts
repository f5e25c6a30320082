/**
 * Asking the host about a node.
 */
import { type FsRequest, hostFsop } from '../../../kern/hostio.ts';
import type { Lwp } from '../../../kern/lwp.ts';
import type { MaySleep } from '../../../kern/maysleep.ts';
import {
  RUMPUSER_FS_CLOSE,
  RUMPUSER_FS_GETATTR,
  RUMPUSER_FS_OPEN,
  RUMPUSER_FS_TRUNCATE,
} from '../../../sys/constants/fsop.ts';
import { EAGAIN, ENOENT, ERESTART, type Errno, ESTALE } from '../../../sys/errno.ts';
import { attrBuffer, bytesOf, type HostAttr, hostAttr } from './attr.ts';
import { type HostFs, type HostNode, pathOf } from './node.ts';

/** Where a request is to act. */
export type Where = Pick<FsRequest, 'fd' | 'path' | 'where' | 'what'>;

/** A name in a directory, whatever it leads to. @throws ESTALE */
export function inDirectory(dir: HostNode, name: string): Where {
  return { fd: dir.fs.rootfd, path: pathOf(dir, name), where: dir.id };
}

/** A file by its name. @throws ERESTART ESTALE it has none */
export function byName(l: Lwp, node: HostNode): Where {
  const { fs, parent } = node;
  let path: Uint8Array;
  try {
    path = pathOf(node);
  } catch (error) {
    throw error === ESTALE ? nowhere(l, node) : error;
  }
  if (parent === null) {
    return { fd: fs.rootfd, path, what: node.id };
  }
  return { fd: fs.rootfd, path, where: parent.id, what: node.id };
}

/**
 * What to say of a file that is not where it was. Whoever came by a path begins again, once (ERESTART), and either
 * finds where it is or what is there now. Whoever holds it by other means comes here again, and is told (ESTALE).
 */
function nowhere(l: Lwp, node: HostNode): Errno {
  node.told ??= new Set();
  if (node.told.has(l)) {
    return ESTALE;
  }
  node.told.add(l);
  return ERESTART;
}

/** A file itself where it is open, else by its name. @throws ERESTART ESTALE */
function itself(l: Lwp, node: HostNode, op = RUMPUSER_FS_GETATTR): Where {
  // What cuts a file must be open for writing.
  const fd = node.wfd >= 0 || op === RUMPUSER_FS_TRUNCATE ? node.wfd : node.rfd;
  return fd >= 0 ? { fd } : byName(l, node);
}

/** The name a file was known by does not lead to it any more. @throws ERESTART ESTALE */
function gone(l: Lwp, node: HostNode, dir: HostNode | null, name: string): never {
  if (node.parent !== dir || node.name !== name) {
    // It has been moved here meanwhile.
    throw ERESTART;
  }
  node.lost = true;
  throw nowhere(l, node);
}

/**
 * Ask for something about a file; `data` is for what the operation gives.
 * @throws ERESTART ESTALE it is not where it was; what the host says
 */
export function* ask(
  l: Lwp,
  node: HostNode,
  op: number,
  args: readonly number[],
  data: Uint8Array,
): MaySleep<number> {
  const where = itself(l, node, op);
  const request = (): MaySleep<number> => hostFsop(l, { ...where, op, args, data });
  return yield* where.path === undefined ? using(l, node, request) : atName(l, node, request);
}

/** Do something with a file's descriptors, which stay open until it is done. */
export function* using<T>(l: Lwp, node: HostNode, work: () => MaySleep<T>): MaySleep<T> {
  node.busy++;
  try {
    return yield* work();
  } finally {
    node.busy--;
    if (node.vnode === null) {
      closeLater(l, node);
    }
  }
}

/** Do something with a file by its name. @throws ERESTART ESTALE */
export function* atName<T>(l: Lwp, node: HostNode, work: () => MaySleep<T>): MaySleep<T> {
  const { parent, name } = node;
  try {
    return yield* using(l, node, work);
  } catch (error) {
    if (error === ENOENT || error === ESTALE) {
      gone(l, node, parent, name);
    }
    throw error;
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

/** As asking for attributes, at once; what they were when the file has gone from where it was. */
export function attributesNow(l: Lwp, node: HostNode): HostAttr | undefined {
  if (nameless(node)) {
    return node.attr;
  }
  let attr: HostAttr | null | undefined;
  try {
    attr = lookNow(node.fs, itself(l, node));
  } catch (error) {
    if (error !== ESTALE && error !== ERESTART) {
      throw error;
    }
    node.told?.delete(l);
    attr = null;
  }
  if (attr === null) {
    node.lost = true;
    return node.attr;
  }
  if (attr !== undefined) {
    node.seen(attr);
  }
  return attr;
}

/** A file that has lost its name, and is not open, is what the host said last. */
function nameless(node: HostNode): boolean {
  return node.lost && node.rfd < 0 && node.wfd < 0;
}

/** The same when there has to be waiting. */
export function* attributes(l: Lwp, node: HostNode): MaySleep<HostAttr> {
  for (;;) {
    const { parent, name } = node;
    if (nameless(node)) {
      return node.attr;
    }
    try {
      return yield* askAttributes(l, node, RUMPUSER_FS_GETATTR);
    } catch (error) {
      if (error !== ESTALE && error !== ERESTART) {
        throw error;
      }
      node.told?.delete(l);
      if (node.parent === parent && node.name === name) {
        return node.attr;
      }
      // It has been moved here meanwhile.
    }
  }
}

/** Open a file at once. @throws ERESTART ESTALE; what the host says */
export function openNow(l: Lwp, node: HostNode, flags: number): number | undefined {
  const { fs, parent, name } = node;
  const where = byName(l, node);
  try {
    return now(fs, { ...where, op: RUMPUSER_FS_OPEN, args: [flags] });
  } catch (error) {
    if (error === ENOENT || error === ESTALE) {
      gone(l, node, parent, name);
    }
    throw error;
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
  node.wfdReads = false;
}
