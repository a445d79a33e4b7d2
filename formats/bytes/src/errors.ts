/**
 * Thrown by {@link Cursor} and the value readers when bytes are missing or impossible.
 * Match on `code` (stable); the message is for developers, never localised.
 */
export class BytesError extends Error {
  override readonly name = 'BytesError';
  /** `BYTES_SHORT` (fewer bytes than needed), `BYTES_RANGE` (offset outside the data) or `BYTES_VALUE` (impossible value). */
  readonly code: 'BYTES_SHORT' | 'BYTES_RANGE' | 'BYTES_VALUE';
  /** What was being read, in the caller's words. */
  readonly what: string;
  /** Absolute byte offset at which it was read. */
  readonly offset: number;
  readonly need: number | string | undefined;
  readonly have: number | string | undefined;

  constructor(code: BytesError['code'], what: string, offset: number, need?: number | string, have?: number | string) {
    const detail = need === undefined ? '' : `: need ${need}, have ${have ?? 'nothing'}`;
    super(`${code} reading ${what} at ${hexOffset(offset)}${detail}`);
    this.code = code;
    this.what = what;
    this.offset = offset;
    this.need = need;
    this.have = have;
  }
}

/** An offset as every message of this project prints it: `0x` and lower-case hexadecimal. */
export function hexOffset(offset: number): string {
  return offset < 0 ? `-0x${(-offset).toString(16)}` : `0x${offset.toString(16)}`;
}
