// One process-wide table of locks, shared word by word with every isolate.
//
// A lock is a slot of eight 32-bit words and its handle an integer: kind (2 bits), generation (11), slot
// (18). A live slot's first word is its own handle, so one load tells a stale or foreign handle from a good
// one. lib/rumpuser/locks.ts works on the same words with the same protocol.
#ifndef RUMPUSER_LOCK_TABLE_H
#define RUMPUSER_LOCK_TABLE_H

#include <cstddef>
#include <cstdint>

#include "internal.h"
#include "wait.h"

namespace rumpuser {

enum class Kind : uint32_t { kMutex = 1, kRwlock = 2, kCv = 3 };

constexpr uint32_t kSlotBits = 18;
constexpr uint32_t kSlots = 1u << kSlotBits;
constexpr uint32_t kGenerations = 1u << 11;
constexpr size_t kWordsPerSlot = 8;

// Words every kind has.
constexpr size_t kHandle = 0;
constexpr size_t kTenant = 7;
// A mutex: owner is 0, an lwp, or kOrphan and the lwp that died; depth counts entries beyond the first.
constexpr size_t kOwner = 1, kDepth = 2, kFlags = 3, kWaiters = 4;
// A rwlock: see rwlock.cc; then how many writers wait, their gate, how many readers wait, theirs.
constexpr size_t kState = 1, kPending = 2, kWriterGate = 3, kReadersWaiting = 4, kReaderGate = 5;
// A condition variable.
constexpr size_t kSleepers = 1;

// States of a rwlock that one lwp has: these and its handle.
constexpr int32_t kReading = 0x10000000, kWriting = 0x20000000;
// And of any lock: held by an lwp that died.
constexpr int32_t kOrphan = 0x40000000;

struct Slot {
  Word word[kWordsPerSlot];
};
static_assert(sizeof(Slot) == 32, "lib/rumpuser/locks.ts counts on eight words");

// The table as memory, for isolates to look at.
extern Slot *const lock_slots;
// Slots ever used: above it nothing needs looking at.
uint32_t lock_high_water();

// @returns 0, ENOMEM when the table is full. `tenant` is who may be gone one day (tenant.h), 0 for nobody.
int lock_create(Kind kind, uint32_t tenant, rumpuser_lock *handle);
void lock_destroy(rumpuser_lock handle);
// The slot of a live lock of that kind; otherwise nullptr, or an assertion in the name of `call`.
inline Slot *lock_slot_if(Kind kind, rumpuser_lock handle) {
  Slot &slot = lock_slots[handle & (kSlots - 1)];
  const bool live = slot.word[kHandle].load(std::memory_order_acquire) == static_cast<int32_t>(handle);
  return live && handle >> 29 == static_cast<uint32_t>(kind) ? &slot : nullptr;
}
Slot &lock_slot(const char *call, Kind kind, rumpuser_lock handle);
// The lwp of this thread; an assertion when there is none, because a lock's owner is an lwp.
uint32_t lock_caller(const char *call, Kind kind, rumpuser_lock handle);
// Marks what `lwp` may have held as orphaned: whoever waits or comes later gets EOWNERDEAD.
void locks_orphan(bool (*died)(uint32_t lwp, void *arg), void *arg);
// Frees the tenant's locks that nobody holds or waits for.
void locks_reclaim(uint32_t tenant);

// What the kinds do when asked by the two functions above.
void mutex_orphan(Slot &slot, bool (*died)(uint32_t lwp, void *arg), void *arg);
bool mutex_quiet(Slot &slot);
void rwlock_orphan(Slot &slot, bool (*died)(uint32_t lwp, void *arg), void *arg);
bool rwlock_quiet(Slot &slot);

int mutex_create(int flags, uint32_t tenant, rumpuser_lock *handle);
int rwlock_create(uint32_t tenant, rumpuser_lock *handle);
int cv_create(uint32_t tenant, rumpuser_lock *handle);
// Asserts what every wait needs: a condition variable, and a mutex of the caller's.
void cv_check(const char *call, rumpuser_lock cv, rumpuser_lock mtx);
// The first half of cv_wait: lets the mutex go and sleeps, but does not take it again. @returns 0, ETIMEDOUT,
// EINTR; `depth` is for mutex_retake.
int cv_block(const char *call, rumpuser_lock cv, rumpuser_lock mtx, int64_t deadline, int32_t *depth);
// Enters in the name of `call`, with the CPU kept.
int mutex_take(const char *call, rumpuser_lock mtx);
// The same after a wait, as often as before it.
int mutex_retake(const char *call, rumpuser_lock mtx, int32_t depth);
// For a mutex just left, seen to have waiters.
void mutex_wake(rumpuser_lock mtx);
void mutex_assert_owned(const char *call, rumpuser_lock mtx);
// Lets a mutex go however often the caller entered it. @returns its depth.
int32_t mutex_release(const char *call, rumpuser_lock mtx);
// What rw_enter does before it waits. @returns 0, EBUSY when it must, EOWNERDEAD.
int rwlock_enter_if_free(int mode, rumpuser_lock rw);
// For a rwlock just left, seen to have waiters.
void rwlock_wake(rumpuser_lock rw);

} // namespace rumpuser

#endif
