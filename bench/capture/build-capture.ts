/**
 * Captures for the bench: real traffic replicated under other addresses, ports and times, and the worst cases. Written as pcap with nanoseconds, the same in every
 * run.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import type { ByteSource } from '@winmedic/bytes';
import { LINKTYPE, openCapture } from '@winmedic/capture';

const NANOSECOND_MAGIC = 0xa1b23c4d;
const HEADER_BYTES = 24;
const RECORD_BYTES = 16;
/** Written to the file in pieces of about this size. */
const PIECE = 8 << 20;
/** Replicas follow each other by this. */
const STEP_SECONDS = 3600;

/** A source over a file. */
export function fileSource(path: string): ByteSource & { close(): void } {
  const file = openSync(path, 'r');
  return {
    sizeBytes: fstatSync(file).size,
    readAt: (offset, into) => readSync(file, into, 0, into.length, offset),
    close: () => closeSync(file),
  };
}

/** Writes packets into a pcap file. */
class PcapFile {
  readonly #file: number;
  readonly #piece = new Uint8Array(PIECE + (1 << 20));
  readonly #view = new DataView(this.#piece.buffer);
  #used = HEADER_BYTES;
  packets = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
    this.#view.setUint32(0, NANOSECOND_MAGIC, true);
    this.#view.setUint16(4, 2, true);
    this.#view.setUint16(6, 4, true);
    this.#view.setUint32(16, 262_144, true);
    this.#view.setUint32(20, LINKTYPE.ethernet, true);
  }

  /** Room for one packet; the caller fills it. */
  add(seconds: number, nanoseconds: number, length: number, originalLength = length): Uint8Array {
    if (this.#used > PIECE) this.#flush();
    this.#view.setUint32(this.#used, seconds, true);
    this.#view.setUint32(this.#used + 4, nanoseconds, true);
    this.#view.setUint32(this.#used + 8, length, true);
    this.#view.setUint32(this.#used + 12, originalLength, true);
    const start = this.#used + RECORD_BYTES;
    this.#used = start + length;
    this.packets++;
    return this.#piece.subarray(start, this.#used);
  }

  #flush(): void {
    writeSync(this.#file, this.#piece, 0, this.#used);
    this.#used = 0;
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }
}

interface Stored {
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly bytes: Uint8Array;
}

/** Ethernet packets of capture files, one file after the other. */
function packetsOf(paths: readonly string[]): Stored[] {
  const packets: Stored[] = [];
  for (const path of paths) {
    const source = fileSource(path);
    openCapture(source).read(({ bytes, start, end, seconds, nanoseconds, linkType }) => {
      if (linkType === LINKTYPE.ethernet && !Number.isNaN(seconds)) packets.push({ seconds, nanoseconds, bytes: bytes.slice(start, end) });
    });
    source.close();
  }
  return packets;
}

/** Where the IP header begins; -1 for anything else. */
function ipAt(bytes: Uint8Array): { readonly at: number; readonly version: 4 | 6 } | undefined {
  let at = 12;
  while (bytes[at] === 0x81 && bytes[at + 1] === 0 && at + 4 < bytes.length) at += 4;
  if (bytes[at] === 8 && bytes[at + 1] === 0 && bytes.length >= at + 2 + 20) return { at: at + 2, version: 4 };
  if (bytes[at] === 0x86 && bytes[at + 1] === 0xdd && bytes.length >= at + 2 + 40) return { at: at + 2, version: 6 };
  return undefined;
}

/** Dynamic ports start here; both ends of one flow move alike, so that a flow stays one. */
const DYNAMIC = 49_152;

function moveReplica(bytes: Uint8Array, n: number): void {
  const ip = ipAt(bytes);
  if (ip === undefined) return;
  const { at, version } = ip;
  const movePort = (offset: number): void => {
    if (offset + 2 > bytes.length) return;
    const port = ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
    if (port < DYNAMIC) return;
    const moved = DYNAMIC + ((port - DYNAMIC + 7 * n) % (65_536 - DYNAMIC));
    bytes[offset] = moved >> 8;
    bytes[offset + 1] = moved & 0xff;
  };
  // The second and third byte tell replicas apart, whatever network they came from.
  const first = version === 4 ? at + 12 : at + 8 + 10;
  const second = version === 4 ? at + 16 : at + 24 + 10;
  for (const address of [first, second]) {
    bytes[address + 1] = ((bytes[address + 1] as number) + n) & 0xff;
    bytes[address + 2] = ((bytes[address + 2] as number) + (n >> 8)) & 0xff;
  }
  const protocol = bytes[version === 4 ? at + 9 : at + 6];
  const fragment = version === 4 ? (((bytes[at + 6] as number) & 0x1f) << 8) | (bytes[at + 7] as number) : 0;
  if ((protocol !== 6 && protocol !== 17) || fragment > 0) return;
  const transport = at + (version === 4 ? ((bytes[at] as number) & 0x0f) * 4 : 40);
  movePort(transport);
  movePort(transport + 2);
}

