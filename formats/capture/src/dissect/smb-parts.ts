import { decodeUtf16 } from '@winmedic/bytes';

/** Characters kept of a share or file name: Windows allows 32,767, and nobody names a share or pipe so. */
const MAX_NAME_CHARS = 1024;

/** See {@link SmbBytes.key}. */
export type SmbKey = number | string;

/** One SMB message with reads that give `undefined` where bytes are missing. Little-endian. */
export class SmbBytes {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get length(): number {
    return this.bytes.length;
  }

  u8(at: number): number | undefined {
    return this.bytes[at];
  }

  u16(at: number): number | undefined {
    return at + 2 <= this.bytes.length ? this.bytes[at]! | (this.bytes[at + 1]! << 8) : undefined;
  }

  u32(at: number): number | undefined {
    if (at + 4 > this.bytes.length) return undefined;
    return (this.bytes[at]! | (this.bytes[at + 1]! << 8) | (this.bytes[at + 2]! << 16) | (this.bytes[at + 3]! << 24)) >>> 0;
  }

  /** A number of eight bytes as it is used here: as a key. */
  key(at: number): SmbKey | undefined {
    const low = this.u32(at);
    const high = this.u32(at + 4);
    if (low === undefined || high === undefined) return undefined;
    // Beyond 53 bits a number would not be exact.
    return high < 0x20_0000 ? high * 0x1_0000_0000 + low : `${high} ${low}`;
  }

  /** Sixteen bytes as a key: no text, each two of them one character. */
  file(at: number): string | undefined {
    if (at + 16 > this.bytes.length) return undefined;
    const b = this.bytes;
    const pair = (i: number): number => b[at + i]! | (b[at + i + 1]! << 8);
    return String.fromCharCode(pair(0), pair(2), pair(4), pair(6), pair(8), pair(10), pair(12), pair(14));
  }

  /** `length` bytes at an offset; `undefined` when they are not all there. */
  part(at: number | undefined, length: number | undefined): Uint8Array | undefined {
    return at === undefined || length === undefined || at + length > this.bytes.length ? undefined : this.bytes.subarray(at, at + length);
  }

  /** What is there of `length` bytes at an offset, and how many are missing. */
  some(at: number | undefined, length: number | undefined): { readonly bytes: Uint8Array; readonly missing: number } {
    if (at === undefined || length === undefined || at > this.bytes.length) return { bytes: new Uint8Array(), missing: length ?? 0 };
    const bytes = this.bytes.subarray(at, at + length);
    return { bytes, missing: length - bytes.length };
  }
}

/** UTF-16 text of a name. */
export function nameOf(bytes: Uint8Array): string {
  return decodeUtf16(bytes.subarray(0, MAX_NAME_CHARS * 2));
}

/** Text up to its end mark: UTF-16 or one byte a character. */
export function nameUpToZero(bytes: Uint8Array, unicode: boolean): string {
  const text = unicode ? nameOf(bytes) : String.fromCharCode(...bytes.subarray(0, MAX_NAME_CHARS));
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** Is this the share of named pipes? Shares are compared without case (MS-CIFS 1.3). */
export function isPipeShare(path: string): boolean {
  return /(^|\\)ipc\$$/i.test(path);
}
