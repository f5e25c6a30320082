// Glue for host memory: external ArrayBuffers over blocks that this process keeps count of.
//
// The engine never frees a block: its address may be known to native code. Whoever took it gives it back, and
// what an isolate leaves behind is freed when it ends. Addresses go to JavaScript as numbers, which hold 53
// bits.
#include "bind_host.h"

#include <iterator>
#include <map>
#include <mutex>
#include <set>

#include <rump/rumpuser.h>

#include "internal.h"

namespace binding {

Block::~Block() {
  if (origin == Origin::malloc)
    rumpuser_free(start, size);
  else
    rumpuser_unmap(start, size);
}

namespace {

class Blocks {
public:
  // Never destroyed: block I/O may let go of its block while the process exits.
  static Blocks &the() {
    static Blocks *const blocks = new Blocks;
    return *blocks;
  }

  // True for the first block of this owner.
  bool add(std::shared_ptr<Block> block) {
    std::lock_guard<std::mutex> guard(mutex_);
    const napi_env owner = block->owner;
    blocks_.emplace(reinterpret_cast<uintptr_t>(block->start), std::move(block));
    return owners_.insert(owner).second;
  }

  std::shared_ptr<Block> at(uintptr_t start) {
    std::lock_guard<std::mutex> guard(mutex_);
    const auto found = blocks_.find(start);
    return found == blocks_.end() ? nullptr : found->second;
  }

  std::shared_ptr<Block> around(uintptr_t start, size_t size) {
    std::lock_guard<std::mutex> guard(mutex_);
    auto after = blocks_.upper_bound(start);
    if (after == blocks_.begin())
      return nullptr;
    const auto &[first, block] = *std::prev(after);
    return start - first <= block->size && size <= block->size - (start - first) ? block : nullptr;
  }

  // The block itself goes with its last user, outside the lock.
  std::shared_ptr<Block> remove(uintptr_t start) {
    std::lock_guard<std::mutex> guard(mutex_);
    const auto found = blocks_.find(start);
    if (found == blocks_.end())
      return nullptr;
    std::shared_ptr<Block> block = std::move(found->second);
    blocks_.erase(found);
    return block;
  }

  void remove_all_of(napi_env owner) {
    std::map<uintptr_t, std::shared_ptr<Block>> left;
    std::lock_guard<std::mutex> guard(mutex_);
    owners_.erase(owner);
    for (auto it = blocks_.begin(); it != blocks_.end();) {
      const auto next = std::next(it);
      if (it->second->owner == owner)
        left.insert(blocks_.extract(it));
      it = next;
    }
  }

private:
  std::mutex mutex_;
  std::map<uintptr_t, std::shared_ptr<Block>> blocks_;
  std::set<napi_env> owners_;
};

uintptr_t address(double number) {
  return static_cast<uintptr_t>(number);
}

double adopt(Napi::Env env, Isolate &isolate, void *start, size_t size, Block::Origin origin) {
  const napi_env owner = env;
  if (Blocks::the().add(std::shared_ptr<Block>(new Block{start, size, origin, owner})))
    isolate.at_end([owner] { Blocks::the().remove_all_of(owner); });
  return static_cast<double>(reinterpret_cast<uintptr_t>(start));
}

double memory_malloc(Napi::Env env, Isolate &isolate, double length, int32_t alignment) {
  void *start = nullptr;
  const size_t size = static_cast<size_t>(length);
  const int error = rumpuser_malloc(size, alignment, &start);
  return error != 0 ? -error : adopt(env, isolate, start, size, Block::Origin::malloc);
}

double memory_anonmmap(Napi::Env env, Isolate &isolate, double length) {
  void *start = nullptr;
  const size_t size = static_cast<size_t>(length);
  const int error = rumpuser_anonmmap(nullptr, size, 0, 0, &start);
  return error != 0 ? -error : adopt(env, isolate, start, size, Block::Origin::anonmmap);
}

Napi::Value memory_view(Napi::Env env, double start) {
  const std::shared_ptr<Block> block = Blocks::the().at(address(start));
  if (block == nullptr)
    throw AssertionFailed{"memory: no block begins there"};
  return Napi::ArrayBuffer::New(env, block->start, block->size);
}

// After this JavaScript cannot reach the block, whoever else still does.
void detach(Napi::Object buffer) {
  if (buffer.IsArrayBuffer() && !buffer.As<Napi::ArrayBuffer>().IsDetached())
    buffer.As<Napi::ArrayBuffer>().Detach();
}

int32_t memory_release(double start, Napi::Object buffer) {
  const std::shared_ptr<Block> block = Blocks::the().at(address(start));
  if (block == nullptr)
    return -rumpuser::kEinval;
  // One is in the table, one is here; any other is block I/O.
  if (block.use_count() > 2)
    return -rumpuser::kEbusy;
  detach(buffer);
  Blocks::the().remove(address(start));
  return 0;
}

void memory_abandon(double start, Napi::Object buffer) {
  detach(buffer);
  Blocks::the().remove(address(start));
}

} // namespace

std::shared_ptr<Block> block_around(const void *data, size_t size) {
  return Blocks::the().around(reinterpret_cast<uintptr_t>(data), size);
}

void define_host_memory(Napi::Object exports) {
  define<memory_malloc>(exports, "malloc");
  define<memory_anonmmap>(exports, "anonmmap");
  define<memory_view>(exports, "memoryView");
  define<memory_release>(exports, "memoryRelease");
  define<memory_abandon>(exports, "memoryAbandon");
}

} // namespace binding
