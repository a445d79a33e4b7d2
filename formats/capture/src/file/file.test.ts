import { gzipSync } from 'node:zlib';
import { type Damage, joinBytes, memorySource } from '@winmedic/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GunzipOptions, gunzipChunks } from './gunzip.ts';
import { openCapture } from './open.ts';
import { recogniseCapture } from './recognise.ts';
import { block, description, enhanced, netmon, numbers, option, pcapHead, pcapRecord, section } from './test-files.ts';
import { tickClock } from './ticks.ts';
import type { Packet } from './types.ts';

const text = (value: string) => new TextEncoder().encode(value);
const data = (n: number, fill = n) => new Uint8Array(n).fill(fill);

function read(bytes: Uint8Array) {
  const damages: Damage[] = [];
  const packets: (Omit<Packet, 'bytes' | 'start' | 'end' | 'fileOffset'> & { data: readonly number[] })[] = [];
  const summary = openCapture(memorySource(bytes), { onDamage: (damage) => damages.push(damage) }).read((packet) => {
    const { number, seconds, nanoseconds, originalLength, linkType, interfaceId } = packet;
    // What is said to be there in the file is there.
    expect(bytes.subarray(packet.fileOffset, packet.fileOffset + packet.end - packet.start)).toEqual(
      packet.bytes.subarray(packet.start, packet.end),
    );
    packets.push({
      number,
      seconds,
      nanoseconds,
      originalLength,
      linkType,
      interfaceId,
      data: [...packet.bytes.subarray(packet.start, packet.end)],
    });
  });
  return { summary, packets, codes: damages.map((damage) => damage.code), damages };
}

describe('recognition', () => {
  it.each([
    [0xa1b2c3d4, 'pcap'],
    [0xa1b23c4d, 'pcap'],
    [0xa1b2cd34, 'pcap'],
    [0x1c0001ac, 'pcap'],
    [0x1c0001ab, 'pcap'],
    [0xa1b2c3d5, undefined],
  ])('knows %s in both byte orders', (magic, format) => {
    expect(recogniseCapture(numbers(false, [32, magic]))).toBe(format);
    expect(recogniseCapture(numbers(true, [32, magic]))).toBe(format);
  });

  it('knows the others by what stands first', () => {
    expect(recogniseCapture(section())).toBe('pcapng');
    expect(recogniseCapture(section(true))).toBe('pcapng');
    expect(recogniseCapture(text('\n\r\r\nnot this one'))).toBeUndefined();
    expect(recogniseCapture(text('GMBU'))).toBe('netmon');
    expect(recogniseCapture(text('RTSS'))).toBe('netmon');
    expect(recogniseCapture(Uint8Array.of(0x1f, 0x8b))).toBe('gzip');
    expect(recogniseCapture(new Uint8Array())).toBeUndefined();
  });

  it.each([
    ['CAPTURE_FORMAT', text('hello')],
    ['CAPTURE_VERSION', text('RTSS....')],
    ['CAPTURE_VERSION', Uint8Array.of(0x47, 0x4d, 0x42, 0x55, 0, 1, 1, 0)],
    ['CAPTURE_VERSION', numbers(false, [32, 0xa1b2c3d4], [16, 1], [16, 0])],
    ['CAPTURE_COMPRESSED', Uint8Array.of(0x1f, 0x8b, 8)],
  ])('refuses with %s', (code, bytes) => {
    expect(() => openCapture(memorySource(bytes))).toThrow(expect.objectContaining({ code }));
  });
});

