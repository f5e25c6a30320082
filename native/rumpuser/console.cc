// The host's console: what the kernel prints, and what its programmers print.
//
// NetBSD: lib/librumpuser/rumpuser.c, rumpuser(3).
#include <cstdarg>
#include <cstdio>

#include "internal.h"

// A line reaches the host when it ends, also when standard output is not a terminal: the last line before a
// crash is the one that matters.
void rumpuser_putchar(int ch) {
  putchar(ch);
  if (ch == '\n')
    fflush(stdout);
}

void rumpuser_dprintf(const char *format, ...) {
  // Keeps the order of the two streams when both are one terminal.
  fflush(stdout);
  va_list ap;
  va_start(ap, format);
  vfprintf(stderr, format, ap);
  fflush(stderr);
  va_end(ap);
}
