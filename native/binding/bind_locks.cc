// Locks: what lib/rumpuser/locks.ts cannot do on the shared words itself. No function here gives the virtual
// CPU up; the upcalls around a blocking one are made in TypeScript.
#include <rump/rumpuser.h>

#include "glue.h"
#include "lock_table.h"

namespace binding {
namespace {

// A handle or a negative errno; a handle has 31 bits.
int32_t made(int error, rumpuser_lock handle) {
  return error != 0 ? -error : static_cast<int32_t>(handle);
}

int32_t mutex_init(uint32_t tenant, int32_t flags) {
  rumpuser_lock handle = 0;
  const int error = rumpuser::mutex_create(flags, tenant, &handle);
  return made(error, handle);
}
int32_t mutex_enter(uint32_t mtx) {
  return -rumpuser::mutex_take("mutex_enter", mtx);
}
int32_t mutex_enter_nowrap(uint32_t mtx) {
  return -rumpuser_mutex_enter_nowrap(mtx);
}
int32_t mutex_tryenter(uint32_t mtx) {
  return -rumpuser_mutex_tryenter(mtx);
}
void mutex_exit(uint32_t mtx) {
  rumpuser_mutex_exit(mtx);
}
void mutex_wake(uint32_t mtx) {
  rumpuser::mutex_wake(mtx);
}
void mutex_destroy(uint32_t mtx) {
  rumpuser_mutex_destroy(mtx);
}
uint32_t mutex_owner(uint32_t mtx) {
  uint32_t lwp = 0;
  rumpuser_mutex_owner(mtx, &lwp);
  return lwp;
}
int32_t mutex_retake(std::string call, uint32_t mtx, int32_t depth) {
  return -rumpuser::mutex_retake(call.c_str(), mtx, depth);
}

int32_t rw_init(uint32_t tenant) {
  rumpuser_lock handle = 0;
  const int error = rumpuser::rwlock_create(tenant, &handle);
  return made(error, handle);
}
int32_t rw_enter(int32_t mode, uint32_t rw) {
  return -rumpuser_rw_enter(mode, rw);
}
int32_t rw_enter_if_free(int32_t mode, uint32_t rw) {
  return -rumpuser::rwlock_enter_if_free(mode, rw);
}
int32_t rw_tryenter(int32_t mode, uint32_t rw) {
  return -rumpuser_rw_tryenter(mode, rw);
}
int32_t rw_tryupgrade(uint32_t rw) {
  return -rumpuser_rw_tryupgrade(rw);
}
void rw_downgrade(uint32_t rw) {
  rumpuser_rw_downgrade(rw);
}
void rw_exit(uint32_t rw) {
  rumpuser_rw_exit(rw);
}
void rw_wake(uint32_t rw) {
  rumpuser::rwlock_wake(rw);
}
void rw_destroy(uint32_t rw) {
  rumpuser_rw_destroy(rw);
}
bool rw_held(int32_t mode, uint32_t rw) {
  int held = 0;
  rumpuser_rw_held(mode, rw, &held);
  return held != 0;
}

int32_t cv_init(uint32_t tenant) {
  rumpuser_lock handle = 0;
  const int error = rumpuser::cv_create(tenant, &handle);
  return made(error, handle);
}
void cv_destroy(uint32_t cv) {
  rumpuser_cv_destroy(cv);
}
void cv_check(std::string call, uint32_t cv, uint32_t mtx) {
  rumpuser::cv_check(call.c_str(), cv, mtx);
}
// Lets the mutex go and sleeps; taking it again is another call, because the CPU may have to come first.
int32_t cv_block(std::string call, uint32_t cv, uint32_t mtx, int64_t timeout) {
  const int64_t now = rumpuser_monotonic();
  const int64_t deadline = timeout >= RUMPUSER_FOREVER - now ? RUMPUSER_FOREVER : now + timeout;
  int32_t depth = 0;
  return -rumpuser::cv_block(call.c_str(), cv, mtx, deadline, &depth);
}
void cv_signal(uint32_t cv) {
  rumpuser_cv_signal(cv);
}
void cv_broadcast(uint32_t cv) {
  rumpuser_cv_broadcast(cv);
}
bool cv_has_waiters(uint32_t cv) {
  int has = 0;
  rumpuser_cv_has_waiters(cv, &has);
  return has != 0;
}

} // namespace

void define_locks(Napi::Object exports) {
  define<mutex_init>(exports, "mutexInit");
  define<mutex_enter>(exports, "mutexEnter");
  define<mutex_enter_nowrap>(exports, "mutexEnterNowrap");
  define<mutex_tryenter>(exports, "mutexTryenter");
  define<mutex_exit>(exports, "mutexExit");
  define<mutex_wake>(exports, "mutexWake");
  define<mutex_destroy>(exports, "mutexDestroy");
  define<mutex_owner>(exports, "mutexOwner");
  define<mutex_retake>(exports, "mutexRetake");
  define<rw_init>(exports, "rwInit");
  define<rw_enter>(exports, "rwEnter");
  define<rw_enter_if_free>(exports, "rwEnterIfFree");
  define<rw_tryenter>(exports, "rwTryenter");
  define<rw_tryupgrade>(exports, "rwTryupgrade");
  define<rw_downgrade>(exports, "rwDowngrade");
  define<rw_exit>(exports, "rwExit");
  define<rw_wake>(exports, "rwWake");
  define<rw_destroy>(exports, "rwDestroy");
  define<rw_held>(exports, "rwHeld");
  define<cv_init>(exports, "cvInit");
  define<cv_destroy>(exports, "cvDestroy");
  define<cv_check>(exports, "cvCheck");
  define<cv_block>(exports, "cvBlock");
  define<cv_signal>(exports, "cvSignal");
  define<cv_broadcast>(exports, "cvBroadcast");
  define<cv_has_waiters>(exports, "cvHasWaiters");
}

} // namespace binding
