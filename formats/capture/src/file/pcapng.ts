import type { ByteSource, DamageReport } from '@winmedic/bytes';
import type { CaptureFileDamageCode } from './codes.ts';
import { eachOption, optionI64, optionText, optionU64 } from './options.ts';
import { pcapngBigEndian } from './recognise.ts';
import { emptyPacket, MAX_INTERFACES, Tally } from './tally.ts';
import { type TickClock, tickClock } from './ticks.ts';
import type { CaptureSummary, Packet } from './types.ts';
import { MAX_PACKET_BYTES, SlidingWindow, u16At, u32At, type WindowOptions } from './window.ts';

/** Block types of draft-ietf-opsawg-pcapng section 11.1 that are looked into, or believed when a lost place is looked for. */
export const BLOCK = {
  section: 0x0a0d0d0a,
  interface: 1,
  packet: 2,
  simplePacket: 3,
  names: 4,
  statistics: 5,
  enhancedPacket: 6,
  journal: 9,
  decryptionSecrets: 10,
  custom: 0x0bad,
  customNoCopy: 0x40000bad,
} as const;
const KNOWN: ReadonlySet<number> = new Set(Object.values(BLOCK));
/** Blocks that are no packets, but that Wireshark numbers as frames (tried with tshark 4.0): custom and journal blocks, system calls. */
const NUMBERED: ReadonlySet<number> = new Set([BLOCK.custom, BLOCK.customNoCopy, BLOCK.journal, 0x204, 0x208]);

/** A block with a packet: data, 32 bytes of fields, and options that are never large. */
const MAX_BLOCK_BYTES = MAX_PACKET_BYTES + 1024 * 1024;
/** Heads of interfaces, sections and statistics with their options; larger ones are read to here. */
const MAX_HEAD_BYTES = 1024 * 1024;
/** No LINKTYPE_ number: the highest of 16 bits is not assigned. */
const UNKNOWN_LINKTYPE = 0xffff;
/** How far the next block is looked for after an impossible one. */
const RESYNC_BYTES = 16 * 1024 * 1024;

/** State of one read. */
class Reader {
  readonly tally = new Tally();
  readonly window: SlidingWindow;
  readonly #sizeBytes: number;
  readonly #report: DamageReport<CaptureFileDamageCode>;
  readonly #visit: (packet: Packet) => unknown;
  readonly #packet: Packet;
  /** Index of the section's first interface, over the file. */
  #sectionBase = 0;
  /** Clocks of the section's interfaces. */
  #clocks: TickClock[] = [];
  #snapLengths: number[] = [];
  #bigEndian = false;
  #number = 0;

  constructor(source: ByteSource, report: DamageReport<CaptureFileDamageCode>, options: WindowOptions, visit: (packet: Packet) => unknown) {
    this.window = new SlidingWindow(source, options);
    this.#sizeBytes = source.sizeBytes;
    this.#report = report;
    this.#visit = visit;
    this.#packet = emptyPacket(this.window.bytes);
  }

