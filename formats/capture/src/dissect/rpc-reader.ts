import { type Damage, joinBytes } from '@winmedic/bytes';
import {
  AUTH_LEVEL,
  type BindAckPdu,
  CallHead,
  CONTEXT_RESULT,
  DcerpcError,
  isBindFeatures,
  PDU_TYPE,
  PFC,
  parsePdu,
  type RpcPdu,
} from '@winmedic/dcerpc/messages';
import { remember } from './bounded-map.ts';
import { isLookedInto, leastResultBytes, needsStub, readRequestStub, readResponseStub, returnedStatus } from './rpc-stubs.ts';
import { readToken } from './token.ts';
import type { Place, RpcMessage, Side } from './types.ts';
import { damageOf } from './wire-damage.ts';

/** Presentation contexts remembered of one conversation: Windows binds a handful, a busy management pipe some dozens. */
const MAX_CONTEXTS = 512;
/** Binds that wait for their answer: one at a time is usual. */
const MAX_BINDS = 64;
/** A context whose bind is not in the capture. */
const UNBOUND: Context = { interfaceId: '', transfer: '', decides: false };
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

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type RpcRequest = Extract<RpcMessage, { readonly kind: 'request' }>;
type RpcResponse = Extract<RpcMessage, { readonly kind: 'response' }>;

/** Of the unit at hand. */
const HEAD = new CallHead();

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
  /** Calls of the interface are looked into. */
  readonly decides: boolean;
}

interface Call {
  readonly opnum: number;
  readonly context: Context;
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
  readonly #pipe: string | undefined;
  readonly #contexts = new Map<number, Context>();
  /** Contexts of binds that wait for their answer, by call. */
  readonly #binds = new Map<number, readonly number[]>();
  readonly #calls = new Map<number, Call>();
  /** By {@link joinKey}. */
  readonly #joined = new Map<number, Joined>();
  #kept = 0;
  /**
   * The call that {@link #join} put together last: its stub only when it is wanted, in clear, whole and not too large; `first` is false when the first fragment
   * was not seen.
   */
  readonly #call = { stub: undefined as Uint8Array | undefined, stubBytes: 0, bytes: 0, sealed: false, first: false };

  /** @param pipe name of the SMB pipe; absent on TCP. */
  constructor(sink: RpcSink, pipe?: string) {
    this.#sink = sink;
    this.#pipe = pipe;
  }

