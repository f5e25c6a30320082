// Threads and tenants that go away holding: a named error for everybody else, never a hang.
#include <atomic>
#include <thread>

#include "check.h"
#include "lock_table.h"
#include "lwp.h"
#include "tenant.h"

namespace {

using namespace rumpuser;

// Runs on a thread that ends with its lwp still current.
template <typename Fn> uint32_t die(Fn fn) {
  uint32_t lwp = 0;
  std::thread([&] {
    rumpuser_curlwpop(RUMPUSER_LWP_CREATE, &lwp);
    rumpuser_curlwpop(RUMPUSER_LWP_SET, &lwp);
    fn();
  }).join();
  return lwp;
}

void dead_mutex_owner() {
  rumpuser_lock mtx;
  CHECK(rumpuser_mutex_init(&mtx, RUMPUSER_MTX_RECURSIVE) == 0);
  std::atomic<bool> held{false};
  int waited = 0;
  std::string why;
  std::thread waiter([&] {
    while (!held)
      std::this_thread::yield();
    AsLwp me;
    waited = rumpuser_mutex_enter(mtx);
    why = rumpuser_reason();
  });
  const uint32_t dead = die([&] {
    rumpuser_mutex_enter(mtx);
    held = true;
    rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, 20'000'000);
  });
  waiter.join();
  CHECK(waited == kEownerdead);
  CHECK(contains(why, "mutex " + std::to_string(mtx)));
  CHECK(contains(why, "lwp " + std::to_string(dead)));
  AsLwp me;
  CHECK(rumpuser_mutex_tryenter(mtx) == kEownerdead);
  CHECK(rumpuser_mutex_enter_nowrap(mtx) == kEownerdead);
  rumpuser_mutex_destroy(mtx);
}

void dead_rwlock_owner() {
  rumpuser_lock rw;
  CHECK(rumpuser_rw_init(&rw) == 0);
  AsLwp me;
  die([&] { rumpuser_rw_enter(RUMPUSER_RW_READER, rw); });
  CHECK(rumpuser_rw_tryenter(RUMPUSER_RW_WRITER, rw) == 0);
  rumpuser_rw_exit(rw);
  die([&] { rumpuser_rw_enter(RUMPUSER_RW_WRITER, rw); });
  CHECK(rumpuser_rw_enter(RUMPUSER_RW_WRITER, rw) == kEownerdead);
  CHECK(rumpuser_rw_enter(RUMPUSER_RW_READER, rw) == kEownerdead);
  CHECK(contains(rumpuser_reason(), "rwlock " + std::to_string(rw)));
  rumpuser_rw_destroy(rw);
}

// Each end of a reader, while others read and while a writer waits for the last.
void dead_readers() {
  rumpuser_lock rw;
  CHECK(rumpuser_rw_init(&rw) == 0);
  const Word &state = lock_slots[rw & (kSlots - 1)].word[kState];
  AsLwp me;
  CHECK(rumpuser_rw_enter(RUMPUSER_RW_READER, rw) == 0);
  const auto read_twice = [&] {
    CHECK(rumpuser_rw_enter(RUMPUSER_RW_READER, rw) == 0);
    CHECK(rumpuser_rw_enter(RUMPUSER_RW_READER, rw) == 0);
  };
  die([&] {
    read_twice();
    die(read_twice);
    CHECK(state == 3);
  });
  CHECK(state == (kReading | static_cast<int32_t>(me.lwp())));
  int waited = -1;
  std::thread writer;
  die([&] {
    read_twice();
    rumpuser_rw_exit(rw);
    writer = std::thread([&] {
      AsLwp other;
      waited = rumpuser_rw_enter(RUMPUSER_RW_WRITER, rw);
      rumpuser_rw_exit(rw);
    });
    rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, 20'000'000);
  });
  rumpuser_rw_exit(rw);
  writer.join();
  CHECK(waited == 0);
  die([&] {
    read_twice();
    writer = std::thread([&] {
      AsLwp other;
      waited = rumpuser_rw_enter(RUMPUSER_RW_WRITER, rw) + 1;
      rumpuser_rw_exit(rw);
    });
    rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, 20'000'000);
  });
  writer.join();
  CHECK(waited == 1);
  CHECK(state == 0);
  rumpuser_rw_destroy(rw);
}

