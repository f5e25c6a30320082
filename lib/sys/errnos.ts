/**
 * Every errno of NetBSD as a frozen singleton. The kernel throws the singleton itself (`throw ENOENT`) and
 * compares it by identity, so failing costs neither an allocation nor a stack; the edge of the kernel turns
 * it into a `SysError` for callers who want one.
 *
 * NetBSD: sys/sys/errno.h, errno(2), strerror(3).
 */

/**
 * An error number with its name and the text strerror(3) gives for it. Not an `Error`: it carries no stack.
 */
export class Errno {
  readonly code: string;
  readonly errno: number;
  readonly message: string;

  constructor(code: string, errno: number, message: string) {
    this.code = code;
    this.errno = errno;
    this.message = message;
    Object.freeze(this);
  }

  /** `ENOENT (2): No such file or directory`: what a stray one looks like in a log. */
  toString(): string {
    return `${this.code} (${this.errno}): ${this.message}`;
  }
}

export const EPERM = new Errno('EPERM', 1, 'Operation not permitted');
export const ENOENT = new Errno('ENOENT', 2, 'No such file or directory');
export const ESRCH = new Errno('ESRCH', 3, 'No such process');
export const EINTR = new Errno('EINTR', 4, 'Interrupted system call');
export const EIO = new Errno('EIO', 5, 'Input/output error');
export const ENXIO = new Errno('ENXIO', 6, 'Device not configured');
export const E2BIG = new Errno('E2BIG', 7, 'Argument list too long');
export const ENOEXEC = new Errno('ENOEXEC', 8, 'Exec format error');
export const EBADF = new Errno('EBADF', 9, 'Bad file descriptor');
export const ECHILD = new Errno('ECHILD', 10, 'No child processes');
export const EDEADLK = new Errno('EDEADLK', 11, 'Resource deadlock avoided');
export const ENOMEM = new Errno('ENOMEM', 12, 'Cannot allocate memory');
export const EACCES = new Errno('EACCES', 13, 'Permission denied');
export const EFAULT = new Errno('EFAULT', 14, 'Bad address');
export const ENOTBLK = new Errno('ENOTBLK', 15, 'Block device required');
export const EBUSY = new Errno('EBUSY', 16, 'Device busy');
export const EEXIST = new Errno('EEXIST', 17, 'File exists');
export const EXDEV = new Errno('EXDEV', 18, 'Cross-device link');
export const ENODEV = new Errno('ENODEV', 19, 'Operation not supported by device');
export const ENOTDIR = new Errno('ENOTDIR', 20, 'Not a directory');
export const EISDIR = new Errno('EISDIR', 21, 'Is a directory');
export const EINVAL = new Errno('EINVAL', 22, 'Invalid argument');
export const ENFILE = new Errno('ENFILE', 23, 'Too many open files in system');
export const EMFILE = new Errno('EMFILE', 24, 'Too many open files');
export const ENOTTY = new Errno('ENOTTY', 25, 'Inappropriate ioctl for device');
export const ETXTBSY = new Errno('ETXTBSY', 26, 'Text file busy');
export const EFBIG = new Errno('EFBIG', 27, 'File too large');
export const ENOSPC = new Errno('ENOSPC', 28, 'No space left on device');
export const ESPIPE = new Errno('ESPIPE', 29, 'Illegal seek');
export const EROFS = new Errno('EROFS', 30, 'Read-only file system');
export const EMLINK = new Errno('EMLINK', 31, 'Too many links');
export const EPIPE = new Errno('EPIPE', 32, 'Broken pipe');
export const EDOM = new Errno('EDOM', 33, 'Numerical argument out of domain');
export const ERANGE = new Errno('ERANGE', 34, 'Result too large or too small');
export const EAGAIN = new Errno('EAGAIN', 35, 'Resource temporarily unavailable');
/** The same number as EAGAIN, hence the same singleton. */
export const EWOULDBLOCK = EAGAIN;
export const EINPROGRESS = new Errno('EINPROGRESS', 36, 'Operation now in progress');
export const EALREADY = new Errno('EALREADY', 37, 'Operation already in progress');
export const ENOTSOCK = new Errno('ENOTSOCK', 38, 'Socket operation on non-socket');
export const EDESTADDRREQ = new Errno('EDESTADDRREQ', 39, 'Destination address required');
export const EMSGSIZE = new Errno('EMSGSIZE', 40, 'Message too long');
export const EPROTOTYPE = new Errno('EPROTOTYPE', 41, 'Protocol wrong type for socket');
export const ENOPROTOOPT = new Errno('ENOPROTOOPT', 42, 'Protocol option not available');
export const EPROTONOSUPPORT = new Errno('EPROTONOSUPPORT', 43, 'Protocol not supported');
export const ESOCKTNOSUPPORT = new Errno('ESOCKTNOSUPPORT', 44, 'Socket type not supported');
export const EOPNOTSUPP = new Errno('EOPNOTSUPP', 45, 'Operation not supported');
export const EPFNOSUPPORT = new Errno('EPFNOSUPPORT', 46, 'Protocol family not supported');
export const EAFNOSUPPORT = new Errno('EAFNOSUPPORT', 47, 'Address family not supported by protocol family');
export const EADDRINUSE = new Errno('EADDRINUSE', 48, 'Address already in use');
export const EADDRNOTAVAIL = new Errno('EADDRNOTAVAIL', 49, "Can't assign requested address");
export const ENETDOWN = new Errno('ENETDOWN', 50, 'Network is down');
export const ENETUNREACH = new Errno('ENETUNREACH', 51, 'Network is unreachable');
export const ENETRESET = new Errno('ENETRESET', 52, 'Network dropped connection on reset');
export const ECONNABORTED = new Errno('ECONNABORTED', 53, 'Software caused connection abort');
export const ECONNRESET = new Errno('ECONNRESET', 54, 'Connection reset by peer');
export const ENOBUFS = new Errno('ENOBUFS', 55, 'No buffer space available');
export const EISCONN = new Errno('EISCONN', 56, 'Socket is already connected');
export const ENOTCONN = new Errno('ENOTCONN', 57, 'Socket is not connected');
export const ESHUTDOWN = new Errno('ESHUTDOWN', 58, "Can't send after socket shutdown");
export const ETOOMANYREFS = new Errno('ETOOMANYREFS', 59, "Too many references: can't splice");
export const ETIMEDOUT = new Errno('ETIMEDOUT', 60, 'Operation timed out');
export const ECONNREFUSED = new Errno('ECONNREFUSED', 61, 'Connection refused');
export const ELOOP = new Errno('ELOOP', 62, 'Too many levels of symbolic links');
export const ENAMETOOLONG = new Errno('ENAMETOOLONG', 63, 'File name too long');
export const EHOSTDOWN = new Errno('EHOSTDOWN', 64, 'Host is down');
export const EHOSTUNREACH = new Errno('EHOSTUNREACH', 65, 'No route to host');
export const ENOTEMPTY = new Errno('ENOTEMPTY', 66, 'Directory not empty');
export const EPROCLIM = new Errno('EPROCLIM', 67, 'Too many processes');
export const EUSERS = new Errno('EUSERS', 68, 'Too many users');
export const EDQUOT = new Errno('EDQUOT', 69, 'Disc quota exceeded');
export const ESTALE = new Errno('ESTALE', 70, 'Stale NFS file handle');
export const EREMOTE = new Errno('EREMOTE', 71, 'Too many levels of remote in path');
export const EBADRPC = new Errno('EBADRPC', 72, 'RPC struct is bad');
export const ERPCMISMATCH = new Errno('ERPCMISMATCH', 73, 'RPC version wrong');
export const EPROGUNAVAIL = new Errno('EPROGUNAVAIL', 74, 'RPC prog. not avail');
export const EPROGMISMATCH = new Errno('EPROGMISMATCH', 75, 'Program version wrong');
export const EPROCUNAVAIL = new Errno('EPROCUNAVAIL', 76, 'Bad procedure for program');
export const ENOLCK = new Errno('ENOLCK', 77, 'No locks available');
export const ENOSYS = new Errno('ENOSYS', 78, 'Function not implemented');
export const EFTYPE = new Errno('EFTYPE', 79, 'Inappropriate file type or format');
export const EAUTH = new Errno('EAUTH', 80, 'Authentication error');
export const ENEEDAUTH = new Errno('ENEEDAUTH', 81, 'Need authenticator');
export const EIDRM = new Errno('EIDRM', 82, 'Identifier removed');
export const ENOMSG = new Errno('ENOMSG', 83, 'No message of desired type');
export const EOVERFLOW = new Errno('EOVERFLOW', 84, 'Value too large to be stored in data type');
export const EILSEQ = new Errno('EILSEQ', 85, 'Illegal byte sequence');
export const ENOTSUP = new Errno('ENOTSUP', 86, 'Not supported');
export const ECANCELED = new Errno('ECANCELED', 87, 'Operation canceled');
export const EBADMSG = new Errno('EBADMSG', 88, 'Bad or Corrupt message');
export const ENODATA = new Errno('ENODATA', 89, 'No message available');
export const ENOSR = new Errno('ENOSR', 90, 'No STREAM resources');
export const ENOSTR = new Errno('ENOSTR', 91, 'Not a STREAM');
export const ETIME = new Errno('ETIME', 92, 'STREAM ioctl timeout');
export const ENOATTR = new Errno('ENOATTR', 93, 'Attribute not found');
export const EMULTIHOP = new Errno('EMULTIHOP', 94, 'Multihop attempted');
export const ENOLINK = new Errno('ENOLINK', 95, 'Link has been severed');
export const EPROTO = new Errno('EPROTO', 96, 'Protocol error');
export const EOWNERDEAD = new Errno('EOWNERDEAD', 97, 'Previous owner died');
export const ENOTRECOVERABLE = new Errno('ENOTRECOVERABLE', 98, 'State not recoverable');

// Negative numbers never leave the kernel: they tell the system-call edge or the next layer what to do.
/** The handler set the caller's registers itself: return nothing. */
export const EJUSTRETURN = new Errno('EJUSTRETURN', -2, 'Return without touching the registers');
/** A signal ended the sleep and its action says SA_RESTART: begin the call again. */
export const ERESTART = new Errno('ERESTART', -3, 'Restart the system call');
/** This layer does not know the ioctl: ask the next one. */
export const EPASSTHROUGH = new Errno('EPASSTHROUGH', -4, 'Request not handled by this layer');
/** An open of /dev/fd/N: duplicate that descriptor. */
export const EDUPFD = new Errno('EDUPFD', -5, 'Duplicate the given descriptor');
/** A cloning open: move the descriptor it made to the caller's. */
export const EMOVEFD = new Errno('EMOVEFD', -6, 'Move the given descriptor');