  /**
   * Reads one unit.
   * @param bytes the unit; fewer bytes than it has on the wire when `partial`. @param length its length on the wire.
   */
  unit(side: Side, bytes: Uint8Array, length: number, partial: boolean, place: Place): void {
    if (!partial && HEAD.read(bytes)) {
      if (HEAD.type === 'request') this.#request(side, HEAD, bytes, place);
      else this.#response(side, HEAD, bytes, place);
      return;
    }
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
    const base = {
      layer: 'rpc' as const,
      frame: place.frame,
      at: place.at,
      from: side,
      bytes: length,
      ...(this.#pipe === undefined ? {} : { pipe: this.#pipe }),
    };
    if (pdu === undefined) this.#headOnly(base, bytes, partial, damage);
    else this.#whole(base, pdu);
  }

  /** Any unit but requests and responses. */
  #whole(base: MessageStart, pdu: RpcPdu): void {
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
          const context = { interfaceId: abstract.uuid, transfer: transfers[0]?.uuid ?? '', decides: isLookedInto(abstract.uuid) };
          remember(this.#contexts, id, context, MAX_CONTEXTS);
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
      case 'fault': {
        const call = this.#calls.get(pdu.callId);
        this.#calls.delete(pdu.callId);
        this.#drop(joinKey(base.from, pdu.callId));
        this.#sink.emit({
          ...common,
          kind: 'fault',
          status: pdu.status,
          ...(call === undefined ? {} : { opnum: call.opnum }),
          interfaceId: call?.context.interfaceId ?? this.#contexts.get(pdu.contextId)?.interfaceId ?? '',
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

  #request(from: Side, head: CallHead, unit: Uint8Array, { frame, at }: Place): void {
    const { callId, opnum } = head;
    const context = this.#contexts.get(head.contextId) ?? UNBOUND;
    const { interfaceId } = context;
    remember(this.#calls, callId, { opnum, context, object: (head.flags & PFC.object) !== 0 }, MAX_CALLS);
    if (!this.#join(from, head, unit, context.decides && needsStub(interfaceId, opnum, 'request'))) return;
    const { stub, stubBytes, bytes, sealed, first } = this.#call;
    const message = requestOf(head, {
      layer: 'rpc',
      frame,
      at,
      from,
      bytes,
      callId,
      kind: 'request',
      opnum,
      interfaceId,
      stubBytes,
      sealed,
    });
    if (this.#pipe !== undefined) message.pipe = this.#pipe;
    if (stub !== undefined)
      Object.assign(message, readRequestStub(stub, { interfaceId, opnum, transfer: context.transfer, littleEndian: head.littleEndian }));
    if (!first) message.partial = true;
    this.#sink.emit(message);
  }

  #response(from: Side, head: CallHead, unit: Uint8Array, { frame, at }: Place): void {
    const { callId } = head;
    const call = this.#calls.get(callId);
    const context = call?.context ?? this.#contexts.get(head.contextId) ?? UNBOUND;
    const { interfaceId } = context;
    if (!this.#join(from, head, unit, call !== undefined && context.decides && needsStub(interfaceId, call.opnum, 'response'))) return;
    const { stub, stubBytes, bytes, sealed, first } = this.#call;
    const message = responseOf(call?.opnum, head, {
      layer: 'rpc',
      frame,
      at,
      from,
      bytes,
      callId,
      kind: 'response',
      interfaceId,
      stubBytes,
      sealed,
    });
    if (this.#pipe !== undefined) message.pipe = this.#pipe;
    if (call !== undefined) {
      const { opnum } = call;
      this.#calls.delete(callId);
      // Also a call whose stub is not looked into ends with its result, when it is ORPC.
      const least = sealed || !first || !(call.object || context.decides) ? undefined : leastResultBytes(interfaceId, call.object);
      const last = least !== undefined && stubBytes >= least ? returnedStatus(unit, head, least) : undefined;
      if (last !== undefined) message.hresult = last;
      const read = stub && readResponseStub(stub, { interfaceId, opnum, transfer: context.transfer, littleEndian: head.littleEndian });
      for (const { address, port } of read?.expected ?? []) this.#sink.expect(address, port);
      Object.assign(message, read?.fields);
    }
    if (!first) message.partial = true;
    this.#sink.emit(message);
  }

  /** Adds a fragment to its call. @returns whether it was the last: then {@link #call} is the whole. */
  #join(side: Side, head: CallHead, unit: Uint8Array, wanted: boolean): boolean {
    const key = joinKey(side, head.callId);
    const first = (head.flags & PFC.first) !== 0;
    const last = (head.flags & PFC.last) !== 0;
    if (first && this.#joined.size > 0) this.#drop(key);
    const before = first ? undefined : this.#joined.get(key);
    const size = head.bodyEnd - head.bodyStart;
    const sealed = head.authLevel === AUTH_LEVEL.privacy;
    const call = this.#call;
    call.first = first || before !== undefined;
    if (first && last) {
      const take = wanted && !sealed && size <= MAX_STUB && this.#kept + size <= MAX_STUBS;
      call.stub = take ? unit.subarray(head.bodyStart, head.bodyEnd) : undefined;
      call.stubBytes = size;
      call.bytes = unit.length;
      call.sealed = sealed;
      return true;
    }
    const joined = before ?? { stub: [], stubBytes: 0, bytes: 0, incomplete: !first, sealed: false };
    joined.sealed ||= sealed;
    const take = wanted && !joined.incomplete && !joined.sealed;
    if (take && joined.stub.length < MAX_FRAGMENTS && joined.stubBytes + size <= MAX_STUB && this.#kept + size <= MAX_STUBS) {
      // The unit's bytes are valid during the call only.
      joined.stub.push(unit.slice(head.bodyStart, head.bodyEnd));
      if (!last) this.#kept += size;
    } else joined.incomplete = true;
    joined.stubBytes += size;
    joined.bytes += unit.length;
    if (!last) {
      if (before === undefined && this.#joined.size >= MAX_JOINED) this.#drop(this.#joined.keys().next().value as number);
      this.#joined.set(key, joined);
      return false;
    }
    this.#drop(key);
    call.stub = joined.incomplete || joined.sealed ? undefined : joinBytes(...joined.stub);
    call.stubBytes = joined.stubBytes;
    call.bytes = joined.bytes;
    call.sealed = joined.sealed;
    return true;
  }

  #drop(key: number): void {
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
      const context = this.#contexts.get(view.getUint16(20, little)) ?? UNBOUND;
      const { interfaceId } = context;
      const opnum = view.getUint16(22, little);
      const first = (bytes[3]! & PFC.first) !== 0;
      if (!first) return;
      remember(this.#calls, callId, { opnum, context, object: (bytes[3]! & PFC.object) !== 0 }, MAX_CALLS);
      this.#sink.emit({ ...common, kind: 'request', opnum, interfaceId, stubBytes: 0, sealed: false });
    } else if (damage === undefined && pduType === PDU_TYPE.response && bytes.length >= 24) {
      if ((bytes[3]! & PFC.first) === 0) return;
      const call = this.#calls.get(callId);
      const interfaceId = call?.context.interfaceId ?? this.#contexts.get(view.getUint16(20, little))?.interfaceId ?? '';
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
        interfaceId: call?.context.interfaceId ?? this.#contexts.get(view.getUint16(20, little))?.interfaceId ?? '',
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

/** A request with its signature, when it has one. All fields at once: those added later lie apart. */
function requestOf(head: CallHead, start: RpcRequest): Mutable<RpcRequest> {
  const { layer, frame, at, from, bytes, callId, kind, opnum, interfaceId, stubBytes, sealed } = start;
  return head.authType < 0
    ? { layer, frame, at, from, bytes, callId, kind, opnum, interfaceId, stubBytes, sealed }
    : { layer, frame, at, from, bytes, callId, kind, opnum, interfaceId, stubBytes, sealed, auth: signatureOf(head) };
}

/** A response with its call and signature, as far as there are. All fields at once: those added later lie apart. */
function responseOf(opnum: number | undefined, head: CallHead, start: RpcResponse): Mutable<RpcResponse> {
  const { layer, frame, at, from, bytes, callId, kind, interfaceId, stubBytes, sealed } = start;
  if (opnum === undefined) return head.authType < 0 ? { ...start } : { ...start, auth: signatureOf(head) };
  if (head.authType < 0) return { layer, frame, at, from, bytes, callId, kind, interfaceId, stubBytes, sealed, opnum };
  return { layer, frame, at, from, bytes, callId, kind, interfaceId, stubBytes, sealed, opnum, auth: signatureOf(head) };
}

/** Requests and responses carry a signature or seal, of which nothing is kept; of its kind there are a handful. */
function signatureOf({ authType, authLevel }: CallHead): NonNullable<RpcMessage['auth']> {
  const key = (authType << 8) | authLevel;
  let auth = signatures.get(key);
  if (auth === undefined) {
    auth = Object.freeze({ type: authType, level: authLevel });
    signatures.set(key, auth);
  }
  return auth;
}

/** By type and level, one byte each. */
const signatures = new Map<number, NonNullable<RpcMessage['auth']>>();

/** Calls are numbered by 32 bits, and both sides may number theirs. */
function joinKey(side: Side, callId: number): number {
  return callId * 2 + (side === 'client' ? 0 : 1);
}
