/** fast-check, with the same runs every time unless more of them are wanted (`npm run test:seeds`). */
import fc from 'fast-check';

if (process.env['RUMP_TEST_SEEDS'] === undefined) {
  fc.configureGlobal({ seed: 1 });
}

export { fc };
