import type { ByteSource, DamageReport } from '@winmedic/bytes';
import type { CaptureFileDamageCode } from './codes.ts';
import type { PcapVariant } from './recognise.ts';
import { emptyPacket, Tally } from './tally.ts';
import type { CaptureSummary, Packet } from './types.ts';
import { MAX_PACKET_BYTES, SlidingWindow, u32At, type WindowOptions } from './window.ts';

/** Captured lengths up to this are believed at once (the largest snap length in use); larger ones only when a record follows. */
const COMMON_PACKET_BYTES = 256 * 1024;
/** How far the next record is looked for after an impossible one: several packets of any real size, and an end to a search in noise. */
const RESYNC_BYTES = 16 * 1024 * 1024;
/** A record found by searching lies this near in time to the last good one: captures run for days, noise is anywhere in 136 years. */
const RESYNC_SECONDS = 14 * 86_400;

/** What stays the same while one file is read. */
interface Walk {
  readonly window: SlidingWindow;
  readonly variant: PcapVariant;
  readonly sizeBytes: number;
  readonly maxFraction: number;
}

/**
 * Reads a classic pcap file (draft-ietf-opsawg-pcap): a head of 24 bytes, then records of time, captured and original length, data. A record whose captured
 * length cannot be is left out and the next plausible record looked for.
 */
export function readPcap(
  source: ByteSource,
  variant: PcapVariant,
  report: DamageReport<CaptureFileDamageCode>,
  options: WindowOptions,
  visit: (packet: Packet) => unknown,
): CaptureSummary {
  const tally = new Tally();
  const window = new SlidingWindow(source, options);
  const { bigEndian, recordBytes, ticksPerSecond } = variant;
  const nsPerTick = 1_000_000_000 / ticksPerSecond;
  const walk: Walk = { window, variant, sizeBytes: source.sizeBytes, maxFraction: ticksPerSecond };
  window.load(0, variant.headBytes);
  if (window.filled < variant.headBytes) {
    tally.cut = true;
    report('CAPTURE_CUT', 0, 'file header', variant.headBytes, window.filled);
    return tally.summary('pcap');
  }
  const snapLength = u32At(window.bytes, 16, bigEndian);
  // The upper half tells about frame check sequences (section 4, "LinkType and additional information").
  const linkType = u32At(window.bytes, 20, bigEndian) & 0xffff;
  const listed = { linkType, snapLength, ticksPerSecond, packets: 0 };
  tally.interfaces.push(listed);
  const packet = emptyPacket(window.bytes);
  packet.linkType = linkType;
  let offset = variant.headBytes;
  let lastSeconds = Number.NaN;
  for (;;) {
    let at = offset - window.base;
    if (at + recordBytes > window.filled) {
      at = window.load(offset, recordBytes);
      if (window.filled < recordBytes) {
        if (window.filled > 0 || offset < source.sizeBytes) {
          tally.cut = true;
          report('CAPTURE_CUT', offset, 'record header', recordBytes, window.filled);
        }
        break;
      }
    }
    const captured = u32At(window.bytes, at + 8, bigEndian);
    if (captured > COMMON_PACKET_BYTES && captured > snapLength && !followedByRecord(walk, offset, captured)) {
      report('CAPTURE_PACKET_LENGTH', offset, 'captured length', Math.max(COMMON_PACKET_BYTES, snapLength), captured);
      const found = resynchronise(walk, offset + 1, lastSeconds);
      if (found === undefined) {
        tally.cut = true;
        report('CAPTURE_LOST', offset, 'rest of the file', undefined, source.sizeBytes - offset);
        break;
      }
      report('CAPTURE_RESYNC', offset, 'next record', undefined, found - offset);
      offset = found;
      continue;
    }
    if (captured > MAX_PACKET_BYTES) {
      // A record follows, so this is one, only larger than is worth keeping in memory.
      report('CAPTURE_PACKET_LENGTH', offset, 'captured length', MAX_PACKET_BYTES, captured);
      offset += recordBytes + captured;
      continue;
    }
    if (at + recordBytes + captured > window.filled) {
      at = window.load(offset, recordBytes + captured);
      if (window.filled < recordBytes + captured) {
        tally.cut = true;
        report('CAPTURE_CUT', offset, 'packet data', captured, Math.max(0, window.filled - recordBytes));
        break;
      }
    }
    const bytes = window.bytes;
    const fraction = u32At(bytes, at + 4, bigEndian);
    const original = u32At(bytes, at + 12, bigEndian);
    let seconds = u32At(bytes, at, bigEndian);
    let nanoseconds = fraction * nsPerTick;
    if (nanoseconds > 999_999_999) {
      seconds += Math.floor(fraction / ticksPerSecond);
      nanoseconds = (fraction % ticksPerSecond) * nsPerTick;
    }
    lastSeconds = seconds;
    packet.number = ++tally.packets;
    packet.seconds = seconds;
    packet.nanoseconds = nanoseconds;
    packet.bytes = bytes;
    packet.start = at + recordBytes;
    packet.end = packet.start + captured;
    packet.originalLength = original > captured ? original : captured;
    packet.fileOffset = offset + recordBytes;
    tally.count(packet);
    offset += recordBytes + captured;
    if (visit(packet) === false) break;
  }
  return tally.summary('pcap');
}

/** Could a record stand here? Its bytes are in the window. */
function plausible(walk: Walk, at: number, nearSeconds: number): boolean {
  const { bytes } = walk.window;
  const { bigEndian } = walk.variant;
  const captured = u32At(bytes, at + 8, bigEndian);
  return (
    captured > 0 &&
    captured <= COMMON_PACKET_BYTES &&
    u32At(bytes, at + 12, bigEndian) >= captured &&
    u32At(bytes, at + 4, bigEndian) < walk.maxFraction &&
    !(Math.abs(u32At(bytes, at, bigEndian) - nearSeconds) > RESYNC_SECONDS)
  );
}

/** Does the file end exactly, or a plausible record stand, after a packet of this length? */
function followedByRecord(walk: Walk, offset: number, captured: number): boolean {
  const { window, variant, sizeBytes } = walk;
  const next = offset + variant.recordBytes + captured;
  if (next >= sizeBytes) return next === sizeBytes;
  const seconds = u32At(window.bytes, offset - window.base, variant.bigEndian);
  const there = window.load(next, variant.recordBytes, variant.recordBytes) + variant.recordBytes <= window.filled;
  const follows = there && plausible(walk, next - window.base, seconds);
  window.load(offset, variant.recordBytes);
  return follows;
}

/** The next place with a plausible record that is followed by another, or by the end of the file. */
function resynchronise(walk: Walk, from: number, nearSeconds: number): number | undefined {
  const { window, variant, sizeBytes } = walk;
  const chain = 2 * variant.recordBytes + COMMON_PACKET_BYTES;
  const last = Math.min(sizeBytes - variant.recordBytes, from + RESYNC_BYTES);
  for (let offset = from; offset <= last; offset++) {
    let at = offset - window.base;
    if (at < 0 || (at + chain > window.filled && window.base + window.filled < sizeBytes)) at = window.load(offset, chain);
    if (at + variant.recordBytes > window.filled) return undefined;
    if (!plausible(walk, at, nearSeconds)) continue;
    const captured = u32At(window.bytes, at + 8, variant.bigEndian);
    const next = at + variant.recordBytes + captured;
    if (window.base + next === sizeBytes) return offset;
    if (next + variant.recordBytes <= window.filled && plausible(walk, next, u32At(window.bytes, at, variant.bigEndian))) return offset;
  }
  return undefined;
}
