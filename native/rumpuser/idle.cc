// Idlers: where a kernel waits for its next deadline or a doorbell.
//
// A kernel that runs synchronously waits inside rumpuser_idle. One that leaves its thread to others arms a
// deadline instead; the process's one idle thread, or whoever rings, then calls the pump. The bell word
// joins the two: it is 1 from the first ring until somebody answers, so several rings are one.
#include "idle_at.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#if defined(__linux__)
#include <pthread.h>
#include <sys/prctl.h>
#endif

#include "internal.h"
#include "wait.h"

namespace {

using namespace rumpuser;

constexpr uint32_t kMaxIdlers = 1u << 16;

struct Idler {
  Word bell{0};
  Word inside{0};
  // Those of them that are there at descriptors.
  Word polling{0};
  Word holds{0};
  std::atomic<rumpuser_idler> handle{0};
  // Guards what follows, and the call of the pump against its withdrawal.
  std::mutex mutex;
  rumpuser_pump_fn pump = nullptr;
  void *arg = nullptr;
  // Where a ring puts a byte for who is inside at descriptors. -1 before somebody has been.
  int ringing[2] = {-1, -1};
  // Written under the mutex of Idlers: where this one stands among the armed.
  std::atomic<int64_t> armed{RUMPUSER_FOREVER};
  uint64_t armings = 0;
};

// Timer slack of 50 microseconds is the host's default; a kernel's clock is finer than that.
void want_exact_timers() {
#if defined(__linux__)
  static thread_local bool done = false;
  if (!done)
    prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul);
  done = true;
#endif
}

// A full pipe says it, too.
void ring_descriptor(Idler &idler) {
  std::lock_guard<std::mutex> guard(idler.mutex);
  if (idler.ringing[1] >= 0 && write(idler.ringing[1], "", 1) < 0 && errno != EAGAIN)
    assertion_failed("doorbell: %s", strerror(errno));
}

// The bell was just rung: ends an idle under way, else pumps.
void deliver(Idler &idler, rumpuser_idler handle) {
  if (idler.inside.load() != 0) {
    wake_all(idler.bell);
    if (idler.polling.load() != 0)
      ring_descriptor(idler);
    return;
  }
  std::lock_guard<std::mutex> guard(idler.mutex);
  if (idler.handle.load() == handle && idler.pump != nullptr)
    idler.pump(idler.arg);
}

class Idlers {
public:
  // Never destroyed: the idle thread outlives main().
  static Idlers &the() {
    static Idlers *const idlers = new Idlers;
    return *idlers;
  }

  // The idler's place, or nullptr when it is closed: a late ring for a kernel that is gone.
  Idler *find(rumpuser_idler handle) {
    Idler *const idler = places_[handle % kMaxIdlers].load(std::memory_order_acquire);
    return idler != nullptr && idler->handle.load() == handle ? idler : nullptr;
  }

  int open(rumpuser_pump_fn pump, void *arg, rumpuser_idler *handle) {
    std::lock_guard<std::mutex> hold(mutex_);
    uint32_t place;
    if (!free_.empty()) {
      place = free_.front();
      free_.pop_front();
    } else if (next_ < kMaxIdlers) {
      place = next_++;
      places_[place].store(new Idler, std::memory_order_release);
    } else {
      return failed_because(kEnomem, "idle_open: all %u idlers are in use", kMaxIdlers - 1);
    }
    Idler *const idler = places_[place].load();
    idler->bell.store(0);
    idler->holds.store(0);
    {
      std::lock_guard<std::mutex> guard(idler->mutex);
      idler->pump = pump;
      idler->arg = arg;
    }
    generation_ = generation_ % 0x7fff + 1;
    *handle = generation_ * kMaxIdlers + place;
    idler->handle.store(*handle);
    return 0;
  }

  void close(rumpuser_idler handle) {
    Idler *const idler = find(handle);
    if (idler == nullptr)
      return;
    {
      // After this nobody is inside the pump, and nobody will be.
      std::lock_guard<std::mutex> guard(idler->mutex);
      if (idler->handle.load() != handle)
        return;
      idler->handle.store(0);
      idler->pump = nullptr;
      for (int &fd : idler->ringing) {
        if (fd >= 0)
          ::close(fd);
        fd = -1;
      }
    }
    std::lock_guard<std::mutex> hold(mutex_);
    disarm(*idler, handle);
    free_.push_back(handle % kMaxIdlers);
  }

