/** What the command says about itself. */

export const HELP = `usage: rump [--help | --version] command [argument ...]

NetBSD's rump kernel for Node.js: a BSD kernel inside this process.

commands:
  sh            boot a kernel and run commands in it
  help [topic]  this, or rump sh --help

Environment, for every kernel: RUMP_NCPU, RUMP_VERBOSE, RUMP_THREADS, RUMP_MEMLIMIT.
Exit status: that of the command, or 64 (wrong arguments), 69 (no kernel to be had), 70 (kernel panic), 74 (output).
`;

export const SH_HELP = `usage: rump sh [-v] [-c commands] [--ncpu n] [--hostname name] [--seed seed]

Boots a kernel and reads commands from the terminal, or one a line from standard input. Each command is a process of
that kernel, with its system calls and nothing else. help lists the commands.

  -c, --command commands  run these and exit
  -v, --verbose           show the kernel's messages, and how long each stage of the boot took
      --ncpu n            virtual CPUs, 1 to 256 (default: RUMP_NCPU, or 2)
      --hostname name     the name of the host in the kernel
      --seed seed         boot on a simulated host: virtual time, and the same seed gives the same run
  -h, --help              this

At a terminal there are history (kept in the file RUMP_HISTFILE, if that is set) and completion; Ctrl-C sends SIGINT to
the pipeline in the foreground, Ctrl-D ends the input. The shell understands words, '..' and ".." and \\x,
variables (x=1, $x, \${x}, $?, $$, $!), $(commands), # comments, ;, && and ||, pipelines with |, & for the background,
and redirection of descriptors (2>&1, >&2, 3<&-), to files (<, >, >>, <>) and from a text (<<<). What sh(1) has beyond
that is refused with a message and status 2. What is in the background at the end of the input ends
with it.

Exit status: that of the last command (128 + n when signal n ended it; 127 when there is no such command), 0 after halt.
`;
