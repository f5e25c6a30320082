// One thread: what each lock does, and each assertion's message.
#include <atomic>

#include "check.h"
#include "lock_table.h"

namespace {

using namespace rumpuser;

std::string lock_name(const char *kind, rumpuser_lock handle) {
  return std::string(kind) + " " + std::to_string(handle);
}

void recursive_mutex() {
  rumpuser_lock mtx;
  CHECK(rumpuser_mutex_init(&mtx, RUMPUSER_MTX_RECURSIVE) == 0);
  const uint32_t me = rumpuser_curlwp();
  uint32_t owner = 1;
  rumpuser_mutex_owner(mtx, &owner);
  CHECK(owner == 0);
  for (int i = 0; i < 3; i++)
    CHECK(rumpuser_mutex_enter(mtx) == 0);
  CHECK(rumpuser_mutex_tryenter(mtx) == 0);
  for (int i = 0; i < 4; i++) {
    rumpuser_mutex_owner(mtx, &owner);
    CHECK(owner == me);
    rumpuser_mutex_exit(mtx);
  }
  rumpuser_mutex_owner(mtx, &owner);
  CHECK(owner == 0);
  CHECK(contains(broken([&] { rumpuser_mutex_exit(mtx); }),
                 lock_name("mutex_exit: mutex", mtx) + " is not held"));
  rumpuser_mutex_destroy(mtx);
}

void plain_mutex() {
  rumpuser_lock mtx;
  CHECK(rumpuser_mutex_init(&mtx, 0x80) == kEinval);
  CHECK(rumpuser_mutex_init(&mtx, RUMPUSER_MTX_KMUTEX) == 0);
  CHECK(rumpuser_mutex_enter(mtx) == 0);
  CHECK(rumpuser_mutex_tryenter(mtx) == kEbusy);
  CHECK(contains(broken([&] { rumpuser_mutex_enter(mtx); }), "deadlock: " + lock_name("mutex", mtx)));
  CHECK(contains(broken([&] { rumpuser_mutex_destroy(mtx); }), "is held by lwp"));
  uint32_t first = rumpuser_curlwp();
  rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, &first);
  CHECK(contains(broken([&] { rumpuser_mutex_enter(mtx); }), "no lwp is current"));
  {
    AsLwp other;
    CHECK(
        contains(broken([&] { rumpuser_mutex_exit(mtx); }),
                 "is held by lwp " + std::to_string(first) + ", not by lwp " + std::to_string(other.lwp())));
  }
  rumpuser_curlwpop(RUMPUSER_LWP_SET, &first);
  rumpuser_mutex_exit(mtx);
  rumpuser_mutex_destroy(mtx);
  CHECK(contains(broken([&] { rumpuser_mutex_enter(mtx); }), lock_name("mutex", mtx) + " is destroyed"));
}

void handles() {
  rumpuser_lock mtx, cv, next;
  CHECK(rumpuser_mutex_init(&mtx, 0) == 0);
  CHECK(rumpuser_cv_init(&cv) == 0);
  CHECK(contains(broken([&] { rumpuser_mutex_enter(cv); }), lock_name("lock", cv) + " is a cv, not a mutex"));
  CHECK(contains(broken([&] { rumpuser_cv_signal(mtx); }), lock_name("lock", mtx) + " is a mutex, not a cv"));
  CHECK(contains(broken([&] { rumpuser_mutex_enter(0); }), "no lock 0"));
  CHECK(contains(broken([&] { rumpuser_rw_exit(0xffffffff); }), "no lock 4294967295"));
  rumpuser_cv_destroy(cv);
  rumpuser_mutex_destroy(mtx);
  // The slot comes round again; the old handle stays dead.
  for (int i = 0; i < 100; i++) {
    CHECK(rumpuser_mutex_init(&next, 0) == 0);
    CHECK(next != mtx);
    CHECK(contains(broken([&] { rumpuser_mutex_enter(mtx); }), "is destroyed"));
    rumpuser_mutex_destroy(next);
  }
}