/** Real traffic, as often as needed for the size. @returns packets written. */
export function replicate(paths: readonly string[], to: string, bytes: number): number {
  const packets = packetsOf(paths);
  const file = new PcapFile(to);
  let written = 0;
  for (let n = 0; written < bytes; n++) {
    for (const { seconds, nanoseconds, bytes: packet } of packets) {
      const copy = file.add(seconds + n * STEP_SECONDS, nanoseconds, packet.length);
      copy.set(packet);
      moveReplica(copy, n);
      written += packet.length + RECORD_BYTES;
    }
  }
  file.close();
  return file.packets;
}

/** Numbers that look random and are the same in every run (xorshift32). */
function randomNumbers(seed: number): () => number {
  let x = seed >>> 0;
  return () => {
    x ^= x << 13;
    x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
    return x;
  };
}

const TCP_BYTES = 54;
const FLAGS = { syn: 0x02, ack: 0x10, push: 0x08 } as const;

/** An Ethernet frame with IPv4 and TCP. @param payload bytes behind the head; padding of the shortest frame is none. */
function tcpFrame(
  frame: Uint8Array,
  from: { readonly address: number; readonly port: number },
  to: { readonly address: number; readonly port: number },
  seq: number,
  flags: number,
  payload: number,
): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  frame.fill(0, 0, TCP_BYTES);
  view.setUint16(12, 0x0800);
  view.setUint8(14, 0x45);
  view.setUint16(16, TCP_BYTES - 14 + payload);
  view.setUint8(22, 64);
  view.setUint8(23, 6);
  view.setUint32(26, from.address);
  view.setUint32(30, to.address);
  view.setUint16(34, from.port);
  view.setUint16(36, to.port);
  view.setUint32(38, seq);
  view.setUint8(46, 0x50);
  view.setUint8(47, flags);
  view.setUint16(48, 0xffff);
}

const START = 1_700_000_000;
const time = (n: number): [number, number] => [START + Math.floor(n / 100_000), (n % 100_000) * 10_000];

/** A port scan: every packet opens a flow of its own. */
export function synScan(to: string, flows: number): void {
  const file = new PcapFile(to);
  for (let n = 0; n < flows; n++) {
    const frame = file.add(...time(n), 60);
    tcpFrame(
      frame,
      { address: 0x0a00_0001, port: 40_000 + (n & 0xfff) },
      { address: 0xc000_0000 + (n >> 4), port: 1 + (n & 0xf) },
      n,
      FLAGS.syn,
      0,
    );
  }
  file.close();
}

/** Segments of WS-Management at random places of their streams: none is ever next. */
export function outOfOrder(to: string, packets: number, flows: number): void {
  const file = new PcapFile(to);
  const random = randomNumbers(7);
  const head = new TextEncoder().encode('POST /wsman HTTP/1.1\r\nContent-Length: 2000000000\r\n\r\n');
  for (let n = 0; n < packets; n++) {
    const flow = n % flows;
    const first = n < flows;
    const length = first ? head.length : 1000;
    const frame = file.add(...time(n), TCP_BYTES + length);
    const client = { address: 0x0a00_0000 + flow, port: 50_000 };
    tcpFrame(frame, client, { address: 0x0aff_0001, port: 5985 }, first ? 1 : random(), FLAGS.ack | FLAGS.push, length);
    if (first) frame.set(head, TCP_BYTES);
    else frame.fill(0x41 + (n % 26), TCP_BYTES);
  }
  file.close();
}

/** The smallest packets, over flows that last. */
export function smallPackets(to: string, packets: number, flows: number): void {
  const file = new PcapFile(to);
  for (let n = 0; n < packets; n++) {
    const flow = n % flows;
    const frame = file.add(...time(n), 60);
    const seq = Math.floor(n / flows) * 6;
    tcpFrame(frame, { address: 0x0a00_0000 + flow, port: 50_000 }, { address: 0x0aff_0001, port: 443 }, seq, FLAGS.ack, 6);
    frame.fill(0x17, TCP_BYTES);
  }
  file.close();
}

/** IP in IP in IP: as deep as a packet has room for. */
export function deepTunnels(to: string, packets: number): void {
  const file = new PcapFile(to);
  const depth = 60;
  for (let n = 0; n < packets; n++) {
    const length = 14 + depth * 20 + 20;
    const frame = file.add(...time(n), length);
    frame.fill(0);
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    view.setUint16(12, 0x0800);
    for (let level = 0; level < depth; level++) {
      const at = 14 + level * 20;
      view.setUint8(at, 0x45);
      view.setUint16(at + 2, length - at);
      view.setUint8(at + 8, 64);
      view.setUint8(at + 9, level === depth - 1 ? 6 : 4);
      view.setUint32(at + 12, 0x0a00_0000 + n);
      view.setUint32(at + 16, 0x0aff_0001);
    }
  }
  file.close();
}
