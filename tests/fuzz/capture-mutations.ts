import { type WritePacket, writeNetMon, writePcap, writePcapng } from '@winmedic/labs/capture-writer';
import { mutateRange } from './binary-mutations.ts';
import type { Random } from './random.ts';

/** Where the layers of a frame of a seed begin; -1 where there is none. */
interface Frame {
  readonly ip: number;
  readonly transport: number;
  readonly payload: number;
}

const TCP = 6;
const UDP = 17;
/** Bytes of the link layers whose frames are taken apart: Ethernet, raw IP, loopback, SLL, SLL2. */
const LINK_BYTES: ReadonlyMap<number, number> = new Map([
  [1, 14],
  [101, 0],
  [0, 4],
  [113, 16],
  [276, 20],
]);

/** Layers of a frame as the labs write it; those of tunnels by the outermost headers. */
function frameOf({ bytes }: WritePacket, linkType: number): Frame {
  const none = { ip: -1, transport: -1, payload: -1 };
  let ip = LINK_BYTES.get(linkType) ?? 0;
  if (linkType === 1) while (bytes[ip - 2] === 0x81 || bytes[ip - 2] === 0x88) ip += 4;
  const version = (bytes[ip] ?? 0) >> 4;
  if (version !== 4 && version !== 6) return none;
  const protocol = bytes[version === 4 ? ip + 9 : ip + 6];
  const transport = ip + (version === 4 ? ((bytes[ip] as number) & 15) * 4 : 40);
  if (protocol === UDP) return { ip, transport, payload: Math.min(transport + 8, bytes.length) };
  if (protocol !== TCP) return { ip, transport, payload: -1 };
  return { ip, transport, payload: Math.min(transport + ((bytes[transport + 12] ?? 0x50) >> 4) * 4, bytes.length) };
}

/** A copy whose bytes may be changed. */
const copied = (packet: WritePacket): WritePacket => ({ ...packet, bytes: packet.bytes.slice() });

/** Lengths, numbers and words on which readers of text turn. */
const WORDS = [
  '0',
  '-1',
  '4294967296',
  '99999999999999999999',
  'chunked',
  'Negotiate ',
  'Basic ',
  '\r\n',
  '\r\n\r\n',
  ';',
  ',',
  '=',
  '"',
  '\0',
  '__proto__',
  'HTTP/1.1 401 ',
];

/** Changes packets of a recording: which there are, their order and times, and what is in their headers and contents. */
export function changePackets(packets: WritePacket[], linkType: number, random: Random): string {
  if (packets.length === 0) return 'nothing';
  const at = random.below(packets.length);
  const packet = packets[at] as WritePacket;
  switch (random.below(12)) {
    case 0:
      packets.splice(at, 1 + random.below(3));
      return 'lose packets';
    case 1:
      packets.splice(random.below(packets.length + 1), 0, ...packets.slice(at, at + 1 + random.below(4)));
      return 'repeat packets';
    case 2:
      packets.splice(random.below(packets.length), 0, ...packets.splice(at, 1 + random.below(8)));
      return 'move packets';
    case 3:
      packets.reverse();
      return 'reverse order';
    case 4: {
      const cut = random.below(packet.bytes.length + 1);
      packets[at] = { ...packet, bytes: packet.bytes.slice(0, cut), originalLength: random.pick([packet.bytes.length, cut, 0xffff_ffff]) };
      return 'slice a packet';
    }
    case 5: {
      // pcap holds whole seconds from 1970 to 2106.
      const time = packet.at + BigInt(random.pick([-3_600_000_000_000, -1, 1, 400_000_000_000_000, 60_000_000_000]));
      for (let i = at; i < (random.below(2) ? at + 1 : packets.length); i++) packets[i] = { ...(packets[i] as WritePacket), at: time };
      return 'other times';
    }
    case 6:
      packets[at] = grown(packets, at, linkType, random);
      return 'insert in the contents';
    default:
      packets[at] = copied(packet);
      return inside((packets[at] as WritePacket).bytes, frameOf(packet, linkType), random);
  }
}

