// The list of hypercalls as the header has it, for the test that compares header, addon and TypeScript.
#include <rump/rumpuser.h>

#include "glue.h"

namespace binding {
namespace {

struct Hypercall {
  const char *section;
  const char *name;
  const char *parameters;
  // Keeps the addon from loading when a call is declared but defined nowhere.
  const void *address;
};

const Hypercall kHypercalls[] = {
#define ROW(section, result, name, parameters)                                                               \
  {#section, #name, #parameters, reinterpret_cast<const void *>(&rumpuser_##name)},
    RUMPUSER_HYPERCALLS(ROW)
#undef ROW
};

Napi::Array hypercalls(Napi::Env env) {
  Napi::Array rows = Napi::Array::New(env);
  for (const Hypercall &hypercall : kHypercalls) {
    Napi::Object row = Napi::Object::New(env);
    row.Set("section", hypercall.section);
    row.Set("name", hypercall.name);
    row.Set("parameters", hypercall.parameters);
    row.Set("address", Napi::BigInt::New(env, reinterpret_cast<uint64_t>(hypercall.address)));
    rows.Set(rows.Length(), row);
  }
  return rows;
}

} // namespace

void define_list(Napi::Object exports) {
  exports.Set("version", Napi::Number::New(exports.Env(), RUMPUSER_VERSION));
  define<hypercalls>(exports, "hypercalls");
}

} // namespace binding
