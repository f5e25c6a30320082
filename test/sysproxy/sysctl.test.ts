/** Requests about the tree of sysctl(7), as a program in C makes them. */
import {
  SYSCTLNODE_SIZE,
  sysctlnodeDecode,
  sysctlnodeNew,
  sysctlnodeRequest,
} from '../../lib/kern/sysctl_node.ts';
import {
  CTL_CREATE,
  CTL_DESCRIBE,
  CTL_VENDOR,
  CTLFLAG_READWRITE,
  CTLTYPE_INT,
} from '../../lib/sys/constants/sysctl.ts';
import { EFAULT, ENAMETOOLONG, EPERM } from '../../lib/sys/errno.ts';
import { words } from '../../lib/sysproxy/frame.ts';
import { RawClient } from './raw.ts';
import { served } from './served.ts';

const SYSCTL = 202;

served(
  'a description is read from the memory of the client',
  async (t, { path, kernel }) => {
    const client = await RawClient.guest(path);
    const mib = (...names: number[]): bigint => client.alloc(0, Buffer.from(Int32Array.from(names).buffer));
    const old = client.alloc(4096);
    const request = async (op: number, node: Uint8Array): Promise<number> => {
      const oldlen = client.alloc(0, words(4096n));
      const newv = client.alloc(0, node);
      return (await client.call(SYSCTL, mib(CTL_VENDOR, op), 2, old, oldlen, newv, node.length)).errno;
    };
    t.is(await request(CTL_CREATE, sysctlnodeNew(CTL_CREATE, 'mine', CTLTYPE_INT | CTLFLAG_READWRITE)), 0);
    const [made] = sysctlnodeDecode(client.at(old, SYSCTLNODE_SIZE));
    const described = (address: bigint): Uint8Array => {
      const node = sysctlnodeRequest(made?.num);
      new DataView(node.buffer, node.byteOffset).setBigUint64(SYSCTLNODE_SIZE - 8, address, true);
      return node;
    };
    t.is(await request(CTL_DESCRIBE, described(1n)), EFAULT.errno);
    t.is(await request(CTL_DESCRIBE, described(client.text('x'.repeat(1024)))), ENAMETOOLONG.errno);
    t.is(await request(CTL_DESCRIBE, described(client.text('what is mine: é'))), 0);
    t.is(client.at(old, 64).toString('utf8', 12, 12 + 16), 'what is mine: é');
    t.is(await request(CTL_DESCRIBE, described(client.text('again'))), EPERM.errno);
    t.is(await request(CTL_DESCRIBE, sysctlnodeRequest(made?.num)), 0, 'the one it has');
    t.is(kernel.sysctl('vendor.mine'), 0);
    client.close();
  },
  { uid: 0, gid: 0 },
);
