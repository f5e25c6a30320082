// Glue for the loaded objects.
#include "bind_host.h"

#include <cstring>
#include <string>

#include <rump/rumpuser.h>

#include "internal.h"

namespace binding {

void collect_object(void *arg, const struct rumpuser_dlobject *object) {
  Napi::Array &objects = *static_cast<Napi::Array *>(arg);
  const Napi::Env env = objects.Env();
  Napi::Array modules = Napi::Array::New(env, object->nmodules);
  for (size_t i = 0; i < object->nmodules; i++)
    modules.Set(
        static_cast<uint32_t>(i),
        Napi::BigInt::New(env, static_cast<uint64_t>(reinterpret_cast<uintptr_t>(object->modules[i]))));
  Napi::Array description = Napi::Array::New(env, 3);
  description.Set(0u, Napi::String::New(env, object->path));
  description.Set(1u, Napi::BigInt::New(env, object->base));
  description.Set(2u, modules);
  objects.Set(objects.Length(), description);
}

namespace {

Napi::Value dl_bootstrap(Napi::Env env) {
  Napi::Array objects = Napi::Array::New(env);
  rumpuser_dl_bootstrap(collect_object, &objects);
  return objects;
}

Napi::Value dl_open(Napi::Env env, std::string path) {
  if (path.find('\0') != std::string::npos)
    return Napi::Number::New(env, -rumpuser::kEinval);
  Napi::Array objects = Napi::Array::New(env);
  const int error = rumpuser_dlopen(path.c_str(), collect_object, &objects);
  if (error != 0)
    return Napi::Number::New(env, -error);
  return objects;
}

Napi::Uint8Array copy(Napi::Env env, const void *bytes, size_t size) {
  Napi::Uint8Array array = Napi::Uint8Array::New(env, size);
  if (size != 0)
    memcpy(array.Data(), bytes, size);
  return array;
}

Napi::Value dl_symbols(Napi::Env env, uint64_t base) {
  Napi::Array symbols = Napi::Array::New(env, 2);
  const int error = rumpuser_dl_symbols(
      base,
      [](void *arg, const void *symtab, size_t symsize, const char *strtab, size_t strsize) {
        Napi::Array &result = *static_cast<Napi::Array *>(arg);
        result.Set(0u, copy(result.Env(), symtab, symsize));
        result.Set(1u, copy(result.Env(), strtab, strsize));
      },
      &symbols);
  if (error != 0)
    return Napi::Number::New(env, -error);
  return symbols;
}

} // namespace

void define_host_dl(Napi::Object exports) {
  define<dl_bootstrap>(exports, "dlBootstrap");
  define<dl_open>(exports, "dlopen");
  define<dl_symbols>(exports, "dlSymbols");
}

} // namespace binding
