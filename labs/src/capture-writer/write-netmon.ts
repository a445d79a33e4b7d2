import { ascii, ByteOut } from './byte-out.ts';
import { LINK_TYPES, type WritePacket } from './types.ts';

/** How a Network Monitor file is written. */
export interface NetMonOptions {
  /** `2.1`: a MAC type behind each frame; `2.3` (default): process, UTC time and time zone as well. */
  readonly version?: '2.1' | '2.3';
  /** MAC type of all frames, default 1 (Ethernet). */
  readonly macType?: number;
}

const FILETIME_EPOCH = 116_444_736_000_000_000n;
/** Size of CAPTUREFILE_HEADER_VALUES; 2.3 has its time zones where older versions have NetworkInfo. */
const HEADER = 72;

/**
 * A Network Monitor 2.x file: header CAPTUREFILE_HEADER_VALUES (Microsoft Learn, netmon.h), frames with a header of time since the first, length and
 * captured length, trailers as the public description by Guy Harris of the 2.1 and 2.3 forms says, and the table of their offsets. Times of 2.1 are
 * whole milliseconds of the header plus microseconds.
 */
export function writeNetMon(
  packets: readonly WritePacket[],
  { version = '2.3', macType = LINK_TYPES.ethernet }: NetMonOptions = {},
): Uint8Array {
  const newer = version === '2.3';
  // SYSTEMTIME has no more than milliseconds.
  const start = ((packets[0]?.at ?? 0n) / 1_000_000n) * 1_000_000n;
  const frames = new ByteOut('little');
  const offsets: number[] = [];
  for (const { at, bytes, originalLength = bytes.length } of packets) {
    offsets.push(HEADER + frames.length);
    frames
      .u64((at - start) / 1000n)
      .u32(originalLength, bytes.length)
      .put(bytes)
      .u16(macType);
    // No process; UTC as it was, in the first time zone of the table.
    if (newer)
      frames
        .u32(0xffff_ffff)
        .u64(at / 100n + FILETIME_EPOCH)
        .u8(0);
  }
  // Time zones of 2.3: version, start in UTC, one TIME_ZONE_INFORMATION without any difference from UTC (as the samples have it).
  const extended = newer
    ? new ByteOut('little')
        .u16(1)
        .u64(start / 100n + FILETIME_EPOCH)
        .u8(1)
        .put(new Uint8Array(172))
        .bytes()
    : new Uint8Array();
  const table = HEADER + frames.length;
  const date = new Date(Number(start / 1_000_000n));
  return (
    new ByteOut('little')
      .put(ascii('GMBU'))
      .u8(newer ? 3 : 1, 2)
      .u16(macType)
      .u16(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDay(), date.getUTCDate())
      .u16(date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds(), date.getUTCMilliseconds())
      .u32(table, offsets.length * 4)
      // User data, comments, statistics: none. Then network information (2.1) or time zones (2.3), and conversations.
      .u32(0, 0, 0, 0, 0, 0)
      .u32(newer ? table + offsets.length * 4 : 0, extended.length, 0, 0)
      .put(frames.bytes())
      .u32(...offsets)
      .put(extended)
      .bytes()
  );
}
