/** Tests are compiled by `tsc -b`; AVA runs what it emitted. */
export default {
  files: ['dist/test/**/*.test.js'],
  timeout: '2m',
  // The addon's tests end threads and processes: a process of their own each. Stack traces show the sources.
  workerThreads: false,
  nodeArguments: ['--enable-source-maps'],
};
