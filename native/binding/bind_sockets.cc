// Glue for the sockets of the host. They are made, and their functions exported, when an isolate first wants
// one.
#include "glue.h"
#include "internal.h"
#include "isolate.h"
#include "sockets.h"

namespace binding {
namespace {

uint16_t port_of(uint32_t port) {
  return static_cast<uint16_t>(port);
}

double listen_unix(Isolate &isolate, std::string path) {
  return isolate.sockets().listen_unix(path);
}

// The port goes to scratch[0].
double listen_tcp(Isolate &isolate, std::string host, uint32_t port) {
  uint16_t bound = 0;
  const double number = isolate.sockets().listen_tcp(host, port_of(port), &bound);
  isolate.scratch[0] = bound;
  return number;
}

double connect_unix(Isolate &isolate, std::string path) {
  return isolate.sockets().connect_unix(path);
}

double connect_tcp(Isolate &isolate, std::string host, uint32_t port) {
  return isolate.sockets().connect_tcp(host, port_of(port));
}

void watch(Isolate &isolate, uint32_t number, uint32_t what) {
  isolate.sockets().watch(number, what);
}

void keep_alive(Isolate &isolate, uint32_t number, bool alive) {
  isolate.sockets().keep_alive(number, alive);
}

int32_t error(Isolate &isolate, uint32_t number) {
  return -isolate.sockets().error(number);
}

std::string peer(Isolate &isolate, uint32_t number) {
  return isolate.sockets().peer(number);
}

double send(Isolate &isolate, uint32_t number, uint32_t size) {
  return isolate.sockets().send(number, size, nullptr, 0, 0);
}

double send_around(Isolate &isolate, uint32_t number, uint32_t before, Bytes middle, uint32_t after) {
  return isolate.sockets().send(number, before, middle.data, middle.size, after);
}

void close(Isolate &isolate, uint32_t number) {
  isolate.sockets().close(number);
}

void dispatch(Isolate &isolate) {
  isolate.sockets().dispatch();
}

Napi::Uint8Array memory(Napi::Env env, uint8_t *bytes) {
  return Napi::Uint8Array::New(env, Sockets::kBufferBytes,
                               Napi::ArrayBuffer::New(env, bytes, Sockets::kBufferBytes), 0);
}

Napi::Object sockets(Isolate &isolate, Napi::Env env, Napi::Function handler) {
  Sockets &all = isolate.open_sockets(handler);
  Napi::Object exports = Napi::Object::New(env);
  exports.Set("input", memory(env, all.input()));
  exports.Set("output", memory(env, all.output()));
  define<listen_unix>(exports, "listenUnix");
  define<listen_tcp>(exports, "listenTcp");
  define<connect_unix>(exports, "connectUnix");
  define<connect_tcp>(exports, "connectTcp");
  define<watch>(exports, "watch");
  define<keep_alive>(exports, "keepAlive");
  define<error>(exports, "error");
  define<peer>(exports, "peer");
  define<send>(exports, "send");
  define<send_around>(exports, "sendAround");
  define<close>(exports, "close");
  define<dispatch>(exports, "dispatch");
  return exports;
}

} // namespace

void define_sockets(Napi::Object exports) {
  define<sockets>(exports, "sockets");
}

} // namespace binding
