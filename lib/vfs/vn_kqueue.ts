/**
 * kqueue on files: readable up to the end, always writable, and what happens to the file itself.
 *
 * NetBSD: sys/miscfs/genfs/genfs_vnops.c (genfs_kqfilter), sys/fs/tmpfs; kqueue(2) EVFILT_VNODE.
 */

import { type Filterops, type Knote, knote, knoteAttach, knoteDetach } from '../kern/knote.ts';
import type { Lwp } from '../kern/lwp.ts';
import { isMaySleep } from '../kern/maysleep.ts';
import { EV_EOF, EVFILT_READ, EVFILT_VNODE, EVFILT_WRITE, NOTE_REVOKE } from '../sys/constants/event.ts';
import { EINVAL } from '../sys/errno.ts';
import type { Vnode } from './vnode.ts';

/** How many bytes lie between the offset of the open file and its end. */
function readable(l: Lwp, vp: Vnode): Filterops {
  return {
    detach: knoteDetach,
    event(kn, hint) {
      if (hint === NOTE_REVOKE) {
        kn.flags |= EV_EOF;
        return true;
      }
      const size = vp.ops.size(l, vp);
      // A size that has to be waited for is not known here: the reader finds out.
      kn.data = isMaySleep(size) ? 1 : size - (kn.file?.offset ?? 0);
      return kn.data !== 0;
    },
  };
}

const writableOps: Filterops = {
  detach: knoteDetach,
  event(kn, hint) {
    if (hint === NOTE_REVOKE) {
      kn.flags |= EV_EOF;
    }
    kn.data = 0;
    return true;
  },
};

const vnodeFilter: Filterops = {
  detach: knoteDetach,
  event(kn, hint) {
    if ((kn.sfflags & hint) !== 0) {
      kn.fflags |= kn.sfflags & hint;
    }
    if (hint === NOTE_REVOKE) {
      kn.flags |= EV_EOF;
      return true;
    }
    return kn.fflags !== 0;
  },
};

/** @throws EINVAL */
export function genfsKqfilter(l: Lwp, vp: Vnode, kn: Knote): void {
  switch (kn.filter) {
    case EVFILT_READ:
      knoteAttach(kn, vp, readable(l, vp));
      break;
    case EVFILT_WRITE:
      knoteAttach(kn, vp, writableOps);
      break;
    case EVFILT_VNODE:
      knoteAttach(kn, vp, vnodeFilter);
      break;
    default:
      throw EINVAL;
  }
}

/** Tell those who watch `vp` of NOTE_* things that have happened to it. */
export function vnKnote(vp: Vnode, hint: number): void {
  if (vp.klist !== null) {
    knote(vp, hint);
  }
}
