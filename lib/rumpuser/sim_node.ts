/** Simulated host: one file, whatever names it has. */
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from '../sys/constants/stat.ts';
import type { Timespec } from '../sys/types.ts';
import type { FileType } from './rumpuser.ts';
import { SimContent } from './sim_content.ts';

/** What the hypercalls that name files by path call each type. */
const TYPES: Readonly<Record<number, FileType>> = {
  [S_IFREG]: 'reg',
  [S_IFDIR]: 'dir',
  [S_IFBLK]: 'blk',
  [S_IFCHR]: 'chr',
};
const FORMATS: Readonly<Record<FileType, number>> = {
  reg: S_IFREG,
  dir: S_IFDIR,
  blk: S_IFBLK,
  chr: S_IFCHR,
  other: S_IFIFO,
};

export function formatOf(type: FileType): number {
  return FORMATS[type];
}

export interface SimNodeTraits {
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly access?: 'read-only' | 'read-write' | undefined;
  readonly content?: SimContent;
  /** Text of a symbolic link, its bytes as Latin-1. */
  readonly target?: string;
}

export class SimNode {
  readonly ino: number;
  /** With the type in it. */
  mode: number;
  uid: number;
  gid: number;
  readonly access: 'read-only' | 'read-write';
  /** Undefined for what holds no bytes: directories, links, FIFOs, sockets. */
  readonly content: SimContent | undefined;
  /** Names are the bytes as Latin-1. Undefined unless a directory. */
  readonly entries: Map<string, SimNode> | undefined;
  readonly target: string;
  /** Of a directory. */
  parent: SimNode | undefined;
  /** Names that lead here; a directory has one. */
  names = 0;
  atime: Timespec;
  mtime: Timespec;
  ctime: Timespec;
  readonly birth: Timespec;
  readonly #now: () => Timespec;

  constructor(ino: number, mode: number, now: () => Timespec, traits: SimNodeTraits = {}) {
    this.ino = ino;
    this.mode = mode;
    this.uid = traits.uid ?? 0;
    this.gid = traits.gid ?? 0;
    this.access = traits.access ?? 'read-write';
    this.target = traits.target ?? '';
    const format = mode & S_IFMT;
    const bytes = format === S_IFREG || format === S_IFBLK || format === S_IFCHR;
    this.content = traits.content ?? (bytes ? new SimContent(new Uint8Array(0), 0) : undefined);
    this.entries = format === S_IFDIR ? new Map() : undefined;
    this.#now = now;
    this.birth = now();
    this.atime = this.birth;
    this.mtime = this.birth;
    this.ctime = this.birth;
  }

  get type(): FileType {
    return TYPES[this.mode & S_IFMT] ?? 'other';
  }

  get isLink(): boolean {
    return (this.mode & S_IFMT) === S_IFLNK;
  }

  get isRegular(): boolean {
    return (this.mode & S_IFMT) === S_IFREG;
  }

  get isSpecial(): boolean {
    const format = this.mode & S_IFMT;
    return format === S_IFIFO || format === S_IFSOCK;
  }

  get size(): number {
    return this.content?.size ?? this.target.length;
  }

  /** A directory's own "." and the ".." of those in it are links too. */
  get nlink(): number {
    if (this.entries === undefined || this.names === 0) return this.names;
    return 2 + [...this.entries.values()].filter(({ entries }) => entries !== undefined).length;
  }

  /** Its content or entries have changed. */
  modified(): void {
    this.mtime = this.#now();
    this.ctime = this.mtime;
  }

  /** Its attributes have changed. */
  changed(): void {
    this.ctime = this.#now();
  }
}
