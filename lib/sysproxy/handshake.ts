/**
 * Handshakes: who a connection is, which child of whom, and that it will be another program.
 *
 * NetBSD: lib/librumpuser/rumpuser_sp.c (serv_handshake, handlereq).
 */
import { fdClose } from '../kern/filedesc.ts';
import { fork1 } from '../kern/fork.ts';
import { kauthCredCreate } from '../kern/kauth.ts';
import type { Lwp } from '../kern/lwp.ts';
import { lwpRun } from '../kern/lwprun.ts';
import { isMaySleep, type MaySleep } from '../kern/maysleep.ts';
import type { Proc } from '../kern/proc.ts';
import { inKernel } from '../kern/schedule.ts';
import { uidFind } from '../kern/uid.ts';
import { vmspaceFree, vmspaceHold } from '../kern/vmspace.ts';
import { MAXCOMLEN } from '../sys/constants/param.ts';
import { Errno } from '../sys/errno.ts';
import { nameDecode } from '../sys/pathname.ts';
import type { Client } from './client.ts';
import {
  encodeFrame,
  type Frame,
  HANDSHAKE_ATTACHED,
  HANDSHAKE_AUTH,
  HANDSHAKE_FORK,
  HANDSHAKE_GUEST,
  PREFORK_WAITED,
  RUMPSP_ERR_AUTH,
  RUMPSP_ERR_INVALID_PREFORK,
  RUMPSP_ERR_MALFORMED_REQUEST,
  RUMPSP_ERR_RFORK_FAILED,
  RUMPSP_ERR_TRYAGAIN,
  RUMPSP_HANDSHAKE,
  RUMPSP_PREFORK,
  RUMPSP_REQ,
  RUMPSP_RESP,
} from './frame.ts';
import { asksToAttach } from './segments.ts';
import { AUTH_SIZE } from './server.ts';

/** Bytes of a command name, its NUL included. */
const COMM_MAX = 256;
/** Children announced and not yet come, of one client. */
const PREFORKS_MAX = 64;

/** What a client says of itself. */
interface Introduction {
  readonly comm: string;
  readonly attaches: boolean;
}

/** An exec that waits for the calls under way. */
export interface Pending extends Introduction {
  readonly reqno: bigint;
}

/** A frame of a connection that is no process yet. */
export function shakeHands(client: Client, { class: cls, type, reqno, u, body }: Frame): void {
  const { server } = client;
  if (cls !== RUMPSP_REQ || type !== RUMPSP_HANDSHAKE) {
    client.refuse(reqno, RUMPSP_ERR_AUTH);
  } else if (u === HANDSHAKE_AUTH && server.token !== null) {
    client.trusted = server.authenticates(body);
    if (client.trusted) {
      shaken(client, reqno);
    } else {
      client.refuse(reqno, RUMPSP_ERR_AUTH);
    }
  } else if (u === HANDSHAKE_GUEST && client.trusted) {
    guest(client, reqno, introduction(body));
  } else if (u === HANDSHAKE_FORK) {
    // The key is as good as a token: only who is trusted has got one.
    forked(client, reqno, body);
  } else {
    client.refuse(reqno, RUMPSP_ERR_AUTH);
  }
}

/** The name of a program, with its NUL, and what it can do besides. */
function introduction(body: Uint8Array): Introduction | null {
  const end = body.indexOf(0);
  return end <= 0 || end >= COMM_MAX
    ? null
    : { comm: nameDecode(body.subarray(0, Math.min(end, MAXCOMLEN))), attaches: asksToAttach(body, end) };
}

function shaken(client: Client, reqno: bigint): void {
  client.send(encodeFrame(reqno, RUMPSP_RESP, RUMPSP_HANDSHAKE, 0, new Uint8Array(4)));
}

/** Who has asked for something more is told that there is. */
function introduced(client: Client, reqno: bigint, { attaches }: Introduction): void {
  client.attaches = attaches;
  if (attaches) {
    const body = new Uint8Array(8);
    body[4] = HANDSHAKE_ATTACHED;
    client.send(encodeFrame(reqno, RUMPSP_RESP, RUMPSP_HANDSHAKE, 0, body));
  } else {
    shaken(client, reqno);
  }
}

