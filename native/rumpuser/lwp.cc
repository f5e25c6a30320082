#include "lwp.h"

#include <deque>
#include <mutex>

#include "internal.h"
#include "lock_table.h"
#include "region.h"

namespace rumpuser {
namespace {

constexpr uint32_t kBlocks = kLwps / kLwpsPerBlock;
constexpr uint32_t kNobody = 0;

struct Blocks {
  std::mutex mutex;
  // Tenant plus one, 0 for a block that is free.
  std::atomic<uint32_t> *const owner =
      static_cast<std::atomic<uint32_t> *>(region_reserve(kBlocks * sizeof(uint32_t)));
  std::deque<uint32_t> free;
  uint32_t next = 0;
};

// Never destroyed: threads may still run when the process runs its destructors.
Blocks &blocks() {
  static Blocks *const the = new Blocks;
  return *the;
}

bool belongs(uint32_t lwp, void *tenant) {
  return lwp_belongs(lwp, *static_cast<uint32_t *>(tenant));
}

// @returns whether none of the block's lwps is current on some other thread.
bool empty_block(uint32_t block) {
  bool quiet = true;
  for (uint32_t lwp = block * kLwpsPerBlock; lwp < (block + 1) * kLwpsPerBlock; lwp++) {
    if (lwp_states()[lwp].load() == kLwpCurrent) {
      quiet = false;
    } else {
      lwp_states()[lwp].store(kLwpFree);
    }
  }
  return quiet;
}

} // namespace

std::atomic<uint8_t> *lwp_states() {
  static std::atomic<uint8_t> *const states = static_cast<std::atomic<uint8_t> *>(region_reserve(kLwps));
  return states;
}

bool lwp_belongs(uint32_t lwp, uint32_t tenant) {
  return lwp < kLwps && blocks().owner[lwp / kLwpsPerBlock].load() == tenant + 1;
}

int lwp_block_take(uint32_t tenant, uint32_t *first) {
  Blocks &b = blocks();
  std::lock_guard<std::mutex> hold(b.mutex);
  uint32_t block;
  if (!b.free.empty()) {
    block = b.free.front();
    b.free.pop_front();
  } else if (b.next < kBlocks) {
    block = b.next++;
  } else {
    return failed_because(kEnomem, "curlwpop: all %u lwp handles are given out", kLwps);
  }
  b.owner[block].store(tenant + 1);
  *first = block * kLwpsPerBlock;
  return 0;
}

void lwp_blocks_return(uint32_t tenant) {
  const uint32_t mine = curlwp;
  if (mine != kNobody && lwp_belongs(mine, tenant)) {
    lwp_states()[mine].store(kLwpIdle);
    curlwp = kNobody;
  }
  locks_orphan(belongs, &tenant);
  Blocks &b = blocks();
  std::lock_guard<std::mutex> hold(b.mutex);
  for (uint32_t block = 0; block < b.next; block++) {
    if (b.owner[block].load() != tenant + 1)
      continue;
    // A block with an lwp that still runs elsewhere is never used again.
    if (!empty_block(block))
      continue;
    b.owner[block].store(0);
    b.free.push_back(block);
  }
}

} // namespace rumpuser
