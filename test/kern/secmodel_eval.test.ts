import test from 'ava';
import { KernelBug } from '../../lib/kern/kassert.ts';
import { secmodelEval, secmodelRegister } from '../../lib/kern/secmodel.ts';
import { EEXIST, EINVAL, ENOENT } from '../../lib/sys/errno.ts';
import { bootFifo, throwsErrno } from './support.ts';

const SUSER = 'org.netbsd.secmodel.suser';
const SECURELEVEL = 'org.netbsd.secmodel.securelevel';

test('the models that are always there, and what they answer', (t) => {
  const k = bootFifo();
  t.deepEqual([...k.secmodels.keys()], [SUSER, SECURELEVEL, 'org.netbsd.secmodel.bsd44']);
  t.true(secmodelEval(k, SUSER, 'is-root', k.susercred));
  t.false(secmodelEval(k, SECURELEVEL, 'is-securelevel-above', 0));
  k.securelevel = 1;
  t.true(secmodelEval(k, SECURELEVEL, 'is-securelevel-above', 0));
  t.false(secmodelEval(k, SECURELEVEL, 'is-securelevel-above', 1));
});

test('questions that have no answer', (t) => {
  const k = bootFifo();
  throwsErrno(t, EINVAL, () => secmodelEval(k, 'nobody', 'is-root', k.susercred));
  throwsErrno(t, ENOENT, () => secmodelEval(k, 'org.netbsd.secmodel.bsd44', 'is-root', k.susercred));
  throwsErrno(t, EINVAL, () => secmodelEval(k, SUSER, 'is-anything', k.susercred));
  throwsErrno(t, EINVAL, () => secmodelEval(k, SUSER, 'is-root', 0));
  throwsErrno(t, EINVAL, () => secmodelEval(k, SECURELEVEL, 'is-securelevel-above', 'one'));
});

test('a model is registered once, and gone once', (t) => {
  const k = bootFifo();
  const remove = secmodelRegister(k, { id: 'mine', name: 'Mine' });
  throwsErrno(t, EEXIST, () => secmodelRegister(k, { id: 'mine', name: 'Another' }));
  throwsErrno(t, EINVAL, () => secmodelRegister(k, { id: '', name: 'None' }));
  remove();
  t.false(k.secmodels.has('mine'));
  t.throws(remove, { instanceOf: KernelBug, message: /twice/ });
});
