// Glue for the gate: both sides of it, see native/rumpuser/gate.h.
#include "gate.h"

#include "glue.h"
#include "isolate.h"

namespace binding {
namespace {

// How long "for ever" is for a loop that looks.
int64_t spin_of(double ns) {
  return saturated(ns);
}

Napi::Value gate_memory(Isolate &isolate) {
  return isolate.gate_memory();
}

// Where the memory of a typed array is.
uint64_t address_of(Bytes bytes) {
  return reinterpret_cast<uintptr_t>(bytes.data);
}

uint32_t gate_open(Isolate &isolate, uint32_t tenant) {
  Host &host = isolate.host(tenant);
  if (host.gate == 0)
    host.gate = rumpuser::gate_open(host.idler);
  return host.gate;
}

void gate_close(Isolate &isolate, uint32_t tenant) {
  Host &host = isolate.host(tenant);
  rumpuser::gate_close(host.gate);
  host.gate = 0;
}

// A slot, or -1. `done` is one, too.
double gate_next(uint32_t gate, double spin, int32_t done) {
  const uint32_t slot = rumpuser::gate_next(gate, spin_of(spin), static_cast<uint32_t>(done));
  return slot == rumpuser::kNoSlot ? -1.0 : static_cast<double>(slot);
}

int32_t gate_copyin(uint32_t slot, uint64_t address, Bytes to) {
  return -rumpuser::gate_copyin(slot, address, to.data, to.size);
}

int32_t gate_copyout(uint32_t slot, uint64_t address, Bytes from) {
  return -rumpuser::gate_copyout(slot, address, from.data, from.size);
}

// A slot, or a negative errno.
double gate_claim(Isolate &isolate, uint32_t gate) {
  uint32_t slot = 0;
  const int error = rumpuser::gate_claim(gate, &slot);
  if (error != 0)
    return -error;
  isolate.own_slot(slot);
  return slot;
}

int32_t gate_call(Napi::Env env, uint32_t slot, double spin) {
  const int error = rumpuser::gate_call(slot, spin_of(spin));
  if (error == rumpuser::kEintr)
    Isolate::of(env).disown_slot(slot);
  return -error;
}

int32_t gate_post(uint32_t slot, uint32_t waiter) {
  return -rumpuser::gate_post(slot, waiter);
}

// 1: not yet.
int32_t gate_settled(uint32_t slot) {
  const int result = rumpuser::gate_settled(slot);
  return result < 0 ? 1 : -result;
}

void gate_release(Isolate &isolate, uint32_t slot) {
  isolate.disown_slot(slot);
  rumpuser::gate_release(slot);
}

void gate_gone(Isolate &isolate, uint32_t slot) {
  isolate.disown_slot(slot);
  rumpuser::gate_gone(slot);
}

} // namespace

void define_gate(Napi::Object exports) {
  define<gate_memory>(exports, "gateMemory");
  define<address_of>(exports, "addressOf");
  define<gate_open>(exports, "gateOpen");
  define<gate_close>(exports, "gateClose");
  define<gate_next>(exports, "gateNext");
  define<rumpuser::gate_done>(exports, "gateDone");
  define<rumpuser::gate_forget>(exports, "gateForget");
  define<gate_copyin>(exports, "gateCopyin");
  define<gate_copyout>(exports, "gateCopyout");
  define<gate_claim>(exports, "gateClaim");
  define<gate_call>(exports, "gateCall");
  define<gate_post>(exports, "gatePost");
  define<gate_settled>(exports, "gateSettled");
  define<gate_release>(exports, "gateRelease");
  define<gate_gone>(exports, "gateGone");
}

} // namespace binding
