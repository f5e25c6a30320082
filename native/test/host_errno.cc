// Every host error becomes one of NetBSD's, and only those that NetBSD lacks share a number.
#include <cerrno>

#include "../rumpuser/internal.h"
#include "host_check.h"

int main() {
  CHECK(rumpuser__errno(0) == 0);
  CHECK(rumpuser__errno(ENOENT) == 2);
  CHECK(rumpuser__errno(EDEADLK) == 11);
  CHECK(rumpuser__errno(EAGAIN) == 35);
  CHECK(rumpuser__errno(EINPROGRESS) == 36);
  CHECK(rumpuser__errno(ELOOP) == 62);
  CHECK(rumpuser__errno(ENAMETOOLONG) == 63);
  CHECK(rumpuser__errno(ENOTEMPTY) == 66);
  CHECK(rumpuser__errno(ENOSYS) == 78);
  CHECK(rumpuser__errno(EOVERFLOW) == 84);
  CHECK(rumpuser__errno(EOPNOTSUPP) == 45);
  CHECK(rumpuser__errno(EMULTIHOP) == 94);
  CHECK(rumpuser__errno(ENOLINK) == 95);
  CHECK(rumpuser__errno(EPROTO) == 96);
  CHECK(rumpuser__errno(EOWNERDEAD) == 97);
  CHECK(rumpuser__errno(ENOTRECOVERABLE) == 98);
  CHECK(rumpuser__errno(99999) == 22);
  CHECK(rumpuser__errno(-1) == 22);
  // Up to here the two systems agree, except that number 11 is EAGAIN on one and EDEADLK on the other.
  for (int host = 1; host <= ERANGE; host++)
    CHECK(host == EAGAIN || rumpuser__errno(host) == host);
  for (int host = 1; host < 200; host++)
    CHECK(rumpuser__errno(host) >= 1 && rumpuser__errno(host) <= 98);

  errno = 0;
  rumpuser_seterrno(78);
  CHECK(errno == 78);
}
