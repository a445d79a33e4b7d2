import type { ByteSource, DamageReport } from '@winmedic/bytes';
import type { CaptureFileDamageCode } from './codes.ts';
import { packetInEvent } from './netevent.ts';
import { emptyPacket, Tally } from './tally.ts';
import { type CaptureSummary, LINKTYPE, type Packet } from './types.ts';
import { MAX_PACKET_BYTES, SlidingWindow, u16At, u32At, type WindowOptions } from './window.ts';

/** CAPTUREFILE_HEADER_VALUES (Microsoft Learn, Netmon.h) up to the frame table's length. */
const HEAD_BYTES = 32;
const FRAME_HEAD_BYTES = 16;
/** Entries of the frame table read at once. */
const TABLE_ENTRIES = 65_536;
/** Read around a frame that does not follow the one before. */
const STRAY_BYTES = 64 * 1024;

/** Media type of frames that hold an event of Event Tracing for Windows (seen in files of Network Monitor 3.4 and of pktmon). */
const MEDIA_EVENT = 0xffe0;
/**
 * Added to a media type that has no LINKTYPE_ number, so that it is none of them: such frames are counted and nothing more. Among them are the pseudo frames
 * of Network Monitor itself (0xFFFB network information, 0xFFFF filter).
 */
const NO_LINKTYPE = 0x10000;

/** Pseudo frames of Network Monitor (payload headers, network information, names) that Wireshark does not number (tried with tshark 4.0). */
function isUnnumbered(media: number): boolean {
  return media >= 0xfffc && media <= 0xfffe;
}

/** LINKTYPE_ number of a media type (Netmon.h, MAC_TYPE_*; 7 to 9 are raw IP). From 0xE000 on Network Monitor files packets of other recorders by their own number. */
function linkTypeOf(media: number): number {
  if (media === 1) return LINKTYPE.ethernet;
  if (media === 2) return 6;
  if (media === 3) return 10;
  if (media >= 7 && media <= 9) return LINKTYPE.raw;
  if (media >= 0xe000 && media < 0xf000) return media - 0xe000;
  return NO_LINKTYPE + media;
}

const UNIX_EPOCH_SECONDS = 11_644_473_600;

/** Seconds since 1970 of a SYSTEMTIME without its milliseconds; these are returned beside. */
function systemTime(bytes: Uint8Array, at: number): { readonly seconds: number; readonly milliseconds: number } {
  const field = (n: number) => u16At(bytes, at + 2 * n, false);
  const ms = Date.UTC(field(0), field(1) - 1, field(3), field(4), field(5), field(6));
  return { seconds: Math.floor(ms / 1000), milliseconds: field(7) };
}

/**
 * Reads a file of Network Monitor 2.x (versions 2.0 to 2.3): a head, frames, and a table of their offsets. A frame is µs since the start, original and captured
 * length, data; from 2.1 on followed by its media type and process, from 2.3 on by its exact time (FILETIME) and time zone.
 * Frames with events that hold a packet give that packet; all other frames count, with a link type above 65535.
 */
