/**
 * From a path to a vnode.
 *
 * A walk goes from directory to directory without a generator as long as nothing sleeps; when a file system must,
 * the walk is put into one and goes on there (`walkSleeping`), by the same `advance`. Between two sleeps nothing is
 * referenced; across a sleep the walk holds the directory it stands in.
 *
 * What is found is referenced: who asked gives it back (`vrele`, `vuse`).
 *
 * NetBSD: sys/kern/vfs_lookup.c, namei(9), path_resolution(7).
 */
import type { KauthCred } from '../kern/kauth.ts';
import type { Lwp } from '../kern/lwp.ts';
import { isMaySleep, type MaySleep, type Soon } from '../kern/maysleep.ts';
import { PATH_MAX } from '../sys/constants/limits.ts';
import { MNT_SYMPERM } from '../sys/constants/mount.ts';
import { ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR } from '../sys/errno.ts';
import { longerThan } from '../sys/pathname.ts';
import { VEXEC, VREAD, vaccess } from './access.ts';
import type { At } from './at.ts';
import { cwdiOf } from './cwdi.ts';
import type { Mount } from './mount.ts';
import { type Vnode, vref, vrele, vtouch, vuse } from './vnode.ts';

/** Symbolic links followed in one walk at most. */
const MAXSYMLINKS = 32;

/** What becomes of a symbolic link in the last place. */
export type Follow = 'follow' | 'nofollow';

/** What the last component was: a name, or one of those that are none. */
export type LastKind = 'name' | 'dot' | 'dotdot' | 'root';

export class Walk {
  readonly l: Lwp;
  /** Whose rights count. */
  readonly cred: KauthCred;
  readonly follow: Follow;
  /** A last name that is not there is an answer (`vp` null), not an error. */
  readonly intent: 'find' | 'enter';
  /** What is left of the path: from `at` on. */
  #path: string;
  #at = 0;
  #links = 0;
  /** Whether the next directory may be searched is not known. */
  #mustAsk: boolean;
  /** Where it stands, and the last component. */
  dvp: Vnode;
  name = '';
  kind: LastKind = 'root';
  /** The path ends in slashes: only a directory will do. */
  trailing = false;
  vp: Vnode | null = null;
  /** The symbolic link whose text is waited for. */
  link: Vnode | null = null;

  constructor(
    l: Lwp,
    at: At | null,
    path: string,
    follow: Follow,
    intent: 'find' | 'enter',
    cred: KauthCred = l.cred,
  ) {
    if (path === '') {
      throw ENOENT;
    }
    if (longerThan(path, PATH_MAX - 1)) {
      throw ENAMETOOLONG;
    }
    const cwdi = cwdiOf(l.proc);
    this.l = l;
    this.cred = cred;
    this.follow = follow;
    this.intent = intent;
    this.#path = path;
    const absolute = path.charCodeAt(0) === SLASH;
    this.dvp = absolute ? cwdi.rdir : (at?.vp ?? cwdi.cdir);
    this.#mustAsk = absolute || at?.searched !== true;
  }

  /** Go as far as it goes without sleeping. @returns null at the end, else what has to be waited for */
  advance(): MaySleep<Vnode | string | null> | null {
    for (;;) {
      if (!this.#component()) {
        this.kind = 'root';
        this.vp = this.dvp;
        this.#mustSearch();
        return null;
      }
      const found = this.#lookup();
      if (isMaySleep(found)) {
        return found;
      }
      const waiting = this.arrive(found);
      if (waiting !== undefined) {
        return waiting;
      }
    }
  }

