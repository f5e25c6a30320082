/** Calls of other processes in a trace. */
import { connect } from '../../lib/api/index.ts';
import { served } from './served.ts';

served(
  'a trace tells of remote calls, whose they are, and how long they took',
  async (t, { kernel, listener }) => {
    const one = await connect(listener.url, { comm: 'one' });
    const two = await connect(listener.url, { comm: 'two' });
    using trace = kernel.trace();
    const [r, w] = await one.promises.pipe();
    const reading = one.promises.read(r, new Uint8Array(8));
    await t.throwsAsync(two.promises.open('/none', 0), { code: 'ENOENT' });
    await one.promises.write(w, Buffer.from('hello'));
    await reading;
    trace.stop();
    await one.promises.getpid();
    const events = trace.events.filter(({ pid }) => pid === one.pid || pid === two.pid);
    const shapes = events.map((event) =>
      [event.type, event.comm, 'call' in event ? event.call : '', 'peer' in event ? event.peer : ''].join(
        ' ',
      ),
    );
    const [first, second] = [`${listener.url}#1`, `${listener.url}#2`];
    const told = (shape: string): boolean =>
      t.true(shapes.includes(shape), `${shape} in\n${shapes.join('\n')}`);
    told('call one read ');
    told('return one read ');
    told(`answer one read ${first}`);
    told('call two open ');
    told('error two open ');
    told(`answer two open ${second}`);
    t.like(
      events.find((event) => event.type === 'call' && event.call === 'open'),
      { args: { path: '/none', flags: 0 } },
    );
    const answers = events.filter((event) => event.type === 'answer');
    t.deepEqual(answers.map(({ call }) => call).sort(), ['open', 'pipe', 'read', 'write']);
    const read = answers.find(({ call }) => call === 'read');
    const open = answers.find(({ call }) => call === 'open');
    // The read was there before the open, and was answered after it.
    t.true((read?.latencyNs as number) > (open?.latencyNs as number));
    const chrome = JSON.parse(trace.toChrome()) as { traceEvents: { name: string; ph: string }[] };
    t.true(chrome.traceEvents.some(({ name, ph }) => name === `open of ${second}` && ph === 'X'));
    one.close();
    two.close();
  },
);
