/** A process for `idle.test.ts`: does what its argument says and then leaves its end to the event loop. */
import { nativeHost } from '../../lib/rumpuser/native.ts';

const host = nativeHost({ console: () => {} });
const say = (text: string) => process.stdout.write(text);

switch (process.argv[2]) {
  case 'nothing':
    break;
  case 'armed':
    host.onPump(() => say('pump'));
    host.arm(host.monotonicNs() + 20_000_000);
    break;
  case 'armed again and again': {
    let left = 200;
    host.onPump(() => {
      if (--left > 0) host.arm(host.monotonicNs() + (left % 3) * 10_000);
      else say('pump');
    });
    host.arm(0);
    break;
  }
  case 'withdrawn':
    host.onPump(() => say('pump'));
    host.arm(host.monotonicNs() + 3_600e9);
    host.arm(Number.POSITIVE_INFINITY);
    break;
  case 'ended an idle':
    host.onPump(() => say('pump'));
    host.arm(host.monotonicNs() + 5_000_000);
    host.idle(Number.POSITIVE_INFINITY);
    say('idle');
    break;
  case 'finished':
    host.onPump(() => say('pump'));
    host.arm(host.monotonicNs() + 3_600e9);
    host.fini();
    break;
  case 'rung':
    host.onPump(() => say('pump'));
    host.doorbell();
    break;
  case 'deferred':
    host.onPump(() => say('pump'));
    host.defer();
    break;
  case 'exit while armed':
    host.arm(host.monotonicNs() + 3_600e9);
    setImmediate(() => process.exit(3));
    break;
  case 'pump that throws': {
    let pumps = 0;
    process.on('uncaughtException', (error) => {
      say(`${(error as Error).message} `);
      host.arm(0);
    });
    host.onPump(() => {
      if (pumps++ === 0) throw new Error('thrown');
      say('pump');
    });
    host.arm(0);
    break;
  }
}
