/**
 * Clients that mean harm, frame by frame, from a seed: frames that are nearly right, sequences that are out of order,
 * answers that are wrong, bytes that are nothing. A kernel on a simulated host serves two servers, for users A and B.
 *
 * After every batch the kernel is looked at: it runs, its tables are whole, a sane client of a third user is answered,
 * no process of a user has other ids than that user, and nothing of A's secret has been sent to B.
 */
import { boot, components, type Kernel, simulatedHost } from '../../lib/api/index.ts';
import type { Kernel as Kern } from '../../lib/kern/kernel.ts';
import { SYSCALLS } from '../../lib/sys/syscalls.master.ts';
import { isCallable } from '../../lib/sys/syscalls.ts';
import type { SysentRow } from '../../lib/sys/sysent.ts';
import { Client } from '../../lib/sysproxy/client.ts';
import { encodeFrame, Reassembly, words } from '../../lib/sysproxy/frame.ts';
import { Server } from '../../lib/sysproxy/server.ts';
import { insideOf } from '../conformance/harness.ts';
import { faults } from '../conformance/invariants.ts';
import { loopback } from '../emul/netbsd/loopback.ts';
import { Chance, Content } from './fuzz_content.ts';

const SECRET = 'the secret of user A';
const USERS = { a: 1000, b: 2000, sane: 3000 } as const;
const BATCH = 200;
const CLIENTS_MAX = 6;

const COMMON = [3, 4, 5, 6, 41, 42, 54, 92, 173, 174, 209, 331, 344, 390, 393, 417, 435, 453];
/** Calls on sockets, which a component of the tests provides. */
const SOCKETS = [27, 28, 29, 30, 31, 32, 98, 104, 105, 106, 118, 133, 135, 193, 394, 456, 475, 476];
/** Messages that wait for a socket. */
const QUEUE = 16;

interface Question {
  readonly reqno: bigint;
  readonly type: number;
  readonly length: number;
}

/** One that means harm. */
class Foe {
  readonly user: keyof typeof USERS;
  readonly client: Client;
  readonly questions: Question[] = [];
  readonly keys: Uint8Array[] = [];
  readonly #input = new Reassembly(1 << 24);
  reqno = 0n;
  gone = false;
  leaked = false;
  answers = 0;

  constructor(user: keyof typeof USERS, server: Server) {
    this.user = user;
    this.client = new Client(server, {
      peer: 'fuzz',
      write: (frame) => {
        this.#told(frame);
        return true;
      },
      together: (fn) => fn(),
      soon: setImmediate,
      pause: () => {},
      resume: () => {},
      end: () => {
        this.gone = true;
      },
    });
    server.clients.add(this.client);
  }

  #told(bytes: Uint8Array): void {
    if (this.user === 'b' && Buffer.from(bytes).includes(SECRET)) {
      this.leaked = true;
    }
    this.#input.push(bytes.slice());
    for (let frame = this.#input.next(); frame !== null && frame !== 'bad'; frame = this.#input.next()) {
      if (frame.class !== 0) {
        this.answers++;
        if (frame.type === 7 && frame.body.length === 16) {
          this.keys.push(frame.body.slice());
        }
      } else if (frame.type === 2 || frame.type === 3 || frame.type === 6) {
        const length = frame.body.length >= 8 ? Number(Buffer.from(frame.body).readBigUInt64LE(0)) : 0;
        this.questions.push({ reqno: frame.reqno, type: frame.type, length });
      }
    }
  }
}

export interface Report {
  readonly frames: number;
  readonly answers: number;
  readonly calls: number;
  /** What is wrong; nothing when all is well. */
  readonly wrong: readonly string[];
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function asleep(k: Kern): string {
  const all: string[] = [];
  for (const p of k.procs.values()) {
    for (let l = p.lwps; l !== null; l = l.siblingNext) {
      all.push(`${l} stat ${l.stat}`);
    }
  }
  return all.join('\n');
}

class Campaign {
  readonly #chance: Chance;
  readonly #content: Content;
  readonly #kernel: Kernel;
  readonly #k: Kern;
  readonly #servers: Readonly<Record<keyof typeof USERS, Server>>;
  readonly #foes: Foe[] = [];
  readonly #sane: Foe;
  readonly #spare: Uint8Array[] = [];
  /** Calls that work, by number: wrong numbers are drawn too. */
  readonly #numbers: readonly number[];
  readonly wrong: string[] = [];
  #answers = 0;

