#include "sockets.h"

#include <sys/uio.h>
#include <unistd.h>

#include "idle_at.h"
#include "internal.h"
#include "socket.h"

namespace binding {
namespace {

// Connections that are taken, or pieces that are read of one, before others get their turn.
constexpr int kAtOnce = 16;

} // namespace

Sockets::Sockets(Napi::Env env, Napi::Function handler)
    : env_(env), handler_(Napi::Persistent(handler)), buffers_(new uint8_t[2 * kBufferBytes]) {
  if (napi_get_uv_event_loop(env, &loop_) != napi_ok ||
      napi_add_async_cleanup_hook(env, isolate_goes, this, &hook_) != napi_ok)
    throw Napi::Error::New(env);
  rumpuser::socket_spare(&spare_);
}

Sockets::~Sockets() {
  if (spare_ >= 0)
    ::close(spare_);
  napi_remove_async_cleanup_hook(hook_);
}

// The environment is no more when the loop closes the last handle: nothing but the hook may be touched then.
void Sockets::isolate_goes(napi_async_cleanup_hook_handle, void *arg) {
  Sockets *self = static_cast<Sockets *>(arg);
  self->gone_ = true;
  self->handler_.Reset();
  for (Socket *socket : self->sockets_) {
    if (socket != nullptr && !socket->closing)
      self->close(*socket);
  }
  self->delete_when_idle();
}

void Sockets::delete_when_idle() {
  if (gone_ && open_ == 0)
    delete this;
}

double Sockets::add(int error, const int &fd, bool listens) {
  if (error != 0)
    return -error;
  auto socket = std::make_unique<Socket>();
  if (uv_poll_init(loop_, &socket->poll, fd) != 0) {
    rumpuser::socket_close(fd);
    return -rumpuser::kEnomem;
  }
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(sockets_.size()));
    sockets_.push_back(nullptr);
  }
  socket->poll.data = socket.get();
  socket->owner = this;
  socket->number = free_.back();
  socket->fd = fd;
  socket->listens = listens;
  socket->watched = 0;
  socket->closing = false;
  free_.pop_back();
  open_++;
  sockets_[socket->number] = socket.get();
  return socket.release()->number;
}

double Sockets::listen_unix(const std::string &path) {
  int fd = -1;
  const double number = add(rumpuser::socket_listen_unix(path.c_str(), &fd), fd, true);
  if (number >= 0)
    sockets_[static_cast<uint32_t>(number)]->path = path;
  return number;
}

double Sockets::listen_tcp(const std::string &host, uint16_t port, uint16_t *bound) {
  int fd = -1;
  return add(rumpuser::socket_listen_tcp(host.c_str(), port, &fd, bound), fd, true);
}

double Sockets::connect_unix(const std::string &path) {
  int fd = -1;
  return add(rumpuser::socket_connect_unix(path.c_str(), &fd), fd, false);
}

double Sockets::connect_tcp(const std::string &host, uint16_t port) {
  int fd = -1;
  return add(rumpuser::socket_connect_tcp(host.c_str(), port, &fd), fd, false);
}

void Sockets::watch(uint32_t number, uint32_t what) {
  Socket &socket = *sockets_[number];
  socket.watched = what;
  const int events = ((what & kReads) != 0 ? UV_READABLE : 0) | ((what & kWrites) != 0 ? UV_WRITABLE : 0);
  if (events == 0) {
    uv_poll_stop(&socket.poll);
  } else {
    uv_poll_start(&socket.poll, events, ready);
  }
}

void Sockets::keep_alive(uint32_t number, bool alive) {
  uv_handle_t *handle = reinterpret_cast<uv_handle_t *>(&sockets_[number]->poll);
  if (alive) {
    uv_ref(handle);
  } else {
    uv_unref(handle);
  }
}

int Sockets::error(uint32_t number) const {
  return rumpuser::socket_error(sockets_[number]->fd);
}

std::string Sockets::peer(uint32_t number) const {
  return rumpuser::socket_peer(sockets_[number]->fd);
}

double Sockets::send(uint32_t number, size_t before, const uint8_t *middle, size_t size, size_t after) {
  const struct iovec all[] = {
      {output(), before}, {const_cast<uint8_t *>(middle), size}, {output() + before, after}};
  struct iovec iov[3];
  size_t iovlen = 0;
  for (const struct iovec &each : all) {
    if (each.iov_len > 0)
      iov[iovlen++] = each;
  }
  size_t count = 0;
  const int error = iovlen == 0 ? 0 : rumpuser::socket_send(sockets_[number]->fd, iov, iovlen, &count);
  return error == rumpuser::kEagain ? 0.0 : error != 0 ? -error : static_cast<double>(count);
}

void Sockets::close(uint32_t number) {
  close(*sockets_[number]);
}