  /** Take the next component off the path. @returns false when there is none */
  #component(): boolean {
    const path = this.#path;
    let from = this.#at;
    while (path.charCodeAt(from) === SLASH) {
      from++;
    }
    if (from >= path.length) {
      return false;
    }
    const slash = path.indexOf('/', from);
    const to = slash < 0 ? path.length : slash;
    let next = to;
    while (path.charCodeAt(next) === SLASH) {
      next++;
    }
    this.name = from === 0 && to === path.length ? path : path.slice(from, to);
    this.trailing = next > to && next >= path.length;
    this.#at = next;
    this.kind = this.name === '.' ? 'dot' : this.name === '..' ? 'dotdot' : 'name';
    return true;
  }

  get #last(): boolean {
    return this.#at >= this.#path.length;
  }

  #mustSearch(): void {
    if (this.dvp.type !== 'VDIR') {
      throw this.dvp.type === 'VBAD' ? ENOENT : ENOTDIR;
    }
  }

  #lookup(): Soon<Vnode | null> {
    const { l, name } = this;
    this.#mustSearch();
    if (this.#mustAsk) {
      vaccess(l.kernel, this.cred, this.dvp, VEXEC);
    }
    this.#mustAsk = true;
    if (this.kind === 'name') {
      if (longerThan(name, (this.dvp.mount as Mount).namemax)) {
        throw ENAMETOOLONG;
      }
    } else if (this.kind === 'dot' || !this.#leaveMount()) {
      return this.dvp;
    }
    return this.dvp.ops.lookup(l, this.dvp, name);
  }

  /** For "..": out of the roots of mounts. @returns false where there is no way up: the root of the process */
  #leaveMount(): boolean {
    const { rdir } = cwdiOf(this.l.proc);
    while (this.dvp !== rdir && this.dvp === this.dvp.mount?.root) {
      const { covered } = this.dvp.mount;
      if (covered === null) {
        return false;
      }
      this.dvp = covered;
    }
    return this.dvp !== rdir;
  }

  /**
   * The component has led somewhere. @returns null when that was the last, undefined to go on, else what has to be
   * waited for. @throws ENOENT ENOTDIR ELOOP
   */
  arrive(found: Vnode | null): MaySleep<string> | null | undefined {
    if (found === null) {
      if (!this.#last || this.intent === 'find') {
        throw ENOENT;
      }
      this.vp = null;
      return null;
    }
    let vp = found;
    while (vp.mountedhere !== null) {
      vp = vp.mountedhere.root;
    }
    vtouch(vp);
    if (vp.type === 'VLNK' && (!this.#last || this.follow === 'follow' || this.trailing)) {
      return this.#link(vp);
    }
    if (!this.#last) {
      this.dvp = vp;
      return undefined;
    }
    if (this.trailing && vp.type !== 'VDIR') {
      throw ENOTDIR;
    }
    this.vp = vp;
    return null;
  }

  #link(vp: Vnode): MaySleep<string> | undefined {
    const { l } = this;
    if (++this.#links > MAXSYMLINKS) {
      throw ELOOP;
    }
    if (((vp.mount?.flag ?? 0) & MNT_SYMPERM) !== 0) {
      vaccess(l.kernel, this.cred, vp, VREAD);
    }
    const target = vp.ops.readlink(l, vp);
    if (isMaySleep(target)) {
      this.link = vp;
      return target;
    }
    this.through(target);
    return undefined;
  }

  /** The path goes on with the text of a symbolic link. @throws ENOENT it is empty; ENAMETOOLONG */
  through(target: string): void {
    if (target === '') {
      throw ENOENT;
    }
    const rest = this.#path.slice(this.#at);
    const path = rest === '' && !this.trailing ? target : `${target}/${rest}`;
    if (longerThan(path, PATH_MAX - 1)) {
      throw ENAMETOOLONG;
    }
    this.#path = path;
    this.#at = 0;
    if (target.charCodeAt(0) === SLASH) {
      this.dvp = cwdiOf(this.l.proc).rdir;
    }
  }
}

const SLASH = 0x2f;

