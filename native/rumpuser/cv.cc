// Condition variables: a first-in first-out queue of sleepers, each with a word of its own to sleep on.
//
// A signal therefore wakes exactly one of those who slept when it was given, the longest sleeper, and
// "has waiters" is exact. The word in the slot counts them, so that a signal to nobody needs no lock.
#include <deque>
#include <mutex>

#include "lock_table.h"
#include "lwp.h"

namespace rumpuser {
namespace {

struct Sleeper {
  rumpuser_lock cv;
  Word woken{0};
};

// Queues share buckets by hash: a bucket keeps the order of arrival of everybody in it.
struct Bucket {
  std::mutex mutex;
  std::deque<Sleeper *> queue;
};
constexpr size_t kBuckets = 256;

Bucket &bucket_of(rumpuser_lock cv) {
  static Bucket *const all = new Bucket[kBuckets];
  return all[cv % kBuckets];
}

Slot &slot_of(const char *call, rumpuser_lock cv) {
  return lock_slot(call, Kind::kCv, cv);
}

// Wakes up to `most` sleepers, oldest first.
void wake(Slot &slot, rumpuser_lock cv, int32_t most) {
  if (slot.word[kSleepers].load() == 0)
    return;
  Bucket &bucket = bucket_of(cv);
  std::lock_guard<std::mutex> hold(bucket.mutex);
  for (auto it = bucket.queue.begin(); it != bucket.queue.end() && most > 0;) {
    Sleeper *const sleeper = *it;
    if (sleeper->cv != cv) {
      ++it;
      continue;
    }
    it = bucket.queue.erase(it);
    slot.word[kSleepers].fetch_sub(1);
    // Under the bucket's lock, which a sleeper takes before it goes: its word is there until then.
    sleeper->woken.store(1);
    wake_one(sleeper->woken);
    most--;
  }
}

// @returns whether nobody had woken it.
bool withdraw(Slot &slot, Sleeper &sleeper) {
  Bucket &bucket = bucket_of(sleeper.cv);
  std::lock_guard<std::mutex> hold(bucket.mutex);
  for (auto it = bucket.queue.begin(); it != bucket.queue.end(); ++it) {
    if (*it != &sleeper)
      continue;
    bucket.queue.erase(it);
    slot.word[kSleepers].fetch_sub(1);
    return true;
  }
  return false;
}

// Whether the CPU is taken back before the mutex: a mutex of interrupt context must not be held while waiting
// for a CPU.
bool cpu_first(const char *call, rumpuser_lock mtx) {
  const int32_t flags = lock_slot(call, Kind::kMutex, mtx).word[kFlags].load();
  constexpr int32_t both = RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX;
  return (flags & both) == both;
}

int wait_wrapped(const char *call, rumpuser_lock cv, rumpuser_lock mtx, int64_t deadline) {
  const bool cpu_before_mutex = cpu_first(call, mtx);
  int32_t depth = 0;
  int error;
  int retaken = 0;
  {
    CpuReleased released;
    error = cv_block(call, cv, mtx, deadline, &depth);
    if (!cpu_before_mutex)
      retaken = mutex_retake(call, mtx, depth);
  }
  if (cpu_before_mutex)
    retaken = mutex_retake(call, mtx, depth);
  return retaken != 0 ? retaken : error;
}

} // namespace

int cv_create(uint32_t tenant, rumpuser_lock *handle) {
  return lock_create(Kind::kCv, tenant, handle);
}

void cv_check(const char *call, rumpuser_lock cv, rumpuser_lock mtx) {
  slot_of(call, cv);
  lock_caller(call, Kind::kCv, cv);
  mutex_assert_owned(call, mtx);
}

int cv_block(const char *call, rumpuser_lock cv, rumpuser_lock mtx, int64_t deadline, int32_t *depth) {
  cv_check(call, cv, mtx);
  Slot &slot = slot_of(call, cv);
  Sleeper sleeper;
  sleeper.cv = cv;
  {
    Bucket &bucket = bucket_of(cv);
    std::lock_guard<std::mutex> hold(bucket.mutex);
    // Queued before the mutex goes, so that a signal given under the mutex finds it.
    bucket.queue.push_back(&sleeper);
    slot.word[kSleepers].fetch_add(1);
  }
  *depth = mutex_release(call, mtx);
  int error = 0;
  while (error == 0 && sleeper.woken.load() == 0)
    error = wait_on(sleeper.woken, 0, deadline);
  if (error != 0 && !withdraw(slot, sleeper))
    error = 0;
  if (error == 0) {
    // The waker may still be about to look at the word.
    std::lock_guard<std::mutex> hold(bucket_of(cv).mutex);
  }
  return error;
}

} // namespace rumpuser

using namespace rumpuser;

int rumpuser_cv_init(rumpuser_lock *cv) {
  return cv_create(0, cv);
}

void rumpuser_cv_destroy(rumpuser_lock cv) {
  const int32_t sleepers = slot_of("cv_destroy", cv).word[kSleepers].load();
  if (sleepers != 0)
    assertion_failed("cv_destroy: cv %u has %d waiting", cv, sleepers);
  lock_destroy(cv);
}

int rumpuser_cv_wait(rumpuser_lock cv, rumpuser_lock mtx) {
  return wait_wrapped("cv_wait", cv, mtx, RUMPUSER_FOREVER);
}

int rumpuser_cv_wait_nowrap(rumpuser_lock cv, rumpuser_lock mtx) {
  int32_t depth = 0;
  const int error = cv_block("cv_wait_nowrap", cv, mtx, RUMPUSER_FOREVER, &depth);
  const int retaken = mutex_retake("cv_wait_nowrap", mtx, depth);
  return retaken != 0 ? retaken : error;
}

int rumpuser_cv_timedwait(rumpuser_lock cv, rumpuser_lock mtx, int64_t sec, int64_t nsec) {
  if (sec < 0 || nsec < 0 || nsec >= 1'000'000'000)
    return kEinval;
  const int64_t now = rumpuser_monotonic();
  const bool forever = sec >= (RUMPUSER_FOREVER - now) / 1'000'000'000;
  return wait_wrapped("cv_timedwait", cv, mtx, forever ? RUMPUSER_FOREVER : now + sec * 1'000'000'000 + nsec);
}

void rumpuser_cv_signal(rumpuser_lock cv) {
  wake(slot_of("cv_signal", cv), cv, 1);
}

void rumpuser_cv_broadcast(rumpuser_lock cv) {
  wake(slot_of("cv_broadcast", cv), cv, INT32_MAX);
}

void rumpuser_cv_has_waiters(rumpuser_lock cv, int *has) {
  *has = slot_of("cv_has_waiters", cv).word[kSleepers].load() != 0;
}
