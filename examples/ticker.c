/*
 * A kernel module in C: a character device `ticker`, fed by a host thread of the module's own.
 *
 * Build: cc -shared -fPIC -I native/include examples/ticker.c -o ticker.so
 * Load:  kernel.modules.load('./ticker.so', { text: 'tick', period: 20 })
 */
#include <stdlib.h>

#include <rump/module.h>

MODULE(MODULE_CLASS_DRIVER, ticker, NULL);

/* What belongs to one kernel. All of it is touched inside the kernel only, so it needs no lock. */
struct ticker {
  struct rump_kernel *kernel;
  struct rump_cdevsw device;
  void *thread;
  char text[64];
  size_t length;
  int64_t period_ms;
  /* Ticks that nobody has read. */
  unsigned pending;
  int stopping;
};

static const char key;

static struct ticker *this_ticker(void) {
  return *rump_private(rump_curkernel(), &key);
}

static void *run(void *arg) {
  struct ticker *t = arg;
  int stopping = 0;
  while (!stopping) {
    rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, (long)t->period_ms * 1000000);
    if (rump_schedule(t->kernel) != 0)
      break;
    t->pending++;
    stopping = t->stopping;
    rump_unschedule(t->kernel);
    rump_wakeup(t->kernel, &t->device);
  }
  return NULL;
}

/* A read is one tick; it waits for one. */
static int ticker_read(uint64_t dev, struct rump_uio *uio, int flag) {
  struct ticker *t = this_ticker();
  (void)dev, (void)flag;
  if (t->pending == 0)
    return RUMP_WAIT;
  t->pending--;
  rump_uiomove(t->text, t->length, uio);
  return 0;
}

/* A write changes the text. */
static int ticker_write(uint64_t dev, struct rump_uio *uio, int flag) {
  struct ticker *t = this_ticker();
  (void)dev, (void)flag;
  t->length = rump_uiomove(t->text, sizeof t->text, uio);
  return 0;
}

static int start(const struct rump_props *props) {
  struct ticker *t = calloc(1, sizeof *t);
  if (t == NULL)
    return 12; /* ENOMEM */
  t->kernel = rump_curkernel();
  t->device.d_read = ticker_read;
  t->device.d_write = ticker_write;
  t->period_ms = 10;
  rump_prop_number(props, "period", &t->period_ms);
  const char *text = rump_prop_string(props, "text");
  if (text == NULL)
    text = "tick";
  while (t->length < sizeof t->text && text[t->length] != '\0') {
    t->text[t->length] = text[t->length];
    t->length++;
  }
  int error = rump_devsw_attach(t->kernel, "ticker", &t->device, NULL);
  if (error == 0) {
    error = rump_thread_start(t->kernel, run, t, "ticker", &t->thread);
    if (error != 0)
      rump_devsw_detach(t->kernel, &t->device);
  }
  if (error != 0) {
    free(t);
    return error;
  }
  *rump_private(t->kernel, &key) = t;
  rump_printf(t->kernel, "ticker: every %d ms, as lwp %u\n", (int)t->period_ms, rumpuser_curlwp());
  return 0;
}

static int stop(void) {
  struct ticker *t = this_ticker();
  t->stopping = 1;
  const int error = rump_thread_join(t->kernel, t->thread);
  if (error != 0)
    return error;
  rump_devsw_detach(t->kernel, &t->device);
  rump_printf(t->kernel, "ticker: %u ticks that nobody read\n", t->pending);
  *rump_private(t->kernel, &key) = NULL;
  free(t);
  return 0;
}

static int ticker_modcmd(modcmd_t cmd, void *data) {
  switch (cmd) {
  case MODULE_CMD_INIT:
    return start(data);
  case MODULE_CMD_FINI:
    return stop();
  default:
    return 25; /* ENOTTY: nothing to say */
  }
}
