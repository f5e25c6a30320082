/**
 * The system calls of a connection, each on an lwp of its own.
 *
 * NetBSD: lib/librumpuser/rumpuser_sp.c (serv_handlesyscall, serv_syscallbouncer).
 */
import type { Piece } from '../emul/netbsd/encoder.ts';
import { syscallRemote } from '../emul/netbsd/index.ts';
import { lwpRun } from '../kern/lwprun.ts';
import type { Proc } from '../kern/proc.ts';
import { syscallByNumber } from '../sys/syscalls.ts';
import type { Client } from './client.ts';
import {
  encodeFrame,
  type Frame,
  RUMPSP_ERR_MALFORMED_REQUEST,
  RUMPSP_ERR_TRYAGAIN,
  RUMPSP_RESP,
  RUMPSP_SYSCALL,
  words,
} from './frame.ts';
import { execWhenIdle } from './handshake.ts';
import { Attached, segmentsOf } from './segments.ts';

/** Calls of one client that are under way at most. */
const CALLS_MAX = 512;

const NONE: readonly Piece[] = [];

/** Let process `p` of the client make the call. */
export function serveCall(client: Client, p: Proc, { reqno, u: number, body: received }: Frame): void {
  if (client.calls >= CALLS_MAX || !p.alive || p.exiting) {
    client.error(reqno, RUMPSP_ERR_TRYAGAIN);
    return;
  }
  // It is kept for as long as the call takes.
  const body = received.slice();
  const registers = syscallByNumber(number)?.args.length;
  const segments = client.attaches && registers !== undefined ? segmentsOf(body, 8 * registers) : NONE;
  if (segments === null) {
    client.error(reqno, RUMPSP_ERR_MALFORMED_REQUEST);
    return;
  }
  client.calls++;
  const serving = lwpRun(
    p,
    (l) => syscallRemote(l, number, body),
    (l, value, error) => {
      client.calls--;
      client.vm.attached.delete(l);
      if (error === undefined && value !== undefined) {
        const { error: errno, retval } = value;
        client.send(
          encodeFrame(reqno, RUMPSP_RESP, RUMPSP_SYSCALL, 0, words(BigInt(errno), retval[0], retval[1])),
        );
      }
      if (p.alive) {
        execWhenIdle(client);
      } else {
        client.close();
      }
    },
  );
  if (segments.length > 0) {
    client.vm.attached.set(serving, new Attached(segments));
  }
}
