import { hexOffset } from '@winmedic/bytes';

/** Why an input cannot be read at all, or a call was wrong. Everything else is a damage told through `onDamage`. */
export type EvtxErrorCode =
  | 'EVTX_EMPTY' // no bytes
  | 'EVTX_NOT_EVTX' // neither a file header nor a chunk
  | 'EVTX_RECORD_STALE' // a record was used after the pass had moved on; detach() it
  | 'EVTX_QUERY'; // a query that cannot mean anything (unsafe or malformed regular expression, empty value list)

/** Codes of {@link Damage} reported while reading. */
export type EvtxDamageCode =
  | 'EVTX_FILE_HEADER' // missing or overwritten file header
  | 'EVTX_FILE_HEADER_CRC'
  | 'EVTX_FILE_VERSION' // not 3.x; read as 3.1
  | 'EVTX_FILE_CHUNK_COUNT' // header claims another number of chunks than found
  | 'EVTX_CHUNK_MAGIC'
  | 'EVTX_CHUNK_HEADER_CRC'
  | 'EVTX_CHUNK_CRC'
  | 'EVTX_CHUNK_TRUNCATED'
  | 'EVTX_RESYNC' // chunks continue at another alignment (concatenated or cut file)
  | 'EVTX_RECORD_MAGIC'
  | 'EVTX_RECORD_SIZE'
  | 'EVTX_RECORD_SIZE_COPY'
  | 'EVTX_RECORD_BINXML'
  | 'EVTX_RECORD_VALUES'
  | 'EVTX_RECORD_TEMPLATE'
  | 'EVTX_RECORD_LIMIT'
  | 'EVTX_DAMAGES_CAPPED';

/** The one error class of this package. Match on `code`. */
export class EvtxError extends Error {
  override readonly name = 'EvtxError';
  readonly code: EvtxErrorCode;
  readonly what: string;
  readonly offset: number;

  constructor(code: EvtxErrorCode, what: string, offset = 0, options?: ErrorOptions) {
    super(`${code}: ${what} at ${hexOffset(offset)}`, options);
    this.code = code;
    this.what = what;
    this.offset = offset;
  }
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
