import { memorySource } from '@winmedic/bytes';
import { encodePayload, ndisPacket, pktmonPacket, type WriteEventRecord, writeEtl } from '@winmedic/labs/etl-writer';
import { describe, expect, it } from 'vitest';
import { type EtlPacket, openEtl, readEtlPackets } from './index.ts';

const START = 134_195_136_000_000_000n;
const NDIS = '2ed6006e-4729-4609-b423-3ee7bcd678ef';
/** An Ethernet frame with IPv4 of `total` bytes, of which `there` are there. */
function frame(total: number, there = total): Uint8Array {
  const bytes = Uint8Array.from({ length: 14 + total }, (_, i) => i & 0xff);
  bytes.set([0x08, 0x00, 0x45, 0, total >> 8, total & 0xff], 12);
  return bytes.subarray(0, 14 + there);
}

function read(records: readonly WriteEventRecord[]) {
  const packets: EtlPacket[] = [];
  const { trace, ...summary } = readEtlPackets(openEtl(memorySource(writeEtl({ startTime: START }, records))), (packet) => {
    packets.push({ ...packet, bytes: packet.bytes.slice() });
  });
  expect(trace.framingErrors).toBe(0);
  return { packets, summary };
}

describe('packets of netsh trace', () => {
  it('have their bytes, time, interface and direction', () => {
    const { packets, summary } = read([
      ...ndisPacket({ at: START + 5n, bytes: frame(60), direction: 'sent', miniport: 13, lower: 14, withOffload: true }),
      ...ndisPacket({ at: START + 6n, bytes: frame(40), direction: 'received', media: 'wifi' }),
      ...ndisPacket({ at: START + 7n, bytes: frame(40) }),
    ]);
    expect(packets).toMatchObject([
      { ticks: START + 5n, linkType: 1, bytes: frame(60), originalLength: 74, interfaceIndex: 13, direction: 'sent', dropReason: 0 },
      { ticks: START + 6n, linkType: 105, direction: 'received' },
      { ticks: START + 7n, linkType: 1, direction: 'unknown' },
    ]);
    expect(summary).toEqual({ packets: 3, duplicates: 0, incomplete: 0, truncated: 0, drops: new Map(), damages: [] });
  });

  it('are put together of pieces, also when those of other threads and processors stand between', () => {
    const a = ndisPacket({ at: START, bytes: frame(1000), fragment: 300, tid: 1, processor: 0 });
    const b = ndisPacket({ at: START, bytes: frame(500), fragment: 200, tid: 2, processor: 0 });
    const c = ndisPacket({ at: START, bytes: frame(700), fragment: 400, tid: 1, processor: 1 });
    const mixed = [a[0]!, b[0]!, c[0]!, a[1]!, c[1]!, b[1]!, a[2]!, b[2]!, a[3]!].map((record, i) => ({
      ...record,
      at: START + BigInt(i),
    }));
    const { packets, summary } = read(mixed);
    expect(packets.map(({ bytes }) => bytes)).toEqual([frame(700), frame(500), frame(1000)]);
    expect(summary).toMatchObject({ packets: 3, incomplete: 0 });
  });

  it('without beginning or end are left out and counted', () => {
    const whole = ndisPacket({ at: START, bytes: frame(900), fragment: 300, tid: 1 });
    const other = ndisPacket({ at: START, bytes: frame(900), fragment: 300, tid: 2 });
    const third = ndisPacket({ at: START, bytes: frame(60), tid: 1 });
    // No beginning; no end before the next begins; no end at all.
    expect(read([...whole.slice(1), whole[0]!, ...third, other[0]!]).summary).toMatchObject({ packets: 1, incomplete: 3 });
  });

  it('do not grow without end', () => {
    const [first, middle] = ndisPacket({ at: START, bytes: frame(60_000), fragment: 30_000, tid: 1 });
    const last = { ...middle!, keyword: 0x8000_0001n };
    const grown = [first!, ...Array.from({ length: 30 }, () => ({ ...middle!, keyword: 1n })), last];
    expect(read(grown).summary).toMatchObject({ packets: 0, incomplete: 1 });
    const open = Array.from({ length: 1200 }, (_, tid) => ({ ...first!, tid, payload: first!.payload!.subarray(0, 20) }));
    expect(read(open).summary).toMatchObject({ packets: 0, incomplete: 1200 });
  });

  it('that the recorder cut have their length on the wire', () => {
    const { packets, summary } = read(ndisPacket({ at: START, bytes: frame(1400, 100), truncated: true }));
    expect(packets[0]).toMatchObject({ bytes: frame(1400, 100), originalLength: 1414 });
    expect(summary.truncated).toBe(1);
  });

  it('of a segmentation offload have the length that is there', () => {
    const big = frame(20_000);
    big.set([0, 0], 16);
    expect(read(ndisPacket({ at: START, bytes: big })).packets[0]!.originalLength).toBe(20_014);
  });

  it('of wireless networks are decrypted, and no longer say otherwise', () => {
    const bytes = Uint8Array.of(0x88, 0x41, 1, 2);
    expect([...read(ndisPacket({ at: START, bytes, media: 'wifi' })).packets[0]!.bytes]).toEqual([0x88, 0x01, 1, 2]);
  });

  it('come from virtual switches', () => {
    const virtualSwitch = { portId: 3, portName: 'port', nicName: 'nic', nicType: 'Emulated' };
    expect(read(ndisPacket({ at: START, bytes: frame(50), virtualSwitch })).packets).toMatchObject([
      { bytes: frame(50), interfaceIndex: 5 },
    ]);
    const [record] = ndisPacket({ at: START, bytes: frame(50), virtualSwitch });
    const names = 12 + ['port', 'nic', 'Emulated'].reduce((sum, name) => sum + name.length * 2 + 2, 0);
    const before = record!.payload!.subarray(0, names);
    // Two destinations of eight bytes each.
    const payload = Uint8Array.from([...before, 2, 0, 0, 0, ...new Array<number>(16).fill(1), ...record!.payload!.subarray(names + 4)]);
    expect(read([{ ...record!, payload }]).packets).toMatchObject([{ bytes: frame(50) }]);
  });

  it('come from inside VPN tunnels', () => {
    const payload = encodePayload(
      [
        { name: 'RoutingDomainID', type: 'UnicodeString' },
        { name: 'RRASUserName', type: 'UnicodeString' },
        { name: 'FragmentSize', type: 'UInt32' },
        { name: 'Fragment', type: 'Binary', length: 'FragmentSize' },
      ],
      { RoutingDomainID: '{0}', RRASUserName: 'LAB\\anna', FragmentSize: 74, Fragment: frame(60) },
    );
    const ras = (id: number, bytes = payload): WriteEventRecord => ({
      kind: 'event',
      at: START,
      provider: 'd84521f7-2235-4237-a7c0-14e3a9676286',
      id,
      payload: bytes,
    });
    const { packets, summary } = read([ras(5001), ras(5002), ras(5003), ras(5001, payload.subarray(0, 6))]);
    expect(packets).toMatchObject([
      { bytes: frame(60), direction: 'sent' },
      { bytes: frame(60), direction: 'received' },
    ]);
    expect(summary.damages).toMatchObject([{ code: 'ETL_PACKET' }]);
  });

  it('that are shorter than they say keep what is there', () => {
    const [record] = ndisPacket({ at: START, bytes: frame(60) });
    const { packets, summary } = read([
      { ...record!, payload: record!.payload!.subarray(0, 12 + 50) },
      { ...record!, payload: new Uint8Array(5) },
    ]);
    expect(packets).toMatchObject([{ bytes: frame(60).subarray(0, 50), originalLength: 98 }]);
    expect(summary.damages.map(({ what, need, have }) => [what, need, have])).toEqual([
      ['FragmentSize', 74, 50],
      ['packet record', undefined, 5],
    ]);
  });

  it('are told apart from the other records of the provider', () => {
    const other: WriteEventRecord = { kind: 'event', at: START, provider: NDIS, id: 1002, payload: new Uint8Array(40) };
    expect(read([other, { ...other, id: 5100 }]).summary).toMatchObject({ packets: 0, incomplete: 0, damages: [] });
  });

  it('end when the visitor says so', () => {
    const bytes = writeEtl(
      {},
      [1, 2, 3].flatMap(() => ndisPacket({ at: START, bytes: frame(40) })),
    );
    expect(readEtlPackets(openEtl(memorySource(bytes)), () => false).packets).toBe(1);
  });
});

