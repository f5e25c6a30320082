/** Calls on sockets, by a component that provides them: by every way to make a call, on every host. */
import { components } from '../../../lib/api/index.ts';
import { conformance, now, turn } from '../../conformance/harness.ts';
import { loopback } from './loopback.ts';
import { SCENES } from './scenes.ts';

const boot = { components: [...Object.values(components), loopback()] };

for (const [title, scene] of Object.entries(SCENES)) {
  conformance(title, (t, { call, newproc }) => scene(t, call(newproc({ uid: 100 }))), { boot });
}

conformance(
  'a message that is waited for fills what the caller has given',
  async (t, { call, newproc }) => {
    const sys = call(newproc());
    const [a, b] = await sys.socketpair(1, 2, 0);
    const msg = { name: null, iov: [Buffer.alloc(8, '.')], control: new Uint8Array(32), flags: -1 };
    const waiting = sys.recvmsg(a, msg, 0);
    t.is(await now(waiting), 'pending');
    const control = new Uint8Array(16);
    await sys.sendmsg(b, { name: null, iov: [Buffer.from('late')], control, flags: 0 }, 0);
    await turn();
    t.is(await waiting, 4);
    t.is(msg.iov[0]?.toString(), 'late....');
    t.deepEqual([msg.control.length, msg.flags], [16, 0]);
  },
  { boot, faces: ['promise', 'gate', 'sysproxy'] },
);
