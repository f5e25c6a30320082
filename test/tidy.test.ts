import test from 'ava';
import { formatProblem } from '../tools/problem.ts';
import { repositoryRoot } from '../tools/repository.ts';
import { tidy } from '../tools/tidy.ts';

test('the repository keeps its own rules', (t) => {
  t.is(tidy(repositoryRoot()).map(formatProblem).join('\n'), '');
});
