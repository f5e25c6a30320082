// Reader-writer locks. Writers go first: once one waits, no new reader gets in.
//
// The state word counts readers or says "writing"; whoever must wait counts itself and sleeps on a gate, a
// word that changes each time the lock may have become available. Who reads what is noted per lwp, so that
// leaving a lock one does not hold is found out and a dead reader does not stop writers forever.
#include <algorithm>
#include <mutex>
#include <vector>

#include "lock_table.h"
#include "lwp.h"

namespace rumpuser {
namespace {

constexpr int32_t kWriting = -1;
constexpr int32_t kOrphaned = kOrphan;

struct Reading {
  uint32_t lwp;
  rumpuser_lock rw;
};

// Notes are spread over shards by lwp, so that readers on different threads rarely meet.
struct Shard {
  std::mutex mutex;
  std::vector<Reading> notes;
};
constexpr size_t kShards = 256;

Shard *shards() {
  static Shard *const all = new Shard[kShards];
  return all;
}

Shard &shard_of(uint32_t lwp) {
  return shards()[lwp % kShards];
}

void note_reading(uint32_t lwp, rumpuser_lock rw) {
  Shard &shard = shard_of(lwp);
  std::lock_guard<std::mutex> hold(shard.mutex);
  shard.notes.push_back({lwp, rw});
}

bool reads(uint32_t lwp, rumpuser_lock rw) {
  Shard &shard = shard_of(lwp);
  std::lock_guard<std::mutex> hold(shard.mutex);
  return std::any_of(shard.notes.begin(), shard.notes.end(),
                     [&](const Reading &note) { return note.lwp == lwp && note.rw == rw; });
}

// @returns whether there was such a note.
bool forget_reading(uint32_t lwp, rumpuser_lock rw) {
  Shard &shard = shard_of(lwp);
  std::lock_guard<std::mutex> hold(shard.mutex);
  auto note = std::find_if(shard.notes.rbegin(), shard.notes.rend(),
                           [&](const Reading &n) { return n.lwp == lwp && n.rw == rw; });
  if (note == shard.notes.rend())
    return false;
  *note = shard.notes.back();
  shard.notes.pop_back();
  return true;
}

void open_gate(Word &gate) {
  gate.fetch_add(1);
  wake_all(gate);
}

// The lock may be available: writers first, readers when no writer waits.
void pass_on(Slot &slot) {
  if (slot.word[kPending].load() > 0) {
    slot.word[kWriterGate].fetch_add(1);
    wake_one(slot.word[kWriterGate]);
  } else if (slot.word[kReadersWaiting].load() > 0) {
    open_gate(slot.word[kReaderGate]);
  }
}

bool take_write(Slot &slot, uint32_t me, int32_t from) {
  if (!slot.word[kState].compare_exchange_strong(from, kWriting))
    return false;
  slot.word[kWriter].store(static_cast<int32_t>(me));
  return true;
}

bool take_read(Slot &slot) {
  int32_t readers = slot.word[kState].load();
  while (readers >= 0 && readers != kOrphaned) {
    if (slot.word[kState].compare_exchange_weak(readers, readers + 1))
      return true;
  }
  return false;
}

int owner_died(const char *call, rumpuser_lock rw, Slot &slot) {
  return failed_because(kEownerdead, "%s: rwlock %u: lwp %d held it, is gone and never left it", call, rw,
                        slot.word[kWriter].load());
}

int block_write(const char *call, rumpuser_lock rw, Slot &slot, uint32_t me) {
  slot.word[kPending].fetch_add(1);
  int error = 0;
  for (;;) {
    const int32_t gate = slot.word[kWriterGate].load();
    if (slot.word[kState].load() == kOrphaned) {
      error = owner_died(call, rw, slot);
      break;
    }
    if (take_write(slot, me, 0))
      break;
    if ((error = wait_on(slot.word[kWriterGate], gate, RUMPUSER_FOREVER)) != 0)
      break;
  }
  slot.word[kPending].fetch_sub(1);
  if (error == kEintr)
    pass_on(slot);
  return error;
}

int block_read(const char *call, rumpuser_lock rw, Slot &slot) {
  slot.word[kReadersWaiting].fetch_add(1);
  int error = 0;
  for (;;) {
    const int32_t gate = slot.word[kReaderGate].load();
    if (slot.word[kState].load() == kOrphaned) {
      error = owner_died(call, rw, slot);
      break;
    }
    if (slot.word[kPending].load() == 0 && take_read(slot))
      break;
    if ((error = wait_on(slot.word[kReaderGate], gate, RUMPUSER_FOREVER)) != 0)
      break;
  }
  slot.word[kReadersWaiting].fetch_sub(1);
  return error;
}

bool writes(const Slot &slot, uint32_t me) {
  return slot.word[kState].load() == kWriting && slot.word[kWriter].load() == static_cast<int32_t>(me);
}

Slot &slot_of(const char *call, rumpuser_lock rw) {
  return lock_slot(call, Kind::kRwlock, rw);
}

void check_mode(const char *call, int mode) {
  if (mode != RUMPUSER_RW_READER && mode != RUMPUSER_RW_WRITER)
    assertion_failed("%s: no such mode: %d", call, mode);
}

void leave_read(Slot &slot) {
  if (slot.word[kState].fetch_sub(1) == 1)
    pass_on(slot);
}

} // namespace

int rwlock_create(uint32_t tenant, rumpuser_lock *handle) {
  return lock_create(Kind::kRwlock, tenant, handle);
}

void rwlock_orphan(Slot &slot, bool (*died)(uint32_t lwp, void *arg), void *arg) {
  if (slot.word[kState].load() != kWriting)
    return;
  if (!died(static_cast<uint32_t>(slot.word[kWriter].load()), arg))
    return;
  int32_t writing = kWriting;
  if (!slot.word[kState].compare_exchange_strong(writing, kOrphaned))
    return;
  open_gate(slot.word[kWriterGate]);
  open_gate(slot.word[kReaderGate]);
}

// A dead reader leaves nothing half done: its hold simply ends.
void rwlock_orphan_readers(bool (*died)(uint32_t lwp, void *arg), void *arg) {
  for (size_t i = 0; i < kShards; i++) {
    Shard &shard = shards()[i];
    std::vector<Reading> gone;
    {
      std::lock_guard<std::mutex> hold(shard.mutex);
      auto live = std::partition(shard.notes.begin(), shard.notes.end(),
                                 [&](const Reading &note) { return !died(note.lwp, arg); });
      gone.assign(live, shard.notes.end());
      shard.notes.erase(live, shard.notes.end());
    }
    for (const Reading &note : gone)
      leave_read(slot_of("rw_exit", note.rw));
  }
}

bool rwlock_quiet(Slot &slot) {
  return slot.word[kState].load() == 0 && slot.word[kPending].load() == 0 &&
         slot.word[kReadersWaiting].load() == 0;
}

} // namespace rumpuser

