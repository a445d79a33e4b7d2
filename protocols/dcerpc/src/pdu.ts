import { DcerpcError } from './errors.ts';
import { MAX_CONTEXTS, MAX_TRANSFERS } from './limits.ts';
import { NdrReader } from './ndr.ts';
import type { RpcSyntax } from './syntax.ts';

/** Types of connection-oriented protocol data units that are read (C706 section 12.6.4; auth3: MS-RPCE 2.2.2.10). */
export const PDU_TYPE = {
  request: 0,
  response: 2,
  fault: 3,
  bind: 11,
  bind_ack: 12,
  bind_nak: 13,
  alter_context: 14,
  alter_context_resp: 15,
  auth3: 16,
  shutdown: 17,
  co_cancel: 18,
  orphaned: 19,
} as const;
/** Name of a type. */
export type PduTypeName = keyof typeof PDU_TYPE;

/** Flags of a unit (C706 section 12.6.3.1; headerSign: MS-RPCE 2.2.2.3, in bind and alter units only). */
export const PFC = {
  first: 0x01,
  last: 0x02,
  headerSign: 0x04,
  concurrent: 0x10,
  didNotExecute: 0x20,
  maybe: 0x40,
  object: 0x80,
} as const;

/** Bytes every unit begins with; enough to know its length. */
export const COMMON_HEADER_BYTES = 16;
/** Bytes of a sec_trailer without its token (MS-RPCE 2.2.2.11). */
export const SEC_TRAILER_BYTES = 8;

/** Bytes of a request or response before its body, or before the object it names (C706 sections 12.6.4.9 and 12.6.4.10). */
const CALL_HEADER_BYTES = 24;
const UUID_BYTES = 16;

/** The sec_trailer and the token behind it (MS-RPCE 2.2.2.11). */
export interface SecTrailer {
  /** `AUTH_TYPE`. */
  readonly type: number;
  /** `AUTH_LEVEL`. */
  readonly level: number;
  /** Padding octets before the trailer; they belong to the body. */
  readonly padLength: number;
  readonly contextId: number;
  readonly token: Uint8Array;
}

/** What all units have. */
export interface PduCommon {
  /** Bits of {@link PFC}. */
  readonly flags: number;
  readonly callId: number;
  /** Byte order of the sender. */
  readonly littleEndian: boolean;
  readonly auth?: SecTrailer;
}

/** One interface offered in a bind, with the ways to encode its data. */
export interface PresentationContext {
  readonly id: number;
  readonly abstract: RpcSyntax;
  readonly transfers: readonly RpcSyntax[];
}

/** What the server did with one presentation context. */
export interface ContextResult {
  /** `CONTEXT_RESULT`. */
  readonly result: number;
  /** `REJECT_REASON` when rejected; the feature bits when the result is negotiateAck (MS-RPCE 2.2.2.15). */
  readonly reason: number;
  readonly transfer: RpcSyntax;
}

/** bind and alter_context. */
export interface BindPdu extends PduCommon {
  readonly type: 'bind' | 'alter_context';
  readonly maxTransmit: number;
  readonly maxReceive: number;
  readonly group: number;
  readonly contexts: readonly PresentationContext[];
}

/** bind_ack and alter_context_resp. */
export interface BindAckPdu extends PduCommon {
  readonly type: 'bind_ack' | 'alter_context_resp';
  readonly maxTransmit: number;
  readonly maxReceive: number;
  readonly group: number;
  /** The port, as text; empty in alter_context_resp. */
  readonly secondaryAddress: string;
  readonly results: readonly ContextResult[];
}

/** bind_nak. Extended error information (MS-EERR) behind the versions is not read. */
export interface BindNakPdu extends PduCommon {
  readonly type: 'bind_nak';
  /** `NAK_REASON`. */
  readonly reason: number;
  readonly versions: readonly { readonly major: number; readonly minor: number }[];
}

/** The last leg of a login with an odd number of legs. */
export interface Auth3Pdu extends PduCommon {
  readonly type: 'auth3';
}

/** One fragment of a call. */
export interface RequestPdu extends PduCommon {
  readonly type: 'request';
  readonly allocHint: number;
  readonly contextId: number;
  readonly opnum: number;
  /** IPID of an ORPC call. */
  readonly object?: string;
  /** As on the wire: with its padding, encrypted at level privacy. */
  readonly body: Uint8Array;
}

