/** The thread of a kernel of its own, with a component that is not built in: there it goes by its name. */
import { components, ownThread } from '../../lib/api/index.ts';
import { loopback } from '../emul/netbsd/loopback.ts';

Object.assign(components, { loopback: loopback() });
ownThread();
