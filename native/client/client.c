/* The process: coming, calling, forking, executing, going. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rump/rumpclient.h>
#include <rump/rumpdefs.h>

#include "internal.h"

#define EXECFD "RUMPCLIENT__EXECFD"
#define KEY_SIZE 16
#define RETRY_NS 100000000L

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct connection *current;
static time_t retry = RUMPCLIENT_RETRYCONN_ONCE;
static __thread int lasterror;

static int fail(int error) {
  errno = error;
  return -1;
}

/* ---- connections */

/* Ask by a connection that nobody else has yet. */
static int shake(struct connection *c, int kind, const void *body, size_t length) {
  struct request request;
  const int error = connection_ask(c, &request, HANDSHAKE, (uint32_t)kind, &body, &length, 1);
  if (error == 0) {
    uint32_t words[2] = {0, 0};
    memcpy(words, request.body, request.length < sizeof words ? request.length : sizeof words);
    c->attaches = (words[1] & 1) != 0;
    free(request.body);
  }
  return error;
}

/* The name of this program, and that memory may come along with calls. */
static size_t introduction(char text[64]) {
  static const char suffix[] = "+attach";
  const char *name = program_invocation_short_name;
  if (name == NULL || *name == '\0')
    name = "client";
  const size_t length = strnlen(name, 32);
  memcpy(text, name, length);
  text[length] = '\0';
  memcpy(text + length + 1, suffix, sizeof suffix);
  return length + 1 + sizeof suffix;
}

static int open_connection(struct connection **made, int kind, const void *body, size_t length) {
  const int fd = wire_connect(getenv("RUMP_SERVER"));
  if (fd < 0)
    return errno;
  struct connection *const c = connection_new(fd);
  if (c == NULL) {
    close(fd);
    return ENOMEM;
  }
  const char *const token = getenv("RUMP_SERVER_TOKEN");
  int error = 0;
  if (token != NULL && *token != '\0' && kind == GUEST)
    error = shake(c, AUTH, token, strlen(token) + 1);
  if (error == 0)
    error = shake(c, kind, body, length);
  if (error != 0)
    connection_free(c);
  else
    *made = c;
  return error;
}

static int open_guest(struct connection **made) {
  char text[64];
  return open_connection(made, GUEST, text, introduction(text));
}

/* The socket that the program before this one has left. */
static int resume(struct connection **made, const char *text) {
  const int fd = atoi(text);
  unsetenv(EXECFD);
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
    return errno;
  struct connection *const c = connection_new(fd);
  if (c == NULL)
    return ENOMEM;
  char name[64];
  const int error = shake(c, EXEC, name, introduction(name));
  if (error != 0)
    connection_free(c);
  else
    *made = c;
  return error;
}

/* By the rules of rumpclient_setconnretry. With the lock. */
static int reopen(struct connection **made) {
  const time_t policy = retry;
  if (policy == RUMPCLIENT_RETRYCONN_DIE) {
    fprintf(stderr, "rumpclient: the server has gone\n");
    _exit(1);
  }
  const time_t until = policy > 0 ? time(NULL) + policy : 0;
  for (;;) {
    const int error = open_guest(made);
    if (error == 0 || policy == RUMPCLIENT_RETRYCONN_ONCE || (policy > 0 && time(NULL) >= until))
      return error == 0 ? 0 : ENOTCONN;
    const struct timespec pause = {0, RETRY_NS};
    nanosleep(&pause, NULL);
  }
}

/* A connection that stays until it is put back. */
static int take(struct connection **taken) {
  int error = 0;
  pthread_mutex_lock(&lock);
  if (current == NULL) {
    error = EINVAL;
  } else if (current->lost) {
    struct connection *fresh = NULL;
    error = reopen(&fresh);
    if (error == 0) {
      if (current->users == 0)
        connection_free(current);
      current = fresh;
    }
  }
  if (error == 0) {
    current->users++;
    *taken = current;
  }
  pthread_mutex_unlock(&lock);
  return error;
}

static void put_back(struct connection *c) {
  pthread_mutex_lock(&lock);
  if (--c->users == 0 && c != current)
    connection_free(c);
  pthread_mutex_unlock(&lock);
}

int rumpclient_init(void) {
  int error = 0;
  pthread_mutex_lock(&lock);
  if (current == NULL) {
    const char *const left = getenv(EXECFD);
    error = left == NULL ? open_guest(&current) : resume(&current, left);
  }
  pthread_mutex_unlock(&lock);
  return error == 0 ? 0 : fail(error);
}

