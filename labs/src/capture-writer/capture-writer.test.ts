import { describe, expect, it } from 'vitest';
import {
  addressBytes,
  DNS_RCODES,
  DNS_TYPES,
  dnsAnswer,
  failedOpening,
  internetChecksum,
  ipFragments,
  ipPacket,
  LINK_TYPES,
  onlyFrom,
  REFUSED_REPEATS,
  raw,
  type SendOptions,
  SYN_REPEATS,
  seenFrom,
  sliced,
  TcpConversation,
  udpSegment,
  type WritePacket,
  writeNetMon,
  writePcap,
  writePcapng,
} from './index.ts';

const START = 1_767_323_045_123_456_789n;
const CLIENT = { address: '192.0.2.50', port: 50_123 };
const SERVER = { address: '192.0.2.10', port: 5985 };
const bytes = (size: number, seed = 0) => Uint8Array.from({ length: size }, (_, i) => (i * 7 + seed) & 0xff);
const view = (of: Uint8Array) => new DataView(of.buffer, of.byteOffset, of.byteLength);

/** Raw IPv4 with TCP, taken apart again by nothing but the offsets of RFC 791 and RFC 9293. */
function tcpOf({ bytes: ip, at }: WritePacket) {
  const header = ((ip[0] as number) & 15) << 2;
  const segment = ip.subarray(header);
  const data = ((segment[12] as number) >> 4) << 2;
  const pseudo = new Uint8Array(12);
  pseudo.set(ip.subarray(12, 20));
  pseudo[9] = 6;
  view(pseudo).setUint16(10, segment.length);
  return {
    at,
    port: view(segment).getUint16(0),
    seq: view(segment).getUint32(4),
    flags: segment[13] as number,
    payload: segment.subarray(data),
    // A sum over a header that contains its own checksum is zero (RFC 1071).
    sound: internetChecksum(ip.subarray(0, header)) === 0 && internetChecksum(pseudo, segment) === 0,
  };
}

/** Payload of one side, put together by sequence numbers whatever the order. */
function contents(packets: readonly WritePacket[], port: number, isn: number): Uint8Array {
  const parts = packets.map(tcpOf).filter((segment) => segment.port === port && segment.payload.length > 0);
  const out = new Uint8Array(Math.max(0, ...parts.map(({ seq, payload }) => seq - isn - 1 + payload.length)));
  for (const { seq, payload } of parts) out.set(payload, seq - isn - 1);
  return out;
}

const isn = { client: 1000, server: 2000 };
const talk = () => new TcpConversation({ client: CLIENT, server: SERVER, start: START, link: raw, isn });

describe('addresses and checksums', () => {
  it('gives the checksum of the example of RFC 1071', () => {
    expect(internetChecksum(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7))).toBe(~0xddf2 & 0xffff);
  });

  it('writes both kinds of addresses', () => {
    expect([...addressBytes('192.0.2.10')]).toEqual([192, 0, 2, 10]);
    expect(Buffer.from(addressBytes('2001:db8::1:10')).toString('hex')).toBe('20010db8000000000000000000010010');
    expect(Buffer.from(addressBytes('::1')).toString('hex')).toBe('00000000000000000000000000000001');
  });

  it('never writes the UDP checksum that says there is none', () => {
    const sums = Array.from({ length: 70_000 }, (_, i) => udpSegment(CLIENT, SERVER, Uint8Array.of(i >> 16, i >> 8, i))).map((udp) =>
      view(udp).getUint16(6),
    );
    expect(sums).not.toContain(0);
    expect(sums).toContain(0xffff);
  });
});

describe('IP', () => {
  it('cuts a datagram into fragments that give it again', () => {
    const payload = bytes(1000);
    const parts = ipFragments({ source: CLIENT.address, destination: SERVER.address, protocol: 17, id: 7 }, payload, 400);
    const out = new Uint8Array(1000);
    for (const part of parts) {
      const place = view(part).getUint16(6);
      out.set(part.subarray(20), (place & 0x1fff) * 8);
      expect(internetChecksum(part.subarray(0, 20))).toBe(0);
    }
    expect(out).toEqual(payload);
    expect(parts.map((part) => view(part).getUint16(6) >> 13)).toEqual([1, 1, 0]);
  });

  it('writes length 0 for a segment that the network card cuts', () => {
    const of = { source: CLIENT.address, destination: SERVER.address, protocol: 6 };
    expect(view(ipPacket({ ...of, offloaded: true }, bytes(9000))).getUint16(2)).toBe(0);
    expect(view(ipPacket(of, bytes(100))).getUint16(2)).toBe(120);
  });
});

