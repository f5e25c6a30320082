// Mutexes: kernel mutexes (spin, adaptive) and recursive ones.
//
// Entering is one compare-and-exchange of the owner word, 0 to the caller's lwp. Leaving is a store of 0 and
// a look at the number of waiters; who waits first counts itself, then looks at the owner, so one of the two
// always sees the other (wait.h). lib/rumpuser/locks.ts has the same two fast paths.
#include "lock_table.h"
#include "lwp.h"

namespace rumpuser {
namespace {

constexpr int kAllFlags = RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX | RUMPUSER_MTX_RECURSIVE;
// A spin mutex is held for a few instructions by a thread that runs; an adaptive one may be held by a
// sleeper.
constexpr int kSpinsOfSpin = 2000;
constexpr int kSpinsOfAdaptive = 100;

void pause_cpu() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

int32_t as_word(uint32_t lwp) {
  return static_cast<int32_t>(lwp);
}

bool take(Slot &slot, uint32_t me) {
  int32_t free = 0;
  return slot.word[kOwner].compare_exchange_strong(free, as_word(me));
}

int owner_died(const char *call, rumpuser_lock mtx, int32_t owner) {
  return failed_because(kEownerdead, "%s: mutex %u: its owner, lwp %u, is gone and never left it", call, mtx,
                        static_cast<uint32_t>(owner & ~kOrphan));
}

// Whether the caller owns it already: once more if recursive, else nobody could ever let go.
bool reenter(const char *call, rumpuser_lock mtx, Slot &slot, uint32_t me) {
  if (slot.word[kOwner].load() != as_word(me))
    return false;
  if ((slot.word[kFlags].load() & RUMPUSER_MTX_RECURSIVE) == 0) {
    assertion_failed("%s: deadlock: mutex %u is already held by lwp %u, the caller", call, mtx, me);
  }
  slot.word[kDepth].fetch_add(1, std::memory_order_relaxed);
  return true;
}

bool spin(Slot &slot, uint32_t me) {
  const bool spins = (slot.word[kFlags].load() & RUMPUSER_MTX_SPIN) != 0;
  for (int i = spins ? kSpinsOfSpin : kSpinsOfAdaptive; i > 0; i--) {
    if (slot.word[kOwner].load(std::memory_order_relaxed) == 0 && take(slot, me))
      return true;
    pause_cpu();
  }
  return false;
}

int block(const char *call, rumpuser_lock mtx, Slot &slot, uint32_t me) {
  if (spin(slot, me))
    return 0;
  slot.word[kWaiters].fetch_add(1);
  fence_arriving();
  int error = 0;
  while (!take(slot, me)) {
    const int32_t owner = slot.word[kOwner].load();
    if ((owner & kOrphan) != 0) {
      error = owner_died(call, mtx, owner);
      break;
    }
    if (owner != 0 && (error = wait_on(slot.word[kOwner], owner, RUMPUSER_FOREVER)) != 0)
      break;
  }
  slot.word[kWaiters].fetch_sub(1);
  // The wake-up that this thread may have swallowed belongs to another waiter.
  if (error == kEintr)
    wake_one(slot.word[kOwner]);
  return error;
}

enum class Cpu { kReleased, kKept };

int enter_slowly(const char *call, rumpuser_lock mtx, Cpu cpu) {
  Slot &slot = lock_slot(call, Kind::kMutex, mtx);
  const uint32_t me = lock_caller(call, Kind::kMutex, mtx);
  if (reenter(call, mtx, slot, me))
    return 0;
  // Who spins keeps the CPU.
  if (cpu == Cpu::kKept || (slot.word[kFlags].load() & RUMPUSER_MTX_SPIN) != 0)
    return block(call, mtx, slot, me);
  CpuReleased released;
  return block(call, mtx, slot, me);
}

void let_go(Slot &slot) {
  slot.word[kOwner].store(0, std::memory_order_release);
  fence_leaving();
  if (slot.word[kWaiters].load(std::memory_order_relaxed) != 0)
    wake_one(slot.word[kOwner]);
}

// The slot, after making sure that the caller owns it.
Slot &owned(const char *call, rumpuser_lock mtx) {
  Slot &slot = lock_slot(call, Kind::kMutex, mtx);
  const uint32_t me = curlwp;
  const int32_t owner = slot.word[kOwner].load(std::memory_order_relaxed);
  if (owner == as_word(me) && me != 0)
    return slot;
  if (owner == 0)
    assertion_failed("%s: mutex %u is not held (caller: lwp %u)", call, mtx, me);
  assertion_failed("%s: mutex %u is held by lwp %u, not by lwp %u", call, mtx,
                   static_cast<uint32_t>(owner & ~kOrphan), me);
}

} // namespace

int mutex_create(int flags, uint32_t tenant, rumpuser_lock *handle) {
  if ((flags & ~kAllFlags) != 0)
    return kEinval;
  const int error = lock_create(Kind::kMutex, tenant, handle);
  if (error == 0)
    lock_slot("mutex_init", Kind::kMutex, *handle).word[kFlags].store(flags);
  return error;
}

void mutex_wake(rumpuser_lock mtx) {
  wake_one(lock_slots[mtx & (kSlots - 1)].word[kOwner]);
}

void mutex_assert_owned(const char *call, rumpuser_lock mtx) {
  owned(call, mtx);
}

int32_t mutex_release(const char *call, rumpuser_lock mtx) {
  Slot &slot = owned(call, mtx);
  const int32_t depth = slot.word[kDepth].exchange(0);
  let_go(slot);
  return depth;
}

int mutex_take(const char *call, rumpuser_lock mtx) {
  return enter_slowly(call, mtx, Cpu::kKept);
}

int mutex_retake(const char *call, rumpuser_lock mtx, int32_t depth) {
  const int error = mutex_take(call, mtx);
  if (error != 0)
    return error;
  lock_slot(call, Kind::kMutex, mtx).word[kDepth].store(depth);
  return 0;
}

void mutex_orphan(Slot &slot, bool (*died)(uint32_t lwp, void *arg), void *arg) {
  int32_t owner = slot.word[kOwner].load();
  if (owner == 0 || (owner & kOrphan) != 0 || !died(static_cast<uint32_t>(owner), arg))
    return;
  if (slot.word[kOwner].compare_exchange_strong(owner, owner | kOrphan))
    wake_all(slot.word[kOwner]);
}

bool mutex_quiet(Slot &slot) {
  return slot.word[kOwner].load() == 0 && slot.word[kWaiters].load() == 0;
}

} // namespace rumpuser

