#include "lock_table.h"

#include <atomic>
#include <deque>
#include <mutex>

#include "lwp.h"
#include "region.h"

namespace rumpuser {
namespace {

// Slot 0 stays empty, so that handle 0 is none.
struct Table {
  std::atomic<uint32_t> high_water{1};
  std::mutex mutex;
  // First in, first out: a destroyed handle is found out for as long as possible.
  std::deque<uint32_t> free;
};

// Never destroyed: threads may still use locks when the process runs its destructors.
Table &table() {
  static Table *const the = new Table;
  return *the;
}

const char *name_of(uint32_t kind) {
  static const char *const names[] = {"thing", "mutex", "rwlock", "cv"};
  return names[kind & 3];
}

uint32_t kind_of(rumpuser_lock handle) {
  return handle >> 29;
}
uint32_t index_of(rumpuser_lock handle) {
  return handle & (kSlots - 1);
}

rumpuser_lock compose(Kind kind, uint32_t generation, uint32_t index) {
  return static_cast<uint32_t>(kind) << 29 | (generation % kGenerations) << kSlotBits | index;
}

Kind kind_at(const Slot &slot) {
  return static_cast<Kind>(kind_of(static_cast<uint32_t>(slot.word[kHandle].load())));
}

} // namespace

Slot *const lock_slots = static_cast<Slot *>(region_reserve(sizeof(Slot) * kSlots));

uint32_t lock_high_water() {
  return table().high_water.load();
}

int lock_create(Kind kind, uint32_t tenant, rumpuser_lock *handle) {
  Table &t = table();
  std::lock_guard<std::mutex> hold(t.mutex);
  uint32_t index;
  uint32_t generation = 0;
  if (!t.free.empty()) {
    index = t.free.front();
    t.free.pop_front();
    // A free slot remembers its last handle inverted, which is negative and so no handle.
    generation = (static_cast<uint32_t>(~lock_slots[index].word[kHandle].load()) >> kSlotBits) + 1;
  } else {
    index = t.high_water.load();
    if (index == kSlots)
      return failed_because(kEnomem, "all %u locks are in use", kSlots - 1);
    t.high_water.store(index + 1);
  }
  Slot &slot = lock_slots[index];
  for (size_t i = 1; i < kWordsPerSlot; i++)
    slot.word[i].store(0);
  slot.word[kTenant].store(static_cast<int32_t>(tenant));
  *handle = compose(kind, generation, index);
  slot.word[kHandle].store(static_cast<int32_t>(*handle));
  return 0;
}

void lock_destroy(rumpuser_lock handle) {
  Table &t = table();
  const uint32_t index = index_of(handle);
  std::lock_guard<std::mutex> hold(t.mutex);
  int32_t live = static_cast<int32_t>(handle);
  // Two threads that destroy at once get here together; one of them frees the slot.
  if (lock_slots[index].word[kHandle].compare_exchange_strong(live, ~live))
    t.free.push_back(index);
}

Slot &lock_slot(const char *call, Kind kind, rumpuser_lock handle) {
  if (Slot *const slot = lock_slot_if(kind, handle))
    return *slot;
  const uint32_t wanted = static_cast<uint32_t>(kind);
  const char *name = name_of(wanted);
  const bool live = lock_slots[index_of(handle)].word[kHandle].load() == static_cast<int32_t>(handle);
  if (handle != 0 && live)
    assertion_failed("%s: lock %u is a %s, not a %s", call, handle, name_of(kind_of(handle)), name);
  const bool known =
      kind_of(handle) == wanted && index_of(handle) != 0 && index_of(handle) < lock_high_water();
  if (known)
    assertion_failed("%s: %s %u is destroyed", call, name, handle);
  assertion_failed("%s: no lock %u", call, handle);
}

uint32_t lock_caller(const char *call, Kind kind, rumpuser_lock handle) {
  const uint32_t me = curlwp;
  if (me != 0)
    return me;
  assertion_failed("%s: %s %u: no lwp is current", call, name_of(static_cast<uint32_t>(kind)), handle);
}

void locks_orphan(bool (*died)(uint32_t lwp, void *arg), void *arg) {
  const uint32_t high = lock_high_water();
  for (uint32_t i = 1; i < high; i++) {
    const Kind kind = kind_at(lock_slots[i]);
    if (kind == Kind::kMutex)
      mutex_orphan(lock_slots[i], died, arg);
    if (kind == Kind::kRwlock)
      rwlock_orphan(lock_slots[i], died, arg);
  }
}

void locks_reclaim(uint32_t tenant) {
  const uint32_t high = lock_high_water();
  for (uint32_t i = 1; i < high; i++) {
    Slot &slot = lock_slots[i];
    const int32_t handle = slot.word[kHandle].load();
    if (handle <= 0 || slot.word[kTenant].load() != static_cast<int32_t>(tenant))
      continue;
    const Kind kind = kind_at(slot);
    const bool quiet = kind == Kind::kMutex    ? mutex_quiet(slot)
                       : kind == Kind::kRwlock ? rwlock_quiet(slot)
                                               : slot.word[kSleepers].load() == 0;
    if (quiet)
      lock_destroy(static_cast<rumpuser_lock>(handle));
  }
}

} // namespace rumpuser
