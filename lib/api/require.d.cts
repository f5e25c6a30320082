// The same types for `require('rumpkernel')`. They are those of an ES module, which TypeScript's older "node16" setting
// would refuse to be required.
// @ts-ignore
export * from '../../dist/lib/api/index.js';
