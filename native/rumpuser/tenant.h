// A tenant is whoever uses this library and may be gone one day while the process lives on: a host object of
// an isolate. It owns lwp handles, locks and idlers; when it goes, they go, and what its lwps hold is
// orphaned.
#ifndef RUMPUSER_TENANT_H
#define RUMPUSER_TENANT_H

#include <cstdint>

namespace rumpuser {

uint32_t tenant_open();
void tenant_close(uint32_t tenant);

} // namespace rumpuser

#endif
