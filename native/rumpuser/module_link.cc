// Native kernel modules: calling them, and serving what they ask for.
//
// What is asked on the kernel's own thread is done at once; what another thread asks is queued and the
// doorbell rung. NetBSD: sys/kern/kern_module.c, module(9); sys/kern/subr_devsw.c.
#include "module_link.h"

#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "internal.h"

namespace rumpuser {
namespace {

constexpr int kEnodev = 19, kEnxio = 6;
constexpr size_t kMessageSize = 1024;
constexpr std::chrono::seconds kPatience{1};

thread_local rump_kernel *current = nullptr;

int answer(int64_t result) {
  return result < 0 ? static_cast<int>(-result) : 0;
}

} // namespace

void set_curkernel(rump_kernel *kernel) {
  current = kernel;
}

InKernel::InKernel(rump_kernel *kernel) : before_(current) {
  current = kernel;
}

InKernel::~InKernel() {
  current = before_;
}

bool on_kernel_thread(const rump_kernel *kernel) {
  return current == kernel && kernel != nullptr && kernel->thread == std::this_thread::get_id();
}

bool request(rump_kernel *kernel, ModuleRequest &&asked) {
  std::lock_guard<std::mutex> hold(kernel->mutex);
  if (kernel->dead)
    return false;
  kernel->requests.push_back(std::move(asked));
  // Under the mutex, so that the idler is not closed meanwhile.
  rumpuser_doorbell(kernel->idler);
  return true;
}

int module_command(rump_kernel *kernel, const modinfo_t *info, modcmd_t cmd, rump_props *props) {
  InKernel inside(kernel);
  return info->mi_modcmd(cmd, props);
}

int64_t module_device(rump_kernel *kernel, const rump_cdevsw *device, DeviceOp op, uint64_t dev, int flag,
                      uint8_t *data, size_t size, int64_t where) {
  InKernel inside(kernel);
  switch (op) {
  case DeviceOp::kOpen:
    return device->d_open == nullptr ? 0 : -device->d_open(dev, flag);
  case DeviceOp::kClose:
    return device->d_close == nullptr ? 0 : -device->d_close(dev, flag);
  case DeviceOp::kIoctl:
    return device->d_ioctl == nullptr ? -kEnodev
                                      : -device->d_ioctl(dev, static_cast<uint64_t>(where), data, size, flag);
  case DeviceOp::kRead:
  case DeviceOp::kWrite:
    break;
  }
  const bool writes = op == DeviceOp::kWrite;
  const auto move = writes ? device->d_write : device->d_read;
  if (move == nullptr)
    return -kEnodev;
  rump_uio uio = {data, size, where, writes ? 1 : 0};
  const int error = move(dev, &uio, flag);
  const int64_t moved = static_cast<int64_t>(size - uio.uio_resid);
  // What was moved before the trouble counts.
  if (moved > 0 || error == 0)
    return moved;
  return error == RUMP_WAIT ? kDeviceWaits : -error;
}

void module_serve(rump_kernel *kernel) {
  for (;;) {
    ModuleRequest next;
    {
      std::lock_guard<std::mutex> hold(kernel->mutex);
      if (kernel->requests.empty())
        return;
      next = std::move(kernel->requests.front());
      kernel->requests.pop_front();
    }
    InKernel inside(kernel);
    if (next.fn != nullptr)
      next.fn(next.arg);
    else
      kernel->upcall(kernel->arg, next.what, next.text.c_str(), next.device);
  }
}

void module_close(rump_kernel *kernel) {
  std::unique_lock<std::mutex> hold(kernel->mutex);
  kernel->dead = true;
  kernel->requests.clear();
  // An isolate that is terminated inside the kernel holds the lock they wait for: those are told when it
  // goes.
  kernel->emptied.wait_for(hold, kPatience, [kernel] { return kernel->inside == 0; });
}

} // namespace rumpuser

using namespace rumpuser;

struct rump_kernel *rump_curkernel(void) {
  return current;
}

void **rump_private(struct rump_kernel *kernel, const void *key) {
  std::lock_guard<std::mutex> hold(kernel->mutex);
  // A map does not move its values.
  return &kernel->privates[key];
}

void rump_printf(struct rump_kernel *kernel, const char *format, ...) {
  char text[kMessageSize];
  va_list ap;
  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  if (on_kernel_thread(kernel))
    kernel->upcall(kernel->arg, Upcall::kPrint, text, nullptr);
  else
    request(kernel, {Upcall::kPrint, text, nullptr, nullptr, nullptr});
}

int rump_defer(struct rump_kernel *kernel, void (*fn)(void *), void *arg) {
  return request(kernel, {Upcall::kPrint, "", nullptr, fn, arg}) ? 0 : kEnxio;
}

const char *rump_prop_string(const struct rump_props *props, const char *key) {
  const auto found = props->values.find(key);
  return found == props->values.end() || !found->second.is_text ? nullptr : found->second.text.c_str();
}

int rump_prop_number(const struct rump_props *props, const char *key, int64_t *value) {
  const auto found = props->values.find(key);
  if (found == props->values.end() || found->second.is_text)
    return kEnoent;
  *value = found->second.number;
  return 0;
}

size_t rump_uiomove(void *buf, size_t n, struct rump_uio *uio) {
  const size_t count = n < uio->uio_resid ? n : uio->uio_resid;
  if (count == 0)
    return 0;
  if (uio->uio_write != 0)
    memcpy(buf, uio->uio_base, count);
  else
    memcpy(uio->uio_base, buf, count);
  uio->uio_base += count;
  uio->uio_resid -= count;
  uio->uio_offset += static_cast<int64_t>(count);
  return count;
}

int rump_devsw_attach(struct rump_kernel *kernel, const char *name, const struct rump_cdevsw *device,
                      int *major) {
  if (!on_kernel_thread(kernel))
    return kEperm;
  const int result = kernel->upcall(kernel->arg, Upcall::kAttach, name, device);
  if (result >= 0 && major != nullptr)
    *major = result;
  return answer(result);
}

int rump_devsw_detach(struct rump_kernel *kernel, const struct rump_cdevsw *device) {
  if (!on_kernel_thread(kernel))
    return kEperm;
  return answer(kernel->upcall(kernel->arg, Upcall::kDetach, "", device));
}

void rump_wakeup(struct rump_kernel *kernel, const struct rump_cdevsw *device) {
  if (on_kernel_thread(kernel))
    kernel->upcall(kernel->arg, Upcall::kWakeup, "", device);
  else
    request(kernel, {Upcall::kWakeup, "", device, nullptr, nullptr});
}
