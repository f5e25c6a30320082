// Waiting for a doorbell and for what can be done at descriptors.
#ifndef RUMPUSER_IDLE_AT_H
#define RUMPUSER_IDLE_AT_H

#include <cstdint>
#include <vector>

#include <poll.h>

#include <rump/rumpuser.h>

namespace rumpuser {

// As rumpuser_idle, but ends too when something can be done at one of `fds`: what, is in their `revents`.
// Results are those of rumpuser_idle, or an errno of the host's poll(2).
int idle_at(rumpuser_idler idler, int64_t deadline, std::vector<struct pollfd> &fds);

} // namespace rumpuser

#endif
