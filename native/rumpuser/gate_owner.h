// What keeps the owner of a slot from going while the kernel's thread copies from or to its memory.
#ifndef RUMPUSER_GATE_OWNER_H
#define RUMPUSER_GATE_OWNER_H

#include <cstdint>
#include <mutex>

namespace rumpuser {

std::mutex &gate_owner(uint32_t slot);

} // namespace rumpuser

#endif
