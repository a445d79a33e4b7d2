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

/**
 * The error of a format's reader: an input that cannot be read at all, or a wrong call. Each format has one class of its own with its codes; everything
 * else that is wrong with an input is a damage. Match on `code` (stable); the message is for developers, never localised.
 */
export abstract class FormatError<Code extends string> extends Error {
  readonly code: Code;
  /** What was being done or read. */
  readonly what: string;
  /** Absolute byte offset at which it was read; 0 for the whole input. */
  readonly offset: number;

  constructor(code: Code, what: string, offset = 0, options?: ErrorOptions) {
    super(`${code}: ${what} at ${hexOffset(offset)}`, options);
    this.code = code;
    this.what = what;
    this.offset = offset;
  }
}

/**
 * The error of a protocol's parser or state machine: a message that cannot be read or is not acceptable. Each protocol has one class of its
 * own with its codes. Never carries secrets or the bytes themselves.
 */
export abstract class WireError<Code extends string> extends FormatError<Code> {
  readonly need: number | string | undefined;
  readonly have: number | string | undefined;

  constructor(code: Code, what: string, where: WireErrorPlace = {}) {
    const details = (['need', 'have'] as const).flatMap((name) => (where[name] === undefined ? [] : [`${name} ${where[name]}`]));
    super(code, details.length === 0 ? what : `${what} (${details.join(', ')})`, where.offset, where);
    this.need = where.need;
    this.have = where.have;
  }
}

/** Where a {@link WireError} happened: offset in the message, what was needed and what was there. */
export interface WireErrorPlace extends ErrorOptions {
  readonly offset?: number;
  readonly need?: number | string;
  readonly have?: number | string;
}

/** An offset as every message of this project prints it: `0x` and lower-case hexadecimal. */
export function hexOffset(offset: number): string {
  return offset < 0 ? `-0x${(-offset).toString(16)}` : `0x${offset.toString(16)}`;
}
