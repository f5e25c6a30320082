// A day of sleeping in no time, the same every time. Run: node examples/virtual-time.mjs
import { boot, simulatedHost } from 'rumpkernel';

const kernel = boot({ host: simulatedHost({ seed: 'a day', startTime: { sec: 1_000_000_000, nsec: 0 } }) });
const proc = kernel.newproc();
for (let hour = 0; hour <= 24; hour += 6) {
  console.log(new Date(proc.sys.gettimeofday().sec * 1000).toISOString());
  proc.sys.nanosleep({ sec: 6 * 3600, nsec: 0 });
}
kernel.halt();
