// Random bytes, parameters, console, the end of the process, signals, the background. The calls that end a
// process are made in a child: by fork, or by starting this program again with the name of the scene.
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "../rumpuser/internal.h"
#include "host_check.h"

namespace {

std::string param(const char *name) {
  char buf[512];
  CHECK(rumpuser_getparam(name, buf, sizeof(buf)) == 0);
  return buf;
}

void gives_random_bytes() {
  std::vector<unsigned char> bytes(3 << 20);
  size_t count = 0;
  CHECK(rumpuser_getrandom(bytes.data(), bytes.size(), 0, &count) == 0 && count == bytes.size());
  // The last megabyte was filled too: of 256 values each comes about 4,096 times.
  std::vector<int> seen(256);
  for (size_t i = 2 << 20; i < bytes.size(); i++)
    seen[bytes[i]]++;
  for (int times : seen)
    CHECK(times > 3000 && times < 5200);
  int flags = RUMPUSER_RANDOM_HARD | RUMPUSER_RANDOM_NOWAIT;
  int error = rumpuser_getrandom(bytes.data(), 16, flags, &count);
  CHECK((error == 0 && count == 16) || error == rumpuser::kEagain);
  CHECK(rumpuser_getrandom(bytes.data(), 16, 0x80, &count) == rumpuser::kEinval);
  CHECK(rumpuser_getrandom(bytes.data(), 0, 0, &count) == 0 && count == 0);
}

void answers_parameters() {
  unsetenv("RUMP_NCPU");
  CHECK(param(RUMPUSER_PARAM_NCPU) == "2");
  setenv("RUMP_NCPU", "7", 1);
  CHECK(param(RUMPUSER_PARAM_NCPU) == "7");
  setenv("RUMP_NCPU", "host", 1);
  CHECK(atoi(param(RUMPUSER_PARAM_NCPU).c_str()) >= 1);
  char pid[32];
  snprintf(pid, sizeof(pid), "rump-%05d", static_cast<int>(getpid()));
  CHECK(param(RUMPUSER_PARAM_HOSTNAME).rfind(pid, 0) == 0);
  setenv("RUMPUSER_TEST", "value", 1);
  CHECK(param("RUMPUSER_TEST") == "value");
  char small[5];
  CHECK(rumpuser_getparam("RUMPUSER_TEST", small, sizeof(small)) == rumpuser::kErange);
  CHECK(rumpuser_getparam("RUMPUSER_TEST_UNSET", small, sizeof(small)) == rumpuser::kEnoent);
  CHECK(rumpuser_getparam("_RUMPUSER_NO_SUCH", small, sizeof(small)) == rumpuser::kEinval);
}

template <typename Scene> int status_of(Scene scene) {
  fflush(nullptr);
  pid_t pid = fork();
  CHECK(pid != -1);
  if (pid == 0) {
    scene();
    _exit(99);
  }
  int status;
  CHECK(waitpid(pid, &status, 0) == pid);
  return status;
}

void ends_the_process() {
  CHECK(WEXITSTATUS(status_of([] { rumpuser_exit(3); })) == 3);
  int status = status_of([] {
    signal(SIGABRT, SIG_DFL);
    rumpuser_exit(RUMPUSER_PANIC);
  });
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

volatile sig_atomic_t signalled;

void signals_processes() {
  for (int sig : {SIGUSR1, SIGCHLD, SIGTSTP, SIGRTMIN + 2})
    signal(sig, [](int sig) { signalled = sig; });
  struct {
    int netbsd, host;
  } pairs[] = {{30, SIGUSR1}, {20, SIGCHLD}, {18, SIGTSTP}, {35, SIGRTMIN + 2}};
  for (auto pair : pairs) {
    signalled = 0;
    CHECK(rumpuser_kill(RUMPUSER_PID_SELF, pair.netbsd) == 0);
    CHECK(signalled == pair.host);
    CHECK(rumpuser_kill(getpid(), pair.netbsd) == 0);
  }
  CHECK(rumpuser_kill(getpid(), 0) == 0);
  for (int bad : {-1, 7, 29, 64, 1000})
    CHECK(rumpuser_kill(RUMPUSER_PID_SELF, bad) == rumpuser::kEinval);
  for (int64_t bad : {int64_t{0}, int64_t{-5}, int64_t{1} << 40})
    CHECK(rumpuser_kill(bad, 0) == rumpuser::kEinval);
  CHECK(rumpuser_kill(INT32_MAX, 0) == rumpuser::kEsrch);
}

void prints(const TemporaryDirectory &dir) {
  std::string out = dir / "out", err = dir / "err";
  status_of([&] {
    CHECK(freopen(out.c_str(), "w", stdout) && freopen(err.c_str(), "w", stderr));
    for (const char *at = "console\n"; *at != '\0'; at++)
      rumpuser_putchar(*at);
    rumpuser_dprintf("%s %d\n", "debug", 42);
  });
  char line[64];
  FILE *file = fopen(out.c_str(), "r");
  CHECK(fgets(line, sizeof(line), file) != nullptr && strcmp(line, "console\n") == 0);
  fclose(file);
  file = fopen(err.c_str(), "r");
  CHECK(fgets(line, sizeof(line), file) != nullptr && strcmp(line, "debug 42\n") == 0);
  fclose(file);
}

// What the program does when the test starts it again as a daemon.
int daemon_scene(const char *scene, const char *log) {
  CHECK(rumpuser_daemonize_done(0) == rumpuser::kEnoent);
  int error = rumpuser_daemonize_begin(nullptr);
  CHECK(error == 0 && getsid(0) == getpid());
  CHECK(rumpuser_daemonize_begin(nullptr) == rumpuser::kEalready);
  if (strcmp(scene, "dies") == 0)
    return 77;
  if (strcmp(scene, "silent") == 0)
    return 0;
  CHECK(rumpuser_daemonize_done(strcmp(scene, "fails") == 0 ? 42 : 0) == 0);
  CHECK(rumpuser_daemonize_done(0) == rumpuser::kEalready);
  CHECK(rumpuser_daemonize_begin(nullptr) == rumpuser::kEalready);
  FILE *file = fopen(log, "w");
  fprintf(file, "%s", isatty(1) || fcntl(1, F_GETFD) == -1 ? "bad" : "alive");
  fclose(file);
  return 0;
}

void daemonizes(const char *self, const TemporaryDirectory &dir) {
  struct {
    const char *scene;
    int status;
  } scenes[] = {{"works", 0}, {"fails", 42}, {"dies", 77}, {"silent", rumpuser::kEsrch}};
  for (auto scene : scenes) {
    std::string log = dir / scene.scene;
    int status = status_of([&] { execl(self, self, scene.scene, log.c_str(), nullptr); });
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == scene.status);
  }
  // The daemon goes on after the foreground process has ended.
  char line[16] = "";
  for (int tries = 0; tries < 500 && strcmp(line, "alive") != 0; tries++) {
    usleep(10000);
    if (FILE *file = fopen((dir / "works").c_str(), "r")) {
      if (fgets(line, sizeof(line), file) == nullptr)
        line[0] = '\0';
      fclose(file);
    }
  }
  CHECK(strcmp(line, "alive") == 0);
}

} // namespace

int main(int argc, char **argv) {
  if (argc == 3)
    return daemon_scene(argv[1], argv[2]);
  TemporaryDirectory dir;
  gives_random_bytes();
  answers_parameters();
  ends_the_process();
  signals_processes();
  prints(dir);
  daemonizes(argv[0], dir);
}
