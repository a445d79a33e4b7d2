import { COMMON_HEADER_BYTES, DcerpcError, pduLength } from '@winmedic/dcerpc/messages';
import type { Framing } from './unit-reader.ts';

/** Highest type of a connection-oriented unit: RTS of RPC over HTTP (MS-RPCH 2.2.3.6). */
const MAX_TYPE = 20;
/** Types that only connectionless RPC has (C706 section 12.6): ping, working, nocall, reject, ack, cancel_ack … */
const CONNECTIONLESS: ReadonlySet<number> = new Set([1, 4, 5, 6, 7, 8, 9, 10]);

/** Units of connection-oriented RPC: 16 bytes of common header with the length (C706 section 12.6.1). */
export const rpcFraming: Framing = {
  headBytes: COMMON_HEADER_BYTES,
  // The length has 16 bits.
  keep: 0xffff,
  length(bytes) {
    try {
      return pduLength(bytes);
    } catch (error) {
      if (error instanceof DcerpcError) return 0;
      throw error;
    }
  },
  plausible(bytes, at) {
    const left = bytes.length - at;
    if (bytes[at] !== 5) return left > 0 ? false : undefined;
    if (left > 1 && bytes[at + 1] !== 0) return false;
    const type = bytes[at + 2];
    if (left > 2 && (type! > MAX_TYPE || CONNECTIONLESS.has(type!))) return false;
    // Integers in either order, ASCII, IEEE floating point (C706 section 14.2.5); then two bytes reserved.
    if (left > 4 && (bytes[at + 4]! & 0xef) !== 0) return false;
    if (left > 7 && (bytes[at + 5]! !== 0 || bytes[at + 6] !== 0 || bytes[at + 7] !== 0)) return false;
    if (left < COMMON_HEADER_BYTES) return undefined;
    const little = bytes[at + 4] === 0x10;
    const u16 = (offset: number): number =>
      little ? bytes[at + offset]! | (bytes[at + offset + 1]! << 8) : (bytes[at + offset]! << 8) | bytes[at + offset + 1]!;
    const length = u16(8);
    const auth = u16(10);
    return length >= COMMON_HEADER_BYTES && (auth === 0 || auth + 8 + COMMON_HEADER_BYTES <= length);
  },
};
