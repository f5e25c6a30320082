/*
 * What a call points at goes along with it, as far as that is known and there is room: the kernel asks for
 * the rest.
 */
#include <stdlib.h>
#include <string.h>

#include <rump/rump_types.h>

#include "internal.h"

/* Memory that goes along with a call at most, bytes, and pieces of it. */
#define ATTACH_MAX ((size_t)128 << 10)
#define PIECES_MAX 24
#define TEXT_MAX 1024

/* Room for a piece more, or NULL. */
static unsigned char *room_for(struct parcel *p, size_t length) {
  const size_t wanted = p->used + 16 + ((length + 7) & ~(size_t)7);
  if (p->pieces == PIECES_MAX || wanted > ATTACH_MAX)
    return NULL;
  if (wanted > p->room) {
    unsigned char *const more = malloc(ATTACH_MAX);
    if (more == NULL)
      return NULL;
    memcpy(more, p->bytes, p->used);
    p->bytes = more;
    p->room = ATTACH_MAX;
  }
  return p->bytes + p->used + 16;
}

static void add(struct parcel *p, uint64_t address, size_t length) {
  unsigned char *const at = p->bytes + p->used;
  const uint64_t head[2] = {address, length};
  memcpy(at, head, sizeof head);
  const size_t padded = (length + 7) & ~(size_t)7;
  memset(at + 16 + length, 0, padded - length);
  p->used += 16 + padded;
  p->pieces++;
}

/* What is not there is left for the kernel to find out, by asking. */
static bool attach(struct parcel *p, uint64_t address, size_t length) {
  unsigned char *const to = length == 0 || length > ATTACH_MAX ? NULL : room_for(p, length);
  if (to == NULL || !memory_copy(to, address, length))
    return false;
  add(p, address, length);
  return true;
}

static void attach_text(struct parcel *p, uint64_t address) {
  unsigned char *const to = address == 0 ? NULL : room_for(p, TEXT_MAX);
  const size_t length = to == NULL ? 0 : memory_text(to, address, TEXT_MAX);
  if (length > 0 && to[length - 1] == 0)
    add(p, address, length);
}

static void attach_vector(struct parcel *p, uint64_t address, uint64_t count) {
  const size_t at = p->used + 16;
  if (count > PIECES_MAX || !attach(p, address, (size_t)count * 16))
    return;
  for (uint64_t i = 0; i < count; i++) {
    uint64_t piece[2];
    memcpy(piece, p->bytes + at + i * 16, sizeof piece);
    if (piece[1] <= ATTACH_MAX)
      (void)attach(p, piece[0], (size_t)piece[1]);
  }
}

/* Of what is sent all there is; where something is to be received, only where that is. */
static void attach_messages(struct parcel *p, uint64_t address, uint64_t count, size_t size, bool sent) {
  const size_t at = p->used + 16;
  if (count > ATTACH_MAX / size || !attach(p, address, (size_t)count * size))
    return;
  for (uint64_t i = 0; i < count && p->pieces < PIECES_MAX; i++) {
    struct rump_msghdr message;
    memcpy(&message, p->bytes + at + i * size, sizeof message);
    const uint64_t vector = (uint64_t)(uintptr_t)message.msg_iov;
    const uint32_t pieces = (uint32_t)message.msg_iovlen;
    if (sent) {
      (void)attach(p, (uint64_t)(uintptr_t)message.msg_name, message.msg_namelen);
      (void)attach(p, (uint64_t)(uintptr_t)message.msg_control, message.msg_controllen);
      attach_vector(p, vector, pieces);
    } else {
      (void)attach(p, vector, (size_t)pieces * 16);
    }
  }
}

void parcel_begin(struct parcel *p) {
  p->bytes = p->small;
  p->used = 0;
  p->room = sizeof p->small;
  p->pieces = 0;
}

void parcel_end(struct parcel *p) {
  if (p->bytes != p->small)
    free(p->bytes);
}

void parcel_fill(struct parcel *p, int number, const uint64_t *args, size_t slots) {
  size_t low = 0, high = rump__npointers;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (rump__pointers[middle].number < number)
      low = middle + 1;
    else
      high = middle;
  }
  for (; low < rump__npointers && rump__pointers[low].number == number; low++) {
    const struct rump__pointer *const each = &rump__pointers[low];
    if (each->slot >= slots || each->lenslot >= slots)
      continue;
    const uint64_t address = args[each->slot], length = args[each->lenslot];
    switch (each->kind) {
    case POINTS_AT_TEXT:
      attach_text(p, address);
      break;
    case POINTS_AT_VECTOR:
      attach_vector(p, address, length);
      break;
    case POINTS_AT_BYTES:
      if (length <= ATTACH_MAX)
        (void)attach(p, address, (size_t)length * each->size);
      break;
    case POINTS_AT_SENT:
    case POINTS_AT_RECEIVED:
      attach_messages(p, address, each->lenslot == each->slot ? 1 : (uint32_t)length, each->size,
                      each->kind == POINTS_AT_SENT);
      break;
    default:
      (void)attach(p, address, each->size);
    }
  }
}
