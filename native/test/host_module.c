/* A shared object with link sets, as a kernel module is built; the tests load it. */
#include <rump/rumpuser.h>

struct modinfo {
  const char *name;
};

static const struct modinfo first = {"first"}, second = {"second"};
__attribute__((section("link_set_modules"), used)) static const void *const module_first = &first;
__attribute__((section("link_set_modules"), used)) static const void *const module_second = &second;

static const int component = 42;
__attribute__((section("link_set_rump_components"), used)) static const void *const component_entry =
    &component;

RUMPUSER_PUBLIC int host_module_answer(void);
RUMPUSER_PUBLIC uint32_t host_module_curlwp(void);

__attribute__((noinline, used)) static int host_module_private(int value) {
  return value * 2;
}

int host_module_answer(void) {
  return host_module_private(21);
}

/* Resolved only if whoever loads this has made the hypercalls global. */
uint32_t host_module_curlwp(void) {
  return rumpuser_curlwp();
}
