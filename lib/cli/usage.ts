/** What the command says about itself. */

export const HELP = `usage: rump [--help | --version] command [argument ...]

NetBSD's rump kernel for Node.js: a BSD kernel inside this process.

commands:
  sh            boot a kernel and run commands in it
  server        boot a kernel for programs of other processes
  ctl           run a command in the kernel of a server
  help [topic]  this, or what rump sh, server or ctl --help says

Environment, for every kernel: RUMP_NCPU, RUMP_VERBOSE, RUMP_THREADS, RUMP_MEMLIMIT.
Exit status: that of the command, or 64 (wrong arguments), 69 (no kernel to be had), 70 (kernel panic), 74 (output),
77 (not allowed).
`;

export const SH_HELP = `usage: rump sh [-v] [-c commands] [--ncpu n] [--hostname name] [--seed seed]

Boots a kernel and reads commands from the terminal, or one a line from standard input. Each command is a process of
that kernel, with its system calls and nothing else. help lists the commands.

  -c, --command commands  run these and exit; what they read is standard input
  -v, --verbose           show the kernel's messages, and how long each stage of the boot took
      --ncpu n            virtual CPUs, 1 to 256 (default: RUMP_NCPU, or 2)
      --hostname name     the name of the host in the kernel
      --seed seed         boot on a simulated host: virtual time, and the same seed gives the same run
  -h, --help              this

At a terminal there are history (kept in the file RUMP_HISTFILE, if that is set) and completion; Ctrl-C sends SIGINT to
the pipeline in the foreground, Ctrl-D ends the input. The language is that of sh(1): '..', ".." and \\x; variables
(x=1, x=1 command, $x, \${x:-y} and its like, \${#x}, \${x%.c}, $?, $$, $!); $(commands); names of files (*, ?, [a-z]);
# comments; ;, &, &&, || and !; pipelines; ( ), { }, if, while, until, for and case; redirection of descriptors (2>&1,
3<&-), to files (<, >, >>, <>) and from texts (<<E, <<<word). All variables are known to sh -c. Functions, arithmetic,
positional parameters and \`..\` are refused with a message and status 2. What is in the background at the end of the
input ends with it.

Exit status: that of the last command (128 + n when signal n ended it; 127 when there is no such command), 0 after halt.
`;

export const SERVER_HELP = `usage: rump server [-d] [options] URL

Boots a kernel that programs of other processes use by NetBSD's sysproxy protocol, prints its URL when it is ready, and
serves until it gets SIGTERM or SIGINT, or a client halts it. URL is unix:///path or tcp://127.0.0.1:port (0: any).

  -d, --daemon            go on in the background when ready
      --mount SPEC        type=TYPE,target=PATH[,KEY=VALUE ...][,ro]; may be repeated. hostfs: source=DIRECTORY of the
                          host, uid, gid, umask. tmpfs: size (k, m, g), nodes, uid, gid, mode
      --memlimit SIZE     memory of the kernel: a number with k, m or g
      --token-file FILE   clients have to show what is in it; TCP needs a token, or --anonymous
      --token TOKEN       the same (others can see it in the list of processes), or RUMP_SERVER_TOKEN
      --anonymous         whoever can connect by TCP may come
      --remote            listen beyond this machine
      --uid N, --gid N, --groups N,N...  whose rights clients have (default: those of this process)
      --max-clients N     clients at a time (default: 10000)
      --ncpu N, --hostname NAME          of the kernel
      --log FORM          text or json: a line for each event, on standard error
      --log-file FILE     there instead; for -d
      --pid-file FILE     where the number of the process goes
  -h, --help              this

Exit status: 0 when it was stopped or halted, 64 wrong arguments, 69 it cannot serve, 70 the kernel panicked,
77 not allowed.
`;

export const CTL_HELP = `usage: rump ctl [--token-file FILE] [URL] COMMAND [argument ...]

Runs a command in the kernel that serves URL, or RUMP_SERVER. The commands are those of rump sh that need no shell
(ps, ls, cat, sysctl, mount, modstat, dmesg, df, id, kill, halt, ...), each with --help, and

  cp FROM TO     copies between the host and the kernel: names on the host begin with host:, - is standard input or
                 output. -R: trees, with symbolic links as such; what cannot be copied is said, the rest is copied all
                 the same. Progress is shown on a terminal when it takes long.
  trace [-j] [-n count] [-p pid]  shows what all processes do, or one, until it is interrupted or has shown so many
                 lines. -j: as lines of JSON. For the superuser, one at a time.

The token is read from the file, or from RUMP_SERVER_TOKEN.

Exit status: that of the command, or 64 (wrong arguments), 69 (no server), 77 (the token).
`;
