import { memorySource } from '@winmedic/bytes';
import { type EtlProviderTable, openEtl } from '@winmedic/etl';
import {
  encodePayload,
  encodeTraceLogging,
  ndisPacket,
  pktmonPacket,
  type WriteEtlOptions,
  type WriteEventRecord,
  type WriteField,
  type WriteRecord,
} from '@winmedic/labs/etl-writer';
import { TRACE_ROWS } from '@winmedic/labs/trace-rows';
import type { CaptureSeed } from './capture-seeds.ts';

/** A trace to begin with: records, and how they are written. */
export interface EtlSeed {
  readonly name: string;
  readonly records: readonly WriteRecord[];
  readonly options: WriteEtlOptions;
}

const START = 134_195_136_000_000_000n;
/** Provider of {@link ODD_TABLE}. */
const ODD = '11111111-2222-3333-4444-555555555555';
const CLASS = '3d6fa8d1-fe05-11d0-9dda-00c04fd7ba7c';
/** Captures whose packets are put into traces. */
const CAPTURES = 6;

/** Fields of every type a manifest has, with lengths and counts that other fields tell. */
const FIELDS: readonly (readonly [WriteField, unknown])[] = [
  [{ name: 'text', type: 'UnicodeString' }, 'winrm'],
  [{ name: 'ansi', type: 'AnsiString' }, 'wsman'],
  [{ name: 'size', type: 'UInt16' }, 5],
  [{ name: 'fixed', type: 'UnicodeString', length: 4 }, 'abcd'],
  [{ name: 'told', type: 'Binary', length: 'size' }, new Uint8Array(5)],
  [{ name: 'count', type: 'UInt8' }, 3],
  [{ name: 'numbers', type: 'HexInt32', count: 'count' }, [1, 2, 3]],
  [
    {
      name: 'parts',
      type: 'Struct',
      count: 'count',
      fields: [
        { name: 'id', type: 'GUID' },
        { name: 'at', type: 'FILETIME' },
      ],
    },
    [1, 2, 3].map(() => ({ id: ODD, at: START })),
  ],
  [{ name: 'sid', type: 'SID' }, 'S-1-5-21-1-2-3-500'],
  [{ name: 'time', type: 'SYSTEMTIME' }, new Uint8Array(16).fill(1)],
  [{ name: 'pointer', type: 'Pointer' }, 0x7fff_0000n],
  [{ name: 'wide', type: 'Int64' }, -5n],
  [{ name: 'whole', type: 'Double' }, 1.5],
  [{ name: 'yes', type: 'Boolean' }, true],
  [{ name: 'counted', type: 'CountedUnicodeString' }, 'xyz'],
  [{ name: 'bytes', type: 'CountedBinary' }, new Uint8Array(9)],
];
const ODD_FIELDS = FIELDS.map(([field]) => field);
const ODD_VALUES = Object.fromEntries(FIELDS.map(([field, value]) => [field.name, value])) as Parameters<typeof encodePayload>[1];

/** What the reader is told about the provider of the seeds. */
export const ODD_TABLE: EtlProviderTable = { guid: ODD, name: 'Odd', templates: [{ id: 1, version: 0, fields: ODD_FIELDS }] };

/** Traces of the rows, of packets, and of every kind of record. @param captures whose packets are traced as well. */
export function etlSeeds(captures: readonly CaptureSeed[]): EtlSeed[] {
  const rows = TRACE_ROWS.filter((_, i) => i % 4 === 0).map(({ id, trace }) => ({ name: id, ...recordsOf(trace()) }));
  const ethernet = captures.filter(({ linkType, packets }) => linkType === 1 && packets.length < 24);
  const packets = ethernet.filter((_, i) => i % Math.ceil(ethernet.length / CAPTURES) === 0).flatMap((seed) => [netsh(seed), pktmon(seed)]);
  return [...rows, ...packets, everyKind(), selfDescribing()];
}

/** Events of a written trace, to be written again. */
function recordsOf(bytes: Uint8Array): Pick<EtlSeed, 'records' | 'options'> {
  const records: WriteRecord[] = [];
  const file = openEtl(memorySource(bytes));
  file.read((event) => {
    if (event.kind !== 'event') return;
    const { ticks, provider, id, version, channel, level, opcode, task, keyword, pid, tid, processor, activityId } = event;
    const payload = event.payload.slice();
    records.push({
      kind: 'event',
      at: ticks,
      provider,
      id,
      version,
      channel,
      level,
      opcode,
      task,
      keyword,
      pid,
      tid,
      processor,
      payload,
      ...(activityId !== '' && { activityId }),
    });
  });
  return { records, options: { build: file.header.build } };
}