/** Changes headers or contents of one packet, in place. */
function inside(bytes: Uint8Array, { ip, transport, payload }: Frame, random: Random): string {
  const set16 = (offset: number, value: number) => {
    if (offset + 2 > bytes.length || offset < 0) return;
    bytes[offset] = value >> 8;
    bytes[offset + 1] = value & 0xff;
  };
  if (ip < 0 || random.below(16) === 0) return `link: ${mutateRange(bytes, 0, bytes.length, random)}`;
  // Contents decide most.
  const where = random.below(payload >= 0 && payload + 16 < bytes.length ? 5 : 2);
  if (where > 1) {
    if (random.below(4) > 0) return `contents: ${mutateRange(bytes, payload, bytes.length, random)}`;
    const word = Buffer.from(random.pick(WORDS), 'latin1');
    bytes.set(word.subarray(0, bytes.length - payload - 1), payload + random.below(Math.max(1, bytes.length - payload - word.length)));
    return 'contents: a word';
  }
  if (where === 1) {
    switch (random.below(5)) {
      case 0:
        if (transport + 13 < bytes.length) bytes[transport + 13] = random.pick([0, 1, 2, 4, 0x10, 0x12, 0x11, 0x14, 0x18, 0xff]);
        return 'TCP flags';
      case 1: {
        // A sequence or acknowledgement a little or far off.
        const field = transport + random.pick([4, 8]);
        if (field + 4 <= bytes.length) {
          const view = new DataView(bytes.buffer, bytes.byteOffset);
          view.setUint32(field, (view.getUint32(field) + random.pick([-1, 1, -100, 100, 65_536, 0x7fff_ffff, 0x8000_0000])) >>> 0);
        }
        return 'TCP sequence';
      }
      case 2:
        if (transport + 12 < bytes.length) bytes[transport + 12] = random.below(256);
        return 'TCP header length';
      case 3:
        set16(transport + random.pick([0, 2]), random.pick([0, 53, 80, 88, 135, 445, 3389, 5985, 5986, 49_667, 65_535]));
        return 'ports';
      default:
        set16(transport + random.pick([4, 14, 16, 18]), random.below(65_536));
        return 'UDP length, TCP window';
    }
  }
  switch (random.below(6)) {
    case 0:
      bytes[ip] = random.pick([0x45, 0x46, 0x4f, 0x40, 0x60, 0x6f, 0x00, random.below(256)]);
      return 'IP version and header length';
    case 1:
      set16(ip + random.pick([2, 4]), random.pick([0, 1, 19, 20, 40, 0xffff, random.below(2000)]));
      return 'IP length';
    case 2:
      set16(ip + 6, random.pick([0x2000, 0x2001, 0x1fff, 0x3fff, 0x4000, random.below(65_536)]));
      return 'fragment';
    case 3:
      if (ip + 9 < bytes.length) bytes[ip + random.pick([6, 9])] = random.pick([0, 1, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 135]);
      return 'protocol';
    case 4:
      if (ip + 20 < bytes.length) bytes[ip + 12 + random.below(8)] = random.below(256);
      return 'address';
    default:
      return `headers: ${mutateRange(bytes, ip, payload < 0 ? bytes.length : payload, random)}`;
  }
}

/** The packet with bytes put into its contents, its IP length and the numbers of what follows it in step; itself when it carries none. */
function grown(packets: WritePacket[], at: number, linkType: number, random: Random): WritePacket {
  const packet = packets[at] as WritePacket;
  const { bytes } = packet;
  const { ip, transport, payload } = frameOf(packet, linkType);
  if (payload < 0 || payload >= bytes.length || (bytes[ip] as number) >> 4 !== 4 || bytes[ip + 9] !== TCP) return packet;
  const length = bytes.length - payload;
  const from = payload + random.below(length);
  const part = random.below(3)
    ? bytes.subarray(from, from + 1 + random.below(64))
    : Uint8Array.from(Buffer.from(random.pick(WORDS), 'latin1'));
  const times = random.pick([1, 1, 2, 50]);
  const more = Math.min(part.length * times, 8000);
  const into = payload + random.below(length + 1);
  const out = new Uint8Array(bytes.length + more);
  out.set(bytes.subarray(0, into));
  for (let i = 0; i < more; i++) out[into + i] = part[i % part.length] as number;
  out.set(bytes.subarray(into), into + more);
  const view = new DataView(out.buffer);
  view.setUint16(ip + 2, Math.min(0xffff, view.getUint16(ip + 2) + more));
  const source = view.getUint16(transport);
  for (let i = at + 1; i < packets.length; i++) {
    const next = packets[i] as WritePacket;
    const other = frameOf(next, linkType);
    if (other.transport < 0 || other.transport + 20 > next.bytes.length) continue;
    const changed = copied(next);
    const fields = new DataView(changed.bytes.buffer);
    const field = other.transport + (fields.getUint16(other.transport) === source ? 4 : 8);
    fields.setUint32(field, (fields.getUint32(field) + more) >>> 0);
    packets[i] = changed;
  }
  return { at: packet.at, bytes: out, ...(packet.source !== undefined && { source: packet.source }) };
}

