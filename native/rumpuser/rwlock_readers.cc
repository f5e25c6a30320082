#include "rwlock_readers.h"

namespace rumpuser {
namespace {

constexpr size_t kLists = 256;

} // namespace

Readers &Readers::of(rumpuser_lock rw) {
  // Never destroyed: threads may still leave locks when the process runs its destructors.
  static Readers *const all = new Readers[kLists];
  return all[rw % kLists];
}

bool Readers::has(rumpuser_lock rw, uint32_t lwp) const {
  for (const Entry &entry : entries_) {
    if (entry.rw == rw && entry.lwp == lwp)
      return true;
  }
  return false;
}

bool Readers::drop(rumpuser_lock rw, uint32_t lwp) {
  // Who came last is likely to leave first.
  for (size_t i = entries_.size(); i-- > 0;) {
    if (entries_[i].rw == rw && entries_[i].lwp == lwp) {
      drop_at(i);
      return true;
    }
  }
  return false;
}

uint32_t Readers::drop_first(rumpuser_lock rw) {
  for (size_t i = 0; i < entries_.size(); i++) {
    if (entries_[i].rw == rw) {
      const uint32_t lwp = entries_[i].lwp;
      drop_at(i);
      return lwp;
    }
  }
  return 0;
}

uint32_t Readers::find_dead(rumpuser_lock rw, bool (*died)(uint32_t lwp, void *arg), void *arg) const {
  for (const Entry &entry : entries_) {
    if (entry.rw == rw && died(entry.lwp, arg))
      return entry.lwp;
  }
  return 0;
}

void Readers::drop_at(size_t index) {
  entries_[index] = entries_.back();
  entries_.pop_back();
}

} // namespace rumpuser
