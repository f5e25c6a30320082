// curlwp: which lwp a host thread runs, and the rules about setting and clearing it.
#include <mutex>
#include <vector>

#include "internal.h"
#include "lock_table.h"
#include "lwp.h"

namespace rumpuser {

RUMPUSER_THREAD uint32_t curlwp = 0;

namespace {

constexpr uint32_t kProcess = 0;

bool same(uint32_t lwp, void *died) {
  return lwp == *static_cast<uint32_t *>(died);
}

// A thread that ends as an lwp takes it along: what the lwp holds would never be left.
struct Ending {
  bool watched = false;
  ~Ending() {
    if (curlwp == 0)
      return;
    uint32_t died = curlwp;
    lwp_states()[died].store(kLwpIdle);
    curlwp = 0;
    locks_orphan(same, &died);
  }
};
thread_local Ending ending;

// Handles of lwps made in C, which belong to the process.
struct Pool {
  std::mutex mutex;
  std::vector<uint32_t> free;
};

Pool &pool() {
  static Pool *const the = new Pool;
  return *the;
}

int create(uint32_t *lwp) {
  Pool &p = pool();
  std::lock_guard<std::mutex> hold(p.mutex);
  if (p.free.empty()) {
    uint32_t first = 0;
    const int error = lwp_block_take(kProcess, &first);
    if (error != 0)
      return error;
    for (uint32_t i = kLwpsPerBlock; i-- > 0;) {
      // Handle 0 is none.
      if (first + i != 0)
        p.free.push_back(first + i);
    }
  }
  *lwp = p.free.back();
  p.free.pop_back();
  lwp_states()[*lwp].store(kLwpIdle);
  return 0;
}

uint8_t state_of(uint32_t lwp) {
  return lwp < kLwps ? lwp_states()[lwp].load() : kLwpFree;
}

void destroy(uint32_t lwp) {
  const uint8_t state = state_of(lwp);
  if (state == kLwpFree)
    assertion_failed("curlwpop: destroying lwp %u: there is no such lwp", lwp);
  if (state == kLwpCurrent)
    assertion_failed("curlwpop: destroying lwp %u, which is current", lwp);
  if (!lwp_belongs(lwp, kProcess))
    assertion_failed("curlwpop: destroying lwp %u, which an isolate made", lwp);
  lwp_states()[lwp].store(kLwpFree);
  Pool &p = pool();
  std::lock_guard<std::mutex> hold(p.mutex);
  p.free.push_back(lwp);
}

void set(uint32_t lwp) {
  ending.watched = true;
  if (curlwp != 0)
    assertion_failed("curlwpop: setting lwp %u while lwp %u is current", lwp, curlwp);
  const uint8_t state = state_of(lwp);
  if (state == kLwpFree)
    assertion_failed("curlwpop: setting lwp %u: there is no such lwp", lwp);
  if (state == kLwpCurrent)
    assertion_failed("curlwpop: setting lwp %u, which is current on another thread", lwp);
  lwp_states()[lwp].store(kLwpCurrent);
  curlwp = lwp;
}

void clear(uint32_t lwp) {
  if (lwp == 0 || curlwp != lwp)
    assertion_failed("curlwpop: clearing lwp %u while lwp %u is current", lwp, curlwp);
  lwp_states()[lwp].store(kLwpIdle);
  curlwp = 0;
}

} // namespace

} // namespace rumpuser

using namespace rumpuser;

int rumpuser_curlwpop(int op, uint32_t *lwp) {
  switch (op) {
  case RUMPUSER_LWP_CREATE:
    return create(lwp);
  case RUMPUSER_LWP_DESTROY:
    destroy(*lwp);
    return 0;
  case RUMPUSER_LWP_SET:
    set(*lwp);
    return 0;
  case RUMPUSER_LWP_CLEAR:
    clear(*lwp);
    return 0;
  default:
    return kEinval;
  }
}

uint32_t rumpuser_curlwp(void) {
  return curlwp;
}
