#!/usr/bin/env node
/**
 * The command `rump`.
 *
 * Ends with the status of what it ran, or with one of sysexits(3); errors are one line on standard error.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { complain, EX_SOFTWARE, EX_USAGE, messageOf, printable } from './exits.ts';
import { HELP, SH_HELP } from './usage.ts';

/** The command line makes no sense. */
class CommandLineError extends Error {}

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case '-h':
    case '--help':
      return print(HELP, rest);
    case 'help':
      return help(rest);
    case '--version':
      return print(`rump ${version()}\n`, rest);
    case 'sh':
      return await shCommand(rest);
    case undefined:
      throw new CommandLineError('no command; rump --help lists them');
    default:
      throw new CommandLineError(
        `${printable(command)}: no such ${command.startsWith('-') ? 'option' : 'command'}; see rump --help`,
      );
  }
}

function help(topics: readonly string[]): number {
  const [topic, ...more] = topics;
  if (topic !== undefined && topic !== 'sh') {
    throw new CommandLineError(`help: ${printable(topic)}: no such command; see rump --help`);
  }
  return print(topic === undefined ? HELP : SH_HELP, more);
}

function print(text: string, surplus: readonly string[]): 0 {
  const [argument] = surplus;
  if (argument !== undefined) {
    throw new CommandLineError(`unexpected argument ${printable(argument)}; see rump --help`);
  }
  process.stdout.write(text);
  return 0;
}

async function shCommand(args: readonly string[]): Promise<number> {
  const values = shArguments(args);
  if (values.help === true) {
    return print(SH_HELP, []);
  }
  // Only now: help and errors need no kernel.
  const { sh } = await import('./sh.ts');
  return await sh({
    verbose: values.verbose === true,
    commands: values.command,
    ncpu: values.ncpu === undefined ? undefined : ncpuOf(values.ncpu),
    hostname: values.hostname,
    seed: values.seed,
  });
}

/** How many there may be is for the kernel to say. */
function ncpuOf(text: string): number {
  if (!/^\d+$/.test(text)) {
    throw new CommandLineError(`sh: --ncpu: ${printable(text) || "''"} is not a number`);
  }
  return Number(text);
}

function shArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        command: { type: 'string', short: 'c' },
        help: { type: 'boolean', short: 'h' },
        hostname: { type: 'string' },
        ncpu: { type: 'string' },
        seed: { type: 'string' },
        verbose: { type: 'boolean', short: 'v' },
      },
    }).values;
  } catch (error) {
    // What Node adds after the first sentence is advice about its own conventions.
    const [sentence = ''] = messageOf(error).split(/[.;] /);
    throw new CommandLineError(`sh: ${sentence.replace(/\.$/, '')}; see rump sh --help`);
  }
}

function version(): string {
  // By name: where this file lies in the package is not its business.
  const text = readFileSync(new URL(import.meta.resolve('rumpkernel/package.json')), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const wrong = error instanceof CommandLineError;
  complain(wrong ? error.message : `internal error: ${messageOf(error)}`);
  process.exitCode = wrong ? EX_USAGE : EX_SOFTWARE;
}
