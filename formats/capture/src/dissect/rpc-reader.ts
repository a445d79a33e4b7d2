import { type Damage, joinBytes } from '@winmedic/bytes';
import {
  AUTH_LEVEL,
  type BindAckPdu,
  CONTEXT_RESULT,
  DcerpcError,
  isBindFeatures,
  PDU_TYPE,
  PFC,
  parsePdu,
  type RequestPdu,
  type ResponsePdu,
  type RpcPdu,
} from '@winmedic/dcerpc/messages';
import { remember } from './bounded-map.ts';
import { leastResultBytes, needsStub, readRequestStub, readResponseStub, returnedStatus } from './rpc-stubs.ts';
import { readToken } from './token.ts';
import type { Place, RpcMessage, Side } from './types.ts';
import { damageOf } from './wire-damage.ts';

/** Presentation contexts remembered of one conversation: Windows binds a handful, a busy management pipe some dozens. */
const MAX_CONTEXTS = 512;
/** Binds that wait for their answer: one at a time is usual. */
const MAX_BINDS = 64;
/** A context whose bind is not in the capture. */
const UNBOUND: Context = { interfaceId: '', transfer: '' };
/** Calls that wait for their answer: asynchronous clients have tens. The oldest is forgotten. */
const MAX_CALLS = 1024;
/** Fragmented calls put together at the same time. */
const MAX_JOINED = 64;
/** Stub bytes kept of one call, only of interfaces that are looked into: activations and endpoint lists have some KiB. */
const MAX_STUB = 256 * 1024;
/** Fragments kept of one call: each has some KiB, so these hold more than {@link MAX_STUB}. */
const MAX_FRAGMENTS = 256;
/** Stub bytes kept of a conversation. */
const MAX_STUBS = 1024 * 1024;

/** What the reader of one conversation, or of one pipe of it, may do. */
export interface RpcSink {
  emit(message: RpcMessage): void;
  /** An endpoint of another conversation; no address: the host of this one. */
  expect(address: string | undefined, port: number): void;
}

/** One presentation context as offered and, when the answer was seen, accepted. */
interface Context {
  readonly interfaceId: string;
  /** Transfer syntax: the server's choice, before it is known the client's first. */
  readonly transfer: string;
}

interface Call {
  readonly opnum: number;
  readonly interfaceId: string;
  /** Transfer syntax of its context; empty when the bind is not in the capture. */
  readonly transfer: string;
  /** The call names an object: ORPC. */
  readonly object: boolean;
}

/** Fragments of one call seen so far. */
interface Joined {
  readonly stub: Uint8Array[];
  stubBytes: number;
  bytes: number;
  /** Some of the stub is not there or too large. */
  incomplete: boolean;
  sealed: boolean;
}

/** Reads the units of one association: DCE RPC over TCP, or of one SMB pipe (C706 chapter 12, MS-RPCE 2.2.2). */
export class RpcReader {
  readonly #sink: RpcSink;
  readonly #pipe: { readonly pipe?: string };
  readonly #contexts = new Map<number, Context>();
  /** Contexts of binds that wait for their answer, by call. */
  readonly #binds = new Map<number, readonly number[]>();
  readonly #calls = new Map<number, Call>();
  readonly #joined = new Map<string, Joined>();
  #kept = 0;

  /** @param pipe name of the SMB pipe; absent on TCP. */
  constructor(sink: RpcSink, pipe?: string) {
    this.#sink = sink;
    this.#pipe = pipe === undefined ? {} : { pipe };
  }

