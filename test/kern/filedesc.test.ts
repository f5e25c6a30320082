import test from 'ava';
import { closef, File, type Fileops, FREAD, FWRITE } from '../../lib/kern/file.ts';
import { Filedesc, fdInstall, MAXFILES } from '../../lib/kern/filedesc.ts';
import type { Lwp } from '../../lib/kern/lwp.ts';
import { lwprocReleaselwp, lwpSwitch } from '../../lib/kern/lwproc.ts';
import { kpause } from '../../lib/kern/synch.ts';
import { F_CLOSEM } from '../../lib/sys/constants/fcntl.ts';
import { EMFILE } from '../../lib/sys/errno.ts';
import { fc } from '../fc.ts';
import { bootFifo, newproc, runAll, shutdown, sys, throwsErrno } from './support.ts';

/** A file that notes when it is closed, after having slept for `sleepNs` if that is not 0. */
function sleeper(closed: string[], name: string, sleepNs: number): File {
  const ops: Partial<Fileops> = {
    name: 'test',
    inherited: true,
    seekable: false,
    restart() {},
    close(l: Lwp) {
      if (sleepNs === 0) {
        closed.push(name);
        return;
      }
      return (function* () {
        yield* kpause(l, 'closing', 0, sleepNs);
        closed.push(name);
      })();
    },
  };
  return new File(ops as Fileops, FREAD | FWRITE);
}

test('the lowest free number is found whatever was opened and closed before', (t) => {
  const operation = fc.oneof(
    fc.record({ what: fc.constant('open' as const), from: fc.nat(2100) }),
    fc.record({ what: fc.constant('close' as const), from: fc.nat(2100) }),
    fc.record({ what: fc.constant('fill' as const), from: fc.nat(1100) }),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 30 }), (operations) => {
      const fdp = new Filedesc();
      const model = new Set<number>();
      const fp = sleeper([], 'x', 0);
      const open = (fd: number): void => {
        fp.refcnt++;
        fdp.set(fd, fp);
        model.add(fd);
      };
      const lowest = (from: number): number => {
        let fd = from;
        while (model.has(fd)) {
          fd++;
        }
        return fd;
      };
      for (const { what, from } of operations) {
        if (what === 'open') {
          open(fdp.lowestFree(from, MAXFILES));
        } else if (what === 'close' && model.has(from)) {
          fdp.clear(from);
          model.delete(from);
        } else if (what === 'fill') {
          for (let fd = from; fd < from + 1030; fd++) {
            if (!model.has(fd)) {
              open(fd);
            }
          }
        }
        t.is(fdp.lowestFree(from, MAXFILES), lowest(from));
        t.is(fdp.lowestFree(0, MAXFILES), lowest(0));
        t.is(fdp.last(), model.size === 0 ? -1 : Math.max(...model));
      }
      t.deepEqual(
        fdp.descriptors().map(({ fd }) => fd),
        [...model].sort((a, b) => a - b),
      );
    }),
    { numRuns: 50 },
  );
});

test('a full table is EMFILE, at the limit and at the end of all numbers', (t) => {
  const fdp = new Filedesc();
  const fp = sleeper([], 'x', 0);
  for (let fd = 0; fd < MAXFILES; fd++) {
    fdp.set(fd, fp);
  }
  throwsErrno(t, EMFILE, () => fdp.lowestFree(0, MAXFILES));
  throwsErrno(t, EMFILE, () => fdp.lowestFree(MAXFILES - 1, Number.POSITIVE_INFINITY));
  fdp.clear(40_000);
  t.is(fdp.lowestFree(0, MAXFILES), 40_000);
  throwsErrno(t, EMFILE, () => fdp.lowestFree(0, 40_000));
  throwsErrno(t, EMFILE, () => fdp.lowestFree(40_001, MAXFILES));
});

test('closing may sleep: close, dup2 and F_CLOSEM wait for it', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  const closed: string[] = [];
  const install = (name: string): number => fdInstall(l, sleeper(closed, name, 1000), 'keep');
  t.is(sys(l, 'close', install('close')), undefined);
  t.deepEqual(closed, ['close']);
  t.is(sys(l, 'dup2', 1, install('dup2')), 3);
  t.deepEqual(closed, ['close', 'dup2']);
  t.deepEqual([install('a'), fdInstall(l, sleeper(closed, 'b', 0), 'keep'), install('c')], [4, 5, 6]);
  sys(l, 'fcntl', 4, F_CLOSEM);
  t.deepEqual(closed, ['close', 'dup2', 'c', 'b', 'a']);
  t.is(l.proc.fd.last(), 3);
  shutdown(k);
});

test('closing may sleep: exit and the release of a host thread’s lwp wait for it', (t) => {
  const k = bootFifo();
  const closed: string[] = [];
  const l = newproc(k);
  fdInstall(l, sleeper(closed, 'exit', 1000), 'keep');
  sys(l, 'exit', 0);
  runAll(k);
  t.deepEqual(closed, ['exit']);
  const host = newproc(k);
  host.proc.nozombie = true;
  fdInstall(host, sleeper(closed, 'release', 1000), 'keep');
  lwpSwitch(k, host);
  lwprocReleaselwp(k);
  t.deepEqual(closed, ['exit', 'release']);
  t.is(k.state, 'running', k.deadReason);
  shutdown(k);
});

test('a file is closed when its last descriptor is', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  const closed: string[] = [];
  const fd = fdInstall(l, sleeper(closed, 'shared', 0), 'keep');
  const child = k.procs.get(sys(l, 'fork') as number);
  t.is(child?.fd.get(fd), l.proc.fd.get(fd));
  sys(l, 'close', fd);
  t.deepEqual(closed, []);
  sys(child?.lwps as Lwp, 'close', fd);
  t.deepEqual(closed, ['shared']);
  const file = sleeper(closed, 'bare', 0);
  t.is(closef(l, file), undefined);
  t.throws(() => closef(l, file), { message: /closed twice/ });
  shutdown(k);
});