/** One fragment of an answer. */
export interface ResponsePdu extends PduCommon {
  readonly type: 'response';
  readonly allocHint: number;
  readonly contextId: number;
  readonly cancelCount: number;
  /** As on the wire: with its padding, encrypted at level privacy. */
  readonly body: Uint8Array;
}

/** The call failed. */
export interface FaultPdu extends PduCommon {
  readonly type: 'fault';
  readonly contextId: number;
  /** `FAULT_STATUS`, unsigned. */
  readonly status: number;
  /** Extended error information follows (MS-RPCE 2.2.2.8); it is not read. */
  readonly extended: boolean;
  /** As on the wire, behind the status and its four reserved bytes. */
  readonly body: Uint8Array;
}

/** Units without a body of interest. */
export interface BarePdu extends PduCommon {
  readonly type: 'shutdown' | 'co_cancel' | 'orphaned';
}

/** One connection-oriented protocol data unit. */
export type RpcPdu = BindPdu | BindAckPdu | BindNakPdu | Auth3Pdu | RequestPdu | ResponsePdu | FaultPdu | BarePdu;

const TYPE_NAMES: ReadonlyMap<number, PduTypeName> = new Map(Object.entries(PDU_TYPE).map(([name, value]) => [value, name as PduTypeName]));

/**
 * Length of a whole unit from its first 16 bytes.
 * @returns `undefined` when there are fewer.
 * @throws {DcerpcError} DCERPC_BAD_PDU when these are not the beginning of a unit of version 5.0 (MS-RPCE 3.3.1.5.1).
 */
export function pduLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < COMMON_HEADER_BYTES) {
    // The version stands first: what cannot become a unit is told at once, so that nobody waits for more of it.
    if (bytes.length >= 1 && bytes[0] !== 5) throw badVersion(bytes[0]!, 0);
    return undefined;
  }
  if (bytes[0] !== 5 || bytes[1] !== 0) throw badVersion(bytes[0]!, bytes[1]!);
  const littleEndian = integerOrder(bytes[4]!);
  const length = littleEndian ? bytes[8]! | (bytes[9]! << 8) : (bytes[8]! << 8) | bytes[9]!;
  if (length < COMMON_HEADER_BYTES)
    throw new DcerpcError('DCERPC_BAD_PDU', 'frag_length', { offset: 8, need: COMMON_HEADER_BYTES, have: length });
  return length;
}

function badVersion(major: number, minor: number): DcerpcError {
  return new DcerpcError('DCERPC_BAD_PDU', 'rpc_vers', { offset: 0, need: '5.0', have: `${major}.${minor}` });
}

/** High nibble of the data representation: 0 big-endian, 1 little-endian (C706 section 14.2.5). */
function integerOrder(drep: number): boolean {
  const order = drep >> 4;
  if (order > 1) throw new DcerpcError('DCERPC_BAD_PDU', 'packed_drep', { offset: 4, need: '0 or 1', have: order });
  return order === 1;
}

/**
 * Reads one whole unit. Bodies are views of `bytes`.
 * @param bytes exactly the `frag_length` bytes of {@link pduLength}.
 * @throws {DcerpcError} DCERPC_BAD_PDU.
 */
export function parsePdu(bytes: Uint8Array): RpcPdu {
  const length = pduLength(bytes);
  if (length === undefined || length !== bytes.length) {
    throw new DcerpcError('DCERPC_BAD_PDU', 'frag_length', { offset: 8, need: length ?? COMMON_HEADER_BYTES, have: bytes.length });
  }
  const littleEndian = integerOrder(bytes[4]!);
  const type = TYPE_NAMES.get(bytes[2]!);
  if (type === undefined) throw new DcerpcError('DCERPC_BAD_PDU', 'PTYPE', { offset: 2, have: bytes[2]! });
  const whole = new NdrReader(bytes, littleEndian, 0, 'DCERPC_BAD_PDU');
  whole.take(10, 'header');
  const authLength = whole.u16('auth_length');
  const callId = whole.u32('call_id');
  const auth = readAuth(bytes, littleEndian, authLength);
  const common: PduCommon = { flags: bytes[3]!, callId, littleEndian, ...(auth === undefined ? {} : { auth }) };
  const end = auth === undefined ? bytes.length : bytes.length - authLength - SEC_TRAILER_BYTES;
  const reader = new NdrReader(bytes.subarray(0, end), littleEndian, 0, 'DCERPC_BAD_PDU');
  reader.take(COMMON_HEADER_BYTES, 'header');
  return readBody(type, common, reader);
}

