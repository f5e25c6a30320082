// Native modules without Node: a kernel made of functions, threads that enter it, and its end.
#include <atomic>
#include <string>
#include <vector>

#include "check.h"
#include "module_link.h"

using namespace rumpuser;

namespace {

// What the binding and the kernel would be: the giant lock is held, as `lwp`, unless given up.
struct Fake {
  uint32_t lwp = 0;
  rumpuser_lock giant = 0;
  rumpuser_idler idler = 0;
  rump_kernel *kernel = nullptr;
  std::vector<std::string> printed;
  int wakeups = 0;
  bool shared = false;

  static int upcall(void *arg, Upcall what, const char *text, const void *) {
    Fake &fake = *static_cast<Fake *>(arg);
    switch (what) {
    case Upcall::kPrint:
      fake.printed.push_back(text);
      return 0;
    case Upcall::kAttach:
      return std::string(text) == "taken" ? -17 : 200;
    case Upcall::kWakeup:
      fake.wakeups++;
      return 0;
    case Upcall::kShare:
      fake.shared = true;
      return 0;
    case Upcall::kUnschedule:
      fake.leave();
      return 0;
    case Upcall::kSchedule:
      fake.enter();
      return 0;
    case Upcall::kDetach:
    case Upcall::kAdmit:
      return 0;
    }
    return -1;
  }

  Fake() {
    CHECK(rumpuser_curlwpop(RUMPUSER_LWP_CREATE, &lwp) == 0);
    CHECK(rumpuser_mutex_init(&giant, RUMPUSER_MTX_RECURSIVE) == 0);
    CHECK(rumpuser_idle_open([](void *) {}, nullptr, &idler) == 0);
    kernel = new rump_kernel(upcall, this, idler, giant);
    enter();
  }

  void enter() {
    CHECK(rumpuser_curlwpop(RUMPUSER_LWP_SET, &lwp) == 0);
    CHECK(rumpuser_mutex_enter_nowrap(giant) == 0);
  }

  void leave() {
    rumpuser_mutex_exit(giant);
    CHECK(rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, &lwp) == 0);
  }
};

constexpr int kThreads = 3, kRounds = 2000, kPrinted = 10;

// The giant lock alone protects it.
int inside = 0;
std::atomic<int> ended{0};
char device_tag;

const rump_cdevsw *any_device() {
  return reinterpret_cast<const rump_cdevsw *>(&device_tag);
}

void deferred(void *arg) {
  CHECK(rump_curkernel() == static_cast<Fake *>(arg)->kernel);
  inside++;
}

void *worker(void *arg) {
  Fake &fake = *static_cast<Fake *>(arg);
  CHECK(rump_curkernel() == nullptr);
  for (int i = 0; i < kRounds; i++) {
    CHECK(rump_schedule(fake.kernel) == 0);
    CHECK(rump_schedule(fake.kernel) == 11);
    inside++;
    rump_unschedule(fake.kernel);
  }
  CHECK(rump_devsw_attach(fake.kernel, "x", any_device(), nullptr) == 1);
  for (int i = 0; i < kPrinted; i++)
    rump_printf(fake.kernel, "%d", i);
  rump_wakeup(fake.kernel, any_device());
  CHECK(rump_defer(fake.kernel, deferred, &fake) == 0);
  return nullptr;
}

// Until the kernel is no more.
void *persistent(void *arg) {
  rump_kernel *const kernel = static_cast<Fake *>(arg)->kernel;
  int error = 0;
  while ((error = rump_schedule(kernel)) == 0)
    rump_unschedule(kernel);
  CHECK(error == 6);
  CHECK(rump_defer(kernel, deferred, nullptr) == 6);
  rump_printf(kernel, "unheard");
  ended++;
  return nullptr;
}

