// The one place where the host's error numbers become NetBSD's. Every hypercall that reports a failure of the
// host goes through here, so nothing above this library ever sees a host number.
//
// A host error that NetBSD does not have becomes the nearest one that it has (the second half of the table),
// and EINVAL when there is none, as in NetBSD's own library.
//
// NetBSD: sys/sys/errno.h (the numbers), errno(2).
#include <cerrno>

#include "internal.h"

namespace {

constexpr int kUnknown = 22; // EINVAL

struct Pair {
  int host;
  int netbsd;
};

// A name that two hosts spell with one number (EAGAIN and EWOULDBLOCK) is listed once; first match wins.
constexpr Pair kTable[] = {
    {EPERM, 1},
    {ENOENT, 2},
    {ESRCH, 3},
    {EINTR, 4},
    {EIO, 5},
    {ENXIO, 6},
    {E2BIG, 7},
    {ENOEXEC, 8},
    {EBADF, 9},
    {ECHILD, 10},
    {EDEADLK, 11},
    {ENOMEM, 12},
    {EACCES, 13},
    {EFAULT, 14},
#ifdef ENOTBLK
    {ENOTBLK, 15},
#endif
    {EBUSY, 16},
    {EEXIST, 17},
    {EXDEV, 18},
    {ENODEV, 19},
    {ENOTDIR, 20},
    {EISDIR, 21},
    {EINVAL, 22},
    {ENFILE, 23},
    {EMFILE, 24},
    {ENOTTY, 25},
    {ETXTBSY, 26},
    {EFBIG, 27},
    {ENOSPC, 28},
    {ESPIPE, 29},
    {EROFS, 30},
    {EMLINK, 31},
    {EPIPE, 32},
    {EDOM, 33},
    {ERANGE, 34},
    {EAGAIN, 35},
    {EWOULDBLOCK, 35},
    {EINPROGRESS, 36},
    {EALREADY, 37},
    {ENOTSOCK, 38},
    {EDESTADDRREQ, 39},
    {EMSGSIZE, 40},
    {EPROTOTYPE, 41},
    {ENOPROTOOPT, 42},
    {EPROTONOSUPPORT, 43},
#ifdef ESOCKTNOSUPPORT
    {ESOCKTNOSUPPORT, 44},
#endif
    {EOPNOTSUPP, 45},
#ifdef EPFNOSUPPORT
    {EPFNOSUPPORT, 46},
#endif
    {EAFNOSUPPORT, 47},
    {EADDRINUSE, 48},
    {EADDRNOTAVAIL, 49},
    {ENETDOWN, 50},
    {ENETUNREACH, 51},
    {ENETRESET, 52},
    {ECONNABORTED, 53},
    {ECONNRESET, 54},
    {ENOBUFS, 55},
    {EISCONN, 56},
    {ENOTCONN, 57},
#ifdef ESHUTDOWN
    {ESHUTDOWN, 58},
#endif
#ifdef ETOOMANYREFS
    {ETOOMANYREFS, 59},
#endif
    {ETIMEDOUT, 60},
    {ECONNREFUSED, 61},
    {ELOOP, 62},
    {ENAMETOOLONG, 63},
#ifdef EHOSTDOWN
    {EHOSTDOWN, 64},
#endif
    {EHOSTUNREACH, 65},
    {ENOTEMPTY, 66},
#ifdef EUSERS
    {EUSERS, 68},
#endif
#ifdef EDQUOT
    {EDQUOT, 69},
#endif
#ifdef ESTALE
    {ESTALE, 70},
#endif
#ifdef EREMOTE
    {EREMOTE, 71},
#endif
    {ENOLCK, 77},
    {ENOSYS, 78},
#ifdef EFTYPE
    {EFTYPE, 79},
#endif
    {EIDRM, 82},
    {ENOMSG, 83},
    {EOVERFLOW, 84},
    {EILSEQ, 85},
    {ENOTSUP, 86},
    {ECANCELED, 87},
    {EBADMSG, 88},
    {ENODATA, 89},
    {ENOSR, 90},
    {ENOSTR, 91},
    {ETIME, 92},
    {ENOLINK, 95},
    {EPROTO, 96},
    {EOWNERDEAD, 97},
    {ENOTRECOVERABLE, 98},
#ifdef EMULTIHOP
    {EMULTIHOP, 94},
#endif
// Linux has these alone.
#ifdef EREMOTEIO
    {EREMOTEIO, 5},
#endif
#ifdef EUCLEAN
    {EUCLEAN, 5},
#endif
#ifdef EMEDIUMTYPE
    {EMEDIUMTYPE, 19},
#endif
#ifdef ENOMEDIUM
    {ENOMEDIUM, 6},
#endif
#ifdef EHWPOISON
    {EHWPOISON, 5},
#endif
#ifdef EISNAM
    {EISNAM, 17},
#endif
#ifdef EKEYREJECTED
    {EKEYREJECTED, 1},
#endif
};

} // namespace

int rumpuser__errno(int host) {
  if (host == 0)
    return 0;
  for (const Pair &pair : kTable)
    if (pair.host == host)
      return pair.netbsd;
  return kUnknown;
}

// A rump kernel's callers see NetBSD's numbers in errno, so the number is stored as it is.
void rumpuser_seterrno(int error) {
  errno = error;
}
