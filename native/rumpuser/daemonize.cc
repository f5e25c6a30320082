// Going to the background with a status for whoever waits in the foreground.
//
// A process that has threads cannot fork and go on. So the program is started a second time, in a session of
// its own, holding one end of a socket; the first process waits for the status that comes through it and
// exits with that. What the program did before daemonize_begin is therefore done twice: call it first thing.
//
// NetBSD: lib/librumpuser/rumpuser_daemonize.c, rumpuser(3), daemon(3).
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "internal.h"

extern char **environ;

namespace rumpuser {

namespace {

// Number of the socket, for the second process alone.
constexpr char kVariable[] = "RUMPUSER_DAEMON_SOCKET";
constexpr int kNoSocket = -1;
// The second process ended without saying why.
constexpr int kNoStatus = kEsrch;

enum class Stage { fresh, begun, done };

std::atomic<Stage> stage{Stage::fresh};
std::atomic<int> status_socket{kNoSocket};

// The socket that the first process left to us, or kNoSocket when we are the first. The variable alone is no
// proof: a program started by a daemon inherits it, but leads no session.
int inherited_socket() {
  const char *value = getenv(kVariable);
  if (value == nullptr)
    return kNoSocket;
  int fd = atoi(value);
  unsetenv(kVariable);
  struct stat sb;
  if (getsid(0) != getpid() || fstat(fd, &sb) == -1 || !S_ISSOCK(sb.st_mode))
    return kNoSocket;
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  return fd;
}

// This process's own arguments, for a caller that has not kept them.
std::vector<std::string> own_arguments() {
  std::vector<std::string> arguments;
  FILE *file = fopen("/proc/self/cmdline", "re");
  if (file == nullptr)
    return arguments;
  std::string argument;
  for (int ch; (ch = getc(file)) != EOF;) {
    if (ch != '\0') {
      argument.push_back(static_cast<char>(ch));
      continue;
    }
    arguments.push_back(argument);
    argument.clear();
  }
  fclose(file);
  return arguments;
}

std::vector<char *> pointers(std::vector<std::string> &strings) {
  std::vector<char *> list;
  for (std::string &string : strings)
    list.push_back(&string[0]);
  list.push_back(nullptr);
  return list;
}

int spawn_second(std::vector<std::string> &arguments, int socket, pid_t *pid) {
  std::vector<std::string> environment;
  for (char **entry = environ; *entry != nullptr; entry++)
    environment.push_back(*entry);
  environment.push_back(std::string(kVariable) + "=" + std::to_string(socket));

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  // Onto itself, which takes close-on-exec off. The standard three too: Node marks them so for its own use.
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, socket})
    if (fcntl(fd, F_GETFD) != -1)
      posix_spawn_file_actions_adddup2(&actions, fd, fd);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
#if defined(__linux__)
  const char *program = "/proc/self/exe";
#else
  const char *program = arguments[0].c_str();
#endif
  int error = posix_spawnp(pid, program, &actions, &attributes, pointers(arguments).data(),
                           pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return rumpuser__errno(error);
}

[[noreturn]] void exit_with_status(int socket, pid_t child) {
  int status = 0;
  ssize_t got;
  do
    got = recv(socket, &status, sizeof(status), MSG_WAITALL);
  while (got == -1 && errno == EINTR);
  if (got == sizeof(status))
    _exit(status);
  // No word from it: pass on how it ended, unless it ended as if all were well.
  int ended = 0;
  while (waitpid(child, &ended, 0) == -1 && errno == EINTR)
    continue;
  if (WIFEXITED(ended) && WEXITSTATUS(ended) != 0)
    _exit(WEXITSTATUS(ended));
  _exit(WIFSIGNALED(ended) ? 128 + WTERMSIG(ended) : kNoStatus);
}

int begin(std::vector<std::string> arguments) {
  if (arguments.empty())
    return kEinval;
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == -1)
    return rumpuser__errno(errno);
  fcntl(sockets[0], F_SETFD, FD_CLOEXEC);
  fcntl(sockets[1], F_SETFD, FD_CLOEXEC);
  fflush(stdout);
  pid_t child;
  int error = spawn_second(arguments, sockets[1], &child);
  close(sockets[1]);
  if (error == 0)
    exit_with_status(sockets[0], child);
  close(sockets[0]);
  return error;
}

// A daemon's standard descriptors lead nowhere, so that nothing of the terminal is held.
int leave_terminal() {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null == -1)
    return rumpuser__errno(errno);
  fflush(stdout);
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    dup2(null, fd);
  close(null);
  return 0;
}

} // namespace

} // namespace rumpuser

int rumpuser_daemonize_begin(const char *const *argv) {
  using namespace rumpuser;
  Stage expected = Stage::fresh;
  if (!stage.compare_exchange_strong(expected, Stage::begun))
    return kEalready;
  int socket = inherited_socket();
  if (socket != kNoSocket) {
    status_socket = socket;
    return 0;
  }
  std::vector<std::string> arguments;
  if (argv == nullptr)
    arguments = own_arguments();
  else
    for (const char *const *argument = argv; *argument != nullptr; argument++)
      arguments.push_back(*argument);
  int error = begin(std::move(arguments));
  stage = Stage::fresh;
  return error;
}

int rumpuser_daemonize_done(int error) {
  using namespace rumpuser;
  int socket = status_socket.exchange(kNoSocket);
  if (socket == kNoSocket)
    return stage == Stage::done ? kEalready : kEnoent;
  if (error == 0)
    error = leave_terminal();
    // Whoever waited may be gone, which is no reason to die by SIGPIPE.
#if defined(MSG_NOSIGNAL)
  ssize_t sent = send(socket, &error, sizeof(error), MSG_NOSIGNAL);
#else
  int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
  ssize_t sent = send(socket, &error, sizeof(error), 0);
#endif
  close(socket);
  stage = Stage::done;
  return sent == sizeof(error) ? 0 : kEpipe;
}