int command(modcmd_t cmd, void *data) {
  rump_kernel *const kernel = rump_curkernel();
  CHECK(kernel != nullptr && rumpuser_curlwp() != 0);
  if (cmd != MODULE_CMD_INIT)
    return 25;
  const auto *props = static_cast<const rump_props *>(data);
  int64_t number = 0;
  CHECK(std::string(rump_prop_string(props, "text")) == "value");
  CHECK(rump_prop_string(props, "number") == nullptr);
  CHECK(rump_prop_number(props, "number", &number) == 0 && number == -7);
  CHECK(rump_prop_number(props, "text", &number) == 2);
  CHECK(rump_prop_number(props, "absent", &number) == 2);
  CHECK(*rump_private(kernel, &device_tag) == nullptr);
  *rump_private(kernel, &device_tag) = &number;
  CHECK(rump_private(kernel, &inside) != rump_private(kernel, &device_tag));
  int major = 0;
  CHECK(rump_devsw_attach(kernel, "device", any_device(), &major) == 0 && major == 200);
  CHECK(rump_devsw_attach(kernel, "taken", any_device(), &major) == 17);
  return 0;
}

int read_some(uint64_t dev, rump_uio *uio, int flag) {
  CHECK(dev == 5 && flag == 1 && uio->uio_write == 0 && uio->uio_offset == 9);
  char text[] = "abc";
  rump_uiomove(text, 3, uio);
  return 5;
}

int read_nothing(uint64_t, rump_uio *, int) {
  return RUMP_WAIT;
}

} // namespace

int main() {
  Fake fake;
  CHECK(rump_curkernel() == nullptr);
  CHECK(rump_thread_start(fake.kernel, worker, &fake, "worker", nullptr) == 1);

  const modinfo_t info = {RUMP_MODULE_VERSION, MODULE_CLASS_MISC, command, "module", nullptr, 0};
  rump_props props;
  props.values["text"] = {true, "value", 0};
  props.values["number"] = {false, "", -7};
  CHECK(module_command(fake.kernel, &info, MODULE_CMD_INIT, &props) == 0);
  CHECK(module_command(fake.kernel, &info, MODULE_CMD_STAT, nullptr) == 25);

  uint8_t buf[8] = {};
  rump_cdevsw device = {};
  const auto read = [&](size_t size) {
    return module_device(fake.kernel, &device, DeviceOp::kRead, 5, 1, buf, size, 9);
  };
  CHECK(read(8) == -19);
  CHECK(module_device(fake.kernel, &device, DeviceOp::kOpen, 5, 1, nullptr, 0, 0) == 0);
  device.d_read = read_some;
  CHECK(read(8) == 3 && buf[2] == 'c');
  CHECK(read(2) == 2);
  CHECK(read(0) == -5);
  device.d_read = read_nothing;
  CHECK(read(8) == kDeviceWaits);

  std::vector<void *> threads(kThreads);
  {
    InKernel here(fake.kernel);
    for (void *&thread : threads)
      CHECK(rump_thread_start(fake.kernel, worker, &fake, "worker", &thread) == 0);
    CHECK(fake.shared);
    CHECK(rumpuser_busy(fake.idler) != 0);
    for (void *thread : threads)
      CHECK(rump_thread_join(fake.kernel, thread) == 0);
    CHECK(rump_thread_join(fake.kernel, threads[0]) == 3);
  }
  CHECK(inside == kThreads * kRounds);
  CHECK(fake.printed.empty());
  module_serve(fake.kernel);
  CHECK(fake.printed.size() == kThreads * kPrinted);
  CHECK(fake.wakeups == kThreads);
  CHECK(inside == kThreads * (kRounds + 1));

  void *last = nullptr;
  {
    InKernel here(fake.kernel);
    CHECK(rump_thread_start(fake.kernel, persistent, &fake, "persistent", &last) == 0);
  }
  fake.leave();
  module_close(fake.kernel);
  CHECK(rumpuser_thread_join(last) == 0);
  CHECK(ended == 1);
  rumpuser_mutex_destroy(fake.giant);
  rumpuser_idle_close(fake.idler);
  CHECK(fake.printed.size() == kThreads * kPrinted);
  delete fake.kernel;
  return 0;
}
