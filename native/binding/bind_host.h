// What the files of glue for the host calls share.
#ifndef BINDING_BIND_HOST_H
#define BINDING_BIND_HOST_H

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <memory>

#include <rump/rumpuser.h>

#include "glue.h"

namespace binding {

void define_host_files(Napi::Object exports);
void define_host_bio(Napi::Object exports);
void define_host_memory(Napi::Object exports);
void define_host_dl(Napi::Object exports);

// Adds [path, base, addresses of modules] to the array that `arg` points to.
void collect_object(void *arg, const struct rumpuser_dlobject *object);

// The numbers of a Float64Array that JavaScript gave to be filled. Written through their memory: setting
// elements would fail, and throw, when the Worker is being terminated.
inline void fill(const Bytes &array, std::initializer_list<double> numbers) {
  if (array.size >= numbers.size() * sizeof(double))
    std::copy(numbers.begin(), numbers.end(), reinterpret_cast<double *>(array.data));
}

// A block of host memory, freed when the last one lets go of it: its owner, or block I/O in it.
struct Block {
  enum class Origin { malloc, anonmmap };
  void *start;
  size_t size;
  Origin origin;
  napi_env owner;

  ~Block();
};

// The block that holds all of these bytes, or null when they are ordinary JavaScript memory.
std::shared_ptr<Block> block_around(const void *data, size_t size);

} // namespace binding

#endif
