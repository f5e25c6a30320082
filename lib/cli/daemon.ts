/**
 * `rump server -d`: the server goes on without whoever started it.
 *
 * It is started again as a process of its own session, and this one waits until it says its URL, or why it cannot. A
 * Node process cannot fork itself: its threads would not come along.
 */
import { spawn } from 'node:child_process';
import { EX_SOFTWARE } from './exits.ts';

/** @param args the command's, without -d. @returns the exit status: 0 when the server is ready */
export function daemonise(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] as string, 'server', ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaints = '';
  return new Promise((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    child.stdout.setEncoding('utf8').once('data', (url: string) => {
      process.stdout.write(url);
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      resolve(0);
    });
    child.once('close', (status) => {
      process.stderr.write(complaints);
      resolve(status ?? EX_SOFTWARE);
    });
  });
}
