// From JavaScript to C++ and back, by type: the only place that unpacks arguments and packs results.
//
// A glue function is an ordinary function; `define<fn>(exports, "name")` exports it. Failure is a negative
// errno in the result, which lib/rumpuser turns into the singleton; a broken assertion is thrown here.
#ifndef BINDING_GLUE_H
#define BINDING_GLUE_H

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <napi.h>

#include "isolate.h"

namespace binding {

// What the assertion handler throws through the library, back into the glue.
struct AssertionFailed {
  std::string message;
};

// The bytes of a Uint8Array (or of any other view); valid during the call unless the value is kept.
struct Bytes {
  uint8_t *data;
  size_t size;
};

[[noreturn]] void throw_type(const Napi::CallbackInfo &info, size_t position, const char *wanted);
Bytes unpack_bytes(const Napi::CallbackInfo &info, size_t position);

// Nanoseconds and the like: what no 64-bit integer holds becomes its nearest end.
inline int64_t saturated(double value) {
  if (std::isnan(value))
    return 0;
  if (value >= 9223372036854775807.0)
    return INT64_MAX;
  if (value <= -9223372036854775808.0)
    return INT64_MIN;
  return static_cast<int64_t>(std::ceil(value));
}

template <typename T> T unpack(const Napi::CallbackInfo &info, size_t position) {
  const Napi::Value value = info[position];
  // Of these the engine is asked once: that it is none is an answer, too.
  if constexpr (std::is_same_v<T, bool>) {
    bool result = false;
    if (napi_get_value_bool(info.Env(), value, &result) != napi_ok)
      throw_type(info, position, "a boolean");
    return result;
  } else if constexpr (std::is_same_v<T, uint64_t>) {
    uint64_t result = 0;
    bool lossless = true;
    if (napi_get_value_bigint_uint64(info.Env(), value, &result, &lossless) != napi_ok)
      throw_type(info, position, "a bigint");
    return result;
  } else if constexpr (std::is_same_v<T, int32_t>) {
    int32_t result = 0;
    if (napi_get_value_int32(info.Env(), value, &result) != napi_ok)
      throw_type(info, position, "a number");
    return result;
  } else if constexpr (std::is_same_v<T, uint32_t>) {
    uint32_t result = 0;
    if (napi_get_value_uint32(info.Env(), value, &result) != napi_ok)
      throw_type(info, position, "a number");
    return result;
  } else if constexpr (std::is_same_v<T, double> || std::is_same_v<T, int64_t>) {
    double result = 0;
    if (napi_get_value_double(info.Env(), value, &result) != napi_ok)
      throw_type(info, position, "a number");
    if constexpr (std::is_same_v<T, int64_t>)
      return saturated(result);
    else
      return result;
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!value.IsString())
      throw_type(info, position, "a string");
    return value.As<Napi::String>().Utf8Value();
  } else if constexpr (std::is_same_v<T, Bytes>) {
    return unpack_bytes(info, position);
  } else if constexpr (std::is_same_v<T, Napi::Function>) {
    if (!value.IsFunction())
      throw_type(info, position, "a function");
    return value.As<Napi::Function>();
  } else if constexpr (std::is_same_v<T, Napi::Array>) {
    if (!value.IsArray())
      throw_type(info, position, "an array");
    return value.As<Napi::Array>();
  } else if constexpr (std::is_same_v<T, Napi::Object>) {
    if (!value.IsObject())
      throw_type(info, position, "an object");
    return value.As<Napi::Object>();
  } else {
    static_assert(std::is_same_v<T, Napi::Value>, "no way to unpack this type");
    return value;
  }
}

template <typename T> Napi::Value pack(Napi::Env env, T &&result) {
  using Type = std::decay_t<T>;
  if constexpr (std::is_same_v<Type, bool>) {
    return Napi::Boolean::New(env, result);
  } else if constexpr (std::is_same_v<Type, uint64_t>) {
    return Napi::BigInt::New(env, result);
  } else if constexpr (std::is_arithmetic_v<Type>) {
    return Napi::Number::New(env, static_cast<double>(result));
  } else if constexpr (std::is_same_v<Type, std::string>) {
    return Napi::String::New(env, result);
  } else {
    return std::forward<T>(result);
  }
}

// The environment and its Isolate come from the call itself and use up no argument.
template <typename T>
constexpr bool kImplicit = std::is_same_v<std::decay_t<T>, Isolate> || std::is_same_v<T, Napi::Env>;

template <typename T> decltype(auto) argument(const Napi::CallbackInfo &info, size_t position) {
  if constexpr (std::is_same_v<std::decay_t<T>, Isolate>) {
    return static_cast<Isolate &>(Isolate::of(info.Env()));
  } else if constexpr (std::is_same_v<T, Napi::Env>) {
    return info.Env();
  } else {
    return unpack<std::decay_t<T>>(info, position);
  }
}

template <auto fn, typename Result, typename... Args, size_t... Index>
Napi::Value invoke(const Napi::CallbackInfo &info, Result (*)(Args...), std::index_sequence<Index...>) {
  // Position in JavaScript of each parameter: how many explicit ones come before it.
  constexpr bool implicit[] = {kImplicit<Args>..., true};
  constexpr auto position = [](const bool *all, size_t index) {
    size_t count = 0;
    for (size_t i = 0; i < index; i++)
      count += all[i] ? 0 : 1;
    return count;
  };
  if constexpr (std::is_void_v<Result>) {
    fn(argument<Args>(info, position(implicit, Index))...);
    return info.Env().Undefined();
  } else {
    return pack(info.Env(), fn(argument<Args>(info, position(implicit, Index))...));
  }
}

template <typename Result, typename... Args>
constexpr std::index_sequence_for<Args...> sequence_of(Result (*)(Args...)) {
  return {};
}

template <auto fn> Napi::Value call(const Napi::CallbackInfo &info) {
  try {
    return invoke<fn>(info, fn, sequence_of(fn));
  } catch (const AssertionFailed &failed) {
    Isolate::of(info.Env()).throw_assertion(failed.message);
  }
}

template <auto fn> void define(Napi::Object exports, const char *name) {
  exports.Set(name, Napi::Function::New<call<fn>>(exports.Env(), name));
}

// One per file of glue.
void define_list(Napi::Object exports);
void define_locks(Napi::Object exports);
void define_lwps(Napi::Object exports);
void define_clocks(Napi::Object exports);
void define_threads(Napi::Object exports);
void define_modules(Napi::Object exports);
void define_bench(Napi::Object exports);
void define_host(Napi::Object exports);
void define_gate(Napi::Object exports);
void define_sockets(Napi::Object exports);

} // namespace binding

#endif
