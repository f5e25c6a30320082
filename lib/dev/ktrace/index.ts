/**
 * /dev/ktrace: what the kernel does, as lines of JSON, for as long as somebody has it open.
 *
 * One at a time may; the system calls of whoever reads are left out, or there would be no end. A reader that is too
 * slow loses events, and is told how many in the place where they were: `{"type":"lost","timeNs":..,"count":..}`.
 *
 * Here alone; events are those of `kern/trace.ts`, as `kern/trace_json.ts` writes them. NetBSD: ktrace(2) writes such
 * records to a file.
 */
import type { Component } from '../../kern/component.ts';
import { type Cdevsw, minor } from '../../kern/devsw.ts';
import { kauthAuthorize } from '../../kern/kauth.ts';
import type { Kernel } from '../../kern/kernel.ts';
import { type Filterops, knoteAttach, knoteDetach } from '../../kern/knote.ts';
import { Selinfo, selnotify } from '../../kern/selinfo.ts';
import { FOREVER, PCATCH, SleepQueue, sleepqBlock, sleepqWakeAll } from '../../kern/sleepq.ts';
import type { TraceEvent, Tracer } from '../../kern/trace.ts';
import { traceJson } from '../../kern/trace_json.ts';
import { EVFILT_READ } from '../../sys/constants/event.ts';
import { O_NONBLOCK } from '../../sys/constants/fcntl.ts';
import { POLLIN, POLLRDNORM } from '../../sys/constants/poll.ts';
import { EAGAIN, EBUSY, EINVAL, ENXIO } from '../../sys/errno.ts';
import { driverAdd } from '../driver.ts';

/** Beyond NetBSD's numbers. */
const MAJOR = 3840;

/** Bytes that wait for a reader. */
const WAITING_MAX = 1 << 20;

/** One opening of the device. */
class Session {
  readonly tracer: Tracer;
  readonly sleepers = new SleepQueue();
  readonly sel = new Selinfo();
  readonly #k: Kernel;
  readonly #lines: Uint8Array[] = [];
  /** The line that is read next, where, and bytes from there on. */
  #first = 0;
  #at = 0;
  waiting = 0;
  /** Events that found no room since the last that did. */
  #lost = 0;
  /** Processes that read. */
  readonly readers = new Set<number>();

  constructor(k: Kernel) {
    this.#k = k;
    this.tracer = (event) => this.#note(event);
  }

  /** Called wherever something happens in the kernel: it takes note, and no more. */
  #note(event: TraceEvent): void {
    if (this.readers.has(event.pid)) {
      return;
    }
    const before = this.waiting;
    // Once something is lost, one gap is better than many: it lasts until half of what waits has been read.
    if (this.#lost > 0 && before > WAITING_MAX / 2) {
      this.#lost++;
      return;
    }
    const told = this.#lost === 0 || this.#add({ type: 'lost', timeNs: event.timeNs, count: this.#lost });
    this.#lost = told ? 0 : this.#lost;
    this.#lost += Number(!told || !this.#add(event));
    if (before === 0 && this.waiting > 0) {
      this.wake();
    }
  }

  /** Whether there was room for it. */
  #add(record: object): boolean {
    const line = traceJson(record);
    const fits = this.waiting + line.length <= WAITING_MAX;
    if (fits) {
      this.#lines.push(line);
      this.waiting += line.length;
    }
    return fits;
  }

  wake(): void {
    sleepqWakeAll(this.sleepers);
    selnotify(this.sel, POLLIN | POLLRDNORM, 0);
  }

  /** The rest of the first line. There is one. */
  next(): { bytes: Uint8Array; at: number } {
    return { bytes: this.#lines[this.#first] as Uint8Array, at: this.#at };
  }

  /** As many bytes of it have been read. */
  took(length: number): void {
    this.waiting -= length;
    this.#at += length;
    if (this.#at < (this.#lines[this.#first] as Uint8Array).length) {
      return;
    }
    this.#at = 0;
    this.#first++;
    // In one go: taking off the first of many costs as much as all of them.
    if (this.#first === this.#lines.length || this.#first >= 1024) {
      this.#lines.splice(0, this.#first);
      this.#first = 0;
    }
  }

  begin(): void {
    this.#k.trace = this.tracer;
  }

  /** Nothing is traced from here on. */
  end(): void {
    this.#k.trace = null;
  }
}

function cdevsw(): Cdevsw {
  let session: Session | null = null;
  const input: Filterops = {
    detach: knoteDetach,
    event(kn) {
      kn.data = session?.waiting ?? 0;
      return kn.data > 0;
    },
  };
  /** @throws ENXIO nobody has it open */
  const opened = (): Session => {
    if (session === null) {
      throw ENXIO;
    }
    return session;
  };
  return {
    name: 'ktrace',
    /** @throws EPERM only the superuser sees what everybody does; EBUSY somebody traces; ENXIO another minor */
    open(l, dev) {
      const { kernel } = l;
      if (minor(dev) !== 0) {
        throw ENXIO;
      }
      kauthAuthorize(kernel, l.cred, { scope: 'generic', action: 'issuser' });
      if (kernel.trace !== null) {
        throw EBUSY;
      }
      session = new Session(kernel);
      session.readers.add(l.proc.pid);
      session.begin();
    },
    close() {
      session?.end();
      session = null;
    },
    *read(l, _dev, uio, flag) {
      const s = opened();
      s.readers.add(l.proc.pid);
      while (s.waiting === 0) {
        if ((flag & O_NONBLOCK) !== 0) {
          throw EAGAIN;
        }
        yield* sleepqBlock(l, s.sleepers, 'ktrace', PCATCH, FOREVER);
      }
      while (uio.resid > 0 && s.waiting > 0) {
        const { bytes, at } = s.next();
        const length = Math.min(uio.resid, bytes.length - at);
        uio.move(bytes, at, length);
        s.took(length);
      }
    },
    poll(_l, _dev, events, selector) {
      const s = opened();
      const wanted = events & (POLLIN | POLLRDNORM);
      if (wanted !== 0 && s.waiting === 0) {
        selector?.record(s.sel, wanted);
        return 0;
      }
      return wanted;
    },
    kqfilter(_l, _dev, kn) {
      if (kn.filter !== EVFILT_READ) {
        throw EINVAL;
      }
      knoteAttach(kn, opened().sel, input);
    },
  };
}

export const ktrace: Component = {
  name: 'ktrace',
  requires: ['dev'],
  attach(k) {
    driverAdd(k, { cdevsw: cdevsw(), major: MAJOR, nodes: [{ name: 'ktrace', minor: 0, mode: 0o400 }] });
  },
};