  read(): CaptureSummary {
    const { window, tally } = this;
    let offset = 0;
    for (;;) {
      let at = offset - window.base;
      if (at + 12 > window.filled) {
        at = window.load(offset, 12);
        if (window.filled < 12) {
          if (offset < this.#sizeBytes) this.#cut(offset, 'block', 12, window.filled);
          break;
        }
      }
      // The type of a section header reads the same in both byte orders; its length does not.
      let type = u32At(window.bytes, at, this.#bigEndian);
      if (type === BLOCK.section) {
        const order = pcapngBigEndian(window.bytes.subarray(at, at + 12));
        if (order !== undefined) this.#bigEndian = order;
      }
      const total = u32At(window.bytes, at + 4, this.#bigEndian);
      const length = (total + 3) & ~3;
      if (total < 12 || length <= 0 || (offset + length > this.#sizeBytes && this.#nextBlock(offset + 4) !== undefined)) {
        this.#report('CAPTURE_BLOCK_LENGTH', offset, `block of type ${type}`, 12, total);
        const found = this.#nextBlock(offset + 4);
        if (found === undefined) {
          tally.cut = true;
          this.#report('CAPTURE_LOST', offset, 'rest of the file', undefined, this.#sizeBytes - offset);
          break;
        }
        this.#report('CAPTURE_RESYNC', offset, 'next block', undefined, found - offset);
        offset = found;
        continue;
      }
      at = offset - window.base;
      const holdsPacket = type === BLOCK.enhancedPacket || type === BLOCK.simplePacket || type === BLOCK.packet;
      const looked = holdsPacket || type === BLOCK.section || type === BLOCK.interface || type === BLOCK.statistics;
      const needed = holdsPacket ? length : looked ? Math.min(length, MAX_HEAD_BYTES) : 12;
      if (holdsPacket && length > MAX_BLOCK_BYTES) {
        this.#report('CAPTURE_PACKET_LENGTH', offset, 'packet block', MAX_BLOCK_BYTES, length);
        type = 0;
      } else if (at < 0 || at + needed > window.filled) {
        at = window.load(offset, needed);
      }
      if (offset + length > this.#sizeBytes || (type !== 0 && at + needed > window.filled)) {
        this.#cut(offset, `block of type ${type}`, length, this.#sizeBytes - offset);
        break;
      }
      if (looked && needed === length && type !== 0 && u32At(window.bytes, at + length - 4, this.#bigEndian) !== total)
        this.#report(
          'CAPTURE_BLOCK_LENGTH',
          offset,
          'length at the end of the block',
          total,
          u32At(window.bytes, at + length - 4, this.#bigEndian),
        );
      const end = at + needed - (needed === length ? 4 : 0);
      if (type === BLOCK.enhancedPacket) {
        if (this.#enhanced(offset, at, end) === false) break;
      } else if (type === BLOCK.interface) this.#interface(offset, at, end);
      else if (type === BLOCK.simplePacket) {
        if (this.#simple(offset, at, end) === false) break;
      } else if (type === BLOCK.packet) {
        if (this.#obsolete(offset, at, end) === false) break;
      } else if (type === BLOCK.section) this.#section(at, end);
      else if (type === BLOCK.statistics) this.#statistics(at, end);
      else if (NUMBERED.has(type)) this.#number++;
      else if (type === BLOCK.decryptionSecrets) this.#report('CAPTURE_TLS_SECRETS', offset, 'decryption secrets block');
      offset += length;
    }
    return tally.summary('pcapng');
  }

  #cut(offset: number, what: string, need: number, have: number): void {
    this.tally.cut = true;
    this.#report('CAPTURE_CUT', offset, what, need, have);
  }

  /** The next place that looks like a block, both lengths of which agree. */
  #nextBlock(from: number): number | undefined {
    const { window } = this;
    const last = Math.min(this.#sizeBytes - 12, from + RESYNC_BYTES);
    for (let offset = from; offset <= last; offset++) {
      let at = offset - window.base;
      if (at < 0 || at + 12 > window.filled) at = window.load(offset, 12);
      if (at + 12 > window.filled) return undefined;
      if (!KNOWN.has(u32At(window.bytes, at, this.#bigEndian))) continue;
      const total = u32At(window.bytes, at + 4, this.#bigEndian);
      // What is searched for is a block of common size: only what fits is compared.
      if (total < 12 || (total & 3) !== 0 || total > MAX_HEAD_BYTES || offset + total > this.#sizeBytes) continue;
      at = window.load(offset, total);
      if (at + total <= window.filled && u32At(window.bytes, at + total - 4, this.#bigEndian) === total) return offset;
    }
    return undefined;
  }

  #section(at: number, end: number): void {
    this.#sectionBase = this.tally.interfaces.length;
    this.#clocks = [];
    this.#snapLengths = [];
    const { tally } = this;
    eachOption(this.window.bytes, at + 24, end, this.#bigEndian, (code, value) => {
      if (code === 1) tally.comment(optionText(value));
      // The first section speaks for the file.
      else if (code === 2) tally.hardware ??= optionText(value);
      else if (code === 3) tally.os ??= optionText(value);
      else if (code === 4) tally.application ??= optionText(value);
    });
  }

  #interface(offset: number, at: number, end: number): void {
    const { bytes } = this.window;
    const { interfaces } = this.tally;
    const short = end < at + 16;
    if (short || interfaces.length >= MAX_INTERFACES)
      this.#report('CAPTURE_INTERFACE', offset, 'interface description', MAX_INTERFACES, interfaces.length);
    if (interfaces.length >= MAX_INTERFACES) return;
    // One that is too short keeps its number, or later ones would be taken for it; its packets are counted only.
    const linkType = short ? UNKNOWN_LINKTYPE : u16At(bytes, at + 8, this.#bigEndian);
    const snapLength = short ? 0 : u32At(bytes, at + 12, this.#bigEndian);
    let resolution = 6;
    let offsetSeconds = 0;
    const texts: { name?: string; description?: string; os?: string } = {};
    eachOption(bytes, at + 16, end, this.#bigEndian, (code, value) => {
      if (code === 1) this.tally.comment(optionText(value));
      else if (code === 2) texts.name = optionText(value);
      else if (code === 3) texts.description = optionText(value);
      else if (code === 9 && value.length > 0) resolution = value[0] as number;
      else if (code === 12) texts.os = optionText(value);
      else if (code === 14) offsetSeconds = optionI64(value, this.#bigEndian) ?? 0;
    });
    // Seconds beyond what any date has would only make nonsense of the times.
    if (Math.abs(offsetSeconds) > 1e12) offsetSeconds = 0;
    const clock = tickClock(resolution, offsetSeconds);
    this.#clocks.push(clock);
    this.#snapLengths.push(snapLength);
    interfaces.push({ linkType, snapLength, ...texts, ticksPerSecond: clock.ticksPerSecond, packets: 0 });
  }

  #statistics(at: number, end: number): void {
    if (end < at + 20) return;
    const of = this.tally.interfaces[this.#sectionBase + u32At(this.window.bytes, at + 8, this.#bigEndian)];
    if (of === undefined) return;
    let dropped: number | undefined;
    eachOption(this.window.bytes, at + 20, end, this.#bigEndian, (code, value) => {
      // 5 isb_ifdrop, 7 isb_osdrop; counted from the start of the recording, so that the last block holds.
      if (code === 5 || code === 7) dropped = (dropped ?? 0) + (optionU64(value, this.#bigEndian) ?? 0);
    });
    if (dropped !== undefined) of.dropped = dropped;
  }

  #enhanced(offset: number, at: number, end: number): unknown {
    if (end < at + 28) return this.#short(offset, end - at);
    const { bytes } = this.window;
    return this.#deliver(
      offset,
      u32At(bytes, at + 8, this.#bigEndian),
      at + 28,
      end,
      u32At(bytes, at + 20, this.#bigEndian),
      u32At(bytes, at + 24, this.#bigEndian),
      u32At(bytes, at + 12, this.#bigEndian),
      u32At(bytes, at + 16, this.#bigEndian),
    );
  }

  /** Obsolete packet block (Appendix A): a 16-bit interface and a drop count where the enhanced one has the interface. */
  #obsolete(offset: number, at: number, end: number): unknown {
    if (end < at + 28) return this.#short(offset, end - at);
    const { bytes } = this.window;
    return this.#deliver(
      offset,
      u16At(bytes, at + 8, this.#bigEndian),
      at + 28,
      end,
      u32At(bytes, at + 20, this.#bigEndian),
      u32At(bytes, at + 24, this.#bigEndian),
      u32At(bytes, at + 12, this.#bigEndian),
      u32At(bytes, at + 16, this.#bigEndian),
    );
  }

  /** Simple packet block (section 4.4): no time, interface 0, the captured length follows from the snap length. */
  #simple(offset: number, at: number, end: number): unknown {
    if (end < at + 12) return this.#short(offset, end - at);
    const original = u32At(this.window.bytes, at + 8, this.#bigEndian);
    const snap = this.#snapLengths[0] ?? 0;
    const room = end - at - 12;
    const captured = Math.min(original, snap === 0 ? original : snap, room);
    return this.#deliver(offset, 0, at + 12, end, captured, original, -1, 0);
  }

  #short(offset: number, have: number): void {
    this.#report('CAPTURE_BLOCK_LENGTH', offset, 'packet block', 32, have);
  }

  #deliver(
    offset: number,
    interfaceId: number,
    start: number,
    end: number,
    told: number,
    original: number,
    high: number,
    low: number,
  ): unknown {
    const clock = this.#clocks[interfaceId];
    if (clock === undefined) {
      this.#report('CAPTURE_INTERFACE', offset, 'interface of a packet', this.#clocks.length, interfaceId);
      return undefined;
    }
    let captured = told;
    if (captured > end - start) {
      this.#report('CAPTURE_PACKET_LENGTH', offset, 'captured length', end - start, captured);
      captured = end - start;
    }
    const packet = this.#packet;
    if (high < 0) {
      packet.seconds = Number.NaN;
      packet.nanoseconds = Number.NaN;
    } else {
      clock.set(high, low);
      packet.seconds = clock.seconds;
      packet.nanoseconds = clock.nanoseconds;
    }
    const { tally, window } = this;
    tally.packets++;
    packet.number = ++this.#number;
    packet.bytes = window.bytes;
    packet.start = start;
    packet.end = start + captured;
    packet.originalLength = original > captured ? original : captured;
    packet.interfaceId = this.#sectionBase + interfaceId;
    packet.linkType = (tally.interfaces[packet.interfaceId] as { linkType: number }).linkType;
    packet.fileOffset = window.base + start;
    const options = start + ((captured + 3) & ~3);
    if (options + 4 < end) this.#packetOptions(options, end, packet.number);
    tally.count(packet);
    return this.#visit(packet);
  }

  #packetOptions(start: number, end: number, number: number): void {
    eachOption(this.window.bytes, start, end, this.#bigEndian, (code, value) => {
      if (code === 1) this.tally.comment(optionText(value), number);
    });
  }
}

/** Reads a pcapng file (draft-ietf-opsawg-pcapng): sections of either byte order, their interfaces and packets; other blocks are passed over. */
export function readPcapng(
  source: ByteSource,
  report: DamageReport<CaptureFileDamageCode>,
  options: WindowOptions,
  visit: (packet: Packet) => unknown,
): CaptureSummary {
  return new Reader(source, report, options, visit).read();
}
