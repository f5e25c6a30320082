// lwp handles come in blocks; lib/rumpuser/curlwp.ts does the rest on the shared bytes.
#include "glue.h"
#include "lwp.h"

namespace binding {
namespace {

// The first handle of a block, or a negative errno.
int32_t lwp_block(uint32_t tenant) {
  uint32_t first = 0;
  const int error = rumpuser::lwp_block_take(tenant, &first);
  return error != 0 ? -error : static_cast<int32_t>(first);
}

} // namespace

void define_lwps(Napi::Object exports) {
  exports.Set("lwpsPerBlock", Napi::Number::New(exports.Env(), rumpuser::kLwpsPerBlock));
  define<lwp_block>(exports, "lwpBlock");
}

} // namespace binding
