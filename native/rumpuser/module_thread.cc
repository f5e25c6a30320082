// Host threads of native modules, and how a host thread comes into a kernel.
//
// NetBSD: sys/rump/librump/rumpkern/scheduler.c (rump_schedule, rump_unschedule).
#include "internal.h"
#include "lwp.h"
#include "module_link.h"

namespace rumpuser {
namespace {

constexpr int kEnxio = 6, kEdeadlk = 11;

// The identity of a thread inside kernels: made when it first enters one.
struct OwnLwp {
  uint32_t handle = 0;
  ~OwnLwp() {
    // Who ends inside has left what it held behind, and curlwp.cc says so to those who wait.
    if (handle != 0 && curlwp != handle)
      rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, &handle);
  }
};
thread_local OwnLwp own;

struct Start {
  rump_kernel *kernel;
  void *(*fn)(void *);
  void *arg;
};

void *run(void *arg) {
  const std::unique_ptr<Start> start(static_cast<Start *>(arg));
  start->fn(start->arg);
  rump_kernel *const kernel = start->kernel;
  std::lock_guard<std::mutex> hold(kernel->mutex);
  if (!kernel->dead) {
    // The kernel looks again who could wake those who wait: this thread could, and goes.
    rumpuser_doorbell(kernel->idler);
    rumpuser_release(kernel->idler);
  }
  return nullptr;
}

// Out of the kernel by its own way, and back.
class KernelLeft {
public:
  explicit KernelLeft(rump_kernel *kernel) : kernel_(kernel), outside_(nullptr) {
    kernel_->upcall(kernel_->arg, Upcall::kUnschedule, "", nullptr);
  }
  ~KernelLeft() { kernel_->upcall(kernel_->arg, Upcall::kSchedule, "", nullptr); }

private:
  rump_kernel *const kernel_;
  InKernel outside_;
};

void left(rump_kernel *kernel) {
  std::lock_guard<std::mutex> hold(kernel->mutex);
  if (--kernel->inside == 0)
    kernel->emptied.notify_all();
}

} // namespace
} // namespace rumpuser

using namespace rumpuser;

int rump_thread_start(struct rump_kernel *kernel, void *(*fn)(void *), void *arg, const char *name,
                      void **cookie) {
  if (!on_kernel_thread(kernel))
    return kEperm;
  kernel->upcall(kernel->arg, Upcall::kShare, "", nullptr);
  {
    std::lock_guard<std::mutex> hold(kernel->mutex);
    kernel->shared = true;
  }
  rumpuser_hold(kernel->idler);
  auto start = std::make_unique<Start>(Start{kernel, fn, arg});
  const int error = rumpuser_thread_create(run, start.get(), name, 1, -1, -1, cookie);
  if (error == 0)
    start.release();
  else
    rumpuser_release(kernel->idler);
  return error;
}

int rump_thread_join(struct rump_kernel *kernel, void *cookie) {
  if (!on_kernel_thread(kernel))
    return kEperm;
  KernelLeft outside(kernel);
  return rumpuser_thread_join(cookie);
}

int rump_schedule(struct rump_kernel *kernel) {
  if (rump_curkernel() != nullptr || curlwp != 0)
    return kEdeadlk;
  {
    std::lock_guard<std::mutex> hold(kernel->mutex);
    if (kernel->dead)
      return kEnxio;
    if (!kernel->shared)
      return kEopnotsupp;
    kernel->inside++;
  }
  int error = own.handle == 0 ? rumpuser_curlwpop(RUMPUSER_LWP_CREATE, &own.handle) : 0;
  if (error == 0) {
    rumpuser_curlwpop(RUMPUSER_LWP_SET, &own.handle);
    error = rumpuser_mutex_enter_nowrap(kernel->giant);
    if (error != 0)
      rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, &own.handle);
  }
  if (error != 0) {
    left(kernel);
    return error;
  }
  set_curkernel(kernel);
  return 0;
}

void rump_unschedule(struct rump_kernel *kernel) {
  if (rump_curkernel() != kernel || on_kernel_thread(kernel))
    assertion_failed("unschedule: this thread is not in the kernel by rump_schedule");
  set_curkernel(nullptr);
  rumpuser_mutex_exit(kernel->giant);
  rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, &own.handle);
  left(kernel);
}
