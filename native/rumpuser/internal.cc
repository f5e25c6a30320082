// Binding to a kernel, assertions, reasons and interruption: what every hypercall leans on.
#include "internal.h"

#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace rumpuser {
namespace {

constexpr size_t kMessageSize = 256;

// The upcalls are for the C library, where one process is one kernel. The binding makes its upcalls itself.
std::atomic<void (*)(void)> schedule_upcall{nullptr};
std::atomic<void (*)(void)> unschedule_upcall{nullptr};
std::atomic<bool> bound{false};

// Per thread, because an isolate turns an assertion into an exception and a bare thread must not.
thread_local rumpuser_assert_fn assert_handler = nullptr;
thread_local rumpuser_interrupted_fn interrupted_fn = nullptr;
thread_local void *interrupted_arg = nullptr;
thread_local char reason[kMessageSize] = "";

} // namespace

void assertion_failed(const char *format, ...) {
  char message[kMessageSize];
  va_list ap;
  va_start(ap, format);
  vsnprintf(message, sizeof message, format, ap);
  va_end(ap);
  if (assert_handler != nullptr)
    assert_handler(message);
  fprintf(stderr, "rumpuser: assertion failed: %s\n", message);
  abort();
}

int failed_because(int error, const char *format, ...) {
  va_list ap;
  va_start(ap, format);
  vsnprintf(reason, sizeof reason, format, ap);
  va_end(ap);
  return error;
}

bool interruptible() {
  return interrupted_fn != nullptr;
}

bool interrupted() {
  return interrupted_fn != nullptr && interrupted_fn(interrupted_arg) != 0;
}

CpuReleased::CpuReleased() {
  if (auto *up = unschedule_upcall.load(std::memory_order_acquire))
    up();
}

CpuReleased::~CpuReleased() {
  if (auto *up = schedule_upcall.load(std::memory_order_acquire))
    up();
}

} // namespace rumpuser

using namespace rumpuser;

int rumpuser_init(int version, const struct rumpuser_hyperup *hyp) {
  if (version != RUMPUSER_VERSION) {
    return failed_because(kEprogmismatch, "init: the host speaks version %d, the kernel wants %d",
                          RUMPUSER_VERSION, version);
  }
  if (bound.exchange(true))
    return failed_because(kEbusy, "init: bound already");
  if (hyp != nullptr) {
    schedule_upcall.store(hyp->hyp_schedule, std::memory_order_release);
    unschedule_upcall.store(hyp->hyp_unschedule, std::memory_order_release);
  }
  return 0;
}

void rumpuser_fini(void) {
  schedule_upcall.store(nullptr, std::memory_order_release);
  unschedule_upcall.store(nullptr, std::memory_order_release);
  bound.store(false);
}

void rumpuser_onassert(rumpuser_assert_fn handler) {
  assert_handler = handler;
}

void rumpuser_oninterrupt(rumpuser_interrupted_fn fn, void *arg) {
  interrupted_fn = fn;
  interrupted_arg = arg;
}

const char *rumpuser_reason(void) {
  return reason;
}
