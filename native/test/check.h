// Checks that stay on in every build, and assertions of the library as something a test can look at.
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <cstdio>
#include <cstdlib>
#include <string>

#include <rump/rumpuser.h>

#define CHECK(condition)                                                                                     \
  do {                                                                                                       \
    if (!(condition)) {                                                                                      \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                                \
      abort();                                                                                               \
    }                                                                                                        \
  } while (0)

// What the library's assertion becomes on a thread that called catch_assertions().
struct Assertion {
  std::string message;
};

inline void catch_assertions() {
  rumpuser_onassert([](const char *message) { throw Assertion{message}; });
}

// The message of the assertion that `fn` breaks, empty when it breaks none.
template <typename Fn> std::string broken(Fn fn) {
  try {
    fn();
  } catch (const Assertion &assertion) {
    return assertion.message;
  }
  return "";
}

inline bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

// Makes an lwp current for as long as it lives.
class AsLwp {
public:
  AsLwp() {
    CHECK(rumpuser_curlwpop(RUMPUSER_LWP_CREATE, &lwp_) == 0);
    CHECK(rumpuser_curlwpop(RUMPUSER_LWP_SET, &lwp_) == 0);
  }
  ~AsLwp() {
    rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, &lwp_);
    rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, &lwp_);
  }
  uint32_t lwp() const { return lwp_; }

private:
  uint32_t lwp_ = 0;
};

#endif