  void arm(rumpuser_idler handle, int64_t deadline) {
    std::lock_guard<std::mutex> hold(mutex_);
    Idler *const idler = find(handle);
    if (idler == nullptr)
      return;
    idler->armings++;
    if (idler->armed == deadline)
      return;
    disarm(*idler, handle);
    if (deadline == RUMPUSER_FOREVER)
      return;
    idler->armed = deadline;
    armed_.insert({deadline, handle});
    if (!started_) {
      started_ = true;
      std::thread(&Idlers::run, this).detach();
    } else if (deadline < sleeping_until_) {
      sooner_.fetch_add(1);
      wake_one(sooner_);
    }
  }

private:
  void disarm(Idler &idler, rumpuser_idler handle) {
    if (idler.armed == RUMPUSER_FOREVER)
      return;
    armed_.erase({idler.armed, handle});
    idler.armed = RUMPUSER_FOREVER;
  }

  // Rings, in an order that whoever looks can trust: the bell says that something comes before the deadline
  // stops saying so, and when the pump runs the deadline does not say so any more.
  void expire(rumpuser_idler handle, uint64_t arming) {
    Idler *const idler = find(handle);
    if (idler == nullptr)
      return;
    const bool ours = idler->bell.exchange(1) == 0;
    {
      std::lock_guard<std::mutex> hold(mutex_);
      // Armed anew meanwhile, it rings anew.
      if (idler->armings == arming)
        disarm(*idler, handle);
    }
    if (ours) {
      deliver(*idler, handle);
    } else {
      rumpuser_doorbell(handle);
    }
  }

  void run() {
#if defined(__linux__)
    pthread_setname_np(pthread_self(), "rump idle");
#endif
    want_exact_timers();
    for (;;) {
      rumpuser_idler due = 0;
      uint64_t arming = 0;
      int32_t seen = 0;
      int64_t until = RUMPUSER_FOREVER;
      {
        std::lock_guard<std::mutex> hold(mutex_);
        if (!armed_.empty()) {
          until = armed_.begin()->first;
          if (until <= rumpuser_monotonic()) {
            due = armed_.begin()->second;
            arming = places_[due % kMaxIdlers].load()->armings;
          }
        }
        sleeping_until_ = due != 0 ? 0 : until;
        seen = sooner_.load();
      }
      if (due != 0) {
        expire(due, arming);
      } else {
        wait_on(sooner_, seen, until);
      }
    }
  }

  std::atomic<Idler *> places_[kMaxIdlers] = {};
  std::mutex mutex_;
  std::deque<uint32_t> free_;
  uint32_t next_ = 1;
  uint32_t generation_ = 0;
  std::set<std::pair<int64_t, rumpuser_idler>> armed_;
  bool started_ = false;
  // What the idle thread sleeps until, and the word that ends its sleep for a sooner deadline.
  int64_t sleeping_until_ = 0;
  Word sooner_{0};
};

Idler &known(const char *call, rumpuser_idler handle) {
  Idler *const idler = Idlers::the().find(handle);
  if (idler == nullptr)
    assertion_failed("%s: no idler %u", call, handle);
  return *idler;
}

// The end at which rings arrive, made when it is first wanted. @returns 0 or an errno
int ringing_of(Idler &idler, int *fd) {
  std::lock_guard<std::mutex> guard(idler.mutex);
  if (idler.ringing[0] < 0) {
    if (pipe(idler.ringing) != 0)
      return rumpuser__errno(errno);
    for (const int end : idler.ringing) {
      fcntl(end, F_SETFD, FD_CLOEXEC);
      fcntl(end, F_SETFL, O_NONBLOCK);
    }
  }
  *fd = idler.ringing[0];
  return 0;
}

// More than anybody waits, and what the host's calls hold.
constexpr int64_t kLongestNs = 1'000'000'000'000'000;

