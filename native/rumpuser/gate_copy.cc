// Copying from and to the memory of a slot's owner, which is in this process. Addresses are the caller's and
// may be anything: the host copies, and says when there is nothing.
#include "gate.h"

#include <cerrno>
#include <cstring>
#include <mutex>

#if defined(__linux__)
#include <sys/uio.h>
#include <unistd.h>
#endif

#include "gate_owner.h"

namespace rumpuser {
namespace {

constexpr int kEfault = 14;

enum class Way { kIn, kOut };

int copy(Way way, uint64_t address, void *ours, size_t length) {
  void *const theirs = reinterpret_cast<void *>(static_cast<uintptr_t>(address));
#if defined(__linux__)
  const iovec local = {ours, length};
  const iovec remote = {theirs, length};
  const ssize_t moved = way == Way::kIn ? process_vm_readv(getpid(), &local, 1, &remote, 1, 0)
                                        : process_vm_writev(getpid(), &local, 1, &remote, 1, 0);
  if (moved == static_cast<ssize_t>(length))
    return 0;
  // A host that forbids looking at a process's memory forbids it for the process itself too.
  if (moved >= 0 || (errno != ENOSYS && errno != EPERM))
    return kEfault;
#endif
  if (address < 4096)
    return kEfault;
  if (way == Way::kIn)
    memcpy(ours, theirs, length);
  else
    memcpy(theirs, ours, length);
  return 0;
}

int copy_of(Way way, uint32_t slot, uint64_t address, void *ours, size_t length) {
  if (slot >= kGateSlots)
    assertion_failed("gate: no slot %u", slot);
  std::lock_guard<std::mutex> copying(gate_owner(slot));
  // Whose request is over, because the gate has closed, may have given its memory back.
  const GateSlot &s = gate_slots()[slot];
  if (s.gone.load() != 0 || s.state.load() != kSlotTaken)
    return kEfault;
  return length == 0 ? 0 : copy(way, address, ours, length);
}

} // namespace

std::mutex &gate_owner(uint32_t slot) {
  // Never destroyed, as the slots are.
  static std::mutex *const owners = new std::mutex[kGateSlots];
  return owners[slot];
}

int gate_copyin(uint32_t slot, uint64_t address, void *to, size_t length) {
  return copy_of(Way::kIn, slot, address, to, length);
}

int gate_copyout(uint32_t slot, uint64_t address, const void *from, size_t length) {
  return copy_of(Way::kOut, slot, address, const_cast<void *>(from), length);
}

} // namespace rumpuser
