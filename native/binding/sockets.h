// Sockets of an isolate: its event loop tells what has happened at them.
#ifndef BINDING_SOCKETS_H
#define BINDING_SOCKETS_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <napi.h>
#include <poll.h>
#include <uv.h>

#include <rump/rumpuser.h>

namespace binding {

// Outlives its isolate until the event loop has let the last of its handles go: it deletes itself.
class Sockets {
public:
  // Bytes that are read at once, and that may be put together to be sent.
  static constexpr size_t kBufferBytes = 128 << 10;

  enum Event : uint32_t {
    kReceived = 0, // so many bytes, in `input`
    kAccepted = 1, // the number of the new socket
    kWritable = 2,
    kEnded = 3, // an errno, 0 at the end of the stream
  };
  enum Watch : uint32_t { kReads = 1, kWrites = 2 };

  // `handler` is called with the number of a socket, an event, and what is said there.
  Sockets(Napi::Env env, Napi::Function handler);
  Sockets(const Sockets &) = delete;
  Sockets &operator=(const Sockets &) = delete;

  // All of these answer the number of a socket or an errno below 0.
  double listen_unix(const std::string &path);
  double listen_tcp(const std::string &host, uint16_t port, uint16_t *bound);
  double connect_unix(const std::string &path);
  double connect_tcp(const std::string &host, uint16_t port);

  // Which events are told. A new socket is watched for nothing.
  void watch(uint32_t number, uint32_t what);
  void keep_alive(uint32_t number, bool alive);
  int error(uint32_t number) const;
  std::string peer(uint32_t number) const;
  // Sends the first bytes of `output`, then `middle`, then more bytes of `output`.
  // @returns how many bytes have gone, or an errno below 0
  double send(uint32_t number, size_t before, const uint8_t *middle, size_t size, size_t after);
  void close(uint32_t number);

  // The event loop has no turn while its thread waits in a kernel: what it would tell then is looked for by
  // `idle`, which also ends by the idler's bell and the deadline (0 or an errno), and told by `dispatch`.
  int idle(rumpuser_idler idler, int64_t deadline);
  void dispatch();

  uint8_t *input() { return buffers_.get(); }
  uint8_t *output() { return buffers_.get() + kBufferBytes; }

private:
  struct Socket {
    uv_poll_t poll;
    Sockets *owner;
    uint32_t number;
    int fd;
    // Of a unix socket that listens: removed with it.
    std::string path;
    uint32_t watched;
    bool listens;
    bool closing;
  };

  ~Sockets();
  // `fd` by reference: what computes `error` sets it, before or after the arguments are looked at.
  double add(int error, const int &fd, bool listens);
  static void ready(uv_poll_t *poll, int status, int events);
  static void closed(uv_handle_t *handle);
  static void isolate_goes(napi_async_cleanup_hook_handle hook, void *arg);
  void accept_all(Socket &socket);
  void receive(Socket &socket);
  void broken(Socket &socket);
  void tell(uint32_t number, Event event, uint32_t value);
  void close(Socket &socket);
  void delete_when_idle();

  napi_env env_;
  uv_loop_t *loop_ = nullptr;
  Napi::FunctionReference handler_;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  // Null: a number that is free.
  std::vector<Socket *> sockets_;
  std::vector<uint32_t> free_;
  // What `idle` has found, and at whose numbers.
  std::vector<struct pollfd> found_;
  std::vector<uint32_t> found_at_;
  size_t open_ = 0;
  bool gone_ = false;
  int spare_ = -1;
  std::unique_ptr<uint8_t[]> buffers_;
};

} // namespace binding

#endif
