// The addon's entry: once per isolate that loads it.
#include <napi.h>

#include "glue.h"
#include "isolate.h"

namespace binding {

[[noreturn]] void throw_type(const Napi::CallbackInfo &info, size_t position, const char *wanted) {
  throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(position + 1) + " must be " + wanted);
}

Bytes unpack_bytes(const Napi::CallbackInfo &info, size_t position) {
  const Napi::Value value = info[position];
  if (!value.IsTypedArray())
    throw_type(info, position, "a Uint8Array");
  // Not through its ArrayBuffer, which Node-API does not know when it is a shared one.
  const auto array = value.As<Napi::TypedArray>();
  void *data = nullptr;
  if (napi_get_typedarray_info(info.Env(), value, nullptr, nullptr, &data, nullptr, nullptr) != napi_ok)
    throw_type(info, position, "a Uint8Array");
  return {static_cast<uint8_t *>(data), array.ByteLength()};
}

namespace {

void on_assertion(Isolate &isolate, Napi::Function thrower) {
  isolate.on_assertion(thrower);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Isolate(env, exports));
  define<on_assertion>(exports, "onAssertion");
  define_list(exports);
  define_locks(exports);
  define_lwps(exports);
  define_clocks(exports);
  define_threads(exports);
  define_modules(exports);
  define_bench(exports);
  define_host(exports);
  define_gate(exports);
  define_sockets(exports);
  return exports;
}

} // namespace
} // namespace binding

using binding::init;

NODE_API_MODULE(rumpkernel, init)
