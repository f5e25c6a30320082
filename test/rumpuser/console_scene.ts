/** Writes to the host's own console; a test reads what came out of the process. */
import { openHost } from './host_support.ts';

const { calls } = openHost();
for (const byte of Buffer.from('grüße\n')) calls.putchar(byte);
calls.dprintf('debug 100%s\n');
for (const byte of Buffer.from('no newline')) calls.putchar(byte);
