#!/usr/bin/env node
/**
 * The command `rump`.
 *
 * Ends with the status of what it ran, or with one of sysexits(3); errors are one line on standard error.
 */
import { readFileSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { ListenOptions } from '../api/index.ts';
import { complain, EX_SOFTWARE, EX_USAGE, messageOf, outputFailed, printable } from './exits.ts';
import { CTL_HELP, HELP, SERVER_HELP, SH_HELP } from './usage.ts';

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
    case 'server':
      return await serverCommand(rest);
    case 'ctl':
      return await ctlCommand(rest);
    case undefined:
      throw new CommandLineError('no command; rump --help lists them');
    default:
      throw new CommandLineError(
        `${printable(command)}: no such ${command.startsWith('-') ? 'option' : 'command'}; see rump --help`,
      );
  }
}

const TOPICS: Readonly<Record<string, string>> = { sh: SH_HELP, server: SERVER_HELP, ctl: CTL_HELP };

function help(topics: readonly string[]): number {
  const [topic, ...more] = topics;
  const text = topic === undefined ? HELP : Object.hasOwn(TOPICS, topic) ? TOPICS[topic] : undefined;
  if (text === undefined) {
    throw new CommandLineError(`help: ${printable(topic ?? '')}: no such command; see rump --help`);
  }
  return print(text, more);
}

function print(text: string, surplus: readonly string[]): 0 {
  const [argument] = surplus;
  if (argument !== undefined) {
    throw new CommandLineError(`unexpected argument ${printable(argument)}; see rump --help`);
  }
  process.stdout.on('error', outputFailed);
  process.stdout.write(text);
  return 0;
}

async function shCommand(args: readonly string[]): Promise<number> {
  const { values } = commandLine('sh', args, SH_OPTIONS);
  if (values.help === true) {
    return print(SH_HELP, []);
  }
  // Only now: help and errors need no kernel.
  const { sh } = await import('./sh.ts');
  return await sh({
    verbose: values.verbose === true,
    commands: values.command,
    ncpu: numberOf('sh', 'ncpu', values.ncpu),
    hostname: values.hostname,
    seed: values.seed,
  });
}

async function serverCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = commandLine('server', args, SERVER_OPTIONS);
  if (values.help === true) {
    return print(SERVER_HELP, []);
  }
  const [url, surplus] = positionals;
  if (url === undefined || surplus !== undefined) {
    throw new CommandLineError('server: one URL is wanted; see rump server --help');
  }
  if (values.daemon === true) {
    const { daemonise } = await import('./daemon.ts');
    return await daemonise(args.filter((arg) => arg !== '-d' && arg !== '--daemon'));
  }
  const { log = 'text' } = values;
  if (log !== 'text' && log !== 'json') {
    throw new CommandLineError(`server: --log: ${printable(log)} is neither text nor json`);
  }
  const { server } = await import('./server.ts');
  return await server({
    url,
    mounts: values.mount ?? [],
    memlimit: values.memlimit,
    ncpu: numberOf('server', 'ncpu', values.ncpu),
    hostname: values.hostname,
    token: values.token,
    tokenFile: values['token-file'],
    listen: listenOptions(values),
    log,
    logFile: values['log-file'],
    pidFile: values['pid-file'],
  });
}

const SERVER_OPTIONS = {
  anonymous: { type: 'boolean' },
  daemon: { type: 'boolean', short: 'd' },
  gid: { type: 'string' },
  groups: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  hostname: { type: 'string' },
  log: { type: 'string' },
  'log-file': { type: 'string' },
  'max-clients': { type: 'string' },
  memlimit: { type: 'string' },
  mount: { type: 'string', multiple: true },
  ncpu: { type: 'string' },
  'pid-file': { type: 'string' },
  remote: { type: 'boolean' },
  token: { type: 'string' },
  'token-file': { type: 'string' },
  uid: { type: 'string' },
} as const;

function listenOptions(values: Readonly<Record<string, unknown>>): ListenOptions {
  const number = (name: string) => numberOf('server', name, values[name] as string | undefined);
  const groups = (values['groups'] as string | undefined)?.split(',');
  const options = {
    uid: number('uid'),
    gid: number('gid'),
    groups: groups?.map((group) => numberOf('server', 'groups', group) as number),
    maxClients: number('max-clients'),
    anonymous: values['anonymous'] as true | undefined,
    remote: values['remote'] as true | undefined,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

async function ctlCommand(args: readonly string[]): Promise<number> {
  // Options of the command that is run are its own.
  const first = args.findIndex((arg, i) => !arg.startsWith('-') && args[i - 1] !== '--token-file');
  const at = first < 0 ? args.length : first;
  const { values } = commandLine('ctl', args.slice(0, at), {
    help: { type: 'boolean', short: 'h' },
    'token-file': { type: 'string' },
  });
  if (values.help === true) {
    return print(CTL_HELP, []);
  }
  const { ctl, isUrl } = await import('./ctl.ts');
  const [head, ...tail] = args.slice(at);
  const given = head !== undefined && isUrl(head);
  const url = given ? head : process.env['RUMP_SERVER'];
  const [command, ...operands] = given ? tail : args.slice(at);
  if (url === undefined || url === '') {
    throw new CommandLineError('ctl: no URL, and RUMP_SERVER is not set; see rump ctl --help');
  }
  if (command === undefined) {
    throw new CommandLineError('ctl: no command; see rump ctl --help');
  }
  return await ctl(url, values['token-file'], command, operands);
}

/** How many there may be is for the kernel to say. */
function numberOf(command: string, option: string, text: string | undefined): number | undefined {
  if (text !== undefined && !/^\d+$/.test(text)) {
    throw new CommandLineError(`${command}: --${option}: ${printable(text) || "''"} is not a number`);
  }
  return text === undefined ? undefined : Number(text);
}

const SH_OPTIONS = {
  command: { type: 'string', short: 'c' },
  help: { type: 'boolean', short: 'h' },
  hostname: { type: 'string' },
  ncpu: { type: 'string' },
  seed: { type: 'string' },
  verbose: { type: 'boolean', short: 'v' },
} as const;

function commandLine<O extends NonNullable<ParseArgsConfig['options']>>(
  command: string,
  args: readonly string[],
  options: O,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: command === 'server' });
  } catch (error) {
    // What Node adds after the first sentence is advice about its own conventions.
    const [sentence = ''] = messageOf(error).split(/[.;] /);
    throw new CommandLineError(`${command}: ${sentence.replace(/\.$/, '')}; see rump ${command} --help`);
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
  // Nobody is left to tell.
  process.stderr.on('error', () => {});
  complain(wrong ? error.message : `internal error: ${messageOf(error)}`);
  process.exitCode = wrong ? EX_USAGE : EX_SOFTWARE;
}
