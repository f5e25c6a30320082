/** Tests are compiled by `tsc -b`; AVA runs what it emitted. */
export default {
  files: ['dist/test/**/*.test.js'],
  timeout: '2m',
  workerThreads: false,
};
