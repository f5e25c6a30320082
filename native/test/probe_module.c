/* A kernel module that asks for everything there is, for the tests of lib/kern/module_native.ts. */
#include <stdlib.h>
#include <string.h>

#include <rump/module.h>

MODULE_REVISION(MODULE_CLASS_MISC, probe, NULL, 3);
MODULE(MODULE_CLASS_ANY, probe_user, "probe>=3");

#define EPERM 1
#define EBUSY 16
#define ENOTTY 25

struct probe {
  struct rump_cdevsw device;
  unsigned char bytes[64];
  size_t length;
  int opens;
  /* What a thread found, or counted. */
  int64_t found;
  void *thread;
};

static const char key;

static struct probe *mine(void) {
  return *rump_private(rump_curkernel(), &key);
}

static int d_open(uint64_t dev, int flag) {
  (void)flag;
  if (dev % 256 == 7)
    return EBUSY;
  mine()->opens++;
  return 0;
}

static int d_read(uint64_t dev, struct rump_uio *uio, int flag) {
  struct probe *p = mine();
  (void)dev, (void)flag;
  if (p->length == 0)
    return RUMP_WAIT;
  const size_t n = rump_uiomove(p->bytes, p->length, uio);
  memmove(p->bytes, p->bytes + n, p->length - n);
  p->length -= n;
  return 0;
}

static int d_write(uint64_t dev, struct rump_uio *uio, int flag) {
  struct probe *p = mine();
  (void)dev, (void)flag;
  if (p->length == sizeof p->bytes)
    return RUMP_WAIT;
  p->length += rump_uiomove(p->bytes + p->length, sizeof p->bytes - p->length, uio);
  rump_wakeup(rump_curkernel(), &p->device);
  return 0;
}

static void note(void *arg) {
  struct rump_kernel *kernel = arg;
  rump_printf(kernel, "probe: deferred, here %d\n", rump_curkernel() == kernel);
}

/* Adds to a number that the giant lock alone protects, and complains from outside. */
static void *adder(void *arg) {
  struct rump_kernel *kernel = arg;
  struct probe *p = *rump_private(kernel, &key);
  int64_t rounds = p->found;
  p->found = 0;
  if (rump_devsw_attach(kernel, "elsewhere", &p->device, NULL) != EPERM)
    return NULL;
  for (int64_t i = 0; i < rounds; i++) {
    if (rump_schedule(kernel) != 0)
      return NULL;
    if (rump_curkernel() == kernel && rumpuser_curlwp() != 0 && rump_schedule(kernel) == 11)
      p->found = p->found + 1;
    rump_unschedule(kernel);
  }
  rump_defer(kernel, note, kernel);
  rump_printf(kernel, "probe: thread done\n");
  return NULL;
}

/* Sleeps in the host, then puts a byte where a reader waits for it. */
static void *feeder(void *arg) {
  struct rump_kernel *kernel = arg;
  struct probe *p = *rump_private(kernel, &key);
  rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, 20000000);
  if (rump_schedule(kernel) != 0)
    return NULL;
  p->bytes[p->length++] = '!';
  rump_unschedule(kernel);
  rump_wakeup(kernel, &p->device);
  return NULL;
}

/* Command 1: start the adder for so many rounds; 2: join it, answer what it found; 3: start the feeder. */
static int d_ioctl(uint64_t dev, uint64_t cmd, void *data, size_t len, int flag) {
  struct probe *p = mine();
  (void)dev, (void)flag;
  int error = 0;
  switch (cmd) {
  case 1:
    if (len < sizeof p->found)
      return 14;
    memcpy(&p->found, data, sizeof p->found);
    return rump_thread_start(rump_curkernel(), adder, rump_curkernel(), "adder", &p->thread);
  case 2:
    error = rump_thread_join(rump_curkernel(), p->thread);
    p->thread = NULL;
    memcpy(data, &p->found, sizeof p->found);
    return error;
  case 3:
    return rump_thread_start(rump_curkernel(), feeder, rump_curkernel(), "feeder", &p->thread);
  default:
    return ENOTTY;
  }
}

static int probe_modcmd(modcmd_t cmd, void *data) {
  struct rump_kernel *kernel = rump_curkernel();
  struct probe *p;
  int64_t number = 0;
  int major = 0;
  int error;
  switch (cmd) {
  case MODULE_CMD_INIT:
    if (rump_prop_number(data, "refuse", &number) == 0)
      return (int)number;
    p = calloc(1, sizeof *p);
    *rump_private(kernel, &key) = p;
    if (rump_prop_string(data, "bare") == NULL)
      p->device = (struct rump_cdevsw){d_open, NULL, d_read, d_write, d_ioctl};
    error = rump_devsw_attach(kernel, "probe", &p->device, &major);
    if (error == 0 && rump_devsw_attach(kernel, "probe", &p->device, NULL) != 17)
      error = 1;
    rump_prop_number(data, "number", &number);
    rump_printf(kernel, "probe: major %d, text %s, number %lld, lwp %d\n", major,
                rump_prop_string(data, "text"), (long long)number, rumpuser_curlwp() != 0);
    return error;
  case MODULE_CMD_FINI:
    p = mine();
    if (p->thread != NULL)
      rump_thread_join(kernel, p->thread);
    rump_devsw_detach(kernel, &p->device);
    *rump_private(kernel, &key) = NULL;
    free(p);
    return 0;
  case MODULE_CMD_AUTOUNLOAD:
    return EBUSY;
  default:
    return ENOTTY;
  }
}

static int probe_user_modcmd(modcmd_t cmd, void *data) {
  return cmd == MODULE_CMD_INIT && data == NULL ? 1 : 0;
}