void rwlock() {
  rumpuser_lock rw;
  CHECK(rumpuser_rw_init(&rw) == 0);
  int held = 1;
  rumpuser_rw_held(RUMPUSER_RW_READER, rw, &held);
  CHECK(!held);
  CHECK(rumpuser_rw_enter(RUMPUSER_RW_READER, rw) == 0);
  CHECK(rumpuser_rw_enter(RUMPUSER_RW_READER, rw) == 0);
  rumpuser_rw_held(RUMPUSER_RW_READER, rw, &held);
  CHECK(held);
  CHECK(rumpuser_rw_tryenter(RUMPUSER_RW_WRITER, rw) == kEbusy);
  CHECK(rumpuser_rw_tryupgrade(rw) == kEbusy);
  CHECK(contains(broken([&] { rumpuser_rw_enter(RUMPUSER_RW_WRITER, rw); }), "already held for reading"));
  CHECK(contains(broken([&] { rumpuser_rw_destroy(rw); }), "is held by 2 for reading"));
  rumpuser_rw_exit(rw);
  CHECK(rumpuser_rw_tryupgrade(rw) == 0);
  rumpuser_rw_held(RUMPUSER_RW_WRITER, rw, &held);
  CHECK(held);
  rumpuser_rw_held(RUMPUSER_RW_READER, rw, &held);
  CHECK(!held);
  CHECK(contains(broken([&] { rumpuser_rw_enter(RUMPUSER_RW_READER, rw); }), "already held for writing"));
  CHECK(contains(broken([&] { rumpuser_rw_destroy(rw); }), "is held by lwp"));
  rumpuser_rw_downgrade(rw);
  CHECK(contains(broken([&] { rumpuser_rw_downgrade(rw); }), "is not held for writing"));
  rumpuser_rw_exit(rw);
  CHECK(contains(broken([&] { rumpuser_rw_exit(rw); }),
                 lock_name("rw_exit: rwlock", rw) + " is not held by lwp"));
  CHECK(contains(broken([&] { rumpuser_rw_tryupgrade(rw); }), "is not held for reading"));
  CHECK(contains(broken([&] { rumpuser_rw_enter(7, rw); }), "no such mode: 7"));
  CHECK(rumpuser_rw_enter(RUMPUSER_RW_WRITER, rw) == 0);
  CHECK(rumpuser_rw_tryenter(RUMPUSER_RW_READER, rw) == kEbusy);
  rumpuser_rw_exit(rw);
  rumpuser_rw_destroy(rw);
}

template <typename Fn> void as(uint32_t lwp, Fn fn) {
  uint32_t before = rumpuser_curlwp();
  rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, &before);
  rumpuser_curlwpop(RUMPUSER_LWP_SET, &lwp);
  fn();
  rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, &lwp);
  rumpuser_curlwpop(RUMPUSER_LWP_SET, &before);
}

// One reader is in the state word itself, several are listed; whoever stays is alone again.
void readers_come_and_go() {
  rumpuser_lock rw;
  CHECK(rumpuser_rw_init(&rw) == 0);
  const Word &state = lock_slots[rw & (kSlots - 1)].word[kState];
  const int32_t me = static_cast<int32_t>(rumpuser_curlwp());
  uint32_t other, third;
  CHECK(rumpuser_curlwpop(RUMPUSER_LWP_CREATE, &other) == 0);
  CHECK(rumpuser_curlwpop(RUMPUSER_LWP_CREATE, &third) == 0);
  const auto enter = [&] { CHECK(rumpuser_rw_enter(RUMPUSER_RW_READER, rw) == 0); };
  const auto leave = [&] { rumpuser_rw_exit(rw); };
  enter();
  CHECK(state == (kReading | me));
  as(other, enter);
  CHECK(state == 2);
  as(third, enter);
  as(other, enter);
  CHECK(state == 4);
  CHECK(rumpuser_rw_tryupgrade(rw) == kEbusy);
  leave();
  CHECK(contains(broken(leave), "is not held by lwp " + std::to_string(me)));
  CHECK(contains(broken([&] { rumpuser_rw_tryupgrade(rw); }), "is not held for reading"));
  as(third, leave);
  CHECK(state == 2);
  as(other, leave);
  CHECK(state == (kReading | static_cast<int32_t>(other)));
  CHECK(contains(broken(leave), "is not held by lwp " + std::to_string(me)));
  as(other, [&] {
    CHECK(rumpuser_rw_tryupgrade(rw) == 0);
    CHECK(state == (kWriting | static_cast<int32_t>(other)));
    rumpuser_rw_downgrade(rw);
    CHECK(state == (kReading | static_cast<int32_t>(other)));
    leave();
  });
  CHECK(state == 0);
  rumpuser_rw_destroy(rw);
  rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, &other);
  rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, &third);
}

