import { ascii, ByteOut } from './byte-out.ts';
import { LINK_TYPES, type WritePacket } from './types.ts';

/** One interface of a section. */
export interface WriteInterface {
  /** Default Ethernet. */
  readonly linkType?: number;
  /** Default 0, no limit. */
  readonly snapLength?: number;
  readonly name?: string;
  readonly description?: string;
  /** if_os. */
  readonly os?: string;
  /** if_tsresol as it stands in the file: 6 microseconds (default, not written), 9 nanoseconds, 0x80 | n for 2^-n seconds. */
  readonly resolution?: number;
  /** if_tsoffset: seconds that are added to every time. */
  readonly offsetSeconds?: number;
  /** Received and dropped packets, told by an Interface Statistics Block at the end. */
  readonly statistics?: { readonly received?: number; readonly dropped?: number; readonly droppedBySystem?: number };
}

/** One section of a pcapng file. */
export interface WriteSection {
  readonly packets: readonly WritePacket[];
  readonly bigEndian?: boolean;
  /** Default one Ethernet interface in microseconds. */
  readonly interfaces?: readonly WriteInterface[];
  readonly hardware?: string;
  readonly os?: string;
  readonly application?: string;
  readonly comment?: string;
  /** `enhanced` (default), `simple` (no times, first interface only) or `obsolete` packet blocks. */
  readonly blocks?: 'enhanced' | 'simple' | 'obsolete';
  /** A TLS key log in a Decryption Secrets Block before the packets. */
  readonly keyLog?: string;
  /** The section header tells its length; default it says that it is not known. */
  readonly length?: boolean;
  /** Blocks of a type nobody knows between the others: readers skip them. */
  readonly unknownBlocks?: boolean;
}

const BLOCK = { section: 0x0a0d0d0a, interface: 1, obsolete: 2, simple: 3, names: 4, statistics: 5, enhanced: 6, secrets: 0xa } as const;
/** "TLSK", draft-ietf-opsawg-pcapng section 4.7. */
const TLS_KEY_LOG = 0x544c534b;
/** A block type reserved for local use (section 10.1). */
const LOCAL_BLOCK = 0x80000bad;

type Option = readonly [code: number, value: Uint8Array];

/** A pcapng file of sections (draft-ietf-opsawg-pcapng). */
export function writePcapng(sections: readonly WriteSection[]): Uint8Array {
  return new ByteOut().put(...sections.map(section)).bytes();
}

function section(spec: WriteSection): Uint8Array {
  const order = spec.bigEndian === true ? 'big' : 'little';
  const interfaces = spec.interfaces ?? [{}];
  const body = new ByteOut(order);
  for (const each of interfaces) body.put(interfaceBlock(order, each));
  if (spec.unknownBlocks === true) body.put(block(order, LOCAL_BLOCK, ascii('unknown ')));
  if (spec.keyLog !== undefined) {
    const secrets = ascii(spec.keyLog);
    body.put(block(order, BLOCK.secrets, new ByteOut(order).u32(TLS_KEY_LOG, secrets.length).put(secrets).pad(4).bytes()));
  }
  for (const packet of spec.packets) body.put(packetBlock(order, spec, interfaces, packet));
  for (const [id, { statistics, resolution, offsetSeconds }] of interfaces.entries()) {
    if (statistics === undefined) continue;
    const last = spec.packets.findLast(({ interfaceId = 0 }) => interfaceId === id)?.at ?? 0n;
    const out = new ByteOut(order).u32(id, ...ticksOf(last, resolution, offsetSeconds));
    body.put(
      block(
        order,
        BLOCK.statistics,
        withOptions(order, out, [
          ...number64(order, 4, statistics.received),
          ...number64(order, 5, statistics.dropped),
          ...number64(order, 7, statistics.droppedBySystem),
        ]),
      ),
    );
  }
  const bytes = body.bytes();
  const head = new ByteOut(order).u32(0x1a2b3c4d).u16(1, 0);
  head.u64(spec.length === true ? BigInt(bytes.length) : -1n);
  const options = [...text(1, spec.comment), ...text(2, spec.hardware), ...text(3, spec.os), ...text(4, spec.application)];
  return new ByteOut().put(block(order, BLOCK.section, withOptions(order, head, options)), bytes).bytes();
}

function interfaceBlock(order: 'big' | 'little', spec: WriteInterface): Uint8Array {
  const out = new ByteOut(order).u16(spec.linkType ?? LINK_TYPES.ethernet, 0).u32(spec.snapLength ?? 0);
  const options: Option[] = [...text(2, spec.name), ...text(3, spec.description)];
  if (spec.resolution !== undefined) options.push([9, Uint8Array.of(spec.resolution)]);
  options.push(...text(12, spec.os));
  if (spec.offsetSeconds !== undefined) options.push([14, new ByteOut(order).u64(BigInt(spec.offsetSeconds)).bytes()]);
  return block(order, BLOCK.interface, withOptions(order, out, options));
}

function packetBlock(order: 'big' | 'little', spec: WriteSection, interfaces: readonly WriteInterface[], packet: WritePacket): Uint8Array {
  const id = packet.interfaceId ?? 0;
  const { resolution, offsetSeconds, snapLength = 0 } = interfaces[id] as WriteInterface;
  const kept = snapLength > 0 ? packet.bytes.subarray(0, snapLength) : packet.bytes;
  const original = packet.originalLength ?? packet.bytes.length;
  const out = new ByteOut(order);
  if (spec.blocks === 'simple') return block(order, BLOCK.simple, out.u32(original).put(kept).pad(4).bytes());
  if (spec.blocks === 'obsolete') out.u16(id, 0xffff);
  else out.u32(id);
  out.u32(...ticksOf(packet.at, resolution, offsetSeconds), kept.length, original);
  out.put(kept).pad(4);
  const type = spec.blocks === 'obsolete' ? BLOCK.obsolete : BLOCK.enhanced;
  return block(order, type, withOptions(order, out, text(1, packet.comment)));
}

/** High and low half of a time in the units of its interface. */
function ticksOf(at: bigint, resolution = 6, offsetSeconds = 0): [number, number] {
  const since = at - BigInt(offsetSeconds) * 1_000_000_000n;
  const exponent = BigInt(resolution & 0x7f);
  const ticks = resolution & 0x80 ? (since << exponent) / 1_000_000_000n : (since * 10n ** exponent) / 1_000_000_000n;
  return [Number((ticks >> 32n) & 0xffff_ffffn), Number(ticks & 0xffff_ffffn)];
}

function block(order: 'big' | 'little', type: number, body: Uint8Array): Uint8Array {
  const padded = new ByteOut().put(body).pad(4).bytes();
  const length = padded.length + 12;
  return new ByteOut(order).u32(type, length).put(padded).u32(length).bytes();
}

function withOptions(order: 'big' | 'little', out: ByteOut, options: readonly Option[]): Uint8Array {
  for (const [code, value] of options) {
    out.put(new ByteOut(order).u16(code, value.length).put(value).pad(4).bytes());
  }
  if (options.length > 0) out.u32(0);
  return out.bytes();
}

function text(code: number, value: string | undefined): Option[] {
  return value === undefined ? [] : [[code, ascii(value)]];
}

function number64(order: 'big' | 'little', code: number, value: number | undefined): Option[] {
  return value === undefined ? [] : [[code, new ByteOut(order).u64(BigInt(value)).bytes()]];
}
