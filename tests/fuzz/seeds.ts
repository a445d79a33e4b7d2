import { writeEvtx, type WriteRecord } from '@winmedic/labs/evtx-writer';
import { SCENARIOS } from '@winmedic/labs/scenarios';

/** Seeds: small valid logs with every kind of structure. Mutating a small file reaches deeper per second than a large one. */
export function seeds(): { readonly name: string; readonly bytes: Uint8Array }[] {
  const result: { name: string; bytes: Uint8Array }[] = [];
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    for (const file of scenario()) if (/System|Security/.test(file.name) && file.bytes.length <= 4096 + 2 * 65_536) result.push({ name: `${name}/${file.name}`, bytes: file.bytes });
  }
  result.push({ name: 'values', bytes: writeEvtx(valueRecords(), {}) });
  return result;
}

/** One record per value type and structure of the writer. */
function valueRecords(): WriteRecord[] {
  const system = { provider: 'Fuzz-Provider', eventId: 1, channel: 'Fuzz', computer: 'HOST' };
  const timeTicks = 131_753_042_690_000_000n;
  const values: WriteRecord['data'][] = [
    { kind: 'eventData', items: [{ name: 'text', value: { type: 'string', value: 'a<b>&"c' } }, { name: 'n', value: { type: 'u64', value: 2n ** 64n - 1n } }, { value: { type: 'sid', value: 'S-1-5-21-1-2-3-1001' } }] },
    { kind: 'eventData', items: [{ name: 'a', value: { type: 'array', of: 'string', items: [{ type: 'string', value: 'x' }, { type: 'string', value: 'y' }] } }, { name: 'g', value: { type: 'guid', value: '{12345678-1234-1234-1234-123456789abc}' } }, { name: 'b', value: { type: 'binary', value: new Uint8Array(40).fill(7) } }] },
    { kind: 'eventData', items: [{ name: 'x', value: { type: 'binxml', element: { name: 'Inner', attributes: [['k', 'v']], children: ['text', { name: 'Leaf', children: ['z'] }] }, template: true } }] },
    { kind: 'userData', element: { name: 'EventXML', children: [{ name: 'Param1', children: [{ type: 'string', value: 'user' }] }, { name: 'Param3', children: [{ type: 'filetime', ticks: timeTicks }] }] }, template: true },
    { kind: 'userData', element: { name: 'Plain', children: [{ name: 'Leaf', children: ['text'] }] }, template: false },
    { kind: 'classic', strings: ['one', 'two'], binary: new Uint8Array(64) },
    { kind: 'none' },
  ];
  return values.map((data, index) => ({ timeTicks: timeTicks + BigInt(index), system: { ...system, eventId: index + 1 }, data }));
}
