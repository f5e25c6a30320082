// Who reads a rwlock that several have entered for reading: a list outside the shared words, behind a mutex.
#ifndef RUMPUSER_RWLOCK_READERS_H
#define RUMPUSER_RWLOCK_READERS_H

#include <cstdint>
#include <mutex>
#include <vector>

#include "lock_table.h"

namespace rumpuser {

// The readers of some locks. Who holds `mutex` is alone in changing the number of readers of one of these
// that several read; what one lwp alone reads, writes or leaves changes without it.
class Readers {
public:
  static Readers &of(rumpuser_lock rw);

  std::mutex mutex;

  void add(rumpuser_lock rw, uint32_t lwp) { entries_.push_back({rw, lwp}); }
  bool has(rumpuser_lock rw, uint32_t lwp) const;
  // Drops one entry of `lwp`. @returns whether there was one.
  bool drop(rumpuser_lock rw, uint32_t lwp);
  // Drops the lock's first entry. @returns whose it was.
  uint32_t drop_first(rumpuser_lock rw);
  // A reader for whom `died` is true, 0 when there is none.
  uint32_t find_dead(rumpuser_lock rw, bool (*died)(uint32_t lwp, void *arg), void *arg) const;

private:
  struct Entry {
    rumpuser_lock rw;
    uint32_t lwp;
  };
  std::vector<Entry> entries_;

  void drop_at(size_t index);
};

} // namespace rumpuser

#endif
