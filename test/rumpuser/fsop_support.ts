/** Operations on host directories as calls that wait, for tests. */

import {
  type FsId,
  type FsRequest,
  RUMPUSER_OPEN_DIRECTORY,
  RUMPUSER_OPEN_RDONLY,
  type Rumpuser,
} from '../../lib/rumpuser/rumpuser.ts';
import {
  RUMPUSER_FS_CLOSE,
  RUMPUSER_FS_GETATTR,
  RUMPUSER_FS_OPEN,
  RUMPUSER_FS_READDIR,
  RUMPUSER_FS_READLINK,
  RUMPUSER_FS_ROOT,
  RUMPUSER_FSATTR_DEV,
  RUMPUSER_FSATTR_GID,
  RUMPUSER_FSATTR_INO,
  RUMPUSER_FSATTR_MODE,
  RUMPUSER_FSATTR_MTIME,
  RUMPUSER_FSATTR_NLINK,
  RUMPUSER_FSATTR_SIZE,
  RUMPUSER_FSATTR_UID,
  RUMPUSER_FSATTRS,
  RUMPUSER_FSENTRY,
} from '../../lib/sys/constants/fsop.ts';
import type { Errno } from '../../lib/sys/errno.ts';

const text = new TextEncoder();

export interface Attributes {
  readonly id: FsId;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: readonly [sec: number, nsec: number];
}

export type Extra = Omit<FsRequest, 'op' | 'fd' | 'path' | 'path2'> & {
  readonly path2?: string | Uint8Array;
};

export class HostDirectory {
  readonly host: Rumpuser;
  /** The root. */
  readonly fd: number;

  constructor(host: Rumpuser, path: string) {
    this.host = host;
    this.fd = this.call({ op: RUMPUSER_FS_ROOT, fd: -1, path: text.encode(path) });
  }

  /** The result. @throws the errno */
  call(request: FsRequest): number {
    let outcome: [number, Errno | null] | undefined;
    this.host.fsop(request, (result, error) => {
      outcome = [result, error];
    });
    while (outcome === undefined) {
      this.host.idle(Number.POSITIVE_INFINITY);
      this.host.reap();
    }
    const [result, error] = outcome;
    if (error !== null) throw error;
    return result;
  }

  /** An operation on `path` below the root. */
  at(op: number, path: string | Uint8Array, args: readonly number[] = [], extra: Extra = {}): number {
    const { path2, ...rest } = extra;
    const request = { ...rest, op, fd: this.fd, path: bytes(path), args };
    return this.call(path2 === undefined ? request : { ...request, path2: bytes(path2) });
  }

  attributes(path: string, fd = this.fd): Attributes {
    const data = new Uint8Array(RUMPUSER_FSATTRS * 8);
    this.call({ op: RUMPUSER_FS_GETATTR, fd, path: bytes(path), data });
    return attributesOf(data);
  }

  readlink(path: string): string {
    const data = new Uint8Array(1024);
    const length = this.at(RUMPUSER_FS_READLINK, path, [], { data });
    return new TextDecoder().decode(data.subarray(0, length));
  }

  /** Names and types, in batches of as many as fit into `room` bytes; `each` is called between batches. */
  list(path: string, room = 4096, each: (name: string) => unknown = () => {}): [string, number][] {
    const fd = this.at(RUMPUSER_FS_OPEN, path, [RUMPUSER_OPEN_RDONLY | RUMPUSER_OPEN_DIRECTORY]);
    const entries: [string, number][] = [];
    for (;;) {
      const data = new Uint8Array(room);
      const end = this.call({ op: RUMPUSER_FS_READDIR, fd, data, args: [entries.length] });
      if (end === 0) break;
      const batch = entries.length;
      for (let i = 0; i < end; i += RUMPUSER_FSENTRY + (data[i + 9] as number)) {
        const name = data.subarray(i + RUMPUSER_FSENTRY, i + RUMPUSER_FSENTRY + (data[i + 9] as number));
        entries.push([new TextDecoder().decode(name), data[i + 8] as number]);
      }
      for (const [name] of entries.slice(batch)) each(name);
    }
    this.call({ op: RUMPUSER_FS_CLOSE, fd });
    return entries.sort();
  }

  close(): void {
    this.call({ op: RUMPUSER_FS_CLOSE, fd: this.fd });
  }
}

function bytes(path: string | Uint8Array): Uint8Array {
  return typeof path === 'string' ? text.encode(path) : path;
}

export function attributesOf(data: Uint8Array): Attributes {
  const view = new DataView(data.buffer, data.byteOffset);
  const number = (at: number) => Number(view.getBigInt64(at * 8, true));
  const big = (at: number) => view.getBigInt64(at * 8, true);
  return {
    id: { dev: big(RUMPUSER_FSATTR_DEV), ino: big(RUMPUSER_FSATTR_INO) },
    mode: number(RUMPUSER_FSATTR_MODE),
    nlink: number(RUMPUSER_FSATTR_NLINK),
    uid: number(RUMPUSER_FSATTR_UID),
    gid: number(RUMPUSER_FSATTR_GID),
    size: number(RUMPUSER_FSATTR_SIZE),
    mtime: [number(RUMPUSER_FSATTR_MTIME), number(RUMPUSER_FSATTR_MTIME + 1)],
  };
}
