/** NetBSD: yes(1). */
import type { Program } from '../program.ts';

/** Bytes written at a time. */
const BATCH = 8192;

export const yes: Program = {
  name: 'yes',
  synopsis: '[word ...]',
  summary: 'write the words, or y, until nobody reads them any more',
  runs: 'child',
  async main(self, args) {
    const line = `${args.length === 0 ? 'y' : args.join(' ')}\n`;
    const batch = new TextEncoder().encode(line.repeat(Math.max(1, Math.floor(BATCH / line.length))));
    for (;;) {
      await self.out(batch);
    }
  },
};
