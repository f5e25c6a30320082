/**
 * The system calls of a connection, each on an lwp of its own.
 *
 * NetBSD: lib/librumpuser/rumpuser_sp.c (serv_handlesyscall, serv_syscallbouncer).
 */
import type { Piece } from '../emul/netbsd/encoder.ts';
import { type RemoteResult, syscallRemote } from '../emul/netbsd/index.ts';
import { plainCall, plainSecond } from '../emul/netbsd/plain.ts';
import { type Lwp, lwpIsOutside } from '../kern/lwp.ts';
import { lwpRun } from '../kern/lwprun.ts';
import type { Proc } from '../kern/proc.ts';
import { trace } from '../kern/trace.ts';
import { Errno } from '../sys/errno.ts';
import { syscallByNumber } from '../sys/syscalls.ts';
import type { Client } from './client.ts';
import { answerFrame, type Frame, RUMPSP_ERR_MALFORMED_REQUEST, RUMPSP_ERR_TRYAGAIN } from './frame.ts';
import { execWhenIdle } from './handshake.ts';
import { Attached, segmentsOf } from './segments.ts';

const DONE: RemoteResult = { error: 0, retval: [0n, 0n] };
const NONE: readonly Piece[] = [];
/** Calls of one client that are under way at most. */
const CALLS_MAX = 512;

/** Let process `p` of the client make the call. */
export function serveCall(client: Client, p: Proc, frame: Frame): void {
  const { vm } = client;
  const { reqno, u: number, alone } = frame;
  if (vm.calls >= CALLS_MAX || !p.alive || p.exiting || !vm.affords(frame.length)) {
    client.error(reqno, RUMPSP_ERR_TRYAGAIN);
    return;
  }
  if (servePlain(client, frame)) {
    return;
  }
  // It is kept for as long as the call takes, but not what came along with it and may be much more.
  const body = frame.kept();
  const registers = syscallByNumber(number)?.args.length;
  const segments = client.attaches && registers !== undefined ? segmentsOf(body, 8 * registers) : NONE;
  if (segments === null) {
    client.error(reqno, RUMPSP_ERR_MALFORMED_REQUEST);
    return;
  }
  const receivedNs = client.kernel.trace === null ? null : client.kernel.host.monotonicNs();
  let serving: Lwp;
  try {
    serving = lwpRun(
      p,
      (l) => syscallRemote(l, number, body, client.attaches ? 'partner' : 'program'),
      (l, value, error) => {
        vm.end(l);
        if (alone) {
          client.server.rooms.give(body);
        }
        if (client.kernel.state === 'dead') {
          answerOfDead(client, reqno, number);
          return;
        }
        if (error === undefined && value !== undefined) {
          answer(client, reqno, value);
          if (receivedNs !== null) {
            traced(client, l, number, receivedNs);
          }
        }
        if (p.alive) {
          execWhenIdle(client);
          return;
        }
        if (syscallByNumber(number)?.call === 'exit') {
          answer(client, reqno, DONE);
        }
        client.close();
      },
    );
  } catch (error) {
    if (!(error instanceof Errno)) {
      throw error;
    }
    client.error(reqno, RUMPSP_ERR_TRYAGAIN);
    return;
  }
  serving.sigctx = client.sigctx;
  vm.begin(serving, body.length, segments.length === 0 ? null : new Attached(segments));
}

/**
 * A call of numbers that does not sleep is made by the lwp the connection has had from the beginning, unless it asks
 * who makes it.
 */
function servePlain(client: Client, { reqno, u: number, view, at, length }: Frame): boolean {
  const { lwp } = client;
  if (lwp === null || !lwpIsOutside(lwp) || syscallByNumber(number)?.call === '_lwp_self') {
    return false;
  }
  client.vm.survived();
  try {
    const value = plainCall(lwp, number, view, at, length);
    if (value !== undefined) {
      answer(client, reqno, { error: 0, retval: [BigInt(value), BigInt(plainSecond(lwp, number))] });
    }
    return value !== undefined;
  } catch (error) {
    if (!(error instanceof Errno)) {
      throw error;
    }
    answer(client, reqno, { error: error.errno, retval: [0n, 0n] });
    return true;
  }
}

function answer(client: Client, reqno: bigint, { error, retval }: RemoteResult): void {
  client.send(answerFrame(reqno, error, retval));
}

/** A call was under way when the kernel ended. Who has ended it is told that it has; the connection goes. */
function answerOfDead(client: Client, reqno: bigint, number: number): void {
  if (client.kernel.panicstr === null && syscallByNumber(number)?.call === 'reboot') {
    answer(client, reqno, DONE);
  }
  client.close();
}

/** A call has been answered, and somebody wants to know. */
function traced({ kernel, peer }: Client, l: Lwp, number: number, receivedNs: number): void {
  const latencyNs = kernel.host.monotonicNs() - receivedNs;
  const call = syscallByNumber(number)?.call ?? String(number);
  trace(kernel, l.proc, l.lid, { type: 'answer', call, peer, latencyNs });
}
