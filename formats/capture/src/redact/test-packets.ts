import { joinBytes } from '@winmedic/bytes';
import { numbers, pcapHead, pcapRecord } from '../file/test-files.ts';

/** One packet of a conversation made by hand. */
export interface TestPacket {
  readonly from: 'client' | 'server';
  readonly payload: Uint8Array;
  readonly sequence: number;
  readonly flags?: number;
  /** Bytes captured at most. */
  readonly snap?: number;
  readonly protocol?: 6 | 17;
  /** Behind the end of the IP packet. */
  readonly trailer?: Uint8Array;
}

export function text(value: string): Uint8Array {
  return Uint8Array.from(value, (c) => c.charCodeAt(0));
}

/** Ethernet, IPv4, TCP or UDP. */
export function frame(
  { from, payload, sequence, flags = 16, protocol = 6, trailer = new Uint8Array() }: TestPacket,
  port: number,
): Uint8Array {
  const ports = from === 'client' ? [50_000, port] : [port, 50_000];
  const addresses = from === 'client' ? [0x0a000001, 0x0a000002] : [0x0a000002, 0x0a000001];
  const transport =
    protocol === 6
      ? numbers(
          true,
          [16, ports[0] as number],
          [16, ports[1] as number],
          [32, sequence],
          [32, 1],
          [8, 0x50],
          [8, flags],
          [16, 1000],
          [16, 0x1234],
          [16, 0],
        )
      : numbers(true, [16, ports[0] as number], [16, ports[1] as number], [16, payload.length + 8], [16, 0x1234]);
  const total = 20 + transport.length + payload.length;
  const ip = numbers(
    true,
    [16, 0x4500],
    [16, total],
    [16, 7],
    [16, 0],
    [8, 64],
    [8, protocol],
    [16, 0],
    [32, addresses[0] as number],
    [32, addresses[1] as number],
  );
  return joinBytes(new Uint8Array(12).fill(2), numbers(true, [16, 0x0800]), ip, transport, payload, trailer);
}

/** A pcap file of such packets, one a second. */
export function capture(packets: readonly TestPacket[], port: number): Uint8Array {
  const records = packets.map((packet, i) => {
    const bytes = frame(packet, port);
    const cut = bytes.subarray(0, packet.snap ?? bytes.length);
    return pcapRecord(1_600_000_000 + i, 0, cut, false, cut.length, bytes.length);
  });
  return joinBytes(pcapHead(0xa1b2c3d4), ...records);
}

/** One side's bytes in pieces, in order. */
export function pieces(from: TestPacket['from'], bytes: Uint8Array, sizes: readonly number[], first = 1000): TestPacket[] {
  const packets: TestPacket[] = [];
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = Math.max(1, sizes.length === 0 ? bytes.length : (sizes[n % sizes.length] as number));
    packets.push({ from, payload: bytes.subarray(at, at + size), sequence: (first + at) >>> 0 });
    at += size;
  }
  return packets;
}
