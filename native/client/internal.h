/* What the files of the client library share. */
#ifndef RUMPCLIENT_INTERNAL_H
#define RUMPCLIENT_INTERNAL_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* NetBSD: lib/librumpuser/sp_common.c. */
struct frame {
  uint64_t length;
  uint64_t reqno;
  uint16_t class;
  uint16_t type;
  /* Number of the call, of the error, of the signal, or kind of handshake. */
  uint32_t what;
};

enum { CLASS_REQUEST, CLASS_RESPONSE, CLASS_ERROR };
enum { HANDSHAKE, SYSCALL, COPYIN, COPYINSTR, COPYOUT, COPYOUTSTR, ANONMMAP, PREFORK, RAISE };
enum { GUEST, AUTH, FORK, EXEC };

/* Longest frame that is believed: a transfer and its header. */
#define FRAME_MAX ((uint64_t)1 << 24)

/* A request under way, on the stack of the thread that waits for it. */
struct request {
  uint64_t reqno;
  /* 0 pending, 1 answered, -1 the connection is lost. */
  int state;
  struct frame head;
  unsigned char *body;
  size_t length;
  /* What it should have filled is not there. */
  bool faulted;
  struct request *next;
};

struct connection {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  /* One frame at a time. */
  pthread_mutex_t writing;
  int fd;
  uint64_t reqno;
  bool lost;
  /* A copy out went nowhere: it was of the call that is answered next. */
  bool faulted;
  /* Takes memory along with calls. */
  bool attaches;
  /* Who reads for everybody. */
  bool reading;
  pthread_t reader;
  /* The reader's: what has come and is not looked at, from `at` to `end`. */
  unsigned char input[4096];
  size_t at, end;
  struct request *requests;
  unsigned users;
};

/* wire.c: whole transfers, by number of the host's errno. */
int wire_read(struct connection *c, void *data, size_t length);
int wire_write(int fd, const struct frame *head, const void *const parts[], const size_t lengths[],
               int count);
/* Until there is something to read, with these signals blocked; false: a signal was handled instead. */
bool wire_wait(int fd, const sigset_t *signals);
/* A connected socket behind its banner, or -1. */
int wire_connect(const char *url);

/* connection.c */
struct connection *connection_new(int fd);
void connection_free(struct connection *c);
/* Look at all that has been read. */
void connection_drain(struct connection *c);
/* Ask and wait. 0 and the answer in `request` (its body to be freed), or an errno. */
int connection_ask(struct connection *c, struct request *request, int type, uint32_t what,
                   const void *const parts[], const size_t lengths[], int count);
/* An errno for an error frame. */
int protocol_errno(uint32_t error);

/* memory.c: serve a request of the server's. */
void memory_serve(struct connection *c, const struct frame *head, const unsigned char *body, size_t length);

/* From this program's own memory, wherever that is. */
bool memory_copy(void *to, uint64_t from, size_t length);
/* Text with its NUL, or `length` bytes of it; 0: it is not there. */
size_t memory_text(unsigned char *to, uint64_t from, size_t length);

/* attach.c: copies of what a call points at, as they go behind its arguments: address, length, bytes, up to a
 * multiple of 8. */
struct parcel {
  unsigned char small[2048];
  unsigned char *bytes;
  size_t used, room;
  int pieces;
};
void parcel_begin(struct parcel *p);
void parcel_fill(struct parcel *p, int number, const uint64_t *args, size_t slots);
void parcel_end(struct parcel *p);

/* Generated: what calls point at, by their numbers. BYTES, and messages if there may be several: as many
 * units of `size` as slot `lenslot` says. */
enum {
  POINTS_AT_TEXT,
  POINTS_AT_BYTES,
  POINTS_AT_VECTOR,
  POINTS_AT_STRUCTURE,
  POINTS_AT_SENT,
  POINTS_AT_RECEIVED
};
struct rump__pointer {
  uint16_t number;
  uint8_t slot;
  uint8_t lenslot;
  uint8_t kind;
  uint16_t size;
};
extern const struct rump__pointer rump__pointers[];
extern const size_t rump__npointers;
/* Generated: the host's errno for the kernel's. */
extern const int rump__errnos[];
extern const size_t rump__nerrnos;

#endif
