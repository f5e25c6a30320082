#include "isolate.h"

#include <memory>
#include <utility>

#include <rump/rumpuser.h>

#include "gate.h"
#include "glue.h"
#include "lock_table.h"
#include "lwp.h"
#include "pump.h"
#include "sockets.h"
#include "wait.h"

namespace binding {
namespace {

[[noreturn]] void assertion(const char *message) {
  throw AssertionFailed{message};
}

// Whether this isolate was told to end. Node-API says so only through a call that would run JavaScript.
int ending(void *arg) {
  const napi_env env = static_cast<napi_env>(arg);
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok)
    return 1;
  napi_value value;
  const bool runs =
      napi_get_boolean(env, true, &value) == napi_ok && napi_coerce_to_bool(env, value, &value) == napi_ok;
  napi_close_handle_scope(env, scope);
  return runs ? 0 : 1;
}

// Shared memory as a typed array. One per isolate and memory, never two: the engine takes a buffer's memory
// for its own.
template <typename Array, typename Element> Array view(Napi::Env env, Element *memory, size_t length) {
  return Array::New(env, length, Napi::ArrayBuffer::New(env, memory, length * sizeof(Element)), 0);
}

} // namespace

Isolate::Isolate(Napi::Env env, Napi::Object exports) : env_(env) {
  rumpuser_onassert(assertion);
  rumpuser_oninterrupt(ending, static_cast<napi_env>(env));
  exports.Set("lockWords", view<Napi::Int32Array>(env, reinterpret_cast<int32_t *>(rumpuser::lock_slots),
                                                  rumpuser::kSlots * rumpuser::kWordsPerSlot));
  exports.Set("lockWordsAddress", Napi::BigInt::New(env, reinterpret_cast<uint64_t>(rumpuser::lock_slots)));
  exports.Set("lwpStates", view<Napi::Uint8Array>(env, reinterpret_cast<uint8_t *>(rumpuser::lwp_states()),
                                                  rumpuser::kLwps));
  exports.Set("curlwp", view<Napi::Uint32Array>(env, &rumpuser::curlwp, 1));
  exports.Set("scratch", view<Napi::Float64Array>(env, scratch, 2));
  exports.Set("leavingNeedsNoFence", Napi::Boolean::New(env, rumpuser::leaving_needs_no_fence()));
}

Isolate::~Isolate() {
  for (const uint32_t slot : slots_)
    rumpuser::gate_gone(slot);
  rumpuser_oninterrupt(nullptr, nullptr);
  rumpuser_onassert(nullptr);
}

void Isolate::at_end(std::function<void()> fn) {
  env_.AddCleanupHook([fn = std::move(fn)] { fn(); });
}

void Isolate::on_assertion(Napi::Function thrower) {
  thrower_ = Napi::Persistent(thrower);
}

void Isolate::throw_assertion(const std::string &message) {
  if (!thrower_.IsEmpty())
    thrower_.Call({Napi::String::New(env_, message)});
  throw Napi::Error::New(env_, message);
}

namespace {

void isolate_goes(void *host) {
  static_cast<Host *>(host)->isolate->close_host(static_cast<Host *>(host)->tenant);
}

} // namespace

uint32_t Isolate::open_host(Napi::Function pump) {
  const uint32_t tenant = rumpuser::tenant_open();
  Host &host = hosts_[tenant];
  host.isolate = this;
  host.tenant = tenant;
  host.pump = std::make_unique<Pump>(env_, pump);
  if (rumpuser_idle_open(Pump::ring, host.pump.get(), &host.idler) != 0) {
    hosts_.erase(tenant);
    return 0;
  }
  host.pump->serve(host.idler);
  // After the pump, whose own clean-up must come later: hooks run last given first.
  napi_add_env_cleanup_hook(env_, isolate_goes, &host);
  return tenant;
}

Host &Isolate::host(uint32_t tenant) {
  const auto found = hosts_.find(tenant);
  if (found == hosts_.end())
    throw AssertionFailed{"host: it is finished"};
  return found->second;
}

void Isolate::close_host(uint32_t tenant) {
  const auto found = hosts_.find(tenant);
  if (found == hosts_.end())
    return;
  napi_remove_env_cleanup_hook(env_, isolate_goes, &found->second);
  // Before the idler and the locks go, which threads of modules use.
  found->second.modules.reset();
  if (found->second.gate != 0)
    rumpuser::gate_close(found->second.gate);
  rumpuser_idle_close(found->second.idler);
  rumpuser::tenant_close(tenant);
  hosts_.erase(found);
}

void Isolate::own_slot(uint32_t slot) {
  slots_.insert(slot);
}

void Isolate::disown_slot(uint32_t slot) {
  slots_.erase(slot);
}

Sockets &Isolate::open_sockets(Napi::Function handler) {
  if (sockets_ != nullptr)
    throw AssertionFailed{"sockets: they are open"};
  sockets_ = new Sockets(env_, handler);
  return *sockets_;
}

Napi::Uint8Array Isolate::gate_memory() {
  if (gate_memory_.IsEmpty()) {
    gate_memory_ =
        Napi::Persistent(view<Napi::Uint8Array>(env_, reinterpret_cast<uint8_t *>(rumpuser::gate_slots()),
                                                rumpuser::kGateSlots * rumpuser::kGateSlotBytes));
  }
  return gate_memory_.Value();
}

} // namespace binding
