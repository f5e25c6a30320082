/** A shell in this process, on a simulated host. */
import { boot, type Kernel, simulatedHost } from '../../lib/api/index.ts';
import { parse } from '../../lib/cli/grammar.ts';
import { Shell, type ShellKind } from '../../lib/cli/shell.ts';

/** What a shell of that kind prints for `lines`, in a kernel that was prepared for it. */
export async function outputOf(
  kind: ShellKind,
  lines: readonly string[],
  prepare: (kernel: Kernel) => void = () => {},
): Promise<string> {
  const host = simulatedHost({ seed: 1 });
  const kernel = boot({ host, hostname: 'box.example' });
  prepare(kernel);
  const shell = new Shell(kernel, kind);
  for (const line of lines) {
    const parsed = parse(line);
    if (parsed.kind !== 'list') {
      throw new Error(`${line}: ${JSON.stringify(parsed)}`);
    }
    await shell.execute(parsed.list);
  }
  kernel.halt();
  return host.output;
}

/** What a shell that runs a script prints for `lines`. */
export function output(...lines: string[]): Promise<string> {
  return outputOf('script', lines);
}
