// The gate without Node: a kernel made of a loop, threads that call it, threads that go, and its end.
#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include <rump/gate.h>

#include "check.h"
#include "gate.h"

using namespace rumpuser;

namespace {

enum : int32_t { kSyscall = 0, kAttach = 1, kLeave = 4 };
constexpr int kEcho = 1, kNever = 2, kCopy = 3;

// Serves until it is told to end; answers that "never" come are withheld.
class Kernel {
public:
  explicit Kernel(int64_t spin = 0) : spin_(spin) {
    thread_ = std::thread([this] { run(); });
    while (gate.load() == 0)
      std::this_thread::yield();
  }
  ~Kernel() { stop(); }

  void stop() {
    if (!thread_.joinable())
      return;
    ending_.store(true);
    rumpuser_doorbell(idler_);
    thread_.join();
  }

  std::atomic<uint32_t> gate{0};
  std::atomic<int> sessions{0}, gone{0}, served{0};

private:
  void run() {
    CHECK(rumpuser_idle_open([](void *) {}, nullptr, &idler_) == 0);
    const uint32_t mine = gate_open(idler_);
    gate.store(mine);
    uint32_t done = kNoSlot;
    while (!ending_.load()) {
      const uint32_t slot = gate_next(mine, spin_, done);
      done = kNoSlot;
      if (slot == kNoSlot) {
        // So long that a request that is overlooked shows.
        rumpuser_idle(idler_, rumpuser_monotonic() + 20'000'000'000);
      } else if (serve(slot)) {
        done = slot;
        if (at_once_ = !at_once_; at_once_) {
          gate_done(slot);
          done = kNoSlot;
        }
      }
    }
    gate_close(mine);
    rumpuser_idle_close(idler_);
  }

  // Whether it is to be answered.
  bool serve(uint32_t slot) {
    GateSlot &s = gate_slots()[slot];
    if (s.gone.load() != 0) {
      gone++;
      gate_forget(slot);
      return false;
    }
    served++;
    s.error = 0;
    if (s.request == kAttach) {
      s.retval[0] = ++sessions;
      s.retval[1] = 100;
    } else if (s.request == kSyscall && s.number == kNever) {
      return false;
    } else if (s.request == kSyscall && s.number == kCopy) {
      char text[6] = {};
      s.error = gate_copyin(slot, static_cast<uint64_t>(s.args[0]), text, sizeof text);
      if (s.error == 0)
        s.error = gate_copyout(slot, static_cast<uint64_t>(s.args[1]), text, sizeof text);
    } else {
      s.retval[0] = s.args[0] + 1;
      s.retval[1] = s.number;
    }
    return true;
  }

  const int64_t spin_;
  bool at_once_ = false;
  std::thread thread_;
  rumpuser_idler idler_ = 0;
  std::atomic<bool> ending_{false};
};

template <typename Condition> void until(Condition condition) {
  while (!condition())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void many_threads(int64_t spin) {
  Kernel kernel(spin);
  constexpr int kThreads = 8, kCalls = 2000;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; i++) {
    threads.emplace_back([&kernel, spin] {
      rump_thread *thread = nullptr;
      CHECK(rump_thread_attach(kernel.gate.load(), 1, &thread) == 0);
      CHECK(rump_thread_pid(thread) == 100);
      CHECK(rump_thread_spin(thread, spin) == 0);
      for (int64_t n = 0; n < kCalls; n++) {
        int64_t retval[2] = {};
        CHECK(rump_thread_syscall(thread, kEcho, &n, sizeof n, retval) == 0);
        CHECK(retval[0] == n + 1 && retval[1] == kEcho);
      }
      rump_thread_detach(thread, 0);
    });
  }
  for (auto &thread : threads)
    thread.join();
  until([&kernel] { return kernel.gone.load() == kThreads; });
  CHECK(kernel.served.load() == kThreads * (kCalls + 2));
}

void memory() {
  Kernel kernel;
  rump_thread *thread = nullptr;
  CHECK(rump_thread_attach(kernel.gate.load(), 1, &thread) == 0);
  const char there[] = "hello";
  char back[6] = {};
  uint64_t args[2] = {reinterpret_cast<uintptr_t>(there), reinterpret_cast<uintptr_t>(back)};
  CHECK(rump_thread_syscall(thread, kCopy, args, sizeof args, nullptr) == 0);
  CHECK(strcmp(back, "hello") == 0);
  for (const uint64_t bad : {uint64_t(0), uint64_t(8), UINT64_MAX, uint64_t(1) << 46}) {
    uint64_t from[2] = {bad, args[1]}, to[2] = {args[0], bad};
    CHECK(rump_thread_syscall(thread, kCopy, from, sizeof from, nullptr) == 14);
    CHECK(rump_thread_syscall(thread, kCopy, to, sizeof to, nullptr) == 14);
  }
  CHECK(rump_thread_syscall(thread, kEcho, args, 8 * kGateArgs + 1, nullptr) == kEinval);
  int other = 0;
  std::thread([thread, &other] { other = rump_thread_syscall(thread, kEcho, nullptr, 0, nullptr); }).join();
  CHECK(other == kEinval);
  rump_thread_detach(thread, 0);
}

// Threads that end without a word, and slots whose owner goes while the kernel has them.
void threads_that_go() {
  Kernel kernel;
  for (int i = 0; i < 50; i++) {
    rump_thread *thread = nullptr;
    std::thread([&kernel, &thread] {
      CHECK(rump_thread_attach(kernel.gate.load(), 1, &thread) == 0);
    }).join();
    // Of a thread that has ended: nothing but memory.
    CHECK(rump_thread_syscall(thread, kEcho, nullptr, 0, nullptr) == kEinval);
    rump_thread_detach(thread, 0);
  }
  until([&kernel] { return kernel.gone.load() == 50; });
  std::vector<uint32_t> slots;
  for (int i = 0; i < 200; i++) {
    uint32_t slot = 0;
    CHECK(gate_claim(kernel.gate.load(), &slot) == 0);
    gate_slots()[slot].request = kSyscall;
    gate_slots()[slot].number = i % 2 == 0 ? kNever : kEcho;
    CHECK(gate_post(slot, 0) == 0);
    slots.push_back(slot);
  }
  for (const uint32_t slot : slots)
    gate_gone(slot);
  until([&kernel] { return kernel.gone.load() == 250; });
  // All of them are free again.
  std::vector<uint32_t> all(kGateSlots);
  for (uint32_t &slot : all)
    CHECK(gate_claim(kernel.gate.load(), &slot) == 0);
  uint32_t more = 0;
  CHECK(gate_claim(kernel.gate.load(), &more) == kEagain);
  for (const uint32_t slot : all)
    gate_release(slot);
}

// A kernel that ends while some wait, some come and some go.
void the_end() {
  for (int round = 0; round < 20; round++) {
    auto kernel = std::make_unique<Kernel>();
    const uint32_t gate = kernel->gate.load();
    std::atomic<int> dead{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; i++) {
      threads.emplace_back([gate, i, &dead] {
        rump_thread *thread = nullptr;
        int error = rump_thread_attach(gate, 1, &thread);
        while (error == 0)
          error = rump_thread_syscall(thread, i % 2 == 0 ? kEcho : kNever, nullptr, 0, nullptr);
        CHECK(error == 6);
        dead++;
        rump_thread_detach(thread, 0);
      });
    }
    until([&kernel] { return kernel->sessions.load() == 6; });
    kernel->stop();
    for (auto &thread : threads)
      thread.join();
    CHECK(dead.load() == 6);
    uint32_t slot = 0;
    CHECK(gate_claim(gate, &slot) == 6);
  }
}

} // namespace

// A kernel that ends in the middle of a request tells its caller, whose memory is its own again.
void copies_after_the_end() {
  rumpuser_idler idler = 0;
  CHECK(rumpuser_idle_open([](void *) {}, nullptr, &idler) == 0);
  const uint32_t gate = gate_open(idler);
  uint32_t slot = kNoSlot;
  CHECK(gate_claim(gate, &slot) == 0);
  char theirs[8] = "theirs", ours[8] = "ours";
  const uint64_t address = reinterpret_cast<uintptr_t>(theirs);
  CHECK(gate_copyout(slot, address, ours, sizeof ours) == 14);
  CHECK(gate_post(slot, 0) == 0);
  CHECK(gate_next(gate, 0, kNoSlot) == slot);
  CHECK(gate_copyin(slot, address, ours, sizeof ours) == 0 && strcmp(ours, "theirs") == 0);
  gate_close(gate);
  strcpy(ours, "ours");
  CHECK(gate_copyout(slot, address, ours, sizeof ours) == 14 && strcmp(theirs, "theirs") == 0);
  CHECK(gate_copyin(slot, address, ours, sizeof ours) == 14 && strcmp(ours, "ours") == 0);
  CHECK(gate_settled(slot) == 6);
  gate_release(slot);
  rumpuser_idle_close(idler);
}

int main() {
  copies_after_the_end();
  many_threads(0);
  many_threads(20'000);
  memory();
  threads_that_go();
  the_end();
  return 0;
}