function guest(client: Client, reqno: bigint, who: Introduction | null): void {
  const k = client.kernel;
  if (who === null) {
    client.refuse(reqno, RUMPSP_ERR_MALFORMED_REQUEST);
    return;
  }
  const { uid, gid, groups } = client.server.who;
  let l: Lwp;
  try {
    l = inKernel(k, () =>
      fork1(k.initproc, {
        files: 'copy',
        comm: who.comm,
        cred: { cred: kauthCredCreate(uid, gid, groups), uidinfo: uidFind(k, uid) },
      }),
    );
  } catch (error) {
    if (!(error instanceof Errno)) {
      throw error;
    }
    client.refuse(reqno, RUMPSP_ERR_RFORK_FAILED);
    return;
  }
  l.proc.nozombie = true;
  become(client, l);
  introduced(client, reqno, who);
}

/** The connection is this process from now on. */
function become(client: Client, l: Lwp): void {
  const p = l.proc;
  vmspaceFree(p.vmspace);
  p.vmspace = client.vm;
  client.become(l);
  client.server.tell('connected', p);
}

/** Announce a child of `p`. Who uses the original’s library waits for it on the host: nothing of it stays here. */
export function prefork(client: Client, p: Proc, { reqno, u }: Frame): void {
  const { server } = client;
  if (server.preforks(client) >= PREFORKS_MAX) {
    client.error(reqno, RUMPSP_ERR_TRYAGAIN);
    return;
  }
  try {
    const child = inKernel(client.kernel, () => fork1(p, { files: 'copy' }));
    child.sigctx.mask = client.sigctx.mask;
    child.proc.nozombie = !client.attaches || u !== PREFORK_WAITED;
    // It has no memory before it comes: its parent's is not to be held by it.
    vmspaceFree(child.proc.vmspace);
    child.proc.vmspace = vmspaceHold(client.kernel.initproc.vmspace);
    const auth = server.expect(client, child);
    client.send(encodeFrame(reqno, RUMPSP_RESP, RUMPSP_PREFORK, 0, auth));
  } catch (error) {
    if (!(error instanceof Errno)) {
      throw error;
    }
    client.error(reqno, RUMPSP_ERR_RFORK_FAILED);
  }
}

/** The child has come, as another connection. */
function forked(client: Client, reqno: bigint, body: Uint8Array): void {
  if (body.length !== AUTH_SIZE + 4) {
    client.refuse(reqno, RUMPSP_ERR_MALFORMED_REQUEST);
    return;
  }
  const expected = client.server.claim(body.subarray(0, AUTH_SIZE));
  if (expected === null || !expected.lwp.proc.alive) {
    client.refuse(reqno, RUMPSP_ERR_INVALID_PREFORK);
    return;
  }
  become(client, expected.lwp);
  client.attaches = expected.attaches;
  shaken(client, reqno);
}

/** The client will be another program: calls of the old one come to their end first. */
export function execBegin(client: Client, reqno: bigint, body: Uint8Array): void {
  const who = introduction(body);
  if (who === null) {
    client.error(reqno, RUMPSP_ERR_MALFORMED_REQUEST);
    return;
  }
  client.exec = { ...who, reqno };
  execWhenIdle(client);
}

/** A call has ended, or none was under way: an exec that waits for that goes on. */
export function execWhenIdle(client: Client): void {
  const { exec, proc: p } = client;
  if (exec === null || client.vm.calls > 0 || p === null || p.exiting) {
    return;
  }
  try {
    lwpRun(
      p,
      function* (l): MaySleep<void> {
        yield* closeOnExec(l);
        p.comm = exec.comm;
        // Handlers were code of the old program.
        p.sigacts = null;
      },
      () => {
        client.exec = null;
        introduced(client, exec.reqno, exec);
      },
    );
  } catch (error) {
    if (!(error instanceof Errno)) {
      throw error;
    }
    client.exec = null;
    client.error(exec.reqno, RUMPSP_ERR_TRYAGAIN);
  }
}

function* closeOnExec(l: Lwp): MaySleep<void> {
  const { fd } = l.proc;
  for (const each of fd.descriptors()) {
    if (each.cloexec) {
      const closing = fdClose(l, fd, each.fd);
      if (isMaySleep(closing)) {
        yield* closing;
      }
    }
  }
}
