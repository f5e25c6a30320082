/** What `rump sh -v` says about how long the boot took. */
import type { BootStage } from '../api/index.ts';

/** A line for each stage: when it was done, as dmesg(8) stamps its lines, and how long it took. */
export function bootReport(stages: readonly BootStage[]): string {
  const width = Math.max(0, ...stages.map(({ stage }) => stage.length));
  let elapsedNs = 0;
  const lines = stages.map(({ stage, ns }) => {
    elapsedNs += ns;
    const doneSec = (elapsedNs / 1e9).toFixed(6).padStart(11);
    const tookUs = (ns / 1000).toFixed(1).padStart(9);
    return `[${doneSec}] ${stage.padEnd(width)} ${tookUs} us\n`;
  });
  return `${lines.join('')}booted in ${(elapsedNs / 1e6).toFixed(3)} ms\n`;
}
