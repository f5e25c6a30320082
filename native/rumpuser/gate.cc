#include "gate.h"

#include <atomic>
#include <mutex>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "gate_owner.h"
#include "region.h"

namespace rumpuser {
namespace {

constexpr uint32_t kMaxGates = 1024;
constexpr int kEnxio = 6, kEdeadlk = 11;
// Looks between two at the clock.
constexpr int kLooks = 64;

struct Gate {
  alignas(64) std::atomic<uint32_t> posted{0};
  // Which of those that have been in this place: the handle, or 0 when it is closed.
  alignas(64) std::atomic<uint32_t> handle{0};
  // The kernel's thread looks, or will before it sleeps: nobody has to ring.
  Word looking{0};
  // So it does at this slot, plus 1; 0 at none. Its owner, who has shown a request, need not put it on the
  // stack.
  std::atomic<uint32_t> watched{0};
  rumpuser_idler idler = 0;
  // The kernel's.
  std::thread::id thread;
  // Taken off the stack, in the order they came: the first, plus 1. The kernel's thread's alone.
  uint32_t taken = 0;
};

// Never destroyed: threads outlive main().
struct Gates {
  std::mutex mutex;
  Gate gates[kMaxGates];
  uint32_t generation = 0;
  // Where to look for a free slot first.
  std::atomic<uint32_t> hint{0};
  static Gates &the() {
    static Gates *const gates = new Gates;
    return *gates;
  }
};

Gate *find(uint32_t handle) {
  Gate &gate = Gates::the().gates[handle % kMaxGates];
  return handle != 0 && gate.handle.load() == handle ? &gate : nullptr;
}

GateSlot &at(uint32_t slot) {
  if (slot >= kGateSlots)
    assertion_failed("gate: no slot %u", slot);
  return gate_slots()[slot];
}

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

// Until `seen` or for `spin` nanoseconds. To ask the clock takes longer than a short call: the first looks do
// without.
template <typename Seen> void look_for(int64_t spin, Seen seen) {
  int64_t until = 0, now = 0;
  do {
    for (int i = 0; i < kLooks; i++) {
      if (seen())
        return;
      relax();
    }
    now = rumpuser_monotonic();
    if (until == 0)
      until = now + spin;
  } while (now < until);
}

// On the stack of its gate. Who looks there finds it, or is rung.
void push(Gate &gate, uint32_t slot) {
  GateSlot &s = at(slot);
  uint32_t top = gate.posted.load();
  do {
    s.next.store(top);
  } while (!gate.posted.compare_exchange_weak(top, slot + 1));
  if (gate.looking.load() == 0)
    rumpuser_doorbell(gate.idler);
}

// The stack, turned round: first come, first served.
void take_posted(Gate &gate) {
  uint32_t top = gate.posted.exchange(0);
  while (top != 0) {
    std::atomic<uint32_t> &next = at(top - 1).next;
    const uint32_t under = next.load();
    next.store(gate.taken);
    gate.taken = top;
    top = under;
  }
}

// A request that will not be served, if it is one: the owner of a posted slot may be taking it back.
void refuse(GateSlot &s) {
  int32_t waits = kSlotShown;
  if (!s.state.compare_exchange_strong(waits, kSlotTaken)) {
    waits = kSlotPosted;
    s.state.compare_exchange_strong(waits, kSlotTaken);
  }
  if (s.state.load() != kSlotTaken)
    return;
  s.error = -1;
  const rumpuser_idler waiter = s.waiter;
  s.state.store(kSlotDone);
  wake_all(s.state);
  if (waiter != 0)
    rumpuser_doorbell(waiter);
}

// Either the owner sees that the slot is taken and says that it goes, or that is seen here.
bool take(uint32_t slot) {
  GateSlot &s = at(slot);
  std::lock_guard<std::mutex> owner(gate_owner(slot));
  int32_t posted = kSlotPosted;
  return s.state.compare_exchange_strong(posted, kSlotTaken) || s.gone.load() != 0;
}

// Whether there is a request in a slot of this gate's, plus 1. Only the kernel's thread takes it away again.
bool shows(const Gate &gate, uint32_t watched) {
  return watched != 0 && at(watched - 1).state.load() == kSlotShown &&
         at(watched - 1).gate.load() == gate.handle.load();
}

// The request there, or kNoSlot. An owner that goes puts a slot that is only shown on the stack, unless it is
// taken already: then it says so, too.
uint32_t take_shown(const Gate &gate, uint32_t watched) {
  int32_t shown = kSlotShown;
  return shows(gate, watched) && at(watched - 1).state.compare_exchange_strong(shown, kSlotTaken)
             ? watched - 1
             : kNoSlot;
}

bool wanted(const Gate &gate) {
  return gate.posted.load() != 0 || shows(gate, gate.watched.load());
}

// Watch another slot, plus 1, or none. Who has shown a request to whoever does not look any more puts it on
// the stack, unless it is found here. @returns the slot that was watched, if it has a request
uint32_t watch(Gate &gate, uint32_t next) {
  const uint32_t watched = gate.watched.load();
  if (watched == next)
    return kNoSlot;
  gate.watched.store(next);
  return take_shown(gate, watched);
}

// Until there is a request or the time is over.
void look(Gate &gate, int64_t spin) {
  if (gate.looking.load() == 0)
    gate.looking.store(1);
  look_for(spin, [&gate] { return wanted(gate); });
}

uint32_t take_next(Gate &gate) {
  if (gate.taken == 0 && gate.posted.load() != 0)
    take_posted(gate);
  while (gate.taken != 0) {
    const uint32_t slot = gate.taken - 1;
    gate.taken = at(slot).next.load();
    if (take(slot))
      return slot;
  }
  return take_shown(gate, gate.watched.load());
}

} // namespace

GateSlot *gate_slots() {
  static GateSlot *const slots = static_cast<GateSlot *>(region_reserve(kGateSlots * sizeof(GateSlot)));
  return slots;
}

uint32_t gate_open(rumpuser_idler idler) {
  Gates &all = Gates::the();
  std::lock_guard<std::mutex> hold(all.mutex);
  for (uint32_t place = 1; place < kMaxGates; place++) {
    Gate &gate = all.gates[place];
    if (gate.handle.load() != 0)
      continue;
    all.generation = all.generation % 0x1fffff + 1;
    gate.idler = idler;
    gate.thread = std::this_thread::get_id();
    gate.posted.store(0);
    gate.looking.store(0);
    gate.watched.store(0);
    gate.taken = 0;
    gate.handle.store(all.generation * kMaxGates + place);
    return gate.handle.load();
  }
  return 0;
}

void gate_close(uint32_t handle) {
  {
    Gates &all = Gates::the();
    std::lock_guard<std::mutex> hold(all.mutex);
    Gate *const gate = find(handle);
    if (gate == nullptr)
      return;
    gate->handle.store(0);
  }
  for (uint32_t i = 0; i < kGateSlots; i++) {
    GateSlot &s = gate_slots()[i];
    std::lock_guard<std::mutex> owner(gate_owner(i));
    if (s.gate.load() != handle)
      continue;
    refuse(s);
    if (s.gone.load() != 0)
      gate_forget(i);
  }
}

uint32_t gate_next(uint32_t handle, int64_t spin, uint32_t done) {
  if (done != kNoSlot)
    gate_done(done);
  Gate *const gate = find(handle);
  if (gate == nullptr)
    return kNoSlot;
  if (spin > 0 && gate->taken == 0 && !wanted(*gate)) {
    if (done != kNoSlot) {
      const uint32_t left = watch(*gate, done + 1);
      if (left != kNoSlot)
        return left;
    }
    look(*gate, spin);
  }
  const uint32_t slot = take_next(*gate);
  if (slot != kNoSlot || gate->looking.load() == 0)
    return slot;
  // Who comes from now on rings, and who has not rung is seen here.
  gate->looking.store(0);
  const uint32_t left = watch(*gate, 0);
  return left != kNoSlot ? left : take_next(*gate);
}

void gate_done(uint32_t slot) {
  GateSlot &s = at(slot);
  const rumpuser_idler waiter = s.waiter;
  int32_t taken = kSlotTaken;
  if (!s.state.compare_exchange_strong(taken, kSlotDone))
    return;
  if (s.asleep.load() != 0)
    wake_all(s.state);
  if (waiter != 0)
    rumpuser_doorbell(waiter);
}

int gate_claim(uint32_t handle, uint32_t *slot) {
  if (find(handle) == nullptr)
    return kEnxio;
  std::atomic<uint32_t> &hint = Gates::the().hint;
  for (uint32_t i = 0; i < kGateSlots; i++) {
    const uint32_t n = hint.fetch_add(1) % kGateSlots;
    GateSlot &s = gate_slots()[n];
    int32_t free = kSlotFree;
    if (!s.state.compare_exchange_strong(free, kSlotIdle))
      continue;
    s.gone.store(0);
    s.asleep.store(0);
    s.waiter = 0;
    s.session = n;
    s.raised.store(0);
    s.gate.store(handle);
    *slot = n;
    return 0;
  }
  return failed_because(kEagain, "gate: all %u slots of the process are taken", kGateSlots);
}

int gate_post(uint32_t slot, rumpuser_idler waiter) {
  GateSlot &s = at(slot);
  if (s.state.load() != kSlotIdle)
    assertion_failed("gate: slot %u is in use", slot);
  const uint32_t handle = s.gate.load();
  Gate *const gate = find(handle);
  if (gate == nullptr)
    return kEnxio;
  if (s.waiter != waiter)
    s.waiter = waiter;
  s.state.store(kSlotShown);
  int32_t state = kSlotShown;
  if (gate->watched.load() != slot + 1) {
    if (!s.state.compare_exchange_strong(state, kSlotPosted))
      return 0;
    state = kSlotPosted;
    push(*gate, slot);
  }
  // It may have closed meanwhile, and not have seen this one.
  return gate->handle.load() != handle && s.state.compare_exchange_strong(state, kSlotIdle) ? kEnxio : 0;
}

int gate_settled(uint32_t slot) {
  GateSlot &s = at(slot);
  if (s.state.load() != kSlotDone)
    return -1;
  const int error = s.error < 0 ? kEnxio : 0;
  s.state.store(kSlotIdle);
  return error;
}

int gate_call(uint32_t slot, int64_t spin) {
  GateSlot &s = at(slot);
  const Gate *const gate = find(s.gate.load());
  if (gate != nullptr && gate->thread == std::this_thread::get_id())
    return failed_because(kEdeadlk, "gate: this thread runs the kernel");
  const int error = gate_post(slot, 0);
  if (error != 0)
    return error;
  if (spin > 0)
    look_for(spin, [&s] { return s.state.load() == kSlotDone; });
  if (s.state.load() != kSlotDone) {
    s.asleep.store(1);
    for (int32_t state = s.state.load(); state != kSlotDone; state = s.state.load()) {
      if (wait_on(s.state, state, RUMPUSER_FOREVER) == kEintr) {
        gate_gone(slot);
        return kEintr;
      }
    }
    s.asleep.store(0);
  }
  return gate_settled(slot);
}

void gate_release(uint32_t slot) {
  GateSlot &s = at(slot);
  s.gate.store(0);
  s.state.store(kSlotFree);
}

void gate_forget(uint32_t slot) {
  GateSlot &s = at(slot);
  s.gone.store(0);
  gate_release(slot);
}

void gate_gone(uint32_t slot) {
  GateSlot &s = at(slot);
  // A copy that is under way ends first.
  std::lock_guard<std::mutex> owner(gate_owner(slot));
  if (s.gone.exchange(1) != 0)
    return;
  Gate *const gate = find(s.gate.load());
  if (gate == nullptr) {
    gate_forget(slot);
  } else {
    // On the stack it is told of, wherever the kernel looks.
    int32_t shown = kSlotShown;
    if (s.state.compare_exchange_strong(shown, kSlotPosted) || s.state.load() != kSlotPosted)
      push(*gate, slot);
  }
}

} // namespace rumpuser