void tenant_goes() {
  const uint32_t tenant = tenant_open();
  rumpuser_lock shared, own, held;
  CHECK(rumpuser_mutex_init(&shared, 0) == 0);
  CHECK(mutex_create(0, tenant, &own) == 0);
  CHECK(mutex_create(0, tenant, &held) == 0);
  uint32_t first = 0;
  CHECK(lwp_block_take(tenant, &first) == 0);
  uint32_t lwp = first + 1;
  lwp_states()[lwp] = kLwpIdle;
  rumpuser_curlwpop(RUMPUSER_LWP_SET, &lwp);
  CHECK(rumpuser_mutex_enter(shared) == 0);
  CHECK(rumpuser_mutex_enter(held) == 0);
  CHECK(contains(broken([&] { tenant_close(tenant), rumpuser_curlwpop(RUMPUSER_LWP_SET, &lwp); }),
                 "no such lwp"));
  CHECK(rumpuser_curlwp() == 0);
  AsLwp me;
  CHECK(rumpuser_mutex_enter(shared) == kEownerdead);
  CHECK(rumpuser_mutex_enter(held) == kEownerdead);
  CHECK(contains(broken([&] { rumpuser_mutex_enter(own); }), "is destroyed"));
  rumpuser_mutex_destroy(shared);
  rumpuser_mutex_destroy(held);
}

std::atomic<bool> told_to_end{false};

// A thread that was told to end leaves every wait.
void interruption() {
  rumpuser_lock mtx, cv, rw;
  CHECK(rumpuser_mutex_init(&mtx, 0) == 0);
  CHECK(rumpuser_cv_init(&cv) == 0);
  CHECK(rumpuser_rw_init(&rw) == 0);
  rumpuser_idler idler;
  CHECK(rumpuser_idle_open(nullptr, nullptr, &idler) == 0);
  AsLwp me;
  rumpuser_mutex_enter(mtx);
  rumpuser_rw_enter(RUMPUSER_RW_READER, rw);
  std::thread victim([&] {
    rumpuser_oninterrupt([](void *flag) { return static_cast<std::atomic<bool> *>(flag)->load() ? 1 : 0; },
                         &told_to_end);
    AsLwp other;
    CHECK(rumpuser_mutex_enter(mtx) == kEintr);
    CHECK(rumpuser_rw_enter(RUMPUSER_RW_WRITER, rw) == kEintr);
    CHECK(rumpuser_idle(idler, RUMPUSER_FOREVER) == kEintr);
    CHECK(rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 1000, 0) == kEintr);
    rumpuser_lock own;
    CHECK(rumpuser_mutex_init(&own, 0) == 0);
    CHECK(rumpuser_mutex_enter(own) == 0);
    CHECK(rumpuser_cv_wait(cv, own) == kEintr);
  });
  rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, 20'000'000);
  told_to_end = true;
  victim.join();
  // The reader that stayed is not disturbed by the writer that gave up.
  CHECK(rumpuser_rw_tryenter(RUMPUSER_RW_READER, rw) == 0);
  rumpuser_rw_exit(rw);
  rumpuser_rw_exit(rw);
  rumpuser_mutex_exit(mtx);
  rumpuser_mutex_destroy(mtx);
  rumpuser_rw_destroy(rw);
  rumpuser_cv_destroy(cv);
  rumpuser_idle_close(idler);
}

} // namespace

int main() {
  catch_assertions();
  dead_mutex_owner();
  dead_rwlock_owner();
  dead_readers();
  tenant_goes();
  interruption();
}