describe('a TCP conversation', () => {
  const request = bytes(3000, 1);
  const answer = bytes(6000, 2);

  const cases: readonly (readonly [string, SendOptions, number])[] = [
    ['smooth', {}, 5],
    ['a segment lost after the recorder', { lost: [1] }, 6],
    ['a segment lost before the recorder', { lostBefore: [1] }, 5],
    ['a segment recorded twice', { repeated: [2] }, 6],
    ['a segment that comes late', { late: [1] }, 5],
  ];
  it.each(cases)('carries what was sent: %s', (_, options, segments) => {
    const { packets } = talk().open().send('client', request).send('server', answer, options).close();
    expect(packets.map(tcpOf).every(({ sound }) => sound)).toBe(true);
    expect(contents(packets, CLIENT.port, isn.client)).toEqual(request);
    expect(contents(packets, SERVER.port, isn.server)).toEqual(answer);
    expect(packets.map(tcpOf).filter(({ port, payload }) => port === SERVER.port && payload.length > 0)).toHaveLength(segments);
  });

  it('leaves out what the recorder missed', () => {
    const { packets } = talk()
      .open()
      .send('server', answer, { notCaptured: [1] });
    const seen = packets.map(tcpOf).filter(({ payload }) => payload.length > 0);
    expect(seen.map(({ seq }) => seq - isn.server - 1)).toEqual([0, 2920, 4380, 5840]);
  });

  it('goes forward in time, and a late segment stands behind its successor', () => {
    const { packets } = talk()
      .open()
      .send('server', answer, { late: [1] })
      .close();
    expect(packets.every((packet, i) => i === 0 || packet.at >= (packets[i - 1] as WritePacket).at)).toBe(true);
    const seqs = packets.map(tcpOf).flatMap(({ seq, payload }) => (payload.length > 0 ? [seq - isn.server - 1] : []));
    expect(seqs).toEqual([0, 2920, 1460, 4380, 5840]);
  });

  it('that never opens repeats its SYN at the times of Windows', () => {
    const silent = failedOpening({ client: CLIENT, server: SERVER, start: START, link: raw, repeats: SYN_REPEATS });
    expect(silent.map(({ at }) => Number(at - START) / 1e9)).toEqual([0, 1, 3, 7, 15]);
    const refused = failedOpening({ client: CLIENT, server: SERVER, start: START, link: raw, repeats: REFUSED_REPEATS, answer: 'refused' });
    expect(refused.map(tcpOf).map(({ flags }) => flags)).toEqual([2, 0x14, 2, 0x14, 2, 0x14]);
  });

  it('is the same at a second place but for clock, addresses of the hardware and TTL', () => {
    const { packets } = new TcpConversation({ client: CLIENT, server: SERVER, start: START }).open().send('client', request).close();
    const there = seenFrom(packets, CLIENT.address, { clockOffset: 1_000_000_000n, hops: 2 });
    expect(there).toHaveLength(packets.length);
    for (const { bytes: frame } of there) expect(internetChecksum(frame.subarray(14, 34))).toBe(0);
    expect(new Set(there.map(({ bytes: frame }) => frame[22]))).toEqual(new Set([126, 62]));
    expect(Number((there[0] as WritePacket).at - START)).toBe(1_000_150_000);
  });

  it('can be had in part', () => {
    const { packets } = talk().open().send('client', request).close();
    expect(
      onlyFrom(packets, SERVER.address)
        .map(tcpOf)
        .every(({ port }) => port === SERVER.port),
    ).toBe(true);
    const [cut] = sliced(packets, 30);
    expect(cut).toMatchObject({ originalLength: 44 });
    expect(cut?.bytes).toHaveLength(30);
  });
});

describe('files', () => {
  const packets: readonly WritePacket[] = [
    { at: START, bytes: bytes(61) },
    { at: START + 1n, bytes: bytes(20, 3), originalLength: 1500 },
  ];

  it('pcap: headers of 24 and 16 bytes (24 when modified), in both orders', () => {
    const little = view(writePcap(packets, { magic: 'nanoseconds', linkType: LINK_TYPES.raw }));
    expect([little.getUint32(0, true), little.getUint32(20, true), little.getUint32(24, true), little.getUint32(28, true)]).toEqual([
      0xa1b23c4d, 101, 1_767_323_045, 123_456_789,
    ]);
    expect(little.byteLength).toBe(24 + 16 + 61 + 16 + 20);
    expect(view(writePcap(packets, { bigEndian: true })).getUint32(0)).toBe(0xa1b2c3d4);
    expect(writePcap(packets, { magic: 'modified' })).toHaveLength(24 + 24 + 61 + 24 + 20);
    expect(view(writePcap(packets, { snapLength: 10 })).getUint32(24 + 8, true)).toBe(10);
  });

  it('pcapng: every block has its length before and behind, a multiple of four', () => {
    const file = writePcapng([
      {
        packets,
        comment: 'one',
        keyLog: 'x',
        unknownBlocks: true,
        interfaces: [{ name: 'eth0', resolution: 9, statistics: { dropped: 3 } }],
      },
      { packets, bigEndian: true, blocks: 'obsolete', length: true },
      { packets, blocks: 'simple' },
    ]);
    const types: number[] = [];
    for (let at = 0, little = true; at < file.length; ) {
      const of = view(file);
      const type = of.getUint32(at, true);
      if (type === 0x0a0d0d0a) little = of.getUint32(at + 8, true) === 0x1a2b3c4d;
      const length = of.getUint32(at + 4, little);
      types.push(of.getUint32(at, little));
      expect(length % 4).toBe(0);
      expect(of.getUint32(at + length - 4, little)).toBe(length);
      at += length;
    }
    expect(types).toEqual([0x0a0d0d0a, 1, 0x80000bad, 0xa, 6, 6, 5, 0x0a0d0d0a, 1, 2, 2, 0x0a0d0d0a, 1, 3, 3]);
  });

  it('Network Monitor: a table of the offsets of the frames', () => {
    for (const [version, trailer] of [
      ['2.1', 2],
      ['2.3', 15],
    ] as const) {
      const file = view(writeNetMon(packets, { version }));
      const table = file.getUint32(24, true);
      expect(file.getUint32(28, true)).toBe(8);
      expect([file.getUint32(table, true), file.getUint32(table + 4, true)]).toEqual([72, 72 + 16 + 61 + trailer]);
      expect(file.getUint32(72 + 16 + 61 + trailer + 8, true)).toBe(1500);
    }
  });
});

it('a DNS answer points back to the name of its question', () => {
  const answer = dnsAnswer(1, 'a.example', DNS_TYPES.a, DNS_RCODES.ok, [{ name: 'a.example', address: '192.0.2.1' }]);
  expect(Buffer.from(answer.subarray(12)).toString('hex')).toBe('0161076578616d706c650000010001c00c000100010000012c0004c0000201');
});
