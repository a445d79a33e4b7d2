import { parseArgs } from 'node:util';
import { startFleet } from './start.ts';
import { STATES } from './states.ts';
import type { WindowsHostSpec } from './types.ts';

const USAGE = `node --conditions=@winmedic/source labs/src/windows-host/main.ts [options]
  --count N      hosts, 1 by default
  --state NAME   ${[...STATES.keys()].join(', ')}
  --port N       port of the first listener, 0 takes a free one
  --latency MS   before each answer
  --loss SHARE   of connections that are reset, 0 to 1
  --rdp nla      also an RDP port: required, optional, off
The accounts of the states, CORP\\alice first, are in labs/src/windows-host/states.ts.
Prints one JSON line per host and runs until it is interrupted.
`;

/** Most hosts of one run: three sockets each stay below common limits of open files only with a raised limit. */
const MAX_HOSTS = 20_000;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1' },
    state: { type: 'string', default: 'healthy' },
    port: { type: 'string', default: '0' },
    latency: { type: 'string' },
    loss: { type: 'string' },
    rdp: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

function number(text: string, max: number): number {
  const value = Number(text);
  if (!(value >= 0 && value <= max)) throw new RangeError(`not a number from 0 to ${max}: ${text}`);
  return value;
}

/** The specification the options describe. */
function specOf(): WindowsHostSpec {
  const state = STATES.get(values.state);
  if (state === undefined) throw new RangeError(`no state ${values.state}: ${[...STATES.keys()].join(', ')}`);
  const spec = state();
  const [first, ...others] = spec.listeners ?? [{ transport: 'HTTP' as const }];
  const nla = (['required', 'optional', 'off'] as const).find((each) => each === values.rdp);
  return {
    ...spec,
    listeners: [{ ...(first ?? { transport: 'HTTP' }), port: number(values.port, 65_535) }, ...others],
    ...(values.latency === undefined ? {} : { latencyMs: number(values.latency, 600_000) }),
    ...(values.loss === undefined ? {} : { loss: number(values.loss, 1) }),
    ...(nla === undefined ? {} : { rdp: { nla } }),
  };
}

if (values.help) process.stdout.write(USAGE);
else {
  const spec = specOf();
  const count = number(values.count, MAX_HOSTS);
  // One host alone is where people look for it.
  const hosts = await startFleet(count, () => (count === 1 ? { name: 'HV01', address: '127.0.0.1', ...spec } : spec));
  for (const [i, host] of hosts.entries()) {
    const { address, rdpPort, listeners } = host;
    const ports = listeners.map(({ transport, port }) => ({ transport, port }));
    process.stdout.write(`${JSON.stringify({ host: i + 1, address, listeners: ports, rdpPort, state: values.state })}\n`);
  }
  process.once('SIGINT', () => void Promise.all(hosts.map((host) => host.close())));
  process.once('SIGTERM', () => void Promise.all(hosts.map((host) => host.close())));
}
