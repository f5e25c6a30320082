// The same types for `require('rumpkernel')`. Node gives an ES module to require() since 20.19; TypeScript's older
// "node16" setting does not know that and would refuse the line below.
// @ts-ignore
export * from '../../dist/lib/api/index.js';
