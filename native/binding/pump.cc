#include "pump.h"

#include <rump/rumpuser.h>

namespace binding {

Pump::Pump(Napi::Env env, Napi::Function pump) : env_(env) {
  // The queue needs no bound: the bell lets one ring through until it is answered.
  const napi_status status =
      napi_create_threadsafe_function(env, pump, nullptr, Napi::String::New(env, "rumpkernel"), 0, 1, nullptr,
                                      nullptr, this, deliver, &function_);
  if (status != napi_ok)
    throw Napi::Error::New(env);
  keep_alive(false);
}

Pump::~Pump() {
  napi_release_threadsafe_function(function_, napi_tsfn_abort);
}

void Pump::ring(void *arg) {
  napi_call_threadsafe_function(static_cast<Pump *>(arg)->function_, nullptr, napi_tsfn_nonblocking);
}

void Pump::keep_alive(bool alive) {
  if (alive) {
    napi_ref_threadsafe_function(env_, function_);
  } else {
    napi_unref_threadsafe_function(env_, function_);
  }
}

// Runs on the isolate's thread. Both are null when the environment is going or the pump was released
// meanwhile; then `context` may be gone too.
void Pump::deliver(napi_env env, napi_value pump, void *context, void *) {
  if (env == nullptr || pump == nullptr)
    return;
  // Answered before the pump runs: a ring during it asks for another.
  rumpuser_answer(static_cast<Pump *>(context)->idler_);
  napi_value undefined;
  napi_get_undefined(env, &undefined);
  napi_call_function(env, undefined, pump, 0, nullptr, nullptr);
}

} // namespace binding
