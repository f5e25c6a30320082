// Host threads: start, join, leave early, and cookies that are none.
#include <atomic>
#include <cstdint>

#include "check.h"
#include "internal.h"

namespace {

std::atomic<int> ran{0};

void *plain(void *arg) {
  ran += static_cast<int>(reinterpret_cast<intptr_t>(arg));
  return nullptr;
}

void *leaves_early(void *) {
  ran++;
  rumpuser_thread_exit();
  abort();
}

void *joins_itself(void *cookie) {
  catch_assertions();
  auto *mine = static_cast<std::atomic<void *> *>(cookie);
  while (mine->load() == nullptr)
    rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, 1000);
  CHECK(contains(broken([&] { rumpuser_thread_join(mine->load()); }), "joins itself"));
  ran++;
  return nullptr;
}

} // namespace

int main() {
  void *cookie = nullptr;
  CHECK(rumpuser_thread_create(plain, reinterpret_cast<void *>(5), "plain", 1, -1, -1, &cookie) == 0);
  CHECK(rumpuser_thread_join(cookie) == 0);
  CHECK(ran == 5);
  CHECK(rumpuser_thread_join(cookie) == 3);
  CHECK(rumpuser_thread_join(nullptr) == 3);
  CHECK(contains(rumpuser_reason(), "no thread"));

  CHECK(rumpuser_thread_create(leaves_early, nullptr, "a name longer than fifteen", 1, -1, -1, &cookie) == 0);
  CHECK(rumpuser_thread_join(cookie) == 0);
  CHECK(ran == 6);

  CHECK(rumpuser_thread_create(plain, reinterpret_cast<void *>(1), nullptr, 0, -1, -1, &cookie) == 0);
  CHECK(cookie == nullptr);
  while (ran != 7)
    rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, 100'000);

  std::atomic<void *> own{nullptr};
  CHECK(rumpuser_thread_create(joins_itself, &own, "self", 1, -1, -1, &cookie) == 0);
  own = cookie;
  while (ran != 8)
    rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, 100'000);
  CHECK(rumpuser_thread_join(cookie) == 0);
}
