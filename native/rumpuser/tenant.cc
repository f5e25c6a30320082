#include "tenant.h"

#include <atomic>

#include "lock_table.h"
#include "lwp.h"

namespace rumpuser {

// Tenant 0 is the process itself, which stays.
uint32_t tenant_open() {
  static std::atomic<uint32_t> last{0};
  return ++last;
}

void tenant_close(uint32_t tenant) {
  lwp_blocks_return(tenant);
  locks_reclaim(tenant);
}

} // namespace rumpuser
