/** Native host: the addon's sockets, what happens at them, and what is sent together. */
import { nativeBinding, once } from './native_binding.ts';

/** The addon's functions: `native/binding/sockets.h`. Sockets are numbers; negative results are errnos. */
export interface SocketBinding {
  /** Where what is received lies, and what `send` sends. */
  readonly input: Uint8Array;
  readonly output: Uint8Array;
  listenUnix(path: string): number;
  /** The port goes to `scratch[0]`. */
  listenTcp(host: string, port: number): number;
  connectUnix(path: string): number;
  connectTcp(host: string, port: number): number;
  watch(number: number, what: number): void;
  keepAlive(number: number, alive: boolean): void;
  error(number: number): number;
  peer(number: number): string;
  /** The first bytes of `output`. @returns how many have gone; 0: try again when it is writable */
  send(number: number, size: number): number;
  /** `middle`, with more bytes of `output` before and after it. */
  sendAround(number: number, before: number, middle: Uint8Array, after: number): number;
  close(number: number): void;
  /** Tell what `idleAtSockets` has found. */
  dispatch(): void;
}

/** What has happened, with so many bytes, the number of a new socket, nothing, an errno. */
export const RECEIVED = 0;
export const ACCEPTED = 1;
export const WRITABLE = 2;

/** What a socket is watched for. */
export const READS = 1;
export const WRITES = 2;

/** Who is told what happens at a socket. */
export interface Told {
  happened(event: number, value: number): void;
}

export class NativeSockets {
  readonly binding: SocketBinding;
  /** By their numbers. */
  readonly #told: (Told | undefined)[] = [];
  #together = false;
  readonly #waiting: { flush(): void }[] = [];
  readonly #soon = new Map<() => void, NodeJS.Immediate>();

  constructor() {
    this.binding = nativeBinding().sockets((number, event, value) => {
      const told = this.#told[number];
      if (told === undefined) return;
      this.#together = true;
      try {
        told.happened(event, value);
      } finally {
        this.#apart();
      }
    });
  }

  tell(number: number, told: Told | undefined): void {
    this.#told[number] = told;
  }

  /** Send what `fn` writes together, when it has returned. */
  together(fn: () => void): void {
    this.#together = true;
    try {
      fn();
    } finally {
      this.#apart();
    }
  }

  #apart(): void {
    this.#together = false;
    for (let each = this.#waiting.pop(); each !== undefined; each = this.#waiting.pop()) each.flush();
  }

  /** @returns false now: nobody will say so */
  flushesLater(each: { flush(): void }): boolean {
    if (this.#together) this.#waiting.push(each);
    return this.#together;
  }

  /** Call `fn` when nobody is in the middle of anything: in the next turn of the event loop, or of `dispatch`. */
  soon(fn: () => void): void {
    const each = (): void => {
      this.#soon.delete(each);
      fn();
    };
    this.#soon.set(each, setImmediate(each));
  }

  /** Somebody waits for `soon`. */
  get hasSoon(): boolean {
    return this.#soon.size > 0;
  }

  /** What the event loop would do, if it had its turn. */
  dispatch(): void {
    this.binding.dispatch();
    for (const [each, immediate] of [...this.#soon]) {
      clearImmediate(immediate);
      each();
    }
  }

  /** The port that the last `listenTcp` took. */
  get port(): number {
    return nativeBinding().scratch[0] as number;
  }
}

/** Those of this isolate. @throws Error when there is no addon */
export const nativeSockets = once(() => new NativeSockets());
