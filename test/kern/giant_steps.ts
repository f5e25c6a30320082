/** What the giant lock's test and its Worker tell each other in the first word they share. */
export const GIANT_TRY = 1;
export const GIANT_REFUSED = 2;
export const GIANT_HELD = 3;
export const GIANT_RELEASED = 4;
export const GIANT_DONE = 5;
export const GIANT_READY = 6;
