// Facts about the host: the environment, and the names that every host answers.
//
// NetBSD: lib/librumpuser/rumpuser.c, rumpuser(3).
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>
#if defined(__linux__)
#include <sched.h>
#endif

#include "internal.h"

namespace {

// Virtual CPUs of a kernel when nobody says otherwise, as in NetBSD: two, so that code meets concurrency.
constexpr char kDefaultNcpu[] = "2";

// CPUs this process may run on, which in a container is fewer than the machine has.
long host_cpus() {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    return CPU_COUNT(&set);
#endif
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? online : 1;
}

int give(const char *value, void *buf, size_t buflen) {
  size_t size = strlen(value) + 1;
  if (size > buflen)
    return rumpuser::kErange;
  memcpy(buf, value, size);
  return 0;
}

int give_ncpu(void *buf, size_t buflen) {
  const char *value = getenv("RUMP_NCPU");
  if (value == nullptr)
    return give(kDefaultNcpu, buf, buflen);
  if (strcmp(value, "host") != 0)
    return give(value, buf, buflen);
  char text[24];
  snprintf(text, sizeof(text), "%ld", host_cpus());
  return give(text, buf, buflen);
}

// The process id makes the names of several kernels on one machine differ.
int give_hostname(void *buf, size_t buflen) {
  char host[256], name[300];
  if (gethostname(host, sizeof(host)) == 0) {
    host[sizeof(host) - 1] = '\0';
    snprintf(name, sizeof(name), "rump-%05ld.%s", static_cast<long>(getpid()), host);
  } else {
    snprintf(name, sizeof(name), "rump-%05ld", static_cast<long>(getpid()));
  }
  return give(name, buf, buflen);
}

} // namespace

int rumpuser_getparam(const char *name, void *buf, size_t buflen) {
  if (strcmp(name, RUMPUSER_PARAM_NCPU) == 0)
    return give_ncpu(buf, buflen);
  if (strcmp(name, RUMPUSER_PARAM_HOSTNAME) == 0)
    return give_hostname(buf, buflen);
  // The underscore is kept for names of the contract, and these are all.
  if (name[0] == '_')
    return rumpuser::kEinval;
  const char *value = getenv(name);
  return value == nullptr ? rumpuser::kEnoent : give(value, buf, buflen);
}