describe('pcap', () => {
  it.each([false, true])('gives packets, times and lengths (big endian: %s)', (big) => {
    const bytes = joinBytes(
      pcapHead(0xa1b2c3d4, big, 96, 0xf000_0065),
      pcapRecord(1_600_000_000, 999_999, data(3), big, 3, 1500),
      pcapRecord(1_599_999_999, 0, data(0), big),
    );
    const { summary, packets, codes } = read(bytes);
    expect(packets).toEqual([
      { number: 1, seconds: 1_600_000_000, nanoseconds: 999_999_000, originalLength: 1500, linkType: 101, interfaceId: 0, data: [3, 3, 3] },
      { number: 2, seconds: 1_599_999_999, nanoseconds: 0, originalLength: 0, linkType: 101, interfaceId: 0, data: [] },
    ]);
    expect(summary).toMatchObject({
      format: 'pcap',
      packets: 2,
      bytes: 3,
      sliced: 1,
      cut: false,
      first: 1_599_999_999_000_000_000n,
      last: 1_600_000_000_999_999_000n,
    });
    expect(summary.interfaces).toEqual([{ linkType: 101, snapLength: 96, ticksPerSecond: 1_000_000, packets: 2 }]);
    expect(codes).toEqual([]);
  });

  it('reads nanoseconds and the longer heads of other writers', () => {
    expect(read(joinBytes(pcapHead(0xa1b23c4d), pcapRecord(1, 123_456_789, data(1)))).packets[0]).toMatchObject({
      nanoseconds: 123_456_789,
    });
    const modified = joinBytes(numbers(false, [32, 5], [32, 6], [32, 2], [32, 2], [32, 3], [16, 8], [8, 0], [8, 0]), data(2));
    expect(read(joinBytes(pcapHead(0xa1b2cd34), modified, modified)).packets.map((p) => p.data)).toEqual([
      [2, 2],
      [2, 2],
    ]);
    expect(read(joinBytes(pcapHead(0x1c0001ac), numbers(false, [32, 17]), pcapRecord(1, 2, data(1)))).packets[0]).toMatchObject({
      nanoseconds: 2000,
      data: [1],
    });
  });

  it('never believes an original length below the captured one', () => {
    expect(read(joinBytes(pcapHead(0xa1b2c3d4), pcapRecord(1, 0, data(4), false, 4, 0))).packets[0]?.originalLength).toBe(4);
    expect(read(joinBytes(pcapHead(0xa1b2c3d4), pcapRecord(1, 0, data(4), false, 4, 2_600_000_000))).summary.sliced).toBe(1);
  });

  it('keeps everything before a cut, wherever it is', () => {
    const bytes = joinBytes(pcapHead(0xa1b2c3d4), ...[1, 2, 3].map((n) => pcapRecord(n, 0, data(20, n))));
    for (let length = 24; length <= bytes.length; length++) {
      const { summary, codes } = read(bytes.subarray(0, length));
      const whole = (length - 24) % 36 === 0;
      expect(summary).toMatchObject({ packets: Math.floor((length - 24) / 36), cut: !whole });
      expect(codes).toEqual(whole ? [] : ['CAPTURE_CUT']);
    }
  });

  it('goes on at the next record after an impossible length', () => {
    const record = (n: number, told?: number) => pcapRecord(1_600_000_000 + n, 5, data(200, n), false, told);
    const { packets, codes, summary } = read(joinBytes(pcapHead(0xa1b2c3d4), record(1), record(2, 0xfffffff0), record(3), record(4)));
    expect(packets.map((p) => p.data[0])).toEqual([1, 3, 4]);
    expect(codes).toEqual(['CAPTURE_PACKET_LENGTH', 'CAPTURE_RESYNC']);
    expect(summary.cut).toBe(false);
  });

  it('says so when nothing follows an impossible length', () => {
    const { packets, codes, summary } = read(
      joinBytes(pcapHead(0xa1b2c3d4), pcapRecord(1, 0, data(9)), pcapRecord(2, 0, data(9), false, 0x7fffffff)),
    );
    expect(packets).toHaveLength(1);
    expect(codes).toEqual(['CAPTURE_PACKET_LENGTH', 'CAPTURE_LOST']);
    expect(summary.cut).toBe(true);
  });

  it('reads a packet larger than any snap length when a record follows it', () => {
    const huge = data(400_000, 7);
    const { packets, codes } = read(joinBytes(pcapHead(0xa1b2c3d4), pcapRecord(1, 0, huge), pcapRecord(2, 0, data(1))));
    expect(packets.map((p) => p.data.length)).toEqual([400_000, 1]);
    expect(codes).toEqual([]);
  });

  it('reads packets across the ends of its window', () => {
    const sizes = Array.from({ length: 400 }, (_, i) => 1 + ((i * 7919) % 60_000));
    const { packets } = read(joinBytes(pcapHead(0xa1b2c3d4), ...sizes.map((size, i) => pcapRecord(i, 0, data(size, i & 255)))));
    expect(packets.map((p) => p.data.length)).toEqual(sizes);
    expect(packets.every((p, i) => p.data[0] === (i & 255) && p.data.at(-1) === (i & 255))).toBe(true);
  });

  it('stops when the visitor says so, or the signal', () => {
    const bytes = joinBytes(pcapHead(0xa1b2c3d4), pcapRecord(1, 0, data(1)), pcapRecord(2, 0, data(1)));
    expect(openCapture(memorySource(bytes)).read(() => false).packets).toBe(1);
    expect(() => openCapture(memorySource(bytes), { signal: AbortSignal.abort(new Error('enough')) }).read(() => undefined)).toThrow(
      'enough',
    );
  });
});