  /**
   * Reads one unit.
   * @param bytes the unit; fewer bytes than it has on the wire when `partial`. @param length its length on the wire.
   */
  unit(side: Side, bytes: Uint8Array, length: number, partial: boolean, place: Place): void {
    let pdu: RpcPdu | undefined;
    let damage: Damage | undefined;
    if (!partial) {
      try {
        pdu = parsePdu(bytes);
      } catch (error) {
        if (!(error instanceof DcerpcError)) throw error;
        // A type without a reader is no damage: only connectionless and unknown types have none.
        if (error.what !== 'PTYPE') damage = damageOf('CAPTURE_RPC_UNIT', error);
      }
    }
    const base = { layer: 'rpc' as const, frame: place.frame, at: place.at, from: side, bytes: length, ...this.#pipe };
    if (pdu === undefined) this.#headOnly(base, bytes, partial, damage);
    else this.#whole(base, pdu, bytes.length);
  }

  #whole(base: MessageStart, pdu: RpcPdu, length: number): void {
    const auth = authOf(pdu);
    const common = { ...base, callId: pdu.callId, ...(auth === undefined ? {} : { auth }) };
    switch (pdu.type) {
      case 'bind':
      case 'alter_context': {
        const contexts = pdu.contexts.map(({ id, abstract }) => ({
          id,
          interfaceId: abstract.uuid,
          version: `${abstract.major}.${abstract.minor}`,
        }));
        for (const { id, abstract, transfers } of pdu.contexts) {
          // Feature negotiation binds no interface (MS-RPCE 3.3.1.5.3).
          if (transfers.some(isBindFeatures)) continue;
          remember(this.#contexts, id, { interfaceId: abstract.uuid, transfer: transfers[0]?.uuid ?? '' }, MAX_CONTEXTS);
        }
        remember(
          this.#binds,
          pdu.callId,
          contexts.map(({ id }) => id),
          MAX_BINDS,
        );
        this.#sink.emit({ ...common, kind: pdu.type === 'bind' ? 'bind' : 'alter-context', contexts });
        return;
      }
      case 'bind_ack':
      case 'alter_context_resp':
        this.#accept(pdu);
        this.#sink.emit({
          ...common,
          kind: pdu.type === 'bind_ack' ? 'bind-ack' : 'alter-context-ack',
          results: pdu.results.map(({ result, reason }) => ({ result, reason })),
          secondaryAddress: pdu.secondaryAddress,
        });
        return;
      case 'bind_nak':
        this.#sink.emit({ ...common, kind: 'bind-nak', reason: pdu.reason });
        return;
      case 'auth3':
        this.#sink.emit({ ...common, kind: 'auth3' });
        return;
      case 'request':
        this.#request(common, pdu, length);
        return;
      case 'response':
        this.#response(common, pdu, length);
        return;
      case 'fault': {
        const call = this.#calls.get(pdu.callId);
        this.#calls.delete(pdu.callId);
        this.#forget(base.from, pdu.callId);
        this.#sink.emit({
          ...common,
          kind: 'fault',
          status: pdu.status,
          ...(call === undefined ? {} : { opnum: call.opnum }),
          interfaceId: call?.interfaceId ?? this.#contexts.get(pdu.contextId)?.interfaceId ?? '',
        });
        return;
      }
      default:
        this.#sink.emit({ ...common, kind: 'other', pduType: PDU_TYPE[pdu.type] });
    }
  }

  /** The answers stand in the order of the contexts asked for. */
  #accept({ callId, results }: BindAckPdu): void {
    const ids = this.#binds.get(callId);
    this.#binds.delete(callId);
    for (const [i, { result, transfer }] of results.entries()) {
      const id = ids?.[i];
      const context = id === undefined ? undefined : this.#contexts.get(id);
      if (id !== undefined && context !== undefined && result === CONTEXT_RESULT.acceptance)
        this.#contexts.set(id, { ...context, transfer: transfer.uuid });
    }
  }

  #request(common: MessageStart & { readonly callId: number }, pdu: RequestPdu, length: number): void {
    const { interfaceId, transfer } = this.#contexts.get(pdu.contextId) ?? UNBOUND;
    const call = { opnum: pdu.opnum, interfaceId, transfer, object: pdu.object !== undefined };
    remember(this.#calls, pdu.callId, call, MAX_CALLS);
    const joined = this.#join(common.from, pdu, length, needsStub(interfaceId, pdu.opnum, 'request'));
    if (joined === undefined) return;
    const read = readRequestStub(joined.stub, { interfaceId, opnum: pdu.opnum, transfer, littleEndian: pdu.littleEndian });
    this.#sink.emit({
      ...common,
      bytes: joined.bytes,
      kind: 'request',
      opnum: pdu.opnum,
      interfaceId,
      stubBytes: joined.stubBytes,
      sealed: joined.sealed,
      ...read,
      ...(joined.first ? {} : { partial: true }),
    });
  }

  #response(common: MessageStart & { readonly callId: number }, pdu: ResponsePdu, length: number): void {
    const call = this.#calls.get(pdu.callId);
    const interfaceId = call?.interfaceId ?? this.#contexts.get(pdu.contextId)?.interfaceId ?? '';
    const opnum = call?.opnum;
    const joined = this.#join(common.from, pdu, length, opnum !== undefined && needsStub(interfaceId, opnum, 'response'));
    if (joined === undefined) return;
    this.#calls.delete(pdu.callId);
    const read =
      opnum === undefined
        ? undefined
        : readResponseStub(joined.stub, { interfaceId, opnum, transfer: call?.transfer ?? '', littleEndian: pdu.littleEndian });
    // Also a call whose stub is not looked into ends with its result, when it is ORPC.
    const least = call === undefined || joined.sealed || !joined.first ? undefined : leastResultBytes(interfaceId, call.object);
    const last = least !== undefined && joined.stubBytes >= least ? returnedStatus(pdu, least) : undefined;
    for (const { address, port } of read?.expected ?? []) this.#sink.expect(address, port);
    this.#sink.emit({
      ...common,
      bytes: joined.bytes,
      kind: 'response',
      ...(opnum === undefined ? {} : { opnum }),
      interfaceId,
      stubBytes: joined.stubBytes,
      sealed: joined.sealed,
      ...(last === undefined ? {} : { hresult: last }),
      ...read?.fields,
      ...(joined.first ? {} : { partial: true }),
    });
  }

  /**
   * Adds a fragment to its call. @returns the whole call with the last one; its stub only when it is wanted, in clear, whole and not too large; `first` is
   * false when the first fragment was not seen.
   */
  #join(
    side: Side,
    pdu: RequestPdu | ResponsePdu,
    length: number,
    wanted: boolean,
  ): (Omit<Joined, 'stub' | 'incomplete'> & { readonly stub: Uint8Array | undefined; readonly first: boolean }) | undefined {
    const key = `${side} ${pdu.callId}`;
    const first = (pdu.flags & PFC.first) !== 0;
    const last = (pdu.flags & PFC.last) !== 0;
    if (first) this.#forget(side, pdu.callId);
    const before = this.#joined.get(key);
    const joined = before ?? { stub: [], stubBytes: 0, bytes: 0, incomplete: !first, sealed: false };
    const body = pdu.body.subarray(0, pdu.body.length - (pdu.auth?.padLength ?? 0));
    joined.sealed ||= pdu.auth?.level === AUTH_LEVEL.privacy;
    const take = wanted && !joined.incomplete && !joined.sealed;
    if (take && joined.stub.length < MAX_FRAGMENTS && joined.stubBytes + body.length <= MAX_STUB && this.#kept + body.length <= MAX_STUBS) {
      // The unit's bytes are valid during the call only.
      joined.stub.push(last ? body : body.slice());
      if (!last) this.#kept += body.length;
    } else joined.incomplete = true;
    joined.stubBytes += body.length;
    joined.bytes += length;
    if (!last) {
      if (before === undefined && this.#joined.size >= MAX_JOINED) this.#drop(this.#joined.keys().next().value as string);
      this.#joined.set(key, joined);
      return undefined;
    }
    this.#drop(key);
    const { stubBytes, bytes, sealed } = joined;
    const stub = joined.incomplete || sealed ? undefined : wholeStub(joined.stub);
    return { stub, stubBytes, bytes, sealed, first: first || before !== undefined };
  }

  #forget(side: Side, callId: number): void {
    this.#drop(`${side} ${callId}`);
  }

  #drop(key: string): void {
    const joined = this.#joined.get(key);
    if (joined === undefined) return;
    this.#joined.delete(key);
    for (const part of joined.stub) this.#kept = Math.max(0, this.#kept - part.length);
  }

  /** A unit of which only the beginning is there, or whose rest cannot be read: what its head tells. */
  #headOnly(base: MessageStart, bytes: Uint8Array, partial: boolean, damage: Damage | undefined): void {
    if (bytes.length < 16) return;
    const little = bytes[4]! >> 4 === 1;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const callId = view.getUint32(12, little);
    const pduType = bytes[2]!;
    const common = {
      ...base,
      callId,
      ...(partial ? { partial: true } : {}),
      ...(damage === undefined ? {} : { damages: [damage] }),
    };
    // Of a unit that was read whole and makes no sense the numbers are not believed.
    if (damage === undefined && pduType === PDU_TYPE.request && bytes.length >= 24) {
      const { interfaceId, transfer } = this.#contexts.get(view.getUint16(20, little)) ?? UNBOUND;
      const opnum = view.getUint16(22, little);
      const first = (bytes[3]! & PFC.first) !== 0;
      if (!first) return;
      remember(this.#calls, callId, { opnum, interfaceId, transfer, object: (bytes[3]! & PFC.object) !== 0 }, MAX_CALLS);
      this.#sink.emit({ ...common, kind: 'request', opnum, interfaceId, stubBytes: 0, sealed: false });
    } else if (damage === undefined && pduType === PDU_TYPE.response && bytes.length >= 24) {
      if ((bytes[3]! & PFC.first) === 0) return;
      const call = this.#calls.get(callId);
      const interfaceId = call?.interfaceId ?? this.#contexts.get(view.getUint16(20, little))?.interfaceId ?? '';
      this.#sink.emit({
        ...common,
        kind: 'response',
        ...(call === undefined ? {} : { opnum: call.opnum }),
        interfaceId,
        stubBytes: 0,
        sealed: false,
      });
    } else if (damage === undefined && pduType === PDU_TYPE.fault && bytes.length >= 28) {
      const call = this.#calls.get(callId);
      this.#calls.delete(callId);
      this.#sink.emit({
        ...common,
        kind: 'fault',
        status: view.getUint32(24, little),
        ...(call === undefined ? {} : { opnum: call.opnum }),
        interfaceId: call?.interfaceId ?? this.#contexts.get(view.getUint16(20, little))?.interfaceId ?? '',
      });
    } else this.#sink.emit({ ...common, kind: 'other', pduType });
  }
}

interface MessageStart {
  readonly layer: 'rpc';
  readonly frame: number;
  readonly at: bigint;
  readonly from: Side;
  readonly bytes: number;
  readonly pipe?: string;
}

/** Login tokens stand in the units that set up a login; in requests and responses the token is a signature. */
function authOf(pdu: RpcPdu): RpcMessage['auth'] {
  if (pdu.auth === undefined) return undefined;
  const { type, level, token } = pdu.auth;
  const login = pdu.type !== 'request' && pdu.type !== 'response' && pdu.type !== 'fault';
  return { type, level, ...(login && token.length > 0 ? { token: readToken(token) } : {}) };
}

/** A stub of one fragment is not copied. */
function wholeStub(parts: readonly Uint8Array[]): Uint8Array {
  const [only, ...more] = parts;
  return only !== undefined && more.length === 0 ? only : joinBytes(...parts);
}
