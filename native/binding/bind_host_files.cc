// Glue for the files of the host.
#include "bind_host.h"

#include <string>
#include <vector>

#include <rump/rumpuser.h>

#include "internal.h"

namespace binding {
namespace {

// C would see a shorter path, and open another file than the one that was named.
bool has_nul(const std::string &path) {
  return path.find('\0') != std::string::npos;
}

int32_t file_open(std::string path, int32_t flags) {
  if (has_nul(path))
    return -rumpuser::kEinval;
  int fd = -1;
  int error = rumpuser_open(path.c_str(), flags, &fd);
  return error != 0 ? -error : fd;
}

int32_t file_close(int32_t fd) {
  return -rumpuser_close(fd);
}

int32_t getfileinfo(std::string path, Bytes info) {
  if (has_nul(path))
    return -rumpuser::kEinval;
  uint64_t size = 0;
  int type = 0;
  int error = rumpuser_getfileinfo(path.c_str(), &size, &type);
  if (error != 0)
    return -error;
  fill(info, {static_cast<double>(size), static_cast<double>(type)});
  return 0;
}

using Transfer = int (*)(int fd, const struct rumpuser_iovec *iov, size_t iovlen, int64_t off, size_t *count);

double transfer(Transfer move, int fd, const Napi::Array &buffers, double off) {
  std::vector<struct rumpuser_iovec> iov;
  for (uint32_t i = 0; i < buffers.Length(); i++) {
    Napi::Value buffer = buffers[i];
    if (!buffer.IsTypedArray() || buffer.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
      throw Napi::TypeError::New(buffers.Env(), "buffers: every one must be a Uint8Array");
    Napi::Uint8Array bytes = buffer.As<Napi::Uint8Array>();
    iov.push_back({bytes.Data(), bytes.ByteLength()});
  }
  size_t count = 0;
  int error = move(fd, iov.data(), iov.size(), static_cast<int64_t>(off), &count);
  return error != 0 ? -error : static_cast<double>(count);
}

double iovread(int32_t fd, Napi::Array buffers, double off) {
  return transfer(rumpuser_iovread, fd, buffers, off);
}

double iovwrite(int32_t fd, Napi::Array buffers, double off) {
  return transfer(rumpuser_iovwrite, fd, buffers, off);
}

int32_t syncfd(int32_t fd, int32_t flags, double start, double length) {
  return -rumpuser_syncfd(fd, flags, static_cast<uint64_t>(start), static_cast<uint64_t>(length));
}

} // namespace

void define_host_files(Napi::Object exports) {
  define<file_open>(exports, "open");
  define<file_close>(exports, "close");
  define<getfileinfo>(exports, "getfileinfo");
  define<iovread>(exports, "iovread");
  define<iovwrite>(exports, "iovwrite");
  define<syncfd>(exports, "syncfd");
}

} // namespace binding
