import { type WriteRecord, writeEvtx } from '@winmedic/labs/evtx-writer';
import { boot, stopCleanly, stopDirty, winlogonRequest } from '../../labs/src/scenarios/boot-and-stop.ts';
import { SERVER_2016, SERVER_2019 } from '../../labs/src/scenarios/builds.ts';
import { failOnScreen, openLogonScreen } from '../../labs/src/scenarios/rdp.ts';
import { server } from '../../labs/src/scenarios/variants/server.ts';

/** A seed of the fuzzer. */
export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Seeds: small valid logs, one stop each, and one log with every kind of value. Mutating a small file reaches deeper per second than a large one. */
export function seeds(): Seed[] {
  const result: Seed[] = [];
  const builds = { 2016: SERVER_2016, 2019: SERVER_2019 };
  for (const [year, build] of Object.entries(builds)) {
    const add = (name: string, stop: (on: ReturnType<typeof server>) => void): void => {
      const on = server({ build });
      stop(on);
      for (const file of on.host.files()) result.push({ name: `${name} ${year} ${file.name}`, bytes: file.bytes });
    };
    add('logon screen', ({ host }) => {
      const at = host.at('2021-03-03 10:41:18.2270031');
      const connection = openLogonScreen(host, host.after(at, -90), '192.0.2.7');
      failOnScreen(host, host.after(at, -60), connection, 'tanaka', 'APP02');
      boot(host, host.after(at, 60), stopCleanly(host, at, winlogonRequest('powerOff')));
    });
    add('bug check', ({ host }) => {
      const at = host.at('2021-03-03 10:41:18.2270031');
      boot(
        host,
        host.after(at, 96),
        stopDirty(host, at, { bugCheck: { code: 0xd1, parameters: [1n, 2n, 3n, 4n], reportId: '030321-9437-01', dump: 162 } }),
      );
    });
    add('power loss', ({ host }) => {
      const at = host.at('2021-03-03 05:33:50.6619207');
      boot(host, host.after(at, 1975), stopDirty(host, at));
    });
  }
  result.push({ name: 'values', bytes: writeEvtx(valueRecords(), {}) });
  result.push({ name: 'values in slots', bytes: writeEvtx(valueRecords(), { provider: 'slot', recordsPerChunk: 4 }) });
  return result;
}

/** One record per structure of the writer. */
function valueRecords(): WriteRecord[] {
  const system = { provider: 'Fuzz-Provider', eventId: 1, channel: 'Fuzz', computer: 'HOST' };
  const timeTicks = 131_753_042_690_000_000n;
  const values: WriteRecord['data'][] = [
    {
      kind: 'eventData',
      items: [
        { name: 'text', value: { type: 'string', value: 'a<b>&"c' } },
        { name: 'n', value: { type: 'u64', value: 2n ** 64n - 1n } },
        { value: { type: 'sid', value: 'S-1-5-21-1-2-3-1001' } },
      ],
    },
    {
      kind: 'eventData',
      items: [
        {
          name: 'a',
          value: {
            type: 'array',
            of: 'string',
            items: [
              { type: 'string', value: 'x' },
              { type: 'string', value: 'y' },
            ],
          },
        },
        { name: 'g', value: { type: 'guid', value: '{12345678-1234-1234-1234-123456789abc}' } },
        { name: 'b', value: { type: 'binary', value: new Uint8Array(40).fill(7) } },
      ],
    },
    {
      kind: 'eventData',
      items: [
        {
          name: 'x',
          value: {
            type: 'binxml',
            element: { name: 'Inner', attributes: [['k', 'v']], children: ['text', { name: 'Leaf', children: ['z'] }] },
            template: true,
          },
        },
      ],
    },
    {
      kind: 'userData',
      element: {
        name: 'EventXML',
        children: [
          { name: 'Param1', children: [{ type: 'string', value: 'user' }] },
          { name: 'Param3', children: [{ type: 'filetime', ticks: timeTicks }] },
        ],
      },
      template: true,
    },
    { kind: 'userData', element: { name: 'Plain', children: [{ name: 'Leaf', children: ['text'] }] }, template: false },
    { kind: 'classic', strings: ['one', 'two'], binary: new Uint8Array(64) },
    { kind: 'none' },
  ];
  return values.map((data, index) => ({ timeTicks: timeTicks + BigInt(index), system: { ...system, eventId: index + 1 }, data }));
}