void condition() {
  rumpuser_lock mtx, cv;
  CHECK(rumpuser_mutex_init(&mtx, RUMPUSER_MTX_RECURSIVE) == 0);
  CHECK(rumpuser_cv_init(&cv) == 0);
  CHECK(contains(broken([&] { rumpuser_cv_wait(cv, mtx); }), "cv_wait: mutex"));
  CHECK(contains(broken([&] { rumpuser_cv_wait_nowrap(cv, mtx); }), "cv_wait_nowrap: mutex"));
  CHECK(contains(broken([&] { rumpuser_cv_timedwait(cv, cv, 0, 1); }), "cv_timedwait: lock"));
  int has = 1;
  rumpuser_cv_has_waiters(cv, &has);
  CHECK(!has);
  CHECK(rumpuser_mutex_enter(mtx) == 0);
  CHECK(rumpuser_mutex_enter(mtx) == 0);
  CHECK(rumpuser_cv_timedwait(cv, mtx, 0, 2'000'000) == kEtimedout);
  CHECK(rumpuser_cv_timedwait(cv, mtx, -1, 0) == kEinval);
  CHECK(rumpuser_cv_timedwait(cv, mtx, 0, 1'000'000'000) == kEinval);
  // Entered twice before, entered twice after.
  rumpuser_mutex_exit(mtx);
  rumpuser_mutex_exit(mtx);
  CHECK(contains(broken([&] { rumpuser_mutex_exit(mtx); }), "is not held"));
  rumpuser_cv_signal(cv);
  rumpuser_cv_broadcast(cv);
  rumpuser_cv_destroy(cv);
  rumpuser_mutex_destroy(mtx);
}

// Which upcalls a wait makes, and whether the mutex or the CPU comes first.
std::atomic<int> cpus{1};
rumpuser_lock watched = 0;
bool held_at_schedule = false;

void upcalls() {
  const struct rumpuser_hyperup hyp = {[] {
                                         cpus++;
                                         uint32_t owner = 0;
                                         rumpuser_mutex_owner(watched, &owner);
                                         held_at_schedule = owner != 0;
                                       },
                                       [] { cpus--; }};
  CHECK(rumpuser_init(16, &hyp) == kEprogmismatch);
  CHECK(contains(rumpuser_reason(), "version 17"));
  CHECK(rumpuser_init(RUMPUSER_VERSION, &hyp) == 0);
  CHECK(rumpuser_init(RUMPUSER_VERSION, &hyp) == kEbusy);
  rumpuser_lock cv;
  CHECK(rumpuser_cv_init(&cv) == 0);
  for (const int flags : {RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX, RUMPUSER_MTX_SPIN}) {
    CHECK(rumpuser_mutex_init(&watched, flags) == 0);
    rumpuser_mutex_enter(watched);
    CHECK(rumpuser_cv_timedwait(cv, watched, 0, 1000) == kEtimedout);
    CHECK(cpus == 1);
    CHECK(held_at_schedule == (flags == RUMPUSER_MTX_SPIN));
    rumpuser_mutex_exit(watched);
    rumpuser_mutex_destroy(watched);
  }
  rumpuser_cv_destroy(cv);
  rumpuser_fini();
}

} // namespace

int main() {
  catch_assertions();
  AsLwp me;
  recursive_mutex();
  plain_mutex();
  handles();
  rwlock();
  readers_come_and_go();
  condition();
  upcalls();
}