export function readNetmon(
  source: ByteSource,
  report: DamageReport<CaptureFileDamageCode>,
  options: WindowOptions,
  visit: (packet: Packet) => unknown,
): CaptureSummary {
  const tally = new Tally();
  const window = new SlidingWindow(source, options);
  window.load(0, HEAD_BYTES);
  if (window.filled < HEAD_BYTES) {
    tally.cut = true;
    report('CAPTURE_CUT', 0, 'file header', HEAD_BYTES, window.filled);
    return tally.summary('netmon');
  }
  const minor = window.bytes[4] as number;
  const media = u16At(window.bytes, 6, false);
  const start = systemTime(window.bytes, 8);
  const tableAt = u32At(window.bytes, 24, false);
  const tableBytes = u32At(window.bytes, 28, false);
  const trailer = minor >= 3 ? 15 : minor >= 1 ? 6 : 0;
  // 2.3 keeps the time in UTC with every frame; before it, the start is what the clock on the wall showed.
  if (minor < 3) report('CAPTURE_LOCAL_TIME', 8, 'start time');
  const there = Math.max(0, Math.min(tableBytes, source.sizeBytes - tableAt));
  if (there < tableBytes) {
    tally.cut = true;
    report('CAPTURE_FRAME_TABLE', tableAt, 'frame table', tableBytes, there);
  }
  const interfaces = new Map<number, number>();
  const ticksPerSecond = minor >= 3 ? 10_000_000 : 1_000_000;
  const packet = emptyPacket(window.bytes);
  const table = new Uint8Array(Math.min(there & ~3, TABLE_ENTRIES * 4));
  let expected = 0;
  let number = 0;
  for (let done = 0; done + 4 <= there; ) {
    const piece = table.subarray(0, Math.min(table.length, (there - done) & ~3));
    const got = source.readAt(tableAt + done, piece) & ~3;
    if (got === 0) break;
    for (let entry = 0; entry < got; entry += 4) {
      const offset = u32At(piece, entry, false);
      const follows = offset >= expected && offset - expected < STRAY_BYTES;
      const want = follows ? undefined : STRAY_BYTES;
      let at = window.load(offset, FRAME_HEAD_BYTES, want);
      if (at + FRAME_HEAD_BYTES > window.filled) {
        tally.cut = true;
        report('CAPTURE_FRAME_TABLE', offset, 'frame', FRAME_HEAD_BYTES, Math.max(0, source.sizeBytes - offset));
        // Numbers stay those of the table.
        number++;
        continue;
      }
      const captured = u32At(window.bytes, at + 12, false);
      if (captured > MAX_PACKET_BYTES) {
        report('CAPTURE_PACKET_LENGTH', offset, 'captured length', MAX_PACKET_BYTES, captured);
        number++;
        continue;
      }
      const whole = FRAME_HEAD_BYTES + captured + trailer;
      at = window.load(offset, whole, want);
      if (at + whole > window.filled) {
        tally.cut = true;
        report('CAPTURE_CUT', offset, 'frame', whole, window.filled - at);
        number++;
        continue;
      }
      expected = offset + whole;
      const { bytes } = window;
      const frameMedia = trailer === 0 ? media : u16At(bytes, at + FRAME_HEAD_BYTES + captured, false);
      if (isUnnumbered(frameMedia)) continue;
      const original = u32At(bytes, at + 8, false);
      const data = at + FRAME_HEAD_BYTES;
      const after = data + captured;
      packet.bytes = bytes;
      packet.start = data;
      packet.end = after;
      packet.originalLength = original > captured ? original : captured;
      if (minor >= 3) fileTime(packet, u32At(bytes, after + 10, false), u32At(bytes, after + 6, false));
      else sinceStart(packet, start, u32At(bytes, at + 4, false), u32At(bytes, at, false));
      packet.linkType = linkTypeOf(frameMedia);
      if (frameMedia === MEDIA_EVENT) {
        const inner = packetInEvent(bytes, data, after);
        if (inner !== undefined) {
          packet.start = data + inner.at;
          packet.end = packet.start + inner.length;
          packet.originalLength = Math.max(inner.originalLength, inner.length);
          packet.linkType = inner.linkType;
        }
      }
      let interfaceId = interfaces.get(packet.linkType);
      if (interfaceId === undefined) {
        interfaceId = tally.interfaces.length;
        interfaces.set(packet.linkType, interfaceId);
        tally.interfaces.push({ linkType: packet.linkType, snapLength: 0, ticksPerSecond, packets: 0 });
      }
      packet.interfaceId = interfaceId;
      tally.packets++;
      packet.number = ++number;
      packet.fileOffset = window.base + packet.start;
      tally.count(packet);
      if (visit(packet) === false) return tally.summary('netmon');
    }
    done += got;
  }
  return tally.summary('netmon');
}

/** Time of a frame of version 2.3: 100 ns since 1601 in two halves, divided without BigInt in two steps of 16 bits. */
function fileTime(packet: Packet, high: number, low: number): void {
  const per = 10_000_000;
  let quotient = Math.floor(high / per);
  let rest = (high % per) * 65_536 + (low >>> 16);
  quotient = quotient * 65_536 + Math.floor(rest / per);
  rest = (rest % per) * 65_536 + (low & 0xffff);
  quotient = quotient * 65_536 + Math.floor(rest / per);
  packet.seconds = quotient - UNIX_EPOCH_SECONDS;
  packet.nanoseconds = (rest % per) * 100;
}

/** Time of a frame of older versions: µs since the start. */
function sinceStart(packet: Packet, start: { readonly seconds: number; readonly milliseconds: number }, high: number, low: number): void {
  if (Number.isNaN(start.seconds)) {
    packet.seconds = Number.NaN;
    packet.nanoseconds = Number.NaN;
    return;
  }
  // More than 2^21 in the upper half would be 285 years.
  const micros = (high & 0x1fffff) * 4_294_967_296 + low + start.milliseconds * 1000;
  packet.seconds = start.seconds + Math.floor(micros / 1_000_000);
  packet.nanoseconds = (micros % 1_000_000) * 1000;
}
