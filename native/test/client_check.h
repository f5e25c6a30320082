/* What programs that test the client library share. */
#ifndef CLIENT_CHECK_H
#define CLIENT_CHECK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rump/rumpclient.h>

#define CHECK(condition)                                                                                     \
  do {                                                                                                       \
    if (!(condition)) {                                                                                      \
      fprintf(stderr, "%s:%d: failed: %s (errno %d, %d)\n", __FILE__, __LINE__, #condition, errno,           \
              rumpclient_lasterror());                                                                       \
      exit(1);                                                                                               \
    }                                                                                                        \
  } while (0)

#endif
