/*
 * Requests of many threads on one connection. Whoever waits and finds nobody reading reads for all: answers
 * go to those who wait for them, questions of the server are answered. Done, it leaves reading to the next.
 *
 * Signals are blocked but for the moments when the reader waits for bytes. A handler may make calls: then its
 * thread is the reader already, holds no lock, and reads on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

struct connection *connection_new(int fd) {
  struct connection *const c = calloc(1, sizeof *c);
  if (c == NULL)
    return NULL;
  c->fd = fd;
  c->reqno = 1;
  pthread_mutex_init(&c->mutex, NULL);
  pthread_mutex_init(&c->writing, NULL);
  pthread_cond_init(&c->changed, NULL);
  return c;
}

void connection_free(struct connection *c) {
  close(c->fd);
  pthread_cond_destroy(&c->changed);
  pthread_mutex_destroy(&c->writing);
  pthread_mutex_destroy(&c->mutex);
  free(c);
}

int protocol_errno(uint32_t error) {
  static const int errnos[] = {0, EAGAIN, EPERM, ESRCH, EIO, EBUSY, ENOMEM, EINVAL};
  return error < sizeof errnos / sizeof *errnos ? errnos[error] : EIO;
}

/* Nobody will be answered any more. With the mutex. */
static void lose(struct connection *c) {
  c->lost = true;
  for (struct request *each = c->requests; each != NULL; each = each->next) {
    if (each->state == 0)
      each->state = -1;
  }
  pthread_cond_broadcast(&c->changed);
}

/* Read one frame and see that whom it is for gets it. Without the mutex. */
static void read_one(struct connection *c, const sigset_t *signals) {
  struct frame head;
  unsigned char *body = NULL;
  // A handler may have read on, and the frame that is waited for with it: look again.
  if (c->at == c->end && !wire_wait(c->fd, signals))
    return;
  int error = wire_read(c, &head, sizeof head);
  size_t length = 0;
  if (error == 0 && (head.length < sizeof head || head.length > FRAME_MAX))
    error = EINVAL;
  if (error == 0) {
    length = (size_t)(head.length - sizeof head);
    body = malloc(length + 1);
    error = body == NULL ? ENOMEM : wire_read(c, body, length);
  }
  if (error == 0 && head.class == CLASS_REQUEST) {
    memory_serve(c, &head, body, length);
    free(body);
    return;
  }
  pthread_mutex_lock(&c->mutex);
  if (error != 0) {
    lose(c);
  } else {
    for (struct request *each = c->requests; each != NULL; each = each->next) {
      if (each->reqno == head.reqno && each->state == 0) {
        each->state = 1;
        each->head = head;
        each->body = body;
        each->length = length;
        each->faulted = c->faulted;
        body = NULL;
        break;
      }
    }
    c->faulted = false;
    pthread_cond_broadcast(&c->changed);
  }
  pthread_mutex_unlock(&c->mutex);
  free(body);
}

void connection_drain(struct connection *c) {
  sigset_t none;
  sigfillset(&none);
  while (c->at < c->end && !c->lost)
    read_one(c, &none);
}

/* With the mutex, which is given up meanwhile. */
static void wait_for(struct connection *c, const struct request *request, const sigset_t *signals) {
  while (request->state == 0) {
    const bool nested = c->reading && pthread_equal(c->reader, pthread_self());
    if (c->reading && !nested) {
      pthread_cond_wait(&c->changed, &c->mutex);
      continue;
    }
    c->reading = true;
    c->reader = pthread_self();
    pthread_mutex_unlock(&c->mutex);
    read_one(c, signals);
    pthread_mutex_lock(&c->mutex);
    if (!nested) {
      c->reading = false;
      pthread_cond_broadcast(&c->changed);
    }
  }
}

int connection_ask(struct connection *c, struct request *request, int type, uint32_t what,
                   const void *const parts[], const size_t lengths[], int count) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  struct frame head = {.length = sizeof head, .class = CLASS_REQUEST, .type = (uint16_t)type, .what = what};
  for (int i = 0; i < count; i++)
    head.length += lengths[i];
  memset(request, 0, sizeof *request);
  pthread_mutex_lock(&c->mutex);
  int error = c->lost ? ENOTCONN : 0;
  if (error == 0) {
    head.reqno = request->reqno = c->reqno++;
    request->next = c->requests;
    c->requests = request;
    pthread_mutex_unlock(&c->mutex);
    pthread_mutex_lock(&c->writing);
    error = wire_write(c->fd, &head, parts, lengths, count);
    pthread_mutex_unlock(&c->writing);
    pthread_mutex_lock(&c->mutex);
    if (error == 0)
      wait_for(c, request, &before);
    else
      lose(c);
    for (struct request **at = &c->requests; *at != NULL; at = &(*at)->next) {
      if (*at == request) {
        *at = request->next;
        break;
      }
    }
    if (error == 0 && request->state < 0)
      error = ENOTCONN;
  }
  pthread_mutex_unlock(&c->mutex);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error == 0 && request->head.class == CLASS_ERROR) {
    error = protocol_errno(request->head.what);
    if (error == 0)
      error = EIO;
  }
  if (error != 0) {
    free(request->body);
    request->body = NULL;
  }
  return error;
}