describe('packets of pktmon', () => {
  it('are shown at the first component that they pass', () => {
    const { packets, summary } = read([
      pktmonPacket({ at: START, bytes: frame(60), group: 7n, number: 1, component: 9, directionTag: 3 }),
      pktmonPacket({ at: START + 1n, bytes: frame(60), group: 7n, number: 1, component: 10, appearance: 2, directionTag: 3 }),
      pktmonPacket({ at: START + 2n, bytes: frame(46), group: 7n, number: 2, component: 9, directionTag: 4 }),
      pktmonPacket({ at: START + 3n, bytes: frame(40).subarray(14), group: 8n, number: 1, type: 3 }),
      pktmonPacket({ at: START + 4n, bytes: frame(40), group: 9n, number: 1, type: 2 }),
    ]);
    expect(packets).toMatchObject([
      { bytes: frame(60), linkType: 1, interfaceIndex: 9, direction: 'received' },
      { bytes: frame(46), linkType: 1, interfaceIndex: 9, direction: 'sent' },
      { linkType: 101, direction: 'unknown' },
      { linkType: 105 },
    ]);
    expect(summary).toMatchObject({ packets: 4, duplicates: 1, drops: new Map() });
  });

  it('that were dropped say why, at whatever component', () => {
    const { packets, summary } = read([
      pktmonPacket({ at: START, bytes: frame(60), group: 1n, number: 1 }),
      pktmonPacket({ at: START + 1n, bytes: frame(60), group: 1n, number: 1, appearance: 2, dropReason: 210 }),
      pktmonPacket({ at: START + 2n, bytes: frame(60), group: 2n, number: 1, dropReason: 210 }),
    ]);
    expect(packets.map(({ dropReason }) => dropReason)).toEqual([0, 210]);
    expect(summary.drops).toEqual(new Map([[210, 2]]));
  });

  it('are cut at 128 bytes as a rule, and say how long they were', () => {
    const { packets, summary } = read([pktmonPacket({ at: START, bytes: frame(1400, 114), group: 1n, number: 1, originalSize: 1414 })]);
    expect(packets[0]).toMatchObject({ originalLength: 1414 });
    expect([packets[0]!.bytes.length, summary.truncated]).toEqual([128, 1]);
  });

  it('of another layout are not guessed', () => {
    const record = pktmonPacket({ at: START, bytes: frame(60), group: 1n, number: 1 });
    const payload = Uint8Array.from([...record.payload!, 0, 0]);
    expect(read([{ ...record, payload }]).summary).toMatchObject({ packets: 0, damages: [{ code: 'ETL_PACKET', have: payload.length }] });
    expect(read([{ ...record, payload, version: 1 }]).packets).toMatchObject([{ bytes: frame(60) }]);
  });

  it('of kinds that are no frame, or too short, are damages', () => {
    const short = pktmonPacket({ at: START, bytes: frame(60), group: 2n, number: 1 });
    const { packets, summary } = read([
      pktmonPacket({ at: START, bytes: frame(60), group: 1n, number: 1, type: 5 }),
      { ...short, payload: short.payload!.subarray(0, 33) },
      { ...short, payload: short.payload!.subarray(0, 40) },
    ]);
    expect(packets.map(({ bytes }) => bytes.length)).toEqual([6]);
    expect(summary.damages.map(({ what, have }) => [what, have])).toEqual([
      ['PacketType', 5],
      ['PktMon record', 33],
      ['LoggedPayloadSize', 6],
    ]);
  });
});