/**
 * Heads of requests and responses without an object for each unit: most units of a conversation are these, and of most only numbers are needed.
 * One of these is filled anew by each {@link CallHead.read}.
 */
export class CallHead {
  type: 'request' | 'response' = 'request';
  /** Bits of {@link PFC}. */
  flags = 0;
  littleEndian = true;
  callId = 0;
  contextId = 0;
  /** Of a request; 0 in a response. */
  opnum = 0;
  /** {@link SecTrailer.type} and {@link SecTrailer.level}; -1 and -1 without one. */
  authType = -1;
  authLevel = -1;
  /** The body without its padding is `bytes[bodyStart] … bytes[bodyEnd - 1]` of the unit. */
  bodyStart = 0;
  bodyEnd = 0;

  /**
   * Reads the head of a unit that {@link parsePdu} would take as a request or response.
   * @param bytes exactly the `frag_length` bytes of {@link pduLength}. @returns false for anything else, also for what is wrong: {@link parsePdu} says what.
   */
  read(bytes: Uint8Array): boolean {
    const size = bytes.length;
    if (size < CALL_HEADER_BYTES || bytes[0] !== 5 || bytes[1] !== 0 || bytes[4]! > 0x1f) return false;
    const type = bytes[2]!;
    if (type !== PDU_TYPE.request && type !== PDU_TYPE.response) return false;
    const little = bytes[4]! >> 4 === 1;
    if (u16(bytes, 8, little) !== size) return false;
    const flags = bytes[3]!;
    const request = type === PDU_TYPE.request;
    const authLength = u16(bytes, 10, little);
    const start = request && (flags & PFC.object) !== 0 ? CALL_HEADER_BYTES + UUID_BYTES : CALL_HEADER_BYTES;
    let end = size;
    if (authLength === 0) {
      this.authType = -1;
      this.authLevel = -1;
    } else {
      end -= authLength + SEC_TRAILER_BYTES;
      if (end < COMMON_HEADER_BYTES) return false;
      this.authType = bytes[end]!;
      this.authLevel = bytes[end + 1]!;
      end -= bytes[end + 2]!;
    }
    if (end < start) return false;
    this.type = request ? 'request' : 'response';
    this.flags = flags;
    this.littleEndian = little;
    this.callId = ((u16(bytes, little ? 14 : 12, little) << 16) | u16(bytes, little ? 12 : 14, little)) >>> 0;
    this.contextId = u16(bytes, 20, little);
    this.opnum = request ? u16(bytes, 22, little) : 0;
    this.bodyStart = start;
    this.bodyEnd = end;
    return true;
  }
}

function u16(bytes: Uint8Array, at: number, little: boolean): number {
  return little ? bytes[at]! | (bytes[at + 1]! << 8) : (bytes[at]! << 8) | bytes[at + 1]!;
}

function readAuth(bytes: Uint8Array, littleEndian: boolean, authLength: number): SecTrailer | undefined {
  if (authLength === 0) return undefined;
  const at = bytes.length - authLength - SEC_TRAILER_BYTES;
  if (at < COMMON_HEADER_BYTES) {
    throw new DcerpcError('DCERPC_BAD_PDU', 'auth_length', {
      offset: 10,
      need: bytes.length - COMMON_HEADER_BYTES - SEC_TRAILER_BYTES,
      have: authLength,
    });
  }
  const reader = new NdrReader(bytes.subarray(at), littleEndian, at, 'DCERPC_BAD_PDU');
  const type = reader.u8('auth_type');
  const level = reader.u8('auth_level');
  const padLength = reader.u8('auth_pad_length');
  reader.u8('auth_reserved');
  if (padLength > at - COMMON_HEADER_BYTES) reader.fail('auth_pad_length', at - COMMON_HEADER_BYTES, padLength);
  return { type, level, padLength, contextId: reader.u32('auth_context_id'), token: reader.take(authLength, 'auth_value') };
}

