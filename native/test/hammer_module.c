/*
 * Native threads for the tests of lib/rumpuser: loaded at run time, started with threadCreate, calling the
 * addon's hypercalls. Each function takes a struct hammer, which the test fills in.
 */
#include <rump/rumpuser.h>

struct hammer {
  uint32_t lock;
  uint32_t cv;
  uint32_t rounds;
  /* The caller's number in a ping-pong. */
  uint32_t turn;
  /* A word that the lock alone protects. */
  volatile int32_t *word;
  /* First error, if any. */
  int32_t error;
  uint32_t lwp;
};

RUMPUSER_PUBLIC void *hammer_mutex(void *arg);
RUMPUSER_PUBLIC void *hammer_rwlock(void *arg);
RUMPUSER_PUBLIC void *hammer_pingpong(void *arg);
RUMPUSER_PUBLIC void *hammer_die_holding(void *arg);
RUMPUSER_PUBLIC void *hammer_die_writing(void *arg);
RUMPUSER_PUBLIC void *hammer_ring(void *arg);
RUMPUSER_PUBLIC void *hammer_curlwp(void *arg);

static void become(struct hammer *h) {
  h->error = rumpuser_curlwpop(RUMPUSER_LWP_CREATE, &h->lwp);
  if (h->error == 0)
    h->error = rumpuser_curlwpop(RUMPUSER_LWP_SET, &h->lwp);
}

static void *leave(struct hammer *h) {
  rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, &h->lwp);
  rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, &h->lwp);
  return NULL;
}

void *hammer_mutex(void *arg) {
  struct hammer *h = arg;
  become(h);
  for (uint32_t i = 0; i < h->rounds && h->error == 0; i++) {
    h->error = rumpuser_mutex_enter(h->lock);
    *h->word = *h->word + 1;
    rumpuser_mutex_exit(h->lock);
  }
  return leave(h);
}

void *hammer_rwlock(void *arg) {
  struct hammer *h = arg;
  become(h);
  for (uint32_t i = 0; i < h->rounds && h->error == 0; i++) {
    h->error = rumpuser_rw_enter(RUMPUSER_RW_WRITER, h->lock);
    h->word[0] = h->word[0] + 1;
    h->word[1] = h->word[1] + 1;
    rumpuser_rw_downgrade(h->lock);
    if (h->word[0] != h->word[1])
      h->error = -1;
    rumpuser_rw_exit(h->lock);
  }
  return leave(h);
}

void *hammer_pingpong(void *arg) {
  struct hammer *h = arg;
  become(h);
  for (uint32_t i = 0; i < h->rounds && h->error == 0; i++) {
    h->error = rumpuser_mutex_enter(h->lock);
    while (h->error == 0 && (uint32_t)*h->word != h->turn)
      h->error = rumpuser_cv_wait(h->cv, h->lock);
    *h->word = 1 - (int32_t)h->turn;
    rumpuser_cv_signal(h->cv);
    rumpuser_mutex_exit(h->lock);
  }
  return leave(h);
}

/* Ends with its lwp current and the mutex held. */
void *hammer_die_holding(void *arg) {
  struct hammer *h = arg;
  become(h);
  if (h->error == 0)
    h->error = rumpuser_mutex_enter(h->lock);
  *h->word = 1;
  return NULL;
}

/* Ends with its lwp current and the rwlock held for writing. */
void *hammer_die_writing(void *arg) {
  struct hammer *h = arg;
  become(h);
  if (h->error == 0)
    h->error = rumpuser_rw_enter(RUMPUSER_RW_WRITER, h->lock);
  return NULL;
}

/* Rings idler `lock` after `rounds` milliseconds. */
void *hammer_ring(void *arg) {
  struct hammer *h = arg;
  h->error = rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, (long)h->rounds * 1000000);
  rumpuser_doorbell(h->lock);
  return NULL;
}

void *hammer_curlwp(void *arg) {
  struct hammer *h = arg;
  h->turn = rumpuser_curlwp();
  return NULL;
}