  constructor(seed: number) {
    this.#chance = new Chance(seed);
    this.#content = new Content(this.#chance);
    this.#kernel = boot({
      host: simulatedHost({ seed }),
      memlimit: '64m',
      components: [...Object.values(components), loopback(QUEUE)],
    });
    this.#k = insideOf(this.#kernel);
    this.#numbers = (SYSCALLS as readonly SysentRow[])
      .filter((row) => isCallable(row) && (row.support === 'no' || this.#k.sysent[row.number] !== undefined))
      .map(({ number }) => number);
    const server = (uid: number): Server =>
      new Server(this.#k, {
        who: { uid, gid: uid, groups: [] },
        token: null,
        maxClients: 100,
        tell: () => {},
      });
    this.#servers = { a: server(USERS.a), b: server(USERS.b), sane: server(USERS.sane) };
    const root = this.#kernel.newproc();
    root.fs.writeFileSync('/secret', SECRET.repeat(100), { mode: 0o600 });
    root.fs.chownSync('/secret', USERS.a, USERS.a);
    root.exit();
    this.#sane = new Foe('sane', this.#servers.sane);
    this.#sane.client.receive(encodeFrame(0n, 0, 0, 0, Buffer.from('sane\0')));
  }

  async run(frames: number): Promise<Report> {
    let sent = 0;
    for (; sent < frames && this.wrong.length === 0; sent++) {
      this.#step();
      if (sent % BATCH === BATCH - 1) {
        await turn();
        await this.#look();
      }
    }
    await this.#end();
    return { frames: sent, answers: this.#answers, calls: this.#kernel.stats().syscalls, wrong: this.wrong };
  }

  // ---- what is sent

  #step(): void {
    const chance = this.#chance;
    for (let i = this.#foes.length - 1; i >= 0; i--) {
      const foe = this.#foes[i] as Foe;
      if (foe.gone) {
        this.#retire(i, foe);
      }
    }
    if (this.#foes.length === 0 || (this.#foes.length < CLIENTS_MAX && chance.one(20))) {
      const user = chance.of(['a', 'b'] as const);
      this.#foes.push(new Foe(user, this.#servers[user]));
    }
    const foe = chance.of(this.#foes);
    if (chance.one(400)) {
      foe.client.close();
      return;
    }
    this.#deliver(foe, this.#frame(foe));
  }

  #retire(i: number, foe: Foe): void {
    this.#foes.splice(i, 1);
    this.#answers += foe.answers;
    this.#spare.push(...foe.keys.splice(0));
    this.#spare.splice(0, Math.max(0, this.#spare.length - 20));
    if (foe.leaked) {
      this.wrong.push('the secret was sent to another user');
    }
  }