int poll_for(std::vector<struct pollfd> &fds, int64_t ns) {
#if defined(__linux__)
  const struct timespec time = {ns / 1'000'000'000, static_cast<long>(ns % 1'000'000'000)};
  return ppoll(fds.data(), static_cast<nfds_t>(fds.size()), &time, nullptr);
#else
  return poll(fds.data(), static_cast<nfds_t>(fds.size()),
              static_cast<int>(std::min(ns / 1'000'000 + 1, int64_t{INT32_MAX})));
#endif
}

// Sleeps until something can be done at one of `fds`, the last of which is where rings arrive, or for as long
// as a slice. @returns whether there is something at another than that
bool poll_until(std::vector<struct pollfd> &fds, int64_t deadline, int *error) {
  const int64_t left = deadline - rumpuser_monotonic();
  if (left <= 0 || interrupted()) {
    *error = left <= 0 ? kEtimedout : kEintr;
    return false;
  }
  int ready = poll_for(fds, std::min(left, interruptible() ? kSliceNs : kLongestNs));
  if (ready < 0 && errno != EINTR)
    *error = rumpuser__errno(errno);
  if (ready <= 0 || fds.back().revents == 0)
    return ready > 0;
  char rings[64];
  while (read(fds.back().fd, rings, sizeof rings) > 0)
    ;
  return ready > 1;
}

} // namespace

int rumpuser_idle_open(rumpuser_pump_fn pump, void *arg, rumpuser_idler *idler) {
  return Idlers::the().open(pump, arg, idler);
}

void rumpuser_idle_close(rumpuser_idler idler) {
  Idlers::the().close(idler);
}

int rumpuser_idle(rumpuser_idler handle, int64_t deadline) {
  Idler &idler = known("idle", handle);
  want_exact_timers();
  idler.inside.fetch_add(1);
  int error = 0;
  while (error == 0 && idler.bell.load() == 0)
    error = wait_on(idler.bell, 0, deadline);
  // Outside first, then the last look: a ring either sees nobody inside and pumps, or is seen here.
  idler.inside.fetch_sub(1);
  if (idler.bell.exchange(0) != 0)
    return 0;
  return error == kEtimedout ? 0 : error;
}

int rumpuser::idle_at(rumpuser_idler handle, int64_t deadline, std::vector<struct pollfd> &fds) {
  Idler &idler = known("idle", handle);
  int ringing = -1;
  int error = ringing_of(idler, &ringing);
  if (error != 0)
    return error;
  want_exact_timers();
  fds.push_back({ringing, POLLIN, 0});
  idler.polling.fetch_add(1);
  idler.inside.fetch_add(1);
  for (bool ready = false; error == 0 && !ready && idler.bell.load() == 0;)
    ready = poll_until(fds, deadline, &error);
  idler.inside.fetch_sub(1);
  idler.polling.fetch_sub(1);
  fds.pop_back();
  if (idler.bell.exchange(0) != 0)
    return 0;
  return error == kEtimedout ? 0 : error;
}

void rumpuser_arm(rumpuser_idler idler, int64_t deadline) {
  Idlers::the().arm(idler, deadline);
}

int rumpuser_armed(rumpuser_idler idler) {
  return known("armed", idler).armed.load() != RUMPUSER_FOREVER;
}

void rumpuser_doorbell(rumpuser_idler handle) {
  Idler *const idler = Idlers::the().find(handle);
  if (idler != nullptr && idler->bell.exchange(1) == 0)
    deliver(*idler, handle);
}

void rumpuser_answer(rumpuser_idler handle) {
  if (Idler *const idler = Idlers::the().find(handle))
    idler->bell.store(0);
}

void rumpuser_hold(rumpuser_idler idler) {
  known("hold", idler).holds.fetch_add(1);
}

void rumpuser_release(rumpuser_idler handle) {
  // The kernel may be gone before what it started is.
  if (Idler *const idler = Idlers::the().find(handle))
    idler->holds.fetch_sub(1);
}

int rumpuser_busy(rumpuser_idler handle) {
  // What has rung already counts: waiting for it ends at once. The bell is looked at last, because who holds
  // rings before it lets go.
  const Idler &idler = known("busy", handle);
  return idler.holds.load() > 0 || idler.bell.load() != 0;
}
