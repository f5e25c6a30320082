/** What an operation on host directories is asked with: `fsop`, whose numbers are in `constants/fsop.ts`. */

/** What tells files of the host apart. */
export interface FsId {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** An operation on a host directory or what is below it. */
export interface FsRequest {
  /** RUMPUSER_FS_*, of `lib/sys/constants/fsop.ts`. */
  readonly op: number;
  /** A root, or what was opened below one. */
  readonly fd: number;
  /**
   * Plain names with single slashes between them, from `fd` on; empty is what `fd` is itself. No `.` or `..`,
   * no slash at either end (EINVAL). Symbolic links are never followed: one on the way is ESTALE.
   */
  readonly path?: Uint8Array;
  readonly path2?: Uint8Array;
  /** The directory that `path` ends in, the file there, the directory of `path2`: others are ESTALE. */
  readonly where?: FsId;
  readonly what?: FsId;
  readonly where2?: FsId;
  /** At most four integers. */
  readonly args?: readonly number[];
  /**
   * Gets what the operation is for, or else (room for FSATTRS permitting) the attributes of the file
   * afterwards, from ROOT, OPEN, MKDIR, MKNOD, SYMLINK, CHMOD, CHOWN, UTIMES and TRUNCATE.
   */
  readonly data?: Uint8Array;
}
