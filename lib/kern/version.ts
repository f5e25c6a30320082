/** Which kernel this is. NetBSD: sys/sys/param.h, sys/conf/newvers.sh. */
import { __NetBSD_Version__ } from '../sys/constants/param.ts';

/** Version of the interface between a kernel and what is linked with it. */
export const RUMP_VERSION = 1;

export const OSTYPE = 'NetBSD';
export const MACHINE = 'amd64';

const major = Math.floor(__NetBSD_Version__ / 100_000_000);
const minor = Math.floor(__NetBSD_Version__ / 1_000_000) % 100;
const patch = Math.floor(__NetBSD_Version__ / 100) % 10_000;

/** "7.99.34" from 799003400: two digits of minor number, four of patch level. */
export const OSRELEASE = `${major}.${minor}.${patch}`;

export const COPYRIGHT =
  'Copyright (c) the rumpkernel authors and the NetBSD Foundation whose interfaces it follows.';
export const VERSION = `${OSTYPE} ${OSRELEASE} (RUMP-ROAST)`;
