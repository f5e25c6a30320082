// The gate: system calls of host threads that are not the kernel's own.
//
// A caller has a slot: a piece of memory that it and the kernel's thread share. It writes a request there,
// puts the slot on its gate's stack, rings, and waits for the slot's state. One isolate or native thread has
// one slot for requests it waits for and, for those it does not wait for, one each while they last.
//
// State of a slot, and who may change it:
//   free    nobody's              claim: any thread
//   idle    its owner's           post, release: the owner
//   posted  on the gate's stack   take: the kernel's thread; take back: the owner, of a gate that has closed
//   shown   in its place          take: the kernel's thread; post: the owner, if nobody watches that slot
//   taken   the kernel works      done: the kernel's thread
//   done    the answer is there   the owner
// An owner that has gone leaves `gone` set; the kernel's thread then gives the slot back.
//
// lib/gate/slots.ts knows the layout too.
#ifndef RUMPUSER_GATE_H
#define RUMPUSER_GATE_H

#include <cstddef>
#include <cstdint>

#include "internal.h"
#include "wait.h"

namespace rumpuser {

enum : int32_t { kSlotFree, kSlotIdle, kSlotPosted, kSlotTaken, kSlotDone, kSlotShown };

constexpr uint32_t kGateSlots = 1024;
constexpr size_t kGateSlotBytes = 8192;
constexpr size_t kGateArgs = 14;
constexpr size_t kGateScratch = 256;
constexpr uint32_t kNoSlot = UINT32_MAX;

// What a short call needs is in one cache line, and what seldom changes is in another.
struct alignas(64) GateSlot {
  Word state;
  // The slot under this one on the stack, plus 1.
  std::atomic<uint32_t> next;
  // What is wanted, by whom, and how it ended; the kernel and its callers know what these mean.
  int32_t request;
  int32_t client;
  int32_t number;
  int32_t error;
  uint32_t length;
  uint32_t reserved;
  int64_t retval[2];
  int64_t args[kGateArgs];
  unsigned char pad[32];
  std::atomic<uint32_t> gate;
  uint32_t session;
  Word gone;
  // Somebody sleeps on `state`.
  Word asleep;
  // Idler of the isolate that is to be told when nobody waits; 0: somebody waits.
  uint32_t waiter;
  // Signals wait for whoever comes by this slot.
  std::atomic<uint32_t> raised;
  unsigned char spare[kGateScratch - 192 - 24];
  unsigned char scratch[kGateSlotBytes - kGateScratch];
};
static_assert(sizeof(GateSlot) == kGateSlotBytes && offsetof(GateSlot, scratch) == kGateScratch);
static_assert(offsetof(GateSlot, retval) == 32 && offsetof(GateSlot, args) == 48);
static_assert(offsetof(GateSlot, gate) == 192 && offsetof(GateSlot, raised) == 212);

// All slots of the process.
GateSlot *gate_slots();

// ---- the kernel's side, all on its thread

// @returns 0 when there are too many.
uint32_t gate_open(rumpuser_idler idler);
// Every request that waits, or comes later, ends with `dead`. Idempotent.
void gate_close(uint32_t gate);
// The slot of the next request, or of an owner that has gone; kNoSlot when there is none. Looks for as long
// as `spin` nanoseconds; meanwhile who posts does not ring, and whoever was answered last needs no stack: its
// slot is watched. @param done the answer is in this slot, kNoSlot: in none
uint32_t gate_next(uint32_t gate, int64_t spin, uint32_t done);
// The answer is in the slot.
void gate_done(uint32_t slot);
// Give back the slot of an owner that has gone.
void gate_forget(uint32_t slot);
// Copies between the memory of a slot's owner and ours. EFAULT: it is not there, the owner has gone, or its
// request is over.
int gate_copyin(uint32_t slot, uint64_t address, void *to, size_t length);
int gate_copyout(uint32_t slot, uint64_t address, const void *from, size_t length);

// ---- a caller's side

// ENXIO: the gate is closed; EAGAIN: all slots are taken.
int gate_claim(uint32_t gate, uint32_t *slot);
// Posts, and waits for the answer: first looking for `spin` nanoseconds, then asleep. ENXIO: the kernel is
// dead; EINTR: this thread was told to end, and the slot is the kernel's now; EDEADLK: this is the kernel's
// own thread.
int gate_call(uint32_t slot, int64_t spin);
// Posts; the isolate's idler `waiter` is rung when the answer is there. ENXIO
int gate_post(uint32_t slot, rumpuser_idler waiter);
// Whether the answer of a posted slot is there; then the slot is idle again. -1: not yet; 0; ENXIO
int gate_settled(uint32_t slot);
// Of an idle slot.
void gate_release(uint32_t slot);
// The owner goes, whatever the slot is doing: nothing touches its memory any more when this returns.
void gate_gone(uint32_t slot);

} // namespace rumpuser

#endif
