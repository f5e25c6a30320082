// Random bytes from the host.
//
// NetBSD: lib/librumpuser/rumpuser_random.c, rumpuser(3).
#include <algorithm>
#include <cerrno>
#include <sys/random.h>
#include <unistd.h>

#include "internal.h"

namespace {

// What one call to the host may ask for.
#if defined(__linux__)
constexpr size_t kChunk = 1 << 20;
#else
constexpr size_t kChunk = 256;
#endif

ssize_t host_random(void *buf, size_t len, int flags) {
#if defined(__linux__)
  unsigned hostFlags = 0;
  if (flags & RUMPUSER_RANDOM_HARD)
    hostFlags |= GRND_RANDOM;
  if (flags & RUMPUSER_RANDOM_NOWAIT)
    hostFlags |= GRND_NONBLOCK;
  return getrandom(buf, len, hostFlags);
#else
  // These hosts have one source, which never waits.
  (void)flags;
  return getentropy(buf, len) == -1 ? -1 : static_cast<ssize_t>(len);
#endif
}

} // namespace

int rumpuser_getrandom(void *buf, size_t len, int flags, size_t *countp) {
  if (flags & ~(RUMPUSER_RANDOM_HARD | RUMPUSER_RANDOM_NOWAIT))
    return rumpuser::kEinval;
  rumpuser::CpuReleased released;
  char *bytes = static_cast<char *>(buf);
  size_t count = 0;
  while (count < len) {
    ssize_t got = host_random(bytes + count, std::min(kChunk, len - count), flags);
    if (got == -1) {
      if (errno == EINTR)
        continue;
      // What is there is given; only nothing at all is a failure.
      if (count != 0)
        break;
      return rumpuser__errno(errno);
    }
    count += static_cast<size_t>(got);
  }
  *countp = count;
  return 0;
}
