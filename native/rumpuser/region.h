// Memory that is reserved whole and costs only the pages that are touched.
#ifndef RUMPUSER_REGION_H
#define RUMPUSER_REGION_H

#include <cstddef>

namespace rumpuser {

// Zeroed, page-aligned, never given back. Aborts when the address space has no room.
void *region_reserve(size_t bytes);

} // namespace rumpuser

#endif