function readBody(type: PduTypeName, common: PduCommon, reader: NdrReader): RpcPdu {
  switch (type) {
    case 'bind':
    case 'alter_context':
      return readBind(type, common, reader);
    case 'bind_ack':
    case 'alter_context_resp':
      return readBindAck(type, common, reader);
    case 'bind_nak':
      return readBindNak(common, reader);
    case 'auth3':
      if (common.auth === undefined) reader.fail('auth_length of auth3', 1, 0);
      return { type, ...common };
    case 'request': {
      const allocHint = reader.u32('alloc_hint');
      const contextId = reader.u16('p_cont_id');
      const opnum = reader.u16('opnum');
      const object = (common.flags & PFC.object) === 0 ? undefined : reader.uuid('object');
      return { type, ...common, allocHint, contextId, opnum, ...(object === undefined ? {} : { object }), body: readRest(common, reader) };
    }
    case 'response': {
      const allocHint = reader.u32('alloc_hint');
      const contextId = reader.u16('p_cont_id');
      const cancelCount = reader.u8('cancel_count');
      reader.u8('reserved');
      return { type, ...common, allocHint, contextId, cancelCount, body: readRest(common, reader) };
    }
    case 'fault': {
      reader.u32('alloc_hint');
      const contextId = reader.u16('p_cont_id');
      reader.u8('cancel_count');
      const extended = (reader.u8('reserved') & 1) === 1;
      const status = reader.u32('status');
      if (reader.left >= 4) reader.take(4, 'reserved2');
      return { type, ...common, contextId, status, extended, body: readRest(common, reader) };
    }
    case 'shutdown':
    case 'co_cancel':
    case 'orphaned':
      return { type, ...common };
  }
}

/** What is left of a unit: the body, whose padding must lie in it. */
function readRest(common: PduCommon, reader: NdrReader): Uint8Array {
  const pad = common.auth?.padLength ?? 0;
  if (pad > reader.left) reader.fail('auth_pad_length', reader.left, pad);
  return reader.take(reader.left, 'body');
}

function readSyntax(reader: NdrReader, what: string): RpcSyntax {
  const uuid = reader.uuid(what);
  const version = reader.u32(what);
  return { uuid, major: version & 0xffff, minor: version >>> 16 };
}

function readBind(type: BindPdu['type'], common: PduCommon, reader: NdrReader): BindPdu {
  const maxTransmit = reader.u16('max_xmit_frag');
  const maxReceive = reader.u16('max_recv_frag');
  const group = reader.u32('assoc_group_id');
  const count = Math.min(reader.u8('n_context_elem'), MAX_CONTEXTS);
  reader.align(4, 'p_context_elem');
  const contexts: PresentationContext[] = [];
  for (let i = 0; i < count; i++) {
    const id = reader.u16('p_cont_id');
    const transferCount = Math.min(reader.u8('n_transfer_syn'), MAX_TRANSFERS);
    const abstract = readSyntax(reader, 'abstract_syntax');
    const transfers: RpcSyntax[] = [];
    for (let k = 0; k < transferCount; k++) transfers.push(readSyntax(reader, 'transfer_syntax'));
    contexts.push({ id, abstract, transfers });
  }
  return { type, ...common, maxTransmit, maxReceive, group, contexts };
}

function readBindAck(type: BindAckPdu['type'], common: PduCommon, reader: NdrReader): BindAckPdu {
  const maxTransmit = reader.u16('max_xmit_frag');
  const maxReceive = reader.u16('max_recv_frag');
  const group = reader.u32('assoc_group_id');
  const address = reader.take(reader.u16('sec_addr length'), 'sec_addr');
  const secondaryAddress = latin1(address);
  reader.align(4, 'p_result_list');
  const count = Math.min(reader.u8('n_results'), MAX_CONTEXTS);
  reader.align(4, 'p_results');
  const results: ContextResult[] = [];
  for (let i = 0; i < count; i++) {
    results.push({ result: reader.u16('result'), reason: reader.u16('reason'), transfer: readSyntax(reader, 'transfer_syntax') });
  }
  return { type, ...common, maxTransmit, maxReceive, group, secondaryAddress, results };
}

function latin1(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, Math.min(end < 0 ? bytes.length : end, 256)));
}

function readBindNak(common: PduCommon, reader: NdrReader): BindNakPdu {
  const reason = reader.u16('provider_reject_reason');
  const versions: { major: number; minor: number }[] = [];
  // A nak without versions is what some servers send; the reason is what matters.
  const count = reader.left === 0 ? 0 : reader.u8('n_protocols');
  for (let i = 0; i < count && reader.left >= 2; i++) versions.push({ major: reader.u8('major'), minor: reader.u8('minor') });
  return { type: 'bind_nak', ...common, reason, versions };
}