/** The rest of a walk that sleeps. */
function* walkSleeping(walk: Walk, first: MaySleep<Vnode | string | null>): MaySleep<void> {
  let waiting: MaySleep<Vnode | string | null> | null = first;
  while (waiting !== null) {
    const { dvp, link } = walk;
    walk.link = null;
    vref(dvp);
    if (link !== null) {
      vref(link);
    }
    try {
      const answer: Vnode | string | null = yield* waiting;
      if (typeof answer === 'string') {
        walk.through(answer);
        waiting = walk.advance();
      } else {
        const next: MaySleep<string> | null | undefined = walk.arrive(answer);
        waiting = next === undefined ? walk.advance() : next;
      }
      if (waiting === null) {
        hold(walk);
      }
    } finally {
      if (link !== null) {
        vrele(link);
      }
      vrele(dvp);
    }
  }
}

/** What a walk has found is referenced from now on. */
function hold(walk: Walk): void {
  if (walk.intent === 'enter') {
    vref(walk.dvp);
  }
  if (walk.vp !== null) {
    vref(walk.vp);
  }
}

/**
 * The file `path` leads to, referenced.
 * @param at directory that relative paths start from; null for the working directory
 * @throws ENOENT ENOTDIR EACCES ELOOP ENAMETOOLONG
 */
export function namei(l: Lwp, at: At | null, path: string, follow: Follow): Soon<Vnode> {
  const walk = new Walk(l, at, path, follow, 'find');
  const waiting = walk.advance();
  if (waiting === null) {
    return vref(walk.vp as Vnode);
  }
  return nameiSleeping(walk, waiting);
}

function* nameiSleeping(walk: Walk, waiting: MaySleep<Vnode | string | null>): MaySleep<Vnode> {
  yield* walkSleeping(walk, waiting);
  return walk.vp as Vnode;
}

/**
 * The directory `path` leads to but for its last component, that component, and what it leads to if anything: for
 * `fn`, which may enter, replace or remove it. Both vnodes are referenced until `fn` is done.
 * NetBSD: LOCKPARENT with CREATE, DELETE, RENAME.
 */
export function nameiParent<T>(
  l: Lwp,
  at: At | null,
  path: string,
  follow: Follow,
  fn: (walk: Walk) => Soon<T>,
): Soon<T> {
  const walk = new Walk(l, at, path, follow, 'enter');
  const waiting = walk.advance();
  if (waiting !== null) {
    return parentSleeping(walk, waiting, fn);
  }
  hold(walk);
  return entered(walk, fn);
}

function* parentSleeping<T>(
  walk: Walk,
  waiting: MaySleep<Vnode | string | null>,
  fn: (walk: Walk) => Soon<T>,
): MaySleep<T> {
  yield* walkSleeping(walk, waiting);
  const answer = entered(walk, fn);
  return isMaySleep(answer) ? yield* answer : answer;
}

function entered<T>(walk: Walk, fn: (walk: Walk) => Soon<T>): Soon<T> {
  return vuse(walk.dvp, () => (walk.vp === null ? fn(walk) : vuse(walk.vp, () => fn(walk))));
}

/** Look `path` up, by the rights of `cred`, and use what it leads to. */
export function nameiUse<T>(
  l: Lwp,
  at: At | null,
  path: string,
  follow: Follow,
  fn: (vp: Vnode) => Soon<T>,
  cred?: KauthCred,
): Soon<T> {
  const walk = new Walk(l, at, path, follow, 'find', cred);
  const waiting = walk.advance();
  return waiting === null ? vuse(vref(walk.vp as Vnode), fn) : useSleeping(walk, waiting, fn);
}

function* useSleeping<T>(
  walk: Walk,
  waiting: MaySleep<Vnode | string | null>,
  fn: (vp: Vnode) => Soon<T>,
): MaySleep<T> {
  const vp = yield* nameiSleeping(walk, waiting);
  const answer = vuse(vp, fn);
  return isMaySleep(answer) ? yield* answer : answer;
}
