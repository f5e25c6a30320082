// Glue for the hypercalls that are one call each: random bytes, parameters, console, signals, the background.
#include "bind_host.h"

#include <string>
#include <vector>

#include <rump/rumpuser.h>

namespace binding {
namespace {

Napi::Value getparam(Napi::Env env, std::string name) {
  char value[4096];
  if (rumpuser_getparam(name.c_str(), value, sizeof(value)) != 0)
    return env.Undefined();
  return Napi::String::New(env, value);
}

double getrandom(Bytes buf, int32_t flags) {
  size_t count = 0;
  int error = rumpuser_getrandom(buf.data, buf.size, flags, &count);
  return error != 0 ? -error : static_cast<double>(count);
}

void put_char(int32_t byte) {
  rumpuser_putchar(byte);
}

void debug_print(std::string text) {
  rumpuser_dprintf("%s", text.c_str());
}

int32_t kill_process(double pid, int32_t signo) {
  return -rumpuser_kill(static_cast<int64_t>(pid), signo);
}

void seterrno(int32_t error) {
  rumpuser_seterrno(error);
}

int32_t daemonize_begin(Napi::Array argv) {
  std::vector<std::string> arguments;
  for (uint32_t i = 0; i < argv.Length(); i++)
    arguments.push_back(argv.Get(i).ToString().Utf8Value());
  std::vector<const char *> pointers;
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());
  pointers.push_back(nullptr);
  return -rumpuser_daemonize_begin(pointers.data());
}

int32_t daemonize_done(int32_t error) {
  return -rumpuser_daemonize_done(error);
}

} // namespace

void define_host(Napi::Object exports) {
  define<getparam>(exports, "getparam");
  define<getrandom>(exports, "getrandom");
  define<put_char>(exports, "putchar");
  define<debug_print>(exports, "dprintf");
  define<kill_process>(exports, "kill");
  define<seterrno>(exports, "seterrno");
  define<daemonize_begin>(exports, "daemonizeBegin");
  define<daemonize_done>(exports, "daemonizeDone");
  define_host_files(exports);
  define_host_bio(exports);
  define_host_memory(exports);
  define_host_dl(exports);
}

} // namespace binding
