// A kernel as native modules see it: what the binding fills in, and what is called of a module.
#ifndef RUMPUSER_MODULE_LINK_H
#define RUMPUSER_MODULE_LINK_H

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <rump/module.h>

namespace rumpuser {

// What a module asks of its kernel, on the kernel's thread.
enum class Upcall { kPrint, kAttach, kDetach, kWakeup, kShare, kUnschedule, kSchedule, kAdmit };

// @returns a number, or a negative errno.
using UpcallFn = int (*)(void *arg, Upcall what, const char *text, const void *device);

// What another thread asked for, until the kernel's thread looks.
struct ModuleRequest {
  Upcall what;
  std::string text;
  const void *device;
  void (*fn)(void *);
  void *arg;
};

struct Property {
  bool is_text;
  std::string text;
  int64_t number;
};

} // namespace rumpuser

struct rump_props {
  std::map<std::string, rumpuser::Property> values;
};

// Made for the first module of a kernel and never freed: a thread of a module may hold it for longer than the
// kernel lives.
struct rump_kernel {
  const rumpuser::UpcallFn upcall;
  void *const arg;
  const rumpuser_idler idler;
  const rumpuser_lock giant;
  const std::thread::id thread = std::this_thread::get_id();

  std::mutex mutex;
  std::condition_variable emptied;
  bool dead = false;
  bool shared = false;
  // Threads between rump_schedule and rump_unschedule.
  int inside = 0;
  std::deque<rumpuser::ModuleRequest> requests;
  std::map<const void *, void *> privates;

  rump_kernel(rumpuser::UpcallFn fn, void *data, rumpuser_idler place, rumpuser_lock lock)
      : upcall(fn), arg(data), idler(place), giant(lock) {}
};

namespace rumpuser {

// For a thread that comes in by rump_schedule.
void set_curkernel(rump_kernel *kernel);

// Marks a kernel as the one that runs on this thread, for as long as it lives.
class InKernel {
public:
  explicit InKernel(rump_kernel *kernel);
  ~InKernel();
  InKernel(const InKernel &) = delete;
  InKernel &operator=(const InKernel &) = delete;

private:
  rump_kernel *const before_;
};

// Whether the caller runs on the kernel's own thread, inside it.
bool on_kernel_thread(const rump_kernel *kernel);
// Puts a request in the queue and rings. @returns false when the kernel is dead
bool request(rump_kernel *kernel, ModuleRequest &&request);

// An errno.
int module_command(rump_kernel *kernel, const modinfo_t *info, modcmd_t cmd, rump_props *props);

constexpr int kDeviceWaits = -0x10000;
enum class DeviceOp { kOpen, kClose, kRead, kWrite, kIoctl };
// Bytes moved, a negative errno, or kDeviceWaits. `where` is the offset, or the command of an ioctl.
int64_t module_device(rump_kernel *kernel, const rump_cdevsw *device, DeviceOp op, uint64_t dev, int flag,
                      uint8_t *data, size_t size, int64_t where);

// Serves what other threads asked for. On the kernel's thread.
void module_serve(rump_kernel *kernel);
// The kernel is no more: waits for the threads that are inside, and lets no more in.
void module_close(rump_kernel *kernel);

} // namespace rumpuser

#endif
