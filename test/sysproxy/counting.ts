/** What goes between a client and a server, looked at on its way: how often the server asks. */
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { Reassembly, RUMPSP_COPYIN, RUMPSP_COPYINSTR, RUMPSP_REQ } from '../../lib/sysproxy/frame.ts';

export interface Counting {
  readonly url: string;
  /** Copies in that the server has asked for. */
  readonly asked: number;
  close(): void;
}

/** A way to the server at `path` that counts. */
export async function counting(path: string, dir: string): Promise<Counting> {
  let asked = 0;
  const way = join(dir, 'counted');
  const server = createServer((client) => {
    const served = connect(path);
    const input = new Reassembly(1 << 24);
    let banner = true;
    client.on('error', () => served.destroy());
    client.on('data', (bytes) => served.write(bytes));
    client.on('close', () => served.destroy());
    served.on('error', () => client.destroy());
    served.on('close', () => client.destroy());
    served.on('data', (bytes) => {
      client.write(bytes);
      const begin = banner ? bytes.indexOf(10) + 1 : 0;
      banner &&= begin === 0;
      input.push(new Uint8Array(bytes.subarray(begin)));
      for (let frame = input.next(); frame !== null && frame !== 'bad'; frame = input.next()) {
        const asks = frame.type === RUMPSP_COPYIN || frame.type === RUMPSP_COPYINSTR;
        asked += frame.class === RUMPSP_REQ && asks ? 1 : 0;
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(way, resolve));
  return {
    url: `unix://${way}`,
    get asked() {
      return asked;
    },
    close: () => server.close(),
  };
}
