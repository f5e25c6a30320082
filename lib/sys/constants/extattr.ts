/**
 * Extended attributes.
 *
 * NetBSD: sys/sys/extattr.h, extattr(2); sys/sys/xattr.h, setxattr(2).
 */

// Name spaces.
export const EXTATTR_NAMESPACE_EMPTY = 0;
export const EXTATTR_NAMESPACE_USER = 1;
export const EXTATTR_NAMESPACE_SYSTEM = 2;
/** Bytes of a name at most. */
export const EXTATTR_MAXNAMELEN = 255;

// Flags of setxattr(2).
export const XATTR_CREATE = 0x01;
export const XATTR_REPLACE = 0x02;
