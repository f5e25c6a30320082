/** Conversations that NetBSD's own client had with NetBSD's own server, with our server in its place. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { boot } from '../../lib/api/index.ts';
import { readSessions, replay } from './session.ts';

const FILES = [
  'anonmmap',
  'badreq',
  'bigio',
  'edge',
  'exec',
  'file',
  'fork',
  'getpid',
  'pipe',
  'poll',
  'raise',
  'reboot',
  'sock',
  'sysctl',
];

for (const session of FILES.flatMap(readSessions)) {
  test(session.name, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'rump-'));
    const path = join(dir, 'sock');
    const kernel = boot({ console: () => {} });
    const maker = kernel.newproc();
    for (const directory of session.directories) {
      maker.sys.mkdir(directory, 0o755);
    }
    maker.exit();
    const listener = await kernel.listen(`unix://${path}`, { uid: 0, gid: 0 });
    try {
      t.is(await replay(path, session), '');
    } finally {
      await listener.close();
      kernel.halt();
      rmSync(dir, { recursive: true });
    }
  });
}
