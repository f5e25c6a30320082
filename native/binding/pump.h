// How a doorbell on any thread reaches JavaScript.
#ifndef BINDING_PUMP_H
#define BINDING_PUMP_H

#include <cstdint>

#include <napi.h>

namespace binding {

class Pump {
public:
  Pump(Napi::Env env, Napi::Function pump);
  ~Pump();
  Pump(const Pump &) = delete;
  Pump &operator=(const Pump &) = delete;

  // For rumpuser_idle_open: `arg` is the Pump. Any thread.
  static void ring(void *arg);
  void serve(uint32_t idler) { idler_ = idler; }
  // Whether this pump keeps the event loop alive.
  void keep_alive(bool alive);

private:
  static void deliver(napi_env env, napi_value pump, void *context, void *data);

  napi_env env_;
  napi_threadsafe_function function_ = nullptr;
  uint32_t idler_ = 0;
};

} // namespace binding

#endif
