// What `require('rumpkernel')` loads: the ES module itself, by Node's require(esm). There is one copy of the library,
// however it was reached.
module.exports = require('../../dist/bundle/index.js');
