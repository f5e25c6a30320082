// Reader-writer locks. Writers go first: once one waits, no new reader gets in.
//
// The state word is 0 when the lock is free, kReading or kWriting and an lwp when one lwp has it, the number
// of readers when there are several, and kOrphan and an lwp when its writer died. So one lwp alone enters,
// leaves, upgrades and downgrades by changing one word, and lib/rumpuser/rwlocks.ts does the same; only the
// several are listed (rwlock_readers.h), because leaving a lock one does not hold must be found out, and a
// dead reader must not stop writers forever.
//
// Whoever must wait counts itself, then looks at the state again and sleeps on a gate, a word that changes
// each time the lock may have become available. Who lets go changes the state, then looks at the counts: one
// of the two always sees the other (wait.h).
#include <mutex>

#include "lock_table.h"
#include "lwp.h"
#include "rwlock_readers.h"

namespace rumpuser {
namespace {

using Hold = std::lock_guard<std::mutex>;

int32_t reading(uint32_t lwp) {
  return kReading | static_cast<int32_t>(lwp);
}
int32_t writing(uint32_t lwp) {
  return kWriting | static_cast<int32_t>(lwp);
}
bool several(int32_t state) {
  return state > 0 && state < kReading;
}
uint32_t lwp_of(int32_t state) {
  return static_cast<uint32_t>(state & ~(kReading | kWriting | kOrphan));
}

bool change(Slot &slot, int32_t from, int32_t to) {
  return slot.word[kState].compare_exchange_strong(from, to);
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

// After the state was changed in favour of others.
void let_in(Slot &slot) {
  fence_leaving();
  const int32_t writers = slot.word[kPending].load(std::memory_order_relaxed);
  if (writers != 0 || slot.word[kReadersWaiting].load(std::memory_order_relaxed) != 0)
    pass_on(slot);
}

bool take_alone(int mode, Slot &slot, uint32_t me) {
  if (mode == RUMPUSER_RW_WRITER)
    return change(slot, 0, writing(me));
  return slot.word[kPending].load(std::memory_order_relaxed) == 0 && change(slot, 0, reading(me));
}

// The following three with `readers` held, which are those of `rw`.

bool reads(const Readers &readers, const Slot &slot, rumpuser_lock rw, uint32_t lwp) {
  return slot.word[kState].load() == reading(lwp) || readers.has(rw, lwp);
}

// @returns false when somebody writes, or died writing.
bool add_reader(Readers &readers, Slot &slot, rumpuser_lock rw, uint32_t me) {
  int32_t state = slot.word[kState].load();
  int32_t next;
  do {
    if (state >= kWriting)
      return false;
    next = state == 0 ? reading(me) : several(state) ? state + 1 : 2;
  } while (!slot.word[kState].compare_exchange_weak(state, next));
  if (state == 0)
    return true;
  if (!several(state))
    readers.add(rw, lwp_of(state));
  readers.add(rw, me);
  return true;
}

// @returns false when `lwp` does not read.
bool remove_reader(Readers &readers, Slot &slot, rumpuser_lock rw, uint32_t lwp) {
  if (change(slot, reading(lwp), 0))
    return true;
  const int32_t state = slot.word[kState].load();
  if (!several(state) || !readers.drop(rw, lwp))
    return false;
  slot.word[kState].store(state > 2 ? state - 1 : reading(readers.drop_first(rw)));
  return true;
}

int owner_died(const char *call, rumpuser_lock rw, int32_t state) {
  return failed_because(kEownerdead, "%s: rwlock %u: lwp %u held it, is gone and never left it", call, rw,
                        lwp_of(state));
}

int block_write(const char *call, rumpuser_lock rw, Slot &slot, uint32_t me) {
  slot.word[kPending].fetch_add(1);
  fence_arriving();
  int error = 0;
  for (;;) {
    const int32_t gate = slot.word[kWriterGate].load();
    if (change(slot, 0, writing(me)))
      break;
    const int32_t state = slot.word[kState].load();
    if ((state & kOrphan) != 0) {
      error = owner_died(call, rw, state);
      break;
    }
    if (state != 0 && (error = wait_on(slot.word[kWriterGate], gate, RUMPUSER_FOREVER)) != 0)
      break;
  }
  slot.word[kPending].fetch_sub(1);
  // The wake-up that this thread may have swallowed belongs to another waiter.
  if (error == kEintr)
    pass_on(slot);
  return error;
}

bool take_read(rumpuser_lock rw, Slot &slot, uint32_t me) {
  if (slot.word[kPending].load() != 0)
    return false;
  Readers &readers = Readers::of(rw);
  const Hold hold(readers.mutex);
  return add_reader(readers, slot, rw, me);
}

int block_read(const char *call, rumpuser_lock rw, Slot &slot, uint32_t me) {
  slot.word[kReadersWaiting].fetch_add(1);
  fence_arriving();
  int error = 0;
  for (;;) {
    const int32_t gate = slot.word[kReaderGate].load();
    if (take_read(rw, slot, me))
      break;
    const int32_t state = slot.word[kState].load();
    if ((state & kOrphan) != 0) {
      error = owner_died(call, rw, state);
      break;
    }
    if ((error = wait_on(slot.word[kReaderGate], gate, RUMPUSER_FOREVER)) != 0)
      break;
  }
  slot.word[kReadersWaiting].fetch_sub(1);
  return error;
}

Slot &slot_of(const char *call, rumpuser_lock rw) {
  return lock_slot(call, Kind::kRwlock, rw);
}

void check_mode(const char *call, int mode) {
  if (mode != RUMPUSER_RW_READER && mode != RUMPUSER_RW_WRITER)
    assertion_failed("%s: no such mode: %d", call, mode);
}

int attempt(const char *call, int mode, rumpuser_lock rw) {
  check_mode(call, mode);
  Slot &slot = slot_of(call, rw);
  const uint32_t me = lock_caller(call, Kind::kRwlock, rw);
  if (take_alone(mode, slot, me))
    return 0;
  const int32_t state = slot.word[kState].load();
  if ((state & kOrphan) != 0)
    return owner_died(call, rw, state);
  if (mode == RUMPUSER_RW_WRITER)
    return kEbusy;
  Readers &readers = Readers::of(rw);
  const Hold hold(readers.mutex);
  // Who reads already gets in although a writer waits: that writer waits for this reader.
  if (slot.word[kPending].load() > 0 && !reads(readers, slot, rw, me))
    return kEbusy;
  return add_reader(readers, slot, rw, me) ? 0 : kEbusy;
}

// Nobody could ever let the caller in who has it already.
void assert_no_deadlock(const char *call, int mode, rumpuser_lock rw) {
  const Slot &slot = slot_of(call, rw);
  const uint32_t me = curlwp;
  Readers &readers = Readers::of(rw);
  const Hold hold(readers.mutex);
  const char *purpose = nullptr;
  if (slot.word[kState].load() == writing(me)) {
    purpose = "writing";
  } else if (mode == RUMPUSER_RW_WRITER && reads(readers, slot, rw, me)) {
    purpose = "reading";
  }
  if (purpose != nullptr) {
    assertion_failed("%s: deadlock: rwlock %u is already held for %s by lwp %u, the caller", call, rw,
                     purpose, me);
  }
}

// Ends the holds of dead readers. @returns whether the lock is free then.
bool leave_dead(Slot &slot, rumpuser_lock rw, bool (*died)(uint32_t lwp, void *arg), void *arg) {
  Readers &readers = Readers::of(rw);
  const Hold hold(readers.mutex);
  for (;;) {
    const int32_t state = slot.word[kState].load();
    uint32_t dead = 0;
    if (several(state)) {
      dead = readers.find_dead(rw, died, arg);
    } else if ((state & kReading) != 0 && died(lwp_of(state), arg)) {
      dead = lwp_of(state);
    }
    if (dead == 0)
      return state == 0;
    remove_reader(readers, slot, rw, dead);
  }
}

} // namespace

int rwlock_create(uint32_t tenant, rumpuser_lock *handle) {
  return lock_create(Kind::kRwlock, tenant, handle);
}

int rwlock_enter_if_free(int mode, rumpuser_lock rw) {
  const int error = attempt("rw_enter", mode, rw);
  if (error == kEbusy)
    assert_no_deadlock("rw_enter", mode, rw);
  return error;
}

void rwlock_wake(rumpuser_lock rw) {
  pass_on(lock_slots[rw & (kSlots - 1)]);
}

// What a dead writer wrote is half done; a dead reader leaves nothing half done: its hold simply ends.
void rwlock_orphan(Slot &slot, bool (*died)(uint32_t lwp, void *arg), void *arg) {
  const int32_t state = slot.word[kState].load();
  if (state == 0 || (state & kOrphan) != 0)
    return;
  if ((state & kWriting) == 0) {
    if (leave_dead(slot, static_cast<rumpuser_lock>(slot.word[kHandle].load()), died, arg))
      let_in(slot);
  } else if (died(lwp_of(state), arg) && change(slot, state, kOrphan | static_cast<int32_t>(lwp_of(state)))) {
    open_gate(slot.word[kWriterGate]);
    open_gate(slot.word[kReaderGate]);
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
  const int error = rwlock_enter_if_free(mode, rw);
  if (error != kEbusy)
    return error;
  Slot &slot = slot_of("rw_enter", rw);
  const uint32_t me = curlwp;
  CpuReleased released;
  return mode == RUMPUSER_RW_WRITER ? block_write("rw_enter", rw, slot, me)
                                    : block_read("rw_enter", rw, slot, me);
}

int rumpuser_rw_tryenter(int mode, rumpuser_lock rw) {
  return attempt("rw_tryenter", mode, rw);
}

int rumpuser_rw_tryupgrade(rumpuser_lock rw) {
  Slot &slot = slot_of("rw_tryupgrade", rw);
  const uint32_t me = lock_caller("rw_tryupgrade", Kind::kRwlock, rw);
  if (change(slot, reading(me), writing(me)))
    return 0;
  Readers &readers = Readers::of(rw);
  const Hold hold(readers.mutex);
  if (!reads(readers, slot, rw, me))
    assertion_failed("rw_tryupgrade: rwlock %u is not held for reading by lwp %u", rw, me);
  return kEbusy;
}

void rumpuser_rw_downgrade(rumpuser_lock rw) {
  Slot &slot = slot_of("rw_downgrade", rw);
  const uint32_t me = lock_caller("rw_downgrade", Kind::kRwlock, rw);
  if (slot.word[kState].load(std::memory_order_relaxed) != writing(me))
    assertion_failed("rw_downgrade: rwlock %u is not held for writing by lwp %u", rw, me);
  slot.word[kState].store(reading(me), std::memory_order_release);
  let_in(slot);
}

void rumpuser_rw_exit(rumpuser_lock rw) {
  Slot &slot = slot_of("rw_exit", rw);
  const uint32_t me = lock_caller("rw_exit", Kind::kRwlock, rw);
  if (slot.word[kState].load(std::memory_order_relaxed) == writing(me)) {
    slot.word[kState].store(0, std::memory_order_release);
  } else if (!change(slot, reading(me), 0)) {
    Readers &readers = Readers::of(rw);
    const Hold hold(readers.mutex);
    if (!remove_reader(readers, slot, rw, me))
      assertion_failed("rw_exit: rwlock %u is not held by lwp %u", rw, me);
    // Who still reads, or came meanwhile, will look who waits.
    if (slot.word[kState].load() != 0)
      return;
  }
  let_in(slot);
}

void rumpuser_rw_destroy(rumpuser_lock rw) {
  Slot &slot = slot_of("rw_destroy", rw);
  const int32_t state = slot.word[kState].load();
  if ((state & kWriting) != 0)
    assertion_failed("rw_destroy: rwlock %u is held by lwp %u", rw, lwp_of(state));
  if ((state & kOrphan) == 0 && state != 0)
    assertion_failed("rw_destroy: rwlock %u is held by %d for reading", rw, several(state) ? state : 1);
  const int32_t waiting = slot.word[kPending].load() + slot.word[kReadersWaiting].load();
  if (waiting != 0)
    assertion_failed("rw_destroy: rwlock %u has %d waiting", rw, waiting);
  lock_destroy(rw);
}

void rumpuser_rw_held(int mode, rumpuser_lock rw, int *held) {
  check_mode("rw_held", mode);
  const int32_t state = slot_of("rw_held", rw).word[kState].load();
  const bool mine = curlwp != 0 && state == writing(curlwp);
  *held = mode == RUMPUSER_RW_WRITER ? mine : state > 0 && state < kWriting;
}