using namespace rumpuser;

int rumpuser_mutex_init(rumpuser_lock *mtx, int flags) {
  return mutex_create(flags, 0, mtx);
}

int rumpuser_mutex_enter(rumpuser_lock mtx) {
  Slot *const fast = lock_slot_if(Kind::kMutex, mtx);
  if (fast != nullptr && curlwp != 0 && take(*fast, curlwp))
    return 0;
  return enter_slowly("mutex_enter", mtx, Cpu::kReleased);
}

int rumpuser_mutex_enter_nowrap(rumpuser_lock mtx) {
  Slot *const fast = lock_slot_if(Kind::kMutex, mtx);
  if (fast != nullptr && curlwp != 0 && take(*fast, curlwp))
    return 0;
  return enter_slowly("mutex_enter_nowrap", mtx, Cpu::kKept);
}

int rumpuser_mutex_tryenter(rumpuser_lock mtx) {
  Slot &slot = lock_slot("mutex_tryenter", Kind::kMutex, mtx);
  const uint32_t me = lock_caller("mutex_tryenter", Kind::kMutex, mtx);
  if (take(slot, me))
    return 0;
  const int32_t owner = slot.word[kOwner].load();
  if ((owner & kOrphan) != 0)
    return owner_died("mutex_tryenter", mtx, owner);
  if (owner != as_word(me) || (slot.word[kFlags].load() & RUMPUSER_MTX_RECURSIVE) == 0)
    return kEbusy;
  slot.word[kDepth].fetch_add(1, std::memory_order_relaxed);
  return 0;
}

void rumpuser_mutex_exit(rumpuser_lock mtx) {
  Slot *const fast = lock_slot_if(Kind::kMutex, mtx);
  const bool mine =
      fast != nullptr && curlwp != 0 && fast->word[kOwner].load(std::memory_order_relaxed) == as_word(curlwp);
  Slot &slot = mine ? *fast : owned("mutex_exit", mtx);
  const int32_t depth = slot.word[kDepth].load(std::memory_order_relaxed);
  if (depth > 0) {
    slot.word[kDepth].store(depth - 1, std::memory_order_relaxed);
  } else {
    let_go(slot);
  }
}

void rumpuser_mutex_destroy(rumpuser_lock mtx) {
  Slot &slot = lock_slot("mutex_destroy", Kind::kMutex, mtx);
  const int32_t owner = slot.word[kOwner].load();
  // What a dead owner left behind may go; what a live one holds may not.
  if (owner != 0 && (owner & kOrphan) == 0) {
    assertion_failed("mutex_destroy: mutex %u is held by lwp %d", mtx, owner);
  }
  const int32_t waiters = slot.word[kWaiters].load();
  if (waiters != 0)
    assertion_failed("mutex_destroy: mutex %u has %d waiting", mtx, waiters);
  lock_destroy(mtx);
}

void rumpuser_mutex_owner(rumpuser_lock mtx, uint32_t *lwp) {
  *lwp = static_cast<uint32_t>(lock_slot("mutex_owner", Kind::kMutex, mtx).word[kOwner].load() & ~kOrphan);
}