using namespace rumpuser;

int rumpuser_rw_init(rumpuser_lock *rw) {
  return rwlock_create(0, rw);
}

int rumpuser_rw_enter(int mode, rumpuser_lock rw) {
  check_mode("rw_enter", mode);
  Slot &slot = slot_of("rw_enter", rw);
  const uint32_t me = lock_caller("rw_enter", Kind::kRwlock, rw);
  const int error = rumpuser_rw_tryenter(mode, rw);
  if (error != kEbusy)
    return error;
  if (writes(slot, me)) {
    assertion_failed("rw_enter: deadlock: rwlock %u is already held for writing by lwp %u, the caller", rw,
                     me);
  }
  if (mode == RUMPUSER_RW_WRITER && reads(me, rw)) {
    assertion_failed("rw_enter: deadlock: rwlock %u is already held for reading by lwp %u, the caller", rw,
                     me);
  }
  CpuReleased released;
  if (mode == RUMPUSER_RW_WRITER)
    return block_write("rw_enter", rw, slot, me);
  const int blocked = block_read("rw_enter", rw, slot);
  if (blocked == 0)
    note_reading(me, rw);
  return blocked;
}

int rumpuser_rw_tryenter(int mode, rumpuser_lock rw) {
  check_mode("rw_tryenter", mode);
  Slot &slot = slot_of("rw_tryenter", rw);
  const uint32_t me = lock_caller("rw_tryenter", Kind::kRwlock, rw);
  if (slot.word[kState].load() == kOrphaned)
    return owner_died("rw_tryenter", rw, slot);
  if (mode == RUMPUSER_RW_WRITER)
    return take_write(slot, me, 0) ? 0 : kEbusy;
  // Who reads already gets in although a writer waits: that writer waits for this reader.
  if (slot.word[kPending].load() > 0 && !reads(me, rw))
    return kEbusy;
  if (!take_read(slot))
    return kEbusy;
  note_reading(me, rw);
  return 0;
}

