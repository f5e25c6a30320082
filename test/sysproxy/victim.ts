/** A client under load, to be killed: it takes locks, makes files and pipes, waits, forks, and never ends by itself. */
import { constants as c, connect, type RemoteProc } from '../../lib/api/index.ts';

const url = process.argv[2] as string;
/** Characters of a process's name, which has one more for each fork. */
const LONGEST = 12;
const quiet = (): void => {};

async function load(proc: RemoteProc, name: string): Promise<never> {
  const { promises: sys } = proc;
  const [r, w] = await sys.pipe();
  const record = await sys.open(`/tmp/${name}-record`, c.O_CREAT | c.O_RDWR, 0o666);
  sys.read(r, new Uint8Array(1)).catch(quiet);
  for (let i = 0; ; i++) {
    const fd = await sys.open(`/tmp/${name}-${i % 5}`, c.O_CREAT | c.O_RDWR, 0o666);
    await sys.flock(fd, c.LOCK_EX);
    await Promise.all([
      sys.write(fd, new Uint8Array(10_000)),
      sys.fcntl(record, c.F_SETLK, { type: c.F_WRLCK, start: 0, len: 0, whence: c.SEEK_SET }),
    ]);
    // Somebody else's, sometimes: then it waits.
    const shared = await sys.open('/tmp/shared', c.O_CREAT | c.O_RDWR, 0o666);
    await sys.flock(shared, c.LOCK_EX);
    await sys.write(w, new Uint8Array(10));
    const kq = await sys.kqueue();
    await sys.kevent(
      kq,
      [{ ident: w, filter: c.EVFILT_WRITE, flags: c.EV_ADD, fflags: 0, data: 0, udata: 0n }],
      1,
    );
    await sys.close(kq);
    await sys.close(shared);
    await sys.close(fd);
    if (i % 7 === 3 && name.length < LONGEST) {
      load(await proc.fork(), `${name}f`).catch(quiet);
    }
  }
}

const proc = await connect(url, { comm: 'victim' });
process.stdout.write('ready\n');
await load(proc, String(process.pid));