/** Largest time that fits the seconds of a pcap. */
const LAST = 0xffff_ffffn * 1_000_000_000n;

/** Writes packets into a container of any kind. */
export function written(packets: readonly WritePacket[], linkType: number, random: Random): { bytes: Uint8Array; name: string } {
  const inTime = packets.map((packet) => ({ ...packet, at: packet.at < 0n ? 0n : packet.at > LAST ? LAST : packet.at }));
  const bigEndian = random.below(3) === 0;
  const kind = random.below(8);
  if (kind < 4) {
    const magic = random.pick(['microseconds', 'nanoseconds', 'modified'] as const);
    return { bytes: writePcap(inTime, { magic, bigEndian, linkType }), name: `pcap ${magic}` };
  }
  if (kind === 4 && linkType === 1) {
    const version = random.pick(['2.1', '2.3'] as const);
    return { bytes: writeNetMon(inTime, { version }), name: `NetMon ${version}` };
  }
  const blocks = random.pick(['enhanced', 'enhanced', 'simple', 'obsolete'] as const);
  const section = {
    packets: inTime.map((packet, i) => ({ ...packet, interfaceId: 0, ...(i === 1 && { comment: 'a comment' }) })),
    bigEndian,
    blocks,
    interfaces: [
      { linkType, name: 'eth0', os: 'Windows', resolution: random.pick([6, 9, 3, 0x80 | 20]), statistics: { received: 9, dropped: 1 } },
    ],
    comment: 'fuzz',
    unknownBlocks: true,
    length: random.below(2) === 0,
  };
  const half = section.packets.length >> 1;
  const sections =
    random.below(4) === 0
      ? [
          { ...section, packets: section.packets.slice(0, half) },
          { ...section, packets: section.packets.slice(half), bigEndian: !bigEndian },
        ]
      : [section];
  return { bytes: writePcapng(sections), name: `pcapng ${blocks}` };
}

/** Places of the headers of a container, for changes that hit lengths and options rather than packets. */
function headers(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const places = [0];
  const step = (at: number): number => {
    const magic = view.getUint32(0, true);
    if (magic === 0x0a0d0d0a) {
      const little = view.getUint32(8, true) === 0x1a2b3c4d;
      return view.getUint32(at + 4, little);
    }
    if (magic === 0x55424d47) return at === 0 ? 72 : 16 + view.getUint32(at + 12, true);
    const little = magic >>> 24 === 0xa1;
    if (at === 0) return 24;
    const modified = magic === 0xa1b2cd34 || magic === 0x34cdb2a1;
    return (modified ? 24 : 16) + view.getUint32(at + 8, little);
  };
  for (let at = 0; at + 16 <= bytes.length && places.length < 4096; ) {
    const length = step(at);
    if (length < 12) break;
    at += length;
    if (at + 16 <= bytes.length) places.push(at);
  }
  return places;
}

/** Changes a container: its headers, single bytes, its end, a block put somewhere else. */
export function changeContainer(input: Uint8Array, random: Random): { bytes: Uint8Array; name: string } {
  const bytes = input.slice();
  if (bytes.length < 32) return { bytes, name: 'nothing' };
  switch (random.below(6)) {
    case 0: {
      const cut = random.below(bytes.length + 1);
      return { bytes: bytes.subarray(0, cut), name: `truncate at ${cut}` };
    }
    case 1:
      return { bytes, name: `anywhere: ${mutateRange(bytes, 0, bytes.length, random)}` };
    case 2: {
      const places = headers(bytes);
      const from = random.pick(places);
      const to = places[random.below(places.length)] as number;
      const part = input.subarray(from, Math.max(from, to));
      const into = random.pick(places);
      return {
        bytes: Uint8Array.from(Buffer.concat([input.subarray(0, into), part.subarray(0, 20_000), input.subarray(into)])),
        name: 'repeat blocks',
      };
    }
    default: {
      const at = random.pick(headers(bytes));
      return { bytes, name: `header at ${at}: ${mutateRange(bytes, at, at + random.pick([16, 28, 72]), random)}` };
    }
  }
}
