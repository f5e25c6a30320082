// Host threads that run native code given by address.
#include <rump/rumpuser.h>

#include "glue.h"

namespace binding {
namespace {

// A cookie for the join, 0 when there is none to come, or a negative errno.
double thread_create(uint64_t fn, uint64_t arg, std::string name, bool must_join) {
  void *cookie = nullptr;
  const int error = rumpuser_thread_create(reinterpret_cast<void *(*)(void *)>(static_cast<uintptr_t>(fn)),
                                           reinterpret_cast<void *>(static_cast<uintptr_t>(arg)),
                                           name.c_str(), must_join, -1, -1, &cookie);
  return error != 0 ? -error : static_cast<double>(reinterpret_cast<uintptr_t>(cookie));
}

int32_t thread_join(double cookie) {
  return -rumpuser_thread_join(reinterpret_cast<void *>(static_cast<uintptr_t>(cookie)));
}

} // namespace

void define_threads(Napi::Object exports) {
  define<thread_create>(exports, "threadCreate");
  define<thread_join>(exports, "threadJoin");
}

} // namespace binding