int rumpuser_rw_tryupgrade(rumpuser_lock rw) {
  Slot &slot = slot_of("rw_tryupgrade", rw);
  const uint32_t me = lock_caller("rw_tryupgrade", Kind::kRwlock, rw);
  if (!forget_reading(me, rw)) {
    assertion_failed("rw_tryupgrade: rwlock %u is not held for reading by lwp %u", rw, me);
  }
  if (take_write(slot, me, 1))
    return 0;
  note_reading(me, rw);
  return kEbusy;
}

void rumpuser_rw_downgrade(rumpuser_lock rw) {
  Slot &slot = slot_of("rw_downgrade", rw);
  const uint32_t me = lock_caller("rw_downgrade", Kind::kRwlock, rw);
  if (!writes(slot, me))
    assertion_failed("rw_downgrade: rwlock %u is not held for writing by lwp %u", rw, me);
  note_reading(me, rw);
  slot.word[kWriter].store(0);
  slot.word[kState].store(1);
  if (slot.word[kPending].load() == 0 && slot.word[kReadersWaiting].load() > 0)
    open_gate(slot.word[kReaderGate]);
}

void rumpuser_rw_exit(rumpuser_lock rw) {
  Slot &slot = slot_of("rw_exit", rw);
  const uint32_t me = lock_caller("rw_exit", Kind::kRwlock, rw);
  if (writes(slot, me)) {
    slot.word[kWriter].store(0);
    slot.word[kState].store(0);
    pass_on(slot);
  } else if (forget_reading(me, rw)) {
    leave_read(slot);
  } else {
    assertion_failed("rw_exit: rwlock %u is not held by lwp %u", rw, me);
  }
}

void rumpuser_rw_destroy(rumpuser_lock rw) {
  Slot &slot = slot_of("rw_destroy", rw);
  const int32_t state = slot.word[kState].load();
  if (state == kWriting)
    assertion_failed("rw_destroy: rwlock %u is held by lwp %d", rw, slot.word[kWriter].load());
  if (state != kOrphaned && state > 0)
    assertion_failed("rw_destroy: rwlock %u is held by %d for reading", rw, state);
  const int32_t waiting = slot.word[kPending].load() + slot.word[kReadersWaiting].load();
  if (waiting != 0)
    assertion_failed("rw_destroy: rwlock %u has %d waiting", rw, waiting);
  lock_destroy(rw);
}

void rumpuser_rw_held(int mode, rumpuser_lock rw, int *held) {
  check_mode("rw_held", mode);
  Slot &slot = slot_of("rw_held", rw);
  const int32_t state = slot.word[kState].load();
  const bool reading = state > 0 && state != kOrphaned;
  *held = mode == RUMPUSER_RW_WRITER ? writes(slot, curlwp) : reading;
}
