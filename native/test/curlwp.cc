// lwp handles and curlwp: the rules, and that a thread's current lwp is its own.
#include <thread>

#include "check.h"
#include "lwp.h"

int main() {
  catch_assertions();
  uint32_t a = 0, b = 0, none = 0, unknown = 0x003ffff0;
  CHECK(rumpuser_curlwp() == 0);
  CHECK(rumpuser_curlwpop(RUMPUSER_LWP_CREATE, &a) == 0 && a != 0);
  CHECK(rumpuser_curlwpop(RUMPUSER_LWP_CREATE, &b) == 0 && b != 0 && b != a);
  CHECK(contains(broken([&] { rumpuser_curlwpop(RUMPUSER_LWP_SET, &unknown); }), "there is no such lwp"));
  CHECK(contains(broken([&] { rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, &unknown); }), "there is no such lwp"));
  CHECK(contains(broken([&] { rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, &a); }), "while lwp 0 is current"));
  CHECK(contains(broken([&] { rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, &none); }), "clearing lwp 0"));
  CHECK(rumpuser_curlwpop(RUMPUSER_LWP_SET, &a) == 0);
  CHECK(rumpuser_curlwp() == a);
  CHECK(rumpuser::curlwp == a);
  CHECK(contains(broken([&] { rumpuser_curlwpop(RUMPUSER_LWP_SET, &b); }), "while lwp " + std::to_string(a)));
  CHECK(contains(broken([&] { rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, &b); }),
                 "clearing lwp " + std::to_string(b)));
  CHECK(contains(broken([&] { rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, &a); }), "which is current"));
  std::thread([&] {
    catch_assertions();
    CHECK(rumpuser_curlwp() == 0);
    CHECK(contains(broken([&] { rumpuser_curlwpop(RUMPUSER_LWP_SET, &a); }), "current on another thread"));
    CHECK(rumpuser_curlwpop(RUMPUSER_LWP_SET, &b) == 0);
    rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, &b);
  }).join();
  CHECK(rumpuser_curlwp() == a);
  rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, &a);
  rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, &a);
  CHECK(contains(broken([&] { rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, &a); }), "there is no such lwp"));
  rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, &b);
  CHECK(rumpuser_curlwpop(9, &a) == 22);

  // Another tenant's handles are not ours to destroy.
  uint32_t first = 0;
  CHECK(rumpuser::lwp_block_take(7, &first) == 0);
  rumpuser::lwp_states()[first] = rumpuser::kLwpIdle;
  CHECK(contains(broken([&] { rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, &first); }), "which an isolate made"));
  rumpuser::lwp_blocks_return(7);
  CHECK(contains(broken([&] { rumpuser_curlwpop(RUMPUSER_LWP_SET, &first); }), "there is no such lwp"));
}
