/** System calls 500 to 506. What the fields mean: `sysent.ts`. NetBSD: sys/kern/syscalls.master. */
import type { SysentRow } from '../sysent.ts';

// biome-ignore format: a table reads best with a row in few lines
export const SYSCALLS_500 = [
  { number: 500, name: 'memfd_create', call: 'memfd_create', args: [['name', 'string'],
    ['flags', 'unsigned int']],
    result: 'int', sleeps: false, component: 'vfs', support: 'planned', note: 'since NetBSD 11' },
  { number: 501, name: '__kevent100', call: '__kevent100', args: [['fd', 'int'],
    ['changelist', 'in[]? kevent'], ['nchanges', 'len changelist'], ['eventlist', 'out[] kevent'],
    ['nevents', 'max eventlist'], ['timeout', 'in? timespec']],
    result: 'count', sleeps: true, component: 'base', support: 'planned',
    note: 'since NetBSD 11: a longer struct kevent' },
  { number: 502, name: 'epoll_create1', call: 'epoll_create1', args: [['flags', 'int']],
    result: 'int', sleeps: false, component: 'base', support: 'planned', note: 'since NetBSD 11' },
  { number: 503, name: 'epoll_ctl', call: 'epoll_ctl', args: [['epfd', 'int'], ['op', 'int'],
    ['fd', 'int'], ['event', 'in? epoll_event']],
    result: 'void', sleeps: false, component: 'base', support: 'planned', note: 'since NetBSD 11' },
  { number: 504, name: 'epoll_pwait2', call: 'epoll_pwait2', args: [['epfd', 'int'],
    ['events', 'out[] epoll_event'], ['maxevents', 'max events'], ['timeout', 'in? timespec'],
    ['sigmask', 'in? sigset_t']],
    result: 'count', sleeps: true, component: 'base', support: 'planned', note: 'since NetBSD 11' },
  { number: 505, name: '__dup3100', call: '__dup3100', args: [['from', 'int'], ['to', 'int'],
    ['flags', 'int']],
    result: 'int', sleeps: true, component: 'base', support: 'planned',
    note: 'since NetBSD 11: EINVAL for equal descriptors' },
  { number: 506, name: 'semtimedop', call: 'semtimedop', args: [['semid', 'int'], ['sops', 'in[] sembuf'],
    ['nsops', 'len sops'], ['timeout', 'in? timespec']],
    result: 'void', sleeps: true, component: 'sysvipc', support: 'planned', note: 'since NetBSD 11' },
] as const satisfies readonly SysentRow[];
