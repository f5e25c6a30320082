// What the addon keeps for one isolate: its views of shared memory, its open hosts, how to throw.
#ifndef BINDING_ISOLATE_H
#define BINDING_ISOLATE_H

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include <napi.h>

#include "tenant.h"

namespace binding {

class Pump;
class Sockets;

class Isolate;
struct ModuleHost;

// One host object of lib/rumpuser/native.ts.
struct Host {
  Isolate *isolate = nullptr;
  uint32_t tenant = 0;
  uint32_t idler = 0;
  std::unique_ptr<Pump> pump;
  // Null until the kernel has its first native module.
  std::shared_ptr<ModuleHost> modules;
  // 0 until the kernel shares itself.
  uint32_t gate = 0;
};

class Isolate {
public:
  Isolate(Napi::Env env, Napi::Object exports);
  ~Isolate();
  Isolate(const Isolate &) = delete;
  Isolate &operator=(const Isolate &) = delete;

  static Isolate &of(Napi::Env env) { return *env.GetInstanceData<Isolate>(); }

  // Runs `fn` once when the isolate goes, last given first, while the environment is still there.
  void at_end(std::function<void()> fn);
  // Throws what lib/rumpuser makes of a broken assertion.
  [[noreturn]] void throw_assertion(const std::string &message);
  void on_assertion(Napi::Function thrower);

  uint32_t open_host(Napi::Function pump);
  // The open host; an assertion when it is finished.
  Host &host(uint32_t tenant);
  // Idempotent.
  void close_host(uint32_t tenant);

  // The slots of gates that this isolate owns go with it.
  void own_slot(uint32_t slot);
  void disown_slot(uint32_t slot);
  // All slots of the process: a view as any other, but made when somebody wants it.
  Napi::Uint8Array gate_memory();

  // The sockets of the isolate, made once. `handler`: see sockets.h.
  Sockets &open_sockets(Napi::Function handler);
  Sockets &sockets() { return *sockets_; }

  // Results too big for a register, in a typed array of the isolate: see kScratch in bind_clocks.cc.
  double scratch[2] = {0, 0};

private:
  Napi::Env env_;
  Napi::FunctionReference thrower_;
  std::map<uint32_t, Host> hosts_;
  std::set<uint32_t> slots_;
  Napi::Reference<Napi::Uint8Array> gate_memory_;
  // It deletes itself.
  Sockets *sockets_ = nullptr;
};

} // namespace binding

#endif
