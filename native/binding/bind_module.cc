// Glue for native kernel modules: a kernel's own end of them, and calls into their code.
#include <cstdint>
#include <memory>
#include <string>

#include "bind_host.h"
#include "glue.h"
#include "internal.h"
#include "isolate.h"
#include "module_link.h"

namespace binding {

// What upcalls of one kernel go to. The kernel outlives it: a module's thread may hold that.
struct ModuleHost {
  Napi::FunctionReference upcall;
  rump_kernel *kernel = nullptr;
  ~ModuleHost() { rumpuser::module_close(kernel); }
};

namespace {

using rumpuser::DeviceOp;
using rumpuser::Upcall;

template <typename T> T *at(uint64_t address) {
  return reinterpret_cast<T *>(static_cast<uintptr_t>(address));
}

Napi::Value address_of(Napi::Env env, const void *pointer) {
  return Napi::BigInt::New(env, static_cast<uint64_t>(reinterpret_cast<uintptr_t>(pointer)));
}

// Calls JavaScript from under a module's C code, through which no exception may pass: the function answers
// with a number and keeps what it caught. It cannot run at all when the isolate is being terminated.
int upcall(void *arg, Upcall what, const char *text, const void *device) {
  Napi::FunctionReference &fn = static_cast<ModuleHost *>(arg)->upcall;
  const Napi::Env env = fn.Env();
  const Napi::HandleScope scope(env);
  try {
    return fn
        .Call({Napi::Number::New(env, static_cast<int>(what)), Napi::String::New(env, text),
               address_of(env, device)})
        .ToNumber();
  } catch (const Napi::Error &) {
    return -rumpuser::kEintr;
  }
}

ModuleHost &modules_of(Isolate &isolate, uint32_t tenant) {
  Host &host = isolate.host(tenant);
  if (host.modules == nullptr)
    throw AssertionFailed{"module: this kernel has no native modules"};
  return *host.modules;
}

void module_open(Isolate &isolate, uint32_t tenant, uint32_t giant, Napi::Function fn) {
  Host &host = isolate.host(tenant);
  auto modules = std::make_shared<ModuleHost>();
  modules->upcall = Napi::Persistent(fn);
  modules->kernel = new rump_kernel(upcall, modules.get(), host.idler, giant);
  host.modules = std::move(modules);
}

void module_close(Isolate &isolate, uint32_t tenant) {
  isolate.host(tenant).modules.reset();
}

// [path, base, addresses of modules] of each object that holds modules, but for those that kernels loaded.
Napi::Array module_objects(Napi::Env env) {
  Napi::Array found = Napi::Array::New(env);
  rumpuser_dl_bootstrap(
      [](void *arg, const struct rumpuser_dlobject *object) {
        if (object->nmodules != 0 && !rumpuser::dl_opened(object->base))
          collect_object(arg, object);
      },
      &found);
  return found;
}

// [version, class, name, required, revision] of a description in a link set.
Napi::Array module_info(Napi::Env env, uint64_t address) {
  const modinfo_t &info = *at<const modinfo_t>(address);
  const auto text = [&env](const char *string) {
    return Napi::String::New(env, string == nullptr ? "" : string);
  };
  Napi::Array fields = Napi::Array::New(env, 5);
  fields.Set(0u, Napi::Number::New(env, info.mi_version));
  fields.Set(1u, Napi::Number::New(env, info.mi_class));
  fields.Set(2u, text(info.mi_name));
  fields.Set(3u, text(info.mi_required));
  fields.Set(4u, Napi::Number::New(env, info.mi_revision));
  return fields;
}

// Properties come as key, value, key, value: strings and integers.
int32_t module_command(Isolate &isolate, uint32_t tenant, uint64_t address, int32_t cmd, Napi::Array pairs) {
  rump_props props;
  for (uint32_t i = 0; i + 1 < pairs.Length(); i += 2) {
    const Napi::Value value = pairs.Get(i + 1);
    rumpuser::Property property = {value.IsString(), "", 0};
    if (property.is_text)
      property.text = value.As<Napi::String>();
    else
      property.number = value.ToNumber().Int64Value();
    props.values[pairs.Get(i).ToString()] = property;
  }
  return rumpuser::module_command(modules_of(isolate, tenant).kernel, at<const modinfo_t>(address),
                                  static_cast<modcmd_t>(cmd), cmd == MODULE_CMD_INIT ? &props : nullptr);
}

double module_device(Isolate &isolate, uint32_t tenant, uint64_t device, int32_t op, double dev, int32_t flag,
                     Bytes data, double where) {
  return static_cast<double>(rumpuser::module_device(
      modules_of(isolate, tenant).kernel, at<const rump_cdevsw>(device), static_cast<DeviceOp>(op),
      static_cast<uint64_t>(dev), flag, data.data, data.size, static_cast<int64_t>(where)));
}

void module_serve(Isolate &isolate, uint32_t tenant) {
  rumpuser::module_serve(modules_of(isolate, tenant).kernel);
}

} // namespace

void define_modules(Napi::Object exports) {
  define<module_open>(exports, "moduleOpen");
  define<module_close>(exports, "moduleClose");
  define<module_objects>(exports, "moduleObjects");
  define<module_info>(exports, "moduleInfo");
  define<module_command>(exports, "moduleCommand");
  define<module_device>(exports, "moduleDevice");
  define<module_serve>(exports, "moduleServe");
}

} // namespace binding
