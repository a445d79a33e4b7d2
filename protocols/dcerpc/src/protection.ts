import type { MessageProtection, SecurityContext } from '@winmedic/gss';
import { DcerpcError } from './errors.ts';
import { AUTH_LEVEL, AUTH_TYPE } from './names.ts';
import { parsePdu, type RequestPdu, type ResponsePdu, type RpcPdu, SEC_TRAILER_BYTES } from './pdu.ts';
import { writePdu } from './write-pdu.ts';

/** How the units of one security context are protected; both sides use the same rules (MS-RPCE 3.3.1.5.2.2). */
export interface Protection {
  readonly context: SecurityContext;
  /** `AUTH_TYPE`. */
  readonly type: number;
  /** `AUTH_LEVEL`. */
  readonly level: number;
  readonly contextId: number;
  /** Both sides set PFC_SUPPORT_HEADER_SIGN. */
  readonly headerSigning: boolean;
}

/** Units whose body is protected. */
type CallPdu = RequestPdu | ResponsePdu;

/** Stub data is padded to this before a sec_trailer (MS-RPCE 2.2.2.11). */
const STUB_ALIGNMENT = 16;
/** What a signature takes when a context does not say: NTLM's (MS-NLMP 2.2.2.9). */
const NTLM_SIGNATURE_BYTES = 16;

/** Does this level put a signature on every unit? Levels call and packet are given what integrity gives, as Samba does and as a provider may (MS-RPCE 2.2.1.1.8). */
export function protectsUnits(level: number): boolean {
  return level >= AUTH_LEVEL.call;
}

/** NTLM with extended session security signs the whole unit, also where header signing was not agreed; the other packages do so only then. */
function coversHeader(protection: Protection): boolean {
  return protection.headerSigning || protection.type === AUTH_TYPE.ntlm;
}

/** Bytes a sec_trailer, its token and the padding take at most, to be subtracted from a fragment. */
export function protectionBytes(protection: Protection | undefined, stubLength: number): number {
  if (protection === undefined || !protectsUnits(protection.level)) return 0;
  return STUB_ALIGNMENT + SEC_TRAILER_BYTES + tokenLength(protection, stubLength);
}

function tokenLength(protection: Protection, dataLength: number): number {
  const { protection: keys } = protection.context;
  return protection.level === AUTH_LEVEL.privacy ? keys.headerLength(dataLength) : (keys.signatureLength ?? NTLM_SIGNATURE_BYTES);
}

/** Bytes of a unit's header in front of its stub data. */
function headerBytes(pdu: CallPdu): number {
  return pdu.type === 'request' && pdu.object !== undefined ? 40 : 24;
}

/** Writes a unit with its protection: padded, signed, at level privacy encrypted. */
export function writeProtected(pdu: CallPdu, protection: Protection | undefined): Uint8Array {
  if (protection === undefined || !protectsUnits(protection.level)) return writePdu(pdu);
  const padLength = (STUB_ALIGNMENT - (pdu.body.length % STUB_ALIGNMENT)) % STUB_ALIGNMENT;
  const body = new Uint8Array(pdu.body.length + padLength);
  body.set(pdu.body);
  const token = new Uint8Array(tokenLength(protection, body.length));
  const auth = { type: protection.type, level: protection.level, padLength, contextId: protection.contextId, token };
  const bytes = writePdu({ ...pdu, body, auth });
  const keys = protection.context.protection;
  const start = headerBytes(pdu);
  const end = start + body.length;
  const trailerEnd = end + SEC_TRAILER_BYTES;
  if (protection.level === AUTH_LEVEL.privacy) {
    const cover = { before: bytes.slice(0, start), after: bytes.slice(end, trailerEnd) };
    const sealed = coversHeader(protection) ? keys.seal(body, cover) : keys.seal(body);
    put(bytes, sealed.data, start, body.length);
    put(bytes, sealed.header, trailerEnd, token.length);
  } else {
    put(bytes, keys.sign(coversHeader(protection) ? bytes.slice(0, trailerEnd) : body), trailerEnd, token.length);
  }
  return bytes;
}

function put(into: Uint8Array, part: Uint8Array, at: number, length: number): void {
  if (part.length !== length) throw new DcerpcError('DCERPC_USAGE', 'length of a signature', { need: length, have: part.length });
  into.set(part, at);
}

/**
 * Reads a unit and takes its protection off. Other units than requests and responses pass as they are; so do faults: one that tells of a
 * login that failed cannot be signed, so that a client has to believe an unsigned one anyway.
 * @returns the unit and its clear stub data without padding.
 * @throws {DcerpcError} DCERPC_BAD_MIC when a protected unit is not, or its signature is wrong; DCERPC_BAD_PDU.
 */
export function readProtected(bytes: Uint8Array, protection: Protection | undefined): { readonly pdu: RpcPdu; readonly stub: Uint8Array } {
  const pdu = parsePdu(bytes);
  if (pdu.type !== 'request' && pdu.type !== 'response') return { pdu, stub: new Uint8Array(0) };
  const { auth } = pdu;
  if (protection === undefined || !protectsUnits(protection.level)) return { pdu, stub: unpad(pdu.body, auth?.padLength ?? 0) };
  if (auth === undefined) {
    throw new DcerpcError('DCERPC_BAD_MIC', 'sec_trailer', { offset: bytes.length, need: protection.level, have: 'none' });
  }
  if (auth.type !== protection.type || auth.level !== protection.level || auth.contextId !== protection.contextId) {
    throw new DcerpcError('DCERPC_BAD_MIC', 'auth_level', { offset: bytes.length, need: protection.level, have: auth.level });
  }
  return { pdu, stub: unpad(open(bytes, pdu, auth.token, protection), auth.padLength) };
}

function open(bytes: Uint8Array, pdu: CallPdu, token: Uint8Array, protection: Protection): Uint8Array {
  const end = bytes.length - token.length - SEC_TRAILER_BYTES;
  const start = end - pdu.body.length;
  const trailerEnd = end + SEC_TRAILER_BYTES;
  try {
    const keys: MessageProtection = protection.context.protection;
    if (protection.level === AUTH_LEVEL.privacy) {
      const sealed = { header: token, data: pdu.body };
      const cover = { before: bytes.subarray(0, start), after: bytes.subarray(end, trailerEnd) };
      return coversHeader(protection) ? keys.unseal(sealed, cover) : keys.unseal(sealed);
    }
    keys.verify(coversHeader(protection) ? bytes.subarray(0, trailerEnd) : pdu.body, token);
    return pdu.body;
  } catch (cause) {
    throw new DcerpcError('DCERPC_BAD_MIC', `signature of a ${pdu.type}`, { offset: trailerEnd, cause });
  }
}

function unpad(body: Uint8Array, padLength: number): Uint8Array {
  if (padLength > body.length) throw new DcerpcError('DCERPC_BAD_PDU', 'auth_pad_length', { need: body.length, have: padLength });
  return body.subarray(0, body.length - padLength);
}