  /** In pieces, as a network might. */
  #deliver(foe: Foe, frame: Uint8Array): void {
    if (this.#chance.one(10) && frame.length > 1) {
      const at = 1 + this.#chance.below(frame.length - 1);
      foe.client.receive(frame.slice(0, at));
      foe.client.receive(frame.slice(at));
    } else {
      foe.client.receive(frame);
    }
  }

  #frame(foe: Foe): Uint8Array {
    const chance = this.#chance;
    if (!foe.client.established) {
      return this.#hello(foe);
    }
    switch (chance.below(16)) {
      case 0:
        return this.#mangled(foe);
      case 1:
        return this.#odd(foe);
      case 2:
      case 3:
      case 4:
      case 5:
      case 6:
      case 7:
      case 8:
      case 9: {
        const at = chance.below(foe.questions.length);
        const [question] = foe.questions.length === 0 ? [] : foe.questions.splice(at, 1);
        return question === undefined ? this.#call(foe) : this.#answer(foe, question);
      }
      default:
        return this.#call(foe);
    }
  }

  #hello(foe: Foe): Uint8Array {
    const chance = this.#chance;
    const name = Buffer.from(chance.of(['x\0', 'x\0+attach\0', '', '\0', 'no end', `${'n'.repeat(300)}\0`]));
    switch (chance.below(8)) {
      case 0:
        return this.#mangled(foe);
      case 1: {
        const keys = [...foe.keys, ...this.#spare, chance.bytes(16)];
        return encodeFrame(foe.reqno++, 0, 0, 2, chance.of(keys), new Uint8Array(4));
      }
      case 2:
        return encodeFrame(foe.reqno++, 0, 0, chance.of([0, 1, 3, 99]), name);
      case 3:
        return this.#call(foe);
      default:
        return encodeFrame(foe.reqno++, 0, 0, 0, Buffer.from(chance.of(['x\0', 'x\0+attach\0'])));
    }
  }

  /** Out of order, or of a kind that clients do not send. */
  #odd(foe: Foe): Uint8Array {
    const chance = this.#chance;
    switch (chance.below(6)) {
      case 0:
        return encodeFrame(foe.reqno++, 0, 7, 0);
      case 1:
        return encodeFrame(foe.reqno++, 0, 0, 3, Buffer.from(chance.of(['new\0', 'new\0+attach\0', ''])));
      case 2:
        return encodeFrame(foe.reqno++, 0, 0, 0, Buffer.from('again\0'));
      case 3:
        return encodeFrame(BigInt(chance.below(1000)), chance.below(4), chance.below(10), chance.below(12));
      case 4:
        return encodeFrame(BigInt(chance.below(50)), 1, 2, 0, chance.bytes(chance.below(64)));
      default:
        return encodeFrame(
          foe.reqno++,
          0,
          chance.below(9),
          chance.below(600),
          chance.bytes(chance.below(80)),
        );
    }
  }

  /** A good frame, or none, with bytes that are not. */
  #mangled(foe: Foe): Uint8Array {
    const chance = this.#chance;
    if (chance.one(12)) {
      return chance.bytes(1 + chance.below(60));
    }
    const frame = this.#call(foe).slice();
    for (let i = 1 + chance.below(4); i > 0; i--) {
      // Lengths that are wrong close the connection: mostly something else.
      const at = chance.one(15) ? chance.below(8) : 8 + chance.below(frame.length - 8);
      frame[at] = chance.below(256);
    }
    return frame;
  }

  #call(foe: Foe): Uint8Array {
    const chance = this.#chance;
    const number = chance.one(40)
      ? chance.of([0, 507, 508, 511, 65535, 0xffffffff, chance.below(2 ** 31)])
      : chance.of(chance.of([COMMON, COMMON, SOCKETS, this.#numbers, this.#numbers]));
    const args = Array.from({ length: chance.one(30) ? chance.below(3) : 8 }, (_, i) =>
      // The first one is a descriptor, mostly.
      i === 0 && chance.one(2) ? BigInt(chance.below(12)) : this.#content.word(),
    );
    const more = chance.one(6) ? this.#content.segments(foe.user) : new Uint8Array(0);
    return encodeFrame(foe.reqno++, 0, 1, number, words(...args.map((arg) => BigInt.asUintN(64, arg))), more);
  }

  #answer(foe: Foe, { reqno, type, length }: Question): Uint8Array {
    const chance = this.#chance;
    if (chance.one(12)) {
      return encodeFrame(reqno, 2, 0, chance.below(9));
    }
    if (type === 6) {
      return encodeFrame(reqno, 1, 6, 0, words(0x10000n).subarray(0, chance.one(5) ? 3 : 8));
    }
    const wanted = Math.min(length, 1 << 16);
    const content = this.#content.of(foe.user, wanted);
    if (type === 3 || chance.one(10)) {
      return encodeFrame(reqno, 1, 2, 0, content);
    }
    const whole = new Uint8Array(wanted);
    whole.set(content.subarray(0, wanted));
    return encodeFrame(reqno, 1, chance.one(20) ? chance.below(9) : 2, 0, whole);
  }

  // ---- what is looked at

  async #look(): Promise<void> {
    if (!this.#kernel.running) {
      this.wrong.push(`the kernel has ended: ${this.#kernel.dead}\n${this.#kernel.dmesg().slice(-2000)}`);
      return;
    }
    const before = this.#sane.answers;
    this.#sane.client.receive(encodeFrame(1n, 0, 1, 20));
    for (let i = 0; this.#sane.answers === before && i < 200; i++) {
      await turn();
    }
    if (this.#sane.answers === before) {
      const { runnable, lwps } = this.#kernel.stats();
      this.wrong.push(
        `a sane client is not answered; ${runnable} of ${lwps} lwps can run\n${asleep(this.#k)}`,
      );
    }
    // One that exits may have to wait for what its lwps are at; in the end it has gone.
    this.wrong.push(...faults(this.#k).filter((fault) => !fault.endsWith('has not finished exiting')));
    for (const foe of this.#foes) {
      const p = foe.client.proc;
      const uid = USERS[foe.user];
      if (p?.alive && [p.cred.uid, p.cred.euid, p.cred.svuid].some((id) => id !== uid)) {
        this.wrong.push(`a process of user ${uid} has ids ${p.cred.uid}, ${p.cred.euid}, ${p.cred.svuid}`);
      }
    }
  }

  async #end(): Promise<void> {
    for (const foe of [...this.#foes, this.#sane]) {
      foe.client.close();
      this.#answers += foe.answers;
      if (foe.leaked) {
        this.wrong.push('the secret was sent to another user');
      }
    }
    await this.#servers.a.close();
    await this.#servers.b.close();
    await this.#servers.sane.close();
    for (let i = 0; this.#kernel.ps().length > 2 && i < 2000; i++) {
      await turn();
    }
    if (this.#kernel.running) {
      const left = this.#kernel.ps().filter(({ pid }) => pid > 1);
      this.wrong.push(
        ...left.map(({ pid, comm }) => `process ${pid} (${comm}) is left behind`),
        ...faults(this.#k),
      );
      this.#kernel.halt();
    }
  }
}

export function campaign(seed: number, frames: number): Promise<Report> {
  return new Campaign(seed).run(frames);
}
