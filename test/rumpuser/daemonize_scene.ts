/** A program that goes to the background in the way its first argument says. */
import { readlinkSync, renameSync, writeFileSync } from 'node:fs';
import type { Errno } from '../../lib/sys/errno.ts';
import { openHost } from './host_support.ts';

const [scene, report = ''] = process.argv.slice(2);
const { calls } = openHost();
const errors: string[] = [];
const note = (call: () => void) => {
  try {
    call();
  } catch (error) {
    errors.push((error as Errno).code);
  }
};

if (scene === 'titled') process.title = 'another title altogether';
note(() => calls.daemonizeDone(0));
process.stdout.write('before begin\n');
calls.daemonizeBegin();
note(() => calls.daemonizeBegin());
if (scene === 'exits') process.exit(7);
if (scene === 'silent') process.exit(0);
if (scene === 'killed') process.kill(process.pid, 'SIGKILL');
if (scene === 'fails' || scene === 'titled') {
  calls.daemonizeDone(42);
  process.exit(0);
}
process.stdout.write('before done\n');
calls.daemonizeDone(0);
note(() => calls.daemonizeDone(0));
note(() => calls.daemonizeBegin());
const session = readStat().session;
const facts = {
  leader: session === process.pid,
  execArgv: process.execArgv,
  stdin: readlinkSync('/proc/self/fd/0'),
  variable: process.env['RUMPUSER_DAEMON_SOCKET'],
  errors,
};
// Renamed, so that who waits for it never reads half of it.
writeFileSync(`${report}.new`, JSON.stringify(facts));
renameSync(`${report}.new`, report);

function readStat(): { session: number } {
  const link = readlinkSync('/proc/self');
  const fields = process.getBuiltinModule('node:fs').readFileSync(`/proc/${link}/stat`, 'utf8');
  return { session: Number(fields.slice(fields.lastIndexOf(')') + 2).split(' ')[3]) };
}