void Sockets::close(Socket &socket) {
  socket.closing = true;
  sockets_[socket.number] = nullptr;
  // The loop forgets the descriptor first: it may be somebody else's as soon as it is closed.
  uv_close(reinterpret_cast<uv_handle_t *>(&socket.poll), closed);
  if (socket.listens && !socket.path.empty())
    ::unlink(socket.path.c_str());
  rumpuser::socket_close(socket.fd);
}

void Sockets::closed(uv_handle_t *handle) {
  Socket *socket = static_cast<Socket *>(handle->data);
  Sockets *owner = socket->owner;
  owner->free_.push_back(socket->number);
  owner->open_--;
  delete socket;
  owner->delete_when_idle();
}

int Sockets::idle(rumpuser_idler idler, int64_t deadline) {
  found_.clear();
  found_at_.clear();
  for (const Socket *socket : sockets_) {
    if (socket == nullptr || socket->watched == 0)
      continue;
    const int events =
        ((socket->watched & kReads) != 0 ? POLLIN : 0) | ((socket->watched & kWrites) != 0 ? POLLOUT : 0);
    found_.push_back({socket->fd, static_cast<short>(events), 0});
    found_at_.push_back(socket->number);
  }
  return rumpuser::idle_at(idler, deadline, found_);
}

// A number is nobody else's before the loop has its turn; handlers may make this wait and look again.
void Sockets::dispatch() {
  const std::vector<struct pollfd> found = std::move(found_);
  const std::vector<uint32_t> at = std::move(found_at_);
  for (size_t i = 0; i < found.size(); i++) {
    Socket *const socket = sockets_[at[i]];
    if (socket == nullptr || found[i].revents == 0)
      continue;
    const bool ended = (found[i].revents & (POLLHUP | POLLERR)) != 0;
    const int events = ended ? found[i].events : found[i].revents;
    ready(&socket->poll, (found[i].revents & POLLERR) != 0 ? UV_EBADF : 0,
          ((events & POLLIN) != 0 ? UV_READABLE : 0) | ((events & POLLOUT) != 0 ? UV_WRITABLE : 0));
  }
}

// Handlers may close the socket: its memory stays until the loop has called `closed`.
void Sockets::ready(uv_poll_t *poll, int status, int events) {
  Socket &socket = *static_cast<Socket *>(poll->data);
  Sockets &owner = *socket.owner;
  if (socket.listens) {
    owner.accept_all(socket);
    return;
  }
  if (status < 0) {
    owner.broken(socket);
    return;
  }
  if ((events & UV_WRITABLE) != 0)
    owner.tell(socket.number, kWritable, 0);
  if ((events & UV_READABLE) != 0)
    owner.receive(socket);
}

void Sockets::accept_all(Socket &socket) {
  for (int i = 0; i < kAtOnce && !socket.closing; i++) {
    int fd = -1;
    const double number = add(rumpuser::socket_accept(socket.fd, &spare_, &fd), fd, false);
    if (number < 0)
      return;
    tell(socket.number, kAccepted, static_cast<uint32_t>(number));
  }
}

void Sockets::receive(Socket &socket) {
  for (int i = 0; i < kAtOnce && !socket.closing && (socket.watched & kReads) != 0; i++) {
    size_t count = 0;
    const int error = rumpuser::socket_recv(socket.fd, input(), kBufferBytes, &count);
    if (error == rumpuser::kEagain)
      return;
    if (error != 0 || count == 0) {
      tell(socket.number, kEnded, static_cast<uint32_t>(error));
      return;
    }
    tell(socket.number, kReceived, static_cast<uint32_t>(count));
    // Most often there is no more; if there is, the loop says so.
    if (count < kBufferBytes)
      return;
  }
}

// The other end has broken the connection: what it said before is there still.
void Sockets::broken(Socket &socket) {
  const int error = rumpuser::socket_error(socket.fd);
  size_t count = 0;
  while (!socket.closing && (socket.watched & kReads) != 0 &&
         rumpuser::socket_recv(socket.fd, input(), kBufferBytes, &count) == 0 && count > 0)
    tell(socket.number, kReceived, static_cast<uint32_t>(count));
  if (!socket.closing)
    tell(socket.number, kEnded, static_cast<uint32_t>(error != 0 ? error : rumpuser::kEio));
}

void Sockets::tell(uint32_t number, Event event, uint32_t value) {
  const Napi::HandleScope scope(env_);
  napi_value argv[3], handler, result;
  napi_create_uint32(env_, number, &argv[0]);
  napi_create_uint32(env_, event, &argv[1]);
  napi_create_uint32(env_, value, &argv[2]);
  handler = handler_.Value();
  const napi_status status = napi_make_callback(env_, nullptr, handler, handler, 3, argv, &result);
  if (status != napi_pending_exception)
    return;
  // As what a handler of any other event throws.
  napi_value thrown;
  if (napi_get_and_clear_last_exception(env_, &thrown) == napi_ok)
    napi_fatal_exception(env_, thrown);
}

} // namespace binding
