// lwp handles: who exists, who runs where, and whose they are.
//
// A handle is a number below 2^22; one byte per handle, in memory shared with every isolate, says whether it
// exists and whether it is current on a thread. Handles are given out in blocks, so that an isolate makes and
// drops lwps without a call; a block belongs to a tenant (tenant.h).
#ifndef RUMPUSER_LWP_H
#define RUMPUSER_LWP_H

#include <atomic>
#include <cstddef>
#include <cstdint>

#if defined(_MSC_VER)
#define RUMPUSER_THREAD __declspec(thread)
#else
#define RUMPUSER_THREAD __thread
#endif

namespace rumpuser {

constexpr uint32_t kLwps = 1u << 22;
constexpr uint32_t kLwpsPerBlock = 256;

// lib/rumpuser/curlwp.ts has the same three values.
constexpr uint8_t kLwpFree = 0, kLwpIdle = 1, kLwpCurrent = 2;

// One byte per handle.
std::atomic<uint8_t> *lwp_states();
// The calling thread's current lwp, 0 when none. Stays in place for the thread's life. Not thread_local,
// which other files could reach through a function only.
extern RUMPUSER_THREAD uint32_t curlwp;

// @returns 0, ENOMEM. The block's handles are `*first` and the kLwpsPerBlock - 1 after it.
int lwp_block_take(uint32_t tenant, uint32_t *first);
bool lwp_belongs(uint32_t lwp, uint32_t tenant);
// Orphans what the tenant's lwps hold, clears them from this thread and takes the blocks back.
void lwp_blocks_return(uint32_t tenant);

} // namespace rumpuser

#endif
