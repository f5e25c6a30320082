// What the files of native/rumpuser share with each other; nothing here is part of the contract.
#ifndef RUMPUSER_INTERNAL_H
#define RUMPUSER_INTERNAL_H

#include <rump/rumpuser.h>

namespace rumpuser {

// errno in NetBSD's numbers, the only ones that leave this library. errno.cc has the whole table.
constexpr int kEperm = 1, kEnoent = 2, kEsrch = 3, kEintr = 4, kEio = 5, kEnomem = 12, kEbusy = 16,
              kEinval = 22, kEagain = 35, kEtimedout = 60, kEprogmismatch = 75, kEownerdead = 97;
constexpr int kEnoexec = 8, kEnotdir = 20, kEisdir = 21, kEpipe = 32, kErange = 34, kEalready = 37,
              kEopnotsupp = 45, kEloop = 62, kEnametoolong = 63, kEstale = 70;

#if defined(__GNUC__)
#define RUMPUSER_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define RUMPUSER_PRINTF(text, first)
#endif

// A broken rule of the contract. `format` starts with the name of the hypercall and a colon.
[[noreturn]] void assertion_failed(const char *format, ...) RUMPUSER_PRINTF(1, 2);

// Keeps a message for rumpuser_reason() on this thread. @returns error, for `return`.
int failed_because(int error, const char *format, ...) RUMPUSER_PRINTF(2, 3);

// Whether this thread was told to end: asks the function given to rumpuser_oninterrupt.
bool interrupted();
bool interruptible();
// How long a thread that can be interrupted sleeps before it asks whether it was.
constexpr int64_t kSliceNs = 50'000'000;

// Gives the virtual CPU up for as long as it lives, through the upcalls given to rumpuser_init.
class CpuReleased {
public:
  CpuReleased();
  ~CpuReleased();
  CpuReleased(const CpuReleased &) = delete;
  CpuReleased &operator=(const CpuReleased &) = delete;
};

// Whether the object at `base` came into the process by rumpuser_dlopen.
bool dl_opened(uint64_t base);

} // namespace rumpuser

// Translates the host's errno to NetBSD's number (errno.cc).
extern "C" int rumpuser__errno(int host);

#endif
