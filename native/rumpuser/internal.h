// What the files of native/rumpuser share with each other; nothing here is part of the contract.
#ifndef RUMPUSER_INTERNAL_H
#define RUMPUSER_INTERNAL_H

#include <rump/rumpuser.h>

namespace rumpuser {

// errno in NetBSD's numbers, the only ones that leave this library. See errno.cc for the whole table.
constexpr int kEperm = 1, kEnoent = 2, kEsrch = 3, kEintr = 4, kEio = 5, kEagain = 35, kEnomem = 12, kEbusy = 16,
              kEinval = 22, kEtimedout = 60, kEprogmismatch = 75, kEownerdead = 97;

}  // namespace rumpuser

// Translates the host's errno to NetBSD's number (errno.cc).
extern "C" int rumpuser__errno(int host);

#endif