void rumpclient_fini(void) {
  pthread_mutex_lock(&lock);
  struct connection *const c = current;
  current = NULL;
  if (c != NULL && c->users == 0)
    connection_free(c);
  pthread_mutex_unlock(&lock);
}

void rumpclient_setconnretry(time_t seconds) {
  pthread_mutex_lock(&lock);
  retry = seconds;
  pthread_mutex_unlock(&lock);
}

/* ---- calls */

int rumpclient_syscall(int number, const void *args, size_t length, int64_t retval[2]) {
  struct connection *c;
  int error = take(&c);
  if (error != 0)
    return fail(error);
  struct parcel parcel;
  parcel_begin(&parcel);
  if (c->attaches)
    parcel_fill(&parcel, number, args, length / 8);
  const void *const parts[2] = {args, parcel.bytes};
  const size_t lengths[2] = {length, parcel.used};
  struct request request;
  error = connection_ask(c, &request, SYSCALL, (uint32_t)number, parts, lengths, 2);
  parcel_end(&parcel);
  put_back(c);
  if (error != 0)
    return fail(error);
  int32_t rump_error = 0;
  int64_t words[2] = {0, 0};
  if (request.length >= 24) {
    memcpy(&rump_error, request.body, sizeof rump_error);
    memcpy(words, request.body + 8, sizeof words);
  } else {
    error = EIO;
  }
  free(request.body);
  if (error != 0)
    return fail(error);
  lasterror = rump_error == 0 && request.faulted ? RUMP_EFAULT : rump_error;
  if (lasterror != 0)
    return fail(rumpclient_errno(lasterror));
  if (retval != NULL)
    memcpy(retval, words, sizeof words);
  return 0;
}

int rumpclient_errno(int rump_errno) {
  const int error = rump_errno >= 0 && (size_t)rump_errno < rump__nerrnos ? rump__errnos[rump_errno] : 0;
  return error == 0 && rump_errno != 0 ? EIO : error;
}

int rumpclient_lasterror(void) {
  return lasterror;
}

/* ---- fork and exec */

pid_t rumpclient_fork(void) {
  struct connection *c;
  int error = take(&c);
  if (error != 0)
    return fail(error);
  struct request request;
  error = connection_ask(c, &request, PREFORK, 0, NULL, NULL, 0);
  put_back(c);
  if (error != 0)
    return fail(error);
  unsigned char body[KEY_SIZE + 4] = {0};
  if (request.length == KEY_SIZE)
    memcpy(body, request.body, KEY_SIZE);
  else
    error = EIO;
  free(request.body);
  if (error != 0)
    return fail(error);
  /* Nobody may be in the middle of anything that the child would inherit. */
  pthread_mutex_lock(&lock);
  const bool attaches = current != NULL && current->attaches;
  const pid_t pid = fork();
  if (pid != 0) {
    pthread_mutex_unlock(&lock);
    return pid;
  }
  /* Other threads are gone, with what they held; the old connection is the parent's. */
  pthread_mutex_init(&lock, NULL);
  if (current != NULL) {
    close(current->fd);
    free(current);
  }
  current = NULL;
  struct connection *fresh = NULL;
  error = open_connection(&fresh, FORK, body, sizeof body);
  if (error != 0)
    return fail(error);
  fresh->attaches = attaches;
  current = fresh;
  return 0;
}

extern char **environ;

int rumpclient_exec(const char *path, char *const argv[], char *const envp[]) {
  char *const *const from = envp == NULL ? environ : envp;
  size_t n = 0;
  while (from[n] != NULL)
    n++;
  char **const to = calloc(n + 2, sizeof *to);
  if (to == NULL)
    return fail(ENOMEM);
  pthread_mutex_lock(&lock);
  char left[64];
  size_t kept = 0;
  for (size_t i = 0; i < n; i++) {
    if (strncmp(from[i], EXECFD "=", sizeof EXECFD) != 0)
      to[kept++] = from[i];
  }
  if (current != NULL) {
    /* Nobody would look at it in there. */
    connection_drain(current);
    snprintf(left, sizeof left, EXECFD "=%d", current->fd);
    to[kept++] = left;
    fcntl(current->fd, F_SETFD, 0);
  }
  execve(path, argv, to);
  const int error = errno;
  if (current != NULL)
    fcntl(current->fd, F_SETFD, FD_CLOEXEC);
  pthread_mutex_unlock(&lock);
  free(to);
  return fail(error);
}
