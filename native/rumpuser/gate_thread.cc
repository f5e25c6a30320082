// The gate for native threads: the same slots as isolates use.
#include <rump/gate.h>

#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include "gate.h"
#include "module_link.h"

namespace {

using namespace rumpuser;

constexpr int kEnxio = 6, kEdeadlk = 11;
// What may be asked: lib/gate/slots.ts.
enum : int32_t { kSyscall = 0, kAttach = 1, kFork = 2, kLeave = 4, kSignals = 6 };

// A thread's slot. It goes when the last of what came in by it has left, or with its thread.
struct Session {
  uint32_t slot = kNoSlot;
  int64_t spin = 0;
  const std::thread::id owner = std::this_thread::get_id();
  ~Session() {
    if (slot != kNoSlot)
      gate_gone(slot);
  }
};

} // namespace

struct rump_thread {
  std::shared_ptr<Session> session;
  int32_t client = 0;
  int64_t pid = 0;
};

namespace {

int usable(const rump_thread *thread) {
  if (thread == nullptr || thread->session->owner != std::this_thread::get_id())
    return kEinval;
  // It would wait for itself.
  return rump_curkernel() != nullptr ? kEdeadlk : 0;
}

int request(Session &session, int32_t what, int32_t client, int number, const void *args, size_t length,
            int64_t retval[2]) {
  if (length > kGateArgs * 8)
    return kEinval;
  if (session.slot == kNoSlot)
    return kEnxio;
  GateSlot &s = gate_slots()[session.slot];
  s.request = what;
  s.client = client;
  s.number = number;
  s.length = static_cast<uint32_t>(length);
  if (length != 0)
    memcpy(s.args, args, length);
  const int error = gate_call(session.slot, session.spin);
  if (error == kEintr)
    session.slot = kNoSlot;
  if (error != 0)
    return error;
  if (retval != nullptr && s.error == 0)
    memcpy(retval, s.retval, sizeof s.retval);
  return s.error;
}

// Ends with the thread: whatever it did not give back.
struct Attached {
  std::weak_ptr<Session> session;
  std::unique_ptr<Attached> next;
  ~Attached() {
    const std::shared_ptr<Session> left = session.lock();
    if (left != nullptr && left->slot != kNoSlot) {
      gate_gone(left->slot);
      left->slot = kNoSlot;
    }
  }
};
thread_local std::unique_ptr<Attached> attached;

void admitted(std::shared_ptr<Session> session, const int64_t answer[2], rump_thread **thread) {
  *thread = new rump_thread{std::move(session), static_cast<int32_t>(answer[0]), answer[1]};
}

} // namespace

int rump_thread_attach(uint32_t gate, uint64_t key, struct rump_thread **thread) {
  if (rump_curkernel() != nullptr)
    return kEdeadlk;
  auto session = std::make_shared<Session>();
  const int error = gate_claim(gate, &session->slot);
  if (error != 0)
    return error;
  const int64_t args[3] = {static_cast<int64_t>(key), 0, 0};
  int64_t answer[2];
  const int refused = request(*session, kAttach, 0, 0, args, sizeof args, answer);
  if (refused != 0)
    return refused;
  attached.reset(new Attached{session, std::move(attached)});
  admitted(std::move(session), answer, thread);
  return 0;
}

int rump_thread_spin(struct rump_thread *thread, int64_t ns) {
  const int error = usable(thread);
  if (error == 0)
    thread->session->spin = ns;
  return error;
}

int rump_thread_syscall(struct rump_thread *thread, int number, const void *args, size_t length,
                        int64_t retval[2]) {
  const int error = usable(thread);
  return error != 0 ? error
                    : request(*thread->session, kSyscall, thread->client, number, args, length, retval);
}

int rump_thread_fork(struct rump_thread *thread, struct rump_thread **child) {
  int error = usable(thread);
  int64_t answer[2];
  if (error == 0)
    error = request(*thread->session, kFork, thread->client, 0, nullptr, 0, answer);
  if (error == 0)
    admitted(thread->session, answer, child);
  return error;
}

int64_t rump_thread_pid(const struct rump_thread *thread) {
  return thread->pid;
}

int rump_thread_signals(struct rump_thread *thread, uint64_t raised[2]) {
  raised[0] = raised[1] = 0;
  const int error = usable(thread);
  if (error != 0)
    return error;
  int64_t answer[2];
  const int refused = request(*thread->session, kSignals, thread->client, 0, nullptr, 0, answer);
  if (refused == 0)
    memcpy(raised, answer, sizeof answer);
  return refused;
}

void rump_thread_detach(struct rump_thread *thread, int status) {
  if (thread == nullptr)
    return;
  const int64_t arg = status & 0xff;
  if (usable(thread) == 0)
    request(*thread->session, kLeave, thread->client, 0, &arg, sizeof arg, nullptr);
  delete thread;
}

int rump_kernel_share(struct rump_kernel *kernel, uint32_t *gate, uint64_t *key) {
  if (!on_kernel_thread(kernel))
    return kEperm;
  size_t got = 0;
  const int error = rumpuser_getrandom(key, sizeof *key, 0, &got);
  if (error != 0)
    return error;
  const int handle = kernel->upcall(kernel->arg, Upcall::kAdmit, std::to_string(*key).c_str(), nullptr);
  if (handle <= 0)
    return -handle;
  *gate = static_cast<uint32_t>(handle);
  return 0;
}
