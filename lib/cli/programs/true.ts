/** NetBSD: true(1), false(1). */
import type { Program } from '../program.ts';

export const trueProgram: Program = {
  name: 'true',
  synopsis: '',
  summary: 'succeed',
  runs: 'child',
  main: async () => 0,
};

export const falseProgram: Program = {
  name: 'false',
  synopsis: '',
  summary: 'fail',
  runs: 'child',
  main: async () => 1,
};
