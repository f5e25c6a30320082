// What the tests of the host calls share: a check that says where it failed, and a directory that goes away.
#ifndef RUMPUSER_TEST_HOST_CHECK_H
#define RUMPUSER_TEST_HOST_CHECK_H

#include <cstdio>
#include <cstdlib>
#include <string>

#define CHECK(condition)                                                                                     \
  do {                                                                                                       \
    if (!(condition)) {                                                                                      \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                        \
      exit(1);                                                                                               \
    }                                                                                                        \
  } while (0)

class TemporaryDirectory {
public:
  TemporaryDirectory() {
    char name[] = "/tmp/rumpuser-test-XXXXXX";
    CHECK(mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::string command = "rm -rf '" + path_ + "'";
    CHECK(system(command.c_str()) == 0);
  }
  std::string operator/(const char *name) const { return path_ + "/" + name; }

private:
  std::string path_;
};

#endif
