import { FormatError } from '@winmedic/bytes';

/** Codes of {@link EvtxError}: an input that cannot be read at all, or a wrong call. */
export const EVTX_ERROR_CODES = [
  /** No bytes. */
  'EVTX_EMPTY',
  /** Neither a file header nor a chunk. */
  'EVTX_NOT_EVTX',
  /** A record was used after its pass had moved on; `detach()` it. */
  'EVTX_RECORD_STALE',
  /** A query that cannot mean anything: unsupported regular expression, empty value list, no event id. */
  'EVTX_QUERY',
] as const;

/** Code of an {@link EvtxError}. Everything else that goes wrong is a damage told through `onDamage`. */
export type EvtxErrorCode = (typeof EVTX_ERROR_CODES)[number];

/** Codes of damages reported while reading. */
export const EVTX_DAMAGE_CODES = [
  /** Missing or overwritten file header. */
  'EVTX_FILE_HEADER',
  'EVTX_FILE_HEADER_CRC',
  /** Not 3.x; read as 3.1. */
  'EVTX_FILE_VERSION',
  /** The header claims another number of chunks than found. */
  'EVTX_FILE_CHUNK_COUNT',
  'EVTX_CHUNK_MAGIC',
  'EVTX_CHUNK_HEADER_CRC',
  'EVTX_CHUNK_CRC',
  'EVTX_CHUNK_TRUNCATED',
  /** Chunks continue at another alignment (concatenated or cut file). */
  'EVTX_RESYNC',
  'EVTX_RECORD_MAGIC',
  'EVTX_RECORD_SIZE',
  'EVTX_RECORD_SIZE_COPY',
  'EVTX_RECORD_BINXML',
  'EVTX_RECORD_VALUES',
  'EVTX_RECORD_TEMPLATE',
  /** The record asks for more than `EvtxLimits` allow. */
  'EVTX_RECORD_LIMIT',
  /** Further damages are counted, not reported. */
  'EVTX_DAMAGES_CAPPED',
] as const;

/** Code of one damage. */
export type EvtxDamageCode = (typeof EVTX_DAMAGE_CODES)[number];

/** The one error class of this package. Match on `code`. */
export class EvtxError extends FormatError<EvtxErrorCode> {
  override readonly name = 'EvtxError';
}

/** Thrown and caught inside the package to give up one record; never leaves it. */
export class RecordFault extends Error {
  readonly code: EvtxDamageCode;
  readonly what: string;
  readonly at: number;
  readonly need: number | string | undefined;
  readonly have: number | string | undefined;

  constructor(code: EvtxDamageCode, what: string, at: number, need?: number | string, have?: number | string) {
    super(code);
    this.code = code;
    this.what = what;
    this.at = at;
    this.need = need;
    this.have = have;
  }
}
