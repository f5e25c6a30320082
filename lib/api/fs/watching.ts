/** `fs.watch`, and `fs.promises.watch`, which waits for its events. */
import { toInteger } from './check.ts';
import { abortError, codedError, invalidArgValue } from './errors.ts';
import type { FsProc } from './op.ts';
import { FSWatcher, watchOptions } from './watch.ts';

/** `fs.watch(path[, options][, listener])`. @throws what open(2) says of the path */
export function watchOf(proc: FsProc): (path: unknown, options?: unknown, listener?: unknown) => FSWatcher {
  return (path, options, listener) => {
    const fn = typeof options === 'function' ? options : listener;
    const watcher = new FSWatcher(proc, path, watchOptions(options));
    if (typeof fn === 'function') {
      watcher.on('change', fn as (...args: unknown[]) => void);
    }
    return watcher;
  };
}

interface WatchEvent {
  readonly eventType: 'rename' | 'change';
  readonly filename: string | Buffer;
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** Events that may wait to be read, as in Node. */
const QUEUE_MAX = 2048;

/** `fs.promises.watch(path[, options])`: ends when its signal aborts, by that error. */
export function watchEvents(proc: FsProc): (path: unknown, options?: unknown) => AsyncIterable<WatchEvent> {
  return async function* watch(path, options) {
    const all = watchOptions(options);
    const { maxQueue = QUEUE_MAX, overflow = 'ignore' } = (
      typeof options === 'object' && options !== null ? options : {}
    ) as { maxQueue?: unknown; overflow?: unknown };
    const most = toInteger(maxQueue, 'options.maxQueue', 1, Number.MAX_SAFE_INTEGER);
    if (overflow !== 'ignore' && overflow !== 'error') {
      throw invalidArgValue('options.overflow', overflow, "must be one of: 'ignore', 'error'");
    }
    const { signal } = all;
    if (isAborted(signal)) {
      throw abortError(signal as AbortSignal);
    }
    const queue: WatchEvent[] = [];
    let failed: unknown = null;
    let wake: () => void = () => {};
    const watcher = new FSWatcher(proc, path, all);
    watcher.on('change', (eventType: WatchEvent['eventType'], filename: string | Buffer) => {
      if (queue.length < most) {
        queue.push({ eventType, filename });
      } else if (overflow === 'error') {
        failed ??= codedError(
          Error,
          'ERR_FS_WATCH_QUEUE_OVERFLOW',
          `fs.watch() queued more than ${most} events`,
        );
      } else {
        process.emitWarning('fs.watch maxQueue exceeded');
      }
      wake();
    });
    watcher.on('error', (error) => {
      failed ??= error;
      wake();
    });
    const abort = () => wake();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      for (;;) {
        if (isAborted(signal)) {
          throw abortError(signal as AbortSignal);
        }
        const event = queue.shift();
        if (event !== undefined) {
          yield event;
        } else if (failed === null) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        } else {
          throw failed;
        }
      }
    } finally {
      signal?.removeEventListener('abort', abort);
      watcher.close();
    }
  };
}
