// Clocks, idling and doorbells. Monotonic times in JavaScript count from an epoch of the process, because a
// double holds nanoseconds exactly for 104 days only.
#include <rump/rumpuser.h>

#include "glue.h"
#include "pump.h"
#include "sockets.h"

namespace binding {
namespace {

int64_t epoch() {
  static const int64_t at = rumpuser_monotonic();
  return at;
}

int64_t deadline_of(double ns) {
  const int64_t since = saturated(ns);
  return since >= RUMPUSER_FOREVER - epoch() ? RUMPUSER_FOREVER : epoch() + since;
}

// Nanoseconds since the epoch into scratch[0]; a result would have to be allocated.
napi_value tick(napi_env env, napi_callback_info info) {
  void *scratch = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &scratch);
  *static_cast<double *>(scratch) = static_cast<double>(rumpuser_monotonic() - epoch());
  return nullptr;
}

// Seconds and nanoseconds into scratch.
int32_t clock_gettime(Isolate &isolate, int32_t clock) {
  int64_t sec = 0;
  long nsec = 0;
  const int error = rumpuser_clock_gettime(clock, &sec, &nsec);
  isolate.scratch[0] = static_cast<double>(sec);
  isolate.scratch[1] = static_cast<double>(nsec);
  return -error;
}

int32_t clock_sleep(int32_t clock, int64_t sec, int32_t nsec) {
  return -rumpuser_clock_sleep(clock, sec, nsec);
}

uint32_t host_open(Isolate &isolate, Napi::Function pump) {
  return isolate.open_host(pump);
}
void host_close(Isolate &isolate, uint32_t tenant) {
  isolate.close_host(tenant);
}
uint32_t host_idler(Isolate &isolate, uint32_t tenant) {
  return isolate.host(tenant).idler;
}
void host_keep_alive(Isolate &isolate, uint32_t tenant, bool alive) {
  isolate.host(tenant).pump->keep_alive(alive);
}

int32_t idle(uint32_t idler, double deadline) {
  return -rumpuser_idle(idler, deadline_of(deadline));
}
// The same, at the sockets of this isolate too.
int32_t idle_at_sockets(Isolate &isolate, uint32_t idler, double deadline) {
  return -isolate.sockets().idle(idler, deadline_of(deadline));
}
void arm(uint32_t idler, double deadline) {
  rumpuser_arm(idler, deadline_of(deadline));
}
void doorbell(uint32_t idler) {
  rumpuser_doorbell(idler);
}
void hold(uint32_t idler) {
  rumpuser_hold(idler);
}
void release(uint32_t idler) {
  rumpuser_release(idler);
}
bool armed(uint32_t idler) {
  return rumpuser_armed(idler) != 0;
}
bool busy(uint32_t idler) {
  return rumpuser_busy(idler) != 0;
}
std::string reason() {
  return rumpuser_reason();
}

} // namespace

void define_clocks(Napi::Object exports) {
  epoch();
  napi_value function = nullptr;
  napi_create_function(exports.Env(), "tick", NAPI_AUTO_LENGTH, tick, Isolate::of(exports.Env()).scratch,
                       &function);
  exports.Set("tick", Napi::Function(exports.Env(), function));
  define<clock_gettime>(exports, "clockGettime");
  define<clock_sleep>(exports, "clockSleep");
  define<host_open>(exports, "hostOpen");
  define<host_close>(exports, "hostClose");
  define<host_idler>(exports, "hostIdler");
  define<host_keep_alive>(exports, "hostKeepAlive");
  define<idle>(exports, "idle");
  define<idle_at_sockets>(exports, "idleAtSockets");
  define<arm>(exports, "arm");
  define<doorbell>(exports, "doorbell");
  define<hold>(exports, "hold");
  define<release>(exports, "release");
  define<armed>(exports, "armed");
  define<busy>(exports, "busy");
  define<reason>(exports, "reason");
}

} // namespace binding