function netsh({ name, packets }: CaptureSeed): EtlSeed {
  const records = packets.flatMap(({ bytes }, i) =>
    ndisPacket({
      at: START + BigInt(i) * 1000n,
      bytes,
      direction: i % 2 ? 'received' : 'sent',
      processor: i % 2,
      tid: 4 + (i % 3),
      ...(i % 3 === 0 && { fragment: 40 }),
      ...(i % 4 === 1 && { withOffload: true }),
      ...(i % 5 === 2 && { virtualSwitch: { portId: 1, portName: 'port', nicName: 'nic', nicType: 'External' } }),
    }),
  );
  return { name: `netsh trace of ${name}`, records, options: { build: 18363 } };
}

function pktmon({ name, packets }: CaptureSeed): EtlSeed {
  const records = packets.flatMap(({ bytes }, i) =>
    [1, 2].map((appearance) =>
      pktmonPacket({
        at: START + BigInt(i * 10 + appearance),
        bytes,
        group: BigInt(i),
        number: 1,
        appearance,
        component: appearance,
        ...(i % 7 === 3 && { dropReason: 5, dropLocation: 0xe0001000 }),
      }),
    ),
  );
  return { name: `pktmon of ${name}`, records, options: { build: 26100 } };
}

/** Every header type, with every extended item. */
function everyKind(): EtlSeed {
  const event: WriteEventRecord = {
    kind: 'event',
    at: START,
    provider: ODD,
    id: 1,
    activityId: ODD,
    relatedActivityId: CLASS,
    userSid: 'S-1-5-18',
    sessionId: 2,
    providerName: 'Odd',
    items: [
      { type: 6, data: new Uint8Array(40) },
      { type: 0xd, data: new Uint8Array(8).fill(3) },
    ],
    payload: encodePayload(ODD_FIELDS, ODD_VALUES),
  };
  const times = (n: number) => START + BigInt(n) * 1000n;
  const records: WriteRecord[] = [
    event,
    { ...event, at: times(1), pointerBytes: 4, processor: 1 },
    { kind: 'classic', at: times(2), provider: CLASS, id: 10, pid: 4, tid: 8, payload: new Uint8Array(24) },
    { kind: 'instance', at: times(3), provider: CLASS, id: 11, instance: { id: 1, parentId: 2, parent: ODD }, payload: new Uint8Array(5) },
    { kind: 'message', at: times(4), provider: ODD, id: 12, sequence: 1, pid: 4, tid: 8, payload: new Uint8Array(12) },
    { kind: 'message', at: times(5), id: 13, componentId: 9, timed: false, payload: new Uint8Array(3) },
    { kind: 'system', at: times(6), id: 0x0524, pid: 4, tid: 8, processor: 1, payload: new Uint8Array(32) },
    { kind: 'compact', at: times(7), id: 0x0524, pid: 4, tid: 8, payload: new Uint8Array(8) },
    { kind: 'perfinfo', at: times(8), id: 0x0f2e, payload: new Uint8Array(16) },
  ];
  return { name: 'every kind', records: [...records, ...records.map((record, i) => ({ ...record, at: times(20 + i) }))], options: {} };
}

function selfDescribing(): EtlSeed {
  // TraceLogging tells no length of a string, and has no counted binary and no pointers.
  const fields = ODD_FIELDS.filter(({ type, length }) => length === undefined && type !== 'CountedBinary' && type !== 'Pointer');
  const records = Array.from(
    { length: 8 },
    (_, i): WriteRecord => ({
      kind: 'event',
      at: START + BigInt(i) * 1000n,
      provider: CLASS,
      id: 0,
      providerName: 'Own.Provider',
      processor: i % 2,
      traceLogging: { name: 'Told', fields, tag: 0x123 },
      payload: encodeTraceLogging(fields, ODD_VALUES),
    }),
  );
  return { name: 'TraceLogging', records, options: { build: 22000 } };
}
