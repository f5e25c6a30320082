/** The fs facade does what node:fs does: the same scripts on both, in every form. */
import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import { SCRIPTS } from './scripts.ts';
import { clear, compares, FORMS, type Form, type Outcome, run, type Step, sameHere, twins } from './twin.ts';

/**
 * Where ours may differ. Arguments left out before a callback: both say that they are wrong, in other words, as Node
 * takes the callback for one. What a Node shows of the name it made up itself, it shows in one form and not in another.
 */
function alike(form: Form, [op]: Step, ours: Outcome, theirs: Outcome): boolean {
  if (!('error' in ours) || !('error' in theirs)) {
    return false;
  }
  const codes = [ours.error['code'], theirs.error['code']];
  if (op === 'cp' && ours.error['code'] === 'ERR_FS_EISDIR') {
    // Synchronously, some Nodes give the number of another error.
    return isDeepStrictEqual({ ...ours.error, errno: 0 }, { ...theirs.error, errno: 0 });
  }
  if (op === 'cp' && codes.every((code) => code === 'ERR_FS_CP_EEXIST')) {
    // Newer Nodes refuse a directory that is there, older ones what is there in it.
    return true;
  }
  return (
    (form === 'callback' &&
      codes.every((code) => /^ERR_(?:INVALID_ARG_TYPE|OUT_OF_RANGE)$/.test(String(code)))) ||
    (op === 'mkdtemp' && codes[0] === codes[1])
  );
}

for (const [title, steps] of Object.entries(SCRIPTS)) {
  for (const form of FORMS) {
    // One at a time: scripts use descriptors that are closed, and the host's belong to the whole process.
    if (title === 'copying trees' && !compares('cp', form)) {
      continue;
    }
    test.serial(`${form}: ${title}`, async (t) => {
      const pair = twins();
      try {
        clear(pair.host);
        clear(pair.ours);
        const theirs = await run(pair.host, form, steps);
        const ours = await run(pair.ours, form, steps);
        for (const [i, step] of steps.entries()) {
          const [mine, host] = [ours[i] as Outcome, theirs[i] as Outcome];
          if (sameHere(step, mine, host) || alike(form, step, mine, host)) {
            t.pass();
          } else {
            t.deepEqual(mine, host, `step ${i}: ${step[0]} ${String(step.slice(1).map(String))}`);
          }
        }
      } finally {
        pair.end();
      }
    });
  }
}
