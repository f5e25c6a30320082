/**
 * Calls of numbers by a thread's own lwp, which are over before anybody could see them: nothing of them is under way.
 */
import { plainCall, plainSecond } from '../emul/netbsd/plain.ts';
import { isOutside, type Session } from './session.ts';
import {
  GATE_SYSCALL,
  SLOT_ARG,
  SLOT_ARGS,
  SLOT_BYTES,
  SLOT_CLIENT,
  SLOT_ERROR,
  SLOT_LENGTH,
  SLOT_NUMBER,
  SLOT_REQUEST,
  SLOT_RETVAL,
  type Slots,
} from './slots.ts';
import { errnoOf } from './vmspace.ts';

/**
 * Make the call that is asked for in `slot`, and leave its answer there.
 * @param session that came in by that slot
 * @returns false: it is no such call, and nothing has been done
 */
export function gatePlain(slots: Slots, session: Session | undefined, slot: number): boolean {
  if (session === undefined || slots.word(slot, SLOT_REQUEST) !== GATE_SYSCALL) {
    return false;
  }
  const client = session.clients.get(slots.word(slot, SLOT_CLIENT));
  const number = slots.word(slot, SLOT_NUMBER);
  const length = slots.word(slot, SLOT_LENGTH);
  if (client === undefined || !isOutside(client) || !(length >= 0 && length <= SLOT_ARGS * 8)) {
    return false;
  }
  let error = 0;
  let value: number | undefined = 0;
  let second = 0;
  try {
    value = plainCall(client.lwp, number, slots.view, slot * SLOT_BYTES + SLOT_ARG * 8, length);
    second = value === undefined ? 0 : plainSecond(client.lwp, number);
  } catch (thrown) {
    error = errnoOf(thrown);
  }
  if (value === undefined) {
    return false;
  }
  slots.setWord(slot, SLOT_ERROR, error);
  slots.setNumber(slot, SLOT_RETVAL, value);
  slots.setNumber(slot, SLOT_RETVAL + 1, second);
  return true;
}