describe('pcapng', () => {
  it.each([false, true])('reads sections, interfaces, times and drops (big endian: %s)', (big) => {
    const i64 = (value: bigint) => numbers(big, [64, value]);
    const bytes = joinBytes(
      section(
        big,
        option(2, text('box'), big),
        option(3, text('Windows 11'), big),
        option(4, text('recorder 1'), big),
        option(1, text('first'), big),
      ),
      description(
        1,
        0,
        big,
        option(2, text('eth0'), big),
        option(3, text('the wire'), big),
        option(9, Uint8Array.of(9), big),
        option(12, text('Windows'), big),
      ),
      description(101, 64, big, option(14, i64(1000n), big)),
      enhanced(0, 1_600_000_000_123_456_789n, data(5), big, 5, option(1, text('look here'), big)),
      enhanced(1, 2_000_001n, data(6), big),
      block(0x0bad, data(8), big),
      block(4, data(4), big),
      block(10, joinBytes(numbers(big, [32, 0x544c534b], [32, 6]), text('hunter')), big),
      block(3, joinBytes(numbers(big, [32, 90]), data(7)), big),
      block(2, joinBytes(numbers(big, [16, 1], [16, 0], [32, 0], [32, 7_000_000], [32, 2], [32, 3]), data(2)), big),
      block(5, joinBytes(numbers(big, [32, 1], [64, 0]), option(5, i64(4n), big), option(7, i64(3n), big)), big),
      // The second section has the other byte order and interfaces of its own.
      section(!big),
      description(113, 0, !big),
      enhanced(0, 5n, data(1), !big),
    );
    const { summary, packets, codes, damages } = read(bytes);
    expect(
      packets.map(({ data, ...rest }) => [
        data.length,
        rest.number,
        rest.seconds,
        rest.nanoseconds,
        rest.interfaceId,
        rest.linkType,
        rest.originalLength,
      ]),
    ).toEqual([
      [5, 1, 1_600_000_000, 123_456_789, 0, 1, 5],
      [6, 2, 1002, 1000, 1, 101, 6],
      // A custom block is a frame for Wireshark: number 3.
      [8, 4, Number.NaN, Number.NaN, 0, 1, 90],
      [2, 5, 1007, 0, 1, 101, 3],
      [1, 6, 0, 5000, 2, 113, 1],
    ]);
    expect(summary.interfaces).toEqual([
      { linkType: 1, snapLength: 0, name: 'eth0', description: 'the wire', os: 'Windows', ticksPerSecond: 1e9, packets: 2 },
      { linkType: 101, snapLength: 64, ticksPerSecond: 1e6, packets: 2, dropped: 7 },
      { linkType: 113, snapLength: 0, ticksPerSecond: 1e6, packets: 1 },
    ]);
    expect(summary).toMatchObject({ packets: 5, dropped: 7, sliced: 2, application: 'recorder 1', hardware: 'box', os: 'Windows 11' });
    expect(summary.comments).toEqual([{ text: 'first' }, { text: 'look here', packet: 1 }]);
    expect(codes).toEqual(['CAPTURE_TLS_SECRETS']);
    expect(JSON.stringify(damages)).not.toContain('hunter');
  });

  it('keeps everything before a cut, wherever it is', () => {
    const parts = [section(), description(1, 0), enhanced(0, 1n, data(9)), enhanced(0, 2n, data(9)), enhanced(0, 3n, data(9))];
    const bytes = joinBytes(...parts);
    const ends = parts.map((_, i) => joinBytes(...parts.slice(0, i + 1)).length);
    for (let length = 12; length <= bytes.length; length++) {
      const { summary, codes } = read(bytes.subarray(0, length));
      expect(summary.packets).toBe(ends.slice(2).filter((end) => end <= length).length);
      expect(codes).toEqual(ends.includes(length) ? [] : ['CAPTURE_CUT']);
    }
  });

  it('goes on at the next block after an impossible length', () => {
    const bad = enhanced(0, 2n, data(40, 2));
    bad.set(numbers(false, [32, 0xffff_fff0]), 4);
    const { packets, codes } = read(
      joinBytes(section(), description(1, 0), enhanced(0, 1n, data(40, 1)), bad, enhanced(0, 3n, data(40, 3))),
    );
    expect(packets.map((p) => p.data[0])).toEqual([1, 3]);
    expect(codes).toEqual(['CAPTURE_BLOCK_LENGTH', 'CAPTURE_RESYNC']);
  });

  it('tells a wrong length at the end of a block, a wrong captured length and an unknown interface', () => {
    const wrongEnd = enhanced(0, 1n, data(4, 1));
    wrongEnd.set(numbers(false, [32, 99]), wrongEnd.length - 4);
    const bytes = joinBytes(
      section(),
      description(1, 0),
      wrongEnd,
      enhanced(0, 2n, data(4, 2), false, 900),
      enhanced(5, 3n, data(4, 3)),
      enhanced(0, 4n, data(4, 4)),
    );
    const { packets, codes } = read(bytes);
    expect(packets.map((p) => p.data)).toEqual([1, 2, 4].map((n) => [n, n, n, n]));
    expect(codes).toEqual(['CAPTURE_BLOCK_LENGTH', 'CAPTURE_PACKET_LENGTH', 'CAPTURE_INTERFACE']);
  });

  it('does not take a later interface for one whose description is too short', () => {
    const { packets, codes } = read(
      joinBytes(section(), block(1, new Uint8Array()), description(113, 0), enhanced(0, 1n, data(4, 1)), enhanced(1, 2n, data(4, 2))),
    );
    expect(packets.map((p) => [p.linkType, p.interfaceId])).toEqual([
      [0xffff, 0],
      [113, 1],
    ]);
    expect(codes).toEqual(['CAPTURE_INTERFACE']);
  });

  it('divides times exactly, whatever the resolution', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), fc.oneof(fc.nat(20), fc.integer({ min: 0x80, max: 0x80 + 64 })), (ticks, resolution) => {
        const per = (resolution & 0x80 ? 2n : 10n) ** BigInt(resolution & 0x7f);
        const clock = tickClock(resolution, -7);
        clock.set(Number(ticks >> 32n), Number(ticks & 0xffffffffn));
        expect(clock.nanoseconds).toBe(Number(((ticks % per) * 1_000_000_000n) / per));
        // Seconds beyond 2^53 have no exact number; no clock shows them.
        if (ticks / per < 2n ** 53n) expect(clock.seconds).toBe(Number(ticks / per) - 7);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('Network Monitor', () => {
  it('takes exact times of version 2.3 and link types frame by frame', () => {
    const frames = [
      { media: 1, delta: 0n, data: data(4), filetime: 132_355_967_740_007_478n },
      { media: 8, delta: 0n, data: data(5), filetime: 132_355_967_740_007_479n },
      { media: 0xe071, delta: 0n, data: data(6), filetime: 0n },
      { media: 0xfffd, delta: 0n, data: data(7) },
      { media: 0xffff, delta: 0n, data: data(8) },
    ];
    const { packets, codes, summary } = read(netmon(3, frames));
    expect(packets.map((p) => [p.number, p.linkType, p.data.length])).toEqual([
      [1, 1, 4],
      [2, 101, 5],
      [3, 113, 6],
      [4, 0x1ffff, 8],
    ]);
    expect(packets[0]).toMatchObject({ seconds: 1_591_123_174, nanoseconds: 747_800 });
    expect(packets[1]).toMatchObject({ nanoseconds: 747_900 });
    expect(summary.packets).toBe(4);
    expect(codes).toEqual([]);
  });

  it.each([0, 1, 2])('counts from the start in version 2.%i, and says whose clock that is', (minor) => {
    const { packets, codes } = read(netmon(minor, [{ media: 1, delta: 1_500_000n, data: data(4) }]));
    expect(packets[0]).toMatchObject({ seconds: Date.UTC(2020, 5, 2, 9, 12, 55) / 1000, nanoseconds: 632_000_000, linkType: 1 });
    expect(codes).toEqual(['CAPTURE_LOCAL_TIME']);
  });

  it('gives the packets inside events', () => {
    const event = (guid: readonly number[], id: number, keyword: bigint, user: Uint8Array) =>
      joinBytes(
        data(24, 0),
        Uint8Array.from(guid),
        numbers(false, [16, id], [32, 0], [16, 0], [64, keyword]),
        data(24, 0),
        data(6, 0),
        numbers(false, [16, user.length]),
        data(1, 0),
        user,
      );
    const ndis = [0x6e, 0, 0xd6, 0x2e, 0x29, 0x47, 9, 0x46, 0xb4, 0x23, 0x3e, 0xe7, 0xbc, 0xd6, 0x78, 0xef];
    const pktmon = [0xd9, 0x80, 0x4f, 0x4d, 0xbd, 0xc8, 0x73, 0x4d, 0xbb, 0x5b, 0x19, 0xc9, 4, 2, 0xc5, 0xac];
    const fragment = joinBytes(numbers(false, [32, 13], [32, 13], [32, 60]), data(60, 9));
    const logged = joinBytes(
      numbers(false, [64, 33], [16, 1], [16, 1], [16, 3], [16, 3], [16, 9], [16, 1], [16, 1], [32, 0], [32, 0], [16, 1400], [16, 20]),
      data(20, 8),
    );
    const frames = [
      event(ndis, 1001, 0x8000_0601_c000_0001n, fragment),
      // Only the first piece of a packet; then an event about something else; then a length that is not there.
      event(ndis, 1001, 0x8000_0601_4000_0001n, fragment),
      event(ndis, 1016, 0x8000_0601_c000_0001n, fragment),
      event(ndis, 1001, 0x8000_0601_c000_0001n, fragment.subarray(0, 40)),
      event(pktmon, 160, 0x10n, logged),
    ];
    const { packets } = read(
      netmon(
        3,
        frames.map((bytes) => ({ media: 0xffe0, delta: 0n, data: bytes })),
      ),
    );
    expect(packets.map((p) => [p.linkType, p.data.length, p.data[0], p.originalLength])).toEqual([
      [1, 60, 9, 60],
      [0x1ffe0, frames[1]?.length, 0, frames[1]?.length],
      [0x1ffe0, frames[2]?.length, 0, frames[2]?.length],
      [0x1ffe0, frames[3]?.length, 0, frames[3]?.length],
      [101, 20, 8, 1400],
    ]);
  });

  it('reads what is there when the table or a frame is cut', () => {
    const bytes = netmon(
      3,
      [1, 2, 3].map((n) => ({ media: 1, delta: 0n, data: data(40, n) })),
    );
    const cutTable = read(bytes.subarray(0, bytes.length - 5));
    expect(cutTable.packets).toHaveLength(1);
    expect(cutTable.codes).toEqual(['CAPTURE_FRAME_TABLE']);
    const stray = Uint8Array.from(bytes);
    stray.set(numbers(false, [32, 0x7fff_ffff]), stray.length - 8);
    const { packets, codes } = read(stray);
    // Numbers are those of the table.
    expect(packets.map((p) => p.number)).toEqual([1, 3]);
    expect(codes).toEqual(['CAPTURE_FRAME_TABLE']);
  });

  it('ends although a table points at the same large frame again and again', () => {
    const one = netmon(2, [{ media: 1, delta: 0n, data: data(300_000) }]);
    const many = 300_000;
    const bytes = joinBytes(one, new Uint8Array(4 * many));
    const view = new DataView(bytes.buffer);
    view.setUint32(28, 4 * many, true);
    // Alternates between two far places, so that nothing is in the window.
    const table = view.getUint32(24, true);
    for (let i = 0; i < many; i++) view.setUint32(table + 4 * i, i % 2 === 0 ? 128 : bytes.length - 200, true);
    let readBytes = 0;
    const source = memorySource(bytes);
    openCapture({
      sizeBytes: source.sizeBytes,
      readAt(offset, into) {
        const got = source.readAt(offset, into);
        readBytes += got;
        return got;
      },
    }).read(() => undefined);
    expect(readBytes).toBeLessThan(bytes.length * 4 + 100 * 1024 * 1024);
  });
});

describe('gzip', () => {
  async function unpack(bytes: Uint8Array, limits: Partial<GunzipOptions> = {}) {
    const damages: string[] = [];
    const parts: Uint8Array[] = [];
    for await (const part of gunzipChunks(memorySource(bytes), {
      maxBytes: 1e8,
      maxRatio: 200,
      onDamage: (d) => damages.push(d.code),
      ...limits,
    }))
      parts.push(part);
    return { bytes: joinBytes(...parts), damages };
  }
  const noise = Uint8Array.from({ length: 300_000 }, (_, i) => (Math.imul(i, 2_654_435_761) >>> 13) & 255);

  it('unpacks one member and several', async () => {
    const packed = new Uint8Array(gzipSync(noise));
    expect(await unpack(packed)).toEqual({ bytes: noise, damages: [] });
    expect(await unpack(joinBytes(packed, packed))).toEqual({ bytes: joinBytes(noise, noise), damages: [] });
  });

  it('gives what came before a cut or damage', async () => {
    const packed = new Uint8Array(gzipSync(noise, { level: 1 }));
    const cut = await unpack(packed.subarray(0, packed.length - 2000));
    expect(cut.damages).toEqual(['CAPTURE_GZIP']);
    expect(cut.bytes.length).toBeGreaterThan(noise.length / 2);
    expect(cut.bytes).toEqual(noise.subarray(0, cut.bytes.length));
    expect((await unpack(joinBytes(packed, text('behind it')))).bytes.length).toBeGreaterThan(noise.length / 2);
  });

  it('ends a bomb at its limits', async () => {
    const bomb = new Uint8Array(gzipSync(new Uint8Array(30_000_000)));
    const dense = await unpack(bomb);
    expect(dense.damages).toEqual(['CAPTURE_GZIP_LIMIT']);
    expect(dense.bytes.length).toBeLessThan(15_000_000);
    const large = await unpack(bomb, { maxBytes: 2_000_000, maxRatio: 2000 });
    expect(large).toMatchObject({ damages: ['CAPTURE_GZIP_LIMIT'] });
    expect(large.bytes.length).toBe(2_000_000);
  });

  it('passes errors of the source and the signal on', async () => {
    const source = {
      sizeBytes: 100,
      readAt: () => {
        throw new Error('disk');
      },
    };
    await expect(gunzipChunks(source, { maxBytes: 1, maxRatio: 1 }).next()).rejects.toThrow('disk');
    await expect(unpack(new Uint8Array(gzipSync(noise)), { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
});

describe('hostile files', () => {
  const heads = [
    pcapHead(0xa1b2c3d4),
    pcapHead(0xa1b23c4d, true),
    joinBytes(section(), description(1, 0)),
    netmon(3, [{ media: 1, delta: 0n, data: data(30) }]),
  ];

  it('are read to the end, whatever follows the head', () => {
    fc.assert(
      fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 400 }), (head, rest) => {
        const { summary } = read(joinBytes(head, rest));
        expect(summary.packets).toBeLessThan(100);
      }),
    );
  });

  it('are read to the end when bytes in the middle are changed', () => {
    const good = [
      joinBytes(pcapHead(0xa1b2c3d4), ...[1, 2, 3, 4].map((n) => pcapRecord(n, n, data(30, n)))),
      joinBytes(section(), description(1, 0), ...[1, 2, 3, 4].map((n) => enhanced(0, BigInt(n), data(30, n)))),
      netmon(
        3,
        [1, 2, 3, 4].map((n) => ({ media: 1, delta: 0n, data: data(30, n) })),
      ),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...good), fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 8 }), (bytes, changes) => {
        const changed = Uint8Array.from(bytes);
        for (const [at, value] of changes) if (at >= 12) changed[at % changed.length] = value;
        try {
          expect(read(changed).summary.packets).toBeLessThan(100);
        } catch (error) {
          expect(error).toMatchObject({ name: 'CaptureError' });
        }
      }),
      { numRuns: 1000 },
    );
  });
});
