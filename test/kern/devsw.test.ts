import test from 'ava';
import {
  type Cdevsw,
  cdevClose,
  cdevIoctl,
  cdevOpen,
  cdevTransfer,
  devswAttach,
  devswByName,
  devswDetach,
  major,
  makedev,
  minor,
} from '../../lib/kern/devsw.ts';
import { isMaySleep, type Soon } from '../../lib/kern/maysleep.ts';
import { uiomove, uioSetup } from '../../lib/kern/uio.ts';
import { EEXIST, EINVAL, ENODEV, ENXIO } from '../../lib/sys/errno.ts';
import { bootFifo, newproc, shutdown, throwsErrno } from './support.ts';

/** What a driver answered at once. */
function now<T>(answer: Soon<T>): T {
  if (isMaySleep(answer)) {
    throw new Error('it sleeps');
  }
  return answer;
}

test('device numbers: 12 bits of major, 20 of minor', (t) => {
  for (const [ma, mi] of [
    [0, 0],
    [2, 12],
    [4095, 0xfffff],
    [200, 256],
  ] as const) {
    t.is(major(makedev(ma, mi)), ma);
    t.is(minor(makedev(ma, mi)), mi);
  }
  t.is(makedev(2, 2), 0x202);
});

test('drivers come and go by name and major', (t) => {
  const k = bootFifo();
  const [one, two]: Cdevsw[] = [{ name: 'one' }, { name: 'two' }];
  if (one === undefined || two === undefined) {
    return t.fail();
  }
  const first = devswAttach(k, one);
  t.is(devswByName(k, 'one'), first);
  throwsErrno(t, EEXIST, () => devswAttach(k, { name: 'one' }));
  throwsErrno(t, EEXIST, () => devswAttach(k, two, first));
  for (const wanted of [-1, 4096, 1.5]) {
    throwsErrno(t, EINVAL, () => devswAttach(k, two, wanted));
  }
  throwsErrno(t, EINVAL, () => devswAttach(k, { name: '' }));
  t.is(devswAttach(k, two, 5), 5);
  throwsErrno(t, EINVAL, () => devswDetach(k, { name: 'one' }));
  devswDetach(k, one);
  t.is(devswByName(k, 'one'), null);
  t.is(devswAttach(k, { name: 'three' }), first, 'a major is used again');
  shutdown(k);
});

test('majors run out', (t) => {
  const k = bootFifo();
  throwsErrno(t, ENXIO, () => {
    for (let i = 0; i < 4096; i++) {
      devswAttach(k, { name: `d${i}` });
    }
  });
  shutdown(k);
});

test('operations reach the driver; those it lacks are ENODEV, an unknown device ENXIO', (t) => {
  const k = bootFifo();
  const l = newproc(k);
  const log: unknown[] = [];
  const number = devswAttach(k, {
    name: 'full',
    open: (_l, dev, flag) => void log.push(['open', minor(dev), flag]),
    close: (_l, dev, flag) => void log.push(['close', minor(dev), flag]),
    read: (_l, _dev, uio) => void uiomove(new TextEncoder().encode('text'), uio),
    write: (_l, _dev, uio) => void log.push(['write', uio.resid]),
    ioctl: (_l, _dev, com, data) => void log.push(['ioctl', com, data.length]),
  });
  const dev = makedev(number, 3);
  const buf = new Uint8Array(6);
  now(cdevOpen(l, dev, 1));
  now(cdevTransfer(l, dev, uioSetup(buf, 0, 'read'), 0));
  t.is(new TextDecoder().decode(buf), 'text\0\0');
  now(cdevTransfer(l, dev, uioSetup(buf, 0, 'write'), 0));
  now(cdevIoctl(l, dev, 77, buf, 0));
  now(cdevClose(l, dev, 2));
  t.deepEqual(log, [
    ['open', 3, 1],
    ['write', 6],
    ['ioctl', 77, 6],
    ['close', 3, 2],
  ]);
  const bare = makedev(devswAttach(k, { name: 'bare' }), 0);
  t.is(now(cdevOpen(l, bare, 0)), undefined);
  t.is(now(cdevClose(l, bare, 0)), undefined);
  throwsErrno(t, ENODEV, () => cdevTransfer(l, bare, uioSetup(buf, 0, 'read'), 0));
  throwsErrno(t, ENODEV, () => cdevTransfer(l, bare, uioSetup(buf, 0, 'write'), 0));
  throwsErrno(t, ENODEV, () => cdevIoctl(l, bare, 1, buf, 0));
  throwsErrno(t, ENXIO, () => cdevOpen(l, makedev(number + 9, 0), 0));
  shutdown(k);
});
