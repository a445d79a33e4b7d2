import { joinBytes } from '@winmedic/bytes';
import type { PeerIdentity, SecurityContext } from '@winmedic/gss';
import { DcerpcError } from './errors.ts';
import { LEAST_FRAGMENT_BYTES, MAX_FRAGMENTS, MAX_STUB_BYTES, OFFERED_FRAGMENT_BYTES } from './limits.ts';
import { AUTH_LEVEL, CONTEXT_RESULT } from './names.ts';
import {
  type BindAckPdu,
  type BindPdu,
  type ContextResult,
  PFC,
  type PresentationContext,
  parsePdu,
  type RequestPdu,
  type RpcPdu,
  type SecTrailer,
} from './pdu.ts';
import { PduSplitter } from './pdu-splitter.ts';
import { type Protection, protectionBytes, protectsUnits, readProtected, writeProtected } from './protection.ts';
import { isBindFeatures, NDR, type RpcSyntax, sameInterface } from './syntax.ts';
import { writePdu } from './write-pdu.ts';

/** A call that came in. */
export interface RpcCall {
  readonly opnum: number;
  /** NDR of the arguments, decrypted. */
  readonly stub: Uint8Array;
  readonly littleEndian: boolean;
  /** IPID of an ORPC call. */
  readonly object?: string;
  /** `AUTH_LEVEL` of the connection; 1 without a login. */
  readonly level: number;
  /** Who logged in. */
  readonly peer?: PeerIdentity;
}

/** One interface a server offers. */
export interface RpcService {
  readonly syntax: RpcSyntax;
  /** @returns NDR of the results, or the status of a fault. */
  call(call: RpcCall): Uint8Array | number | Promise<Uint8Array | number>;
}

/** What a server end is made of. */
export interface RpcAcceptorOptions {
  readonly services: readonly RpcService[];
  /** Port as text: the secondary address of bind_ack. */
  readonly secondaryAddress: string;
  /** A fresh acceptor for a security provider (`AUTH_TYPE`); `undefined` when it is not offered. Absent: no logins at all. */
  readonly login?: (type: number) => SecurityContext | undefined;
  /** Refuse every bind with this reason. */
  readonly nakReason?: number;
}

/** Statuses of faults this end sends itself. */
const FAULT = {
  /** A login that failed, and input that is too large (MS-RPCE 3.3.3.5.1, 3.3.3.5.4). */
  accessDenied: 0x5,
  /** A signature that is wrong. Which status Windows gives is not documented: unverified. */
  signature: 0x721,
  badStub: 0x6f7,
  protocol: 0x1c01000b,
  unknownContext: 0x1c00001c,
} as const;
/** Features of MS-RPCE 2.2.2.15 a server without security context multiplexing may claim: keeping the connection on orphans. */
const OFFERED_FEATURES = 0x02;
const NO_SYNTAX: RpcSyntax = { uuid: '{00000000-0000-0000-0000-000000000000}', major: 0, minor: 0 };
const UNSPECIFIED = 0;
const UNKNOWN_AUTH_TYPE = 8;
const INVALID_CHECKSUM = 9;

interface PendingCall {
  readonly first: RequestPdu;
  readonly parts: Uint8Array[];
  bytes: number;
}

/**
 * The server end of one connection, without a socket: bytes in, bytes out. Calls are served one after the other in the order they came.
 */
export class RpcAcceptor {
  readonly #options: RpcAcceptorOptions;
  readonly #splitter = new PduSplitter();
  readonly #contexts = new Map<number, RpcService>();
  #maxTransmit = LEAST_FRAGMENT_BYTES;
  #login: { readonly context: SecurityContext; readonly protection: Protection; failed: boolean } | undefined;
  #call: PendingCall | undefined;
  #bound = false;

  constructor(options: RpcAcceptorOptions) {
    this.#options = options;
  }

  /** Who logged in, when the login is complete. */
  get peer(): PeerIdentity | undefined {
    return this.#login?.failed === false && this.#login.context.complete ? this.#login.context.peer : undefined;
  }

  /**
   * Takes bytes of the client and gives the units to send.
   * @throws {DcerpcError} DCERPC_BAD_PDU or DCERPC_UNEXPECTED: close the connection.
   */
  async push(bytes: Uint8Array): Promise<Uint8Array[]> {
    const answers: Uint8Array[] = [];
    for (const unit of this.#splitter.push(bytes)) answers.push(...(await this.#take(unit)));
    return answers;
  }

  async #take(bytes: Uint8Array): Promise<Uint8Array[]> {
    const pdu = parsePdu(bytes);
    switch (pdu.type) {
      case 'bind':
      case 'alter_context':
        return [writePdu(await this.#bind(pdu))];
      case 'auth3':
        await this.#auth3(pdu.auth?.token ?? new Uint8Array(0));
        return [];
      case 'request':
        return this.#request(pdu, bytes);
      case 'co_cancel':
      case 'orphaned':
        return [];
      default:
        throw new DcerpcError('DCERPC_UNEXPECTED', 'PTYPE', { offset: 2, have: pdu.type });
    }
  }

  async #bind(pdu: BindPdu): Promise<RpcPdu> {
    const { nakReason } = this.#options;
    if (nakReason !== undefined) return nak(pdu, nakReason);
    if (pdu.type === 'bind' && this.#bound) throw new DcerpcError('DCERPC_UNEXPECTED', 'a second bind', { offset: 2 });
    let token: Uint8Array | undefined;
    if (pdu.auth !== undefined) {
      const stepped = await this.#step(pdu, pdu.auth);
      if (stepped.refused !== undefined) return pdu.type === 'bind' ? nak(pdu, stepped.refused) : fault(pdu.callId, 0, FAULT.accessDenied);
      token = stepped.token;
    }
    if (pdu.type === 'bind') {
      this.#bound = true;
      this.#maxTransmit = Math.max(Math.min(pdu.maxReceive, OFFERED_FRAGMENT_BYTES), LEAST_FRAGMENT_BYTES);
    }
    const signs = this.#login?.protection.headerSigning === true && (pdu.flags & PFC.headerSign) !== 0;
    const ack: BindAckPdu = {
      type: pdu.type === 'bind' ? 'bind_ack' : 'alter_context_resp',
      flags: PFC.first | PFC.last | (signs ? PFC.headerSign : 0),
      callId: pdu.callId,
      littleEndian: true,
      maxTransmit: Math.min(pdu.maxReceive, OFFERED_FRAGMENT_BYTES),
      maxReceive: Math.min(pdu.maxTransmit, OFFERED_FRAGMENT_BYTES),
      group: pdu.group === 0 ? 0x1a2b : pdu.group,
      secondaryAddress: pdu.type === 'bind' ? this.#options.secondaryAddress : '',
      results: pdu.contexts.map((context) => this.#negotiate(context)),
      ...(token === undefined || pdu.auth === undefined ? {} : { auth: { ...pdu.auth, token } }),
    };
    return ack;
  }

  #negotiate(context: PresentationContext): ContextResult {
    const features = context.transfers.find(isBindFeatures);
    if (features !== undefined) {
      // The bits of the client stand behind the prefix, in the first byte of the UUID's last eight.
      const asked = Number.parseInt(features.uuid.slice(20, 22), 16);
      return { result: CONTEXT_RESULT.negotiateAck, reason: asked & OFFERED_FEATURES, transfer: NO_SYNTAX };
    }
    const service = this.#options.services.find(({ syntax }) => sameInterface(syntax, context.abstract));
    if (service === undefined) return { result: CONTEXT_RESULT.providerRejection, reason: 1, transfer: NO_SYNTAX };
    const transfer = context.transfers.find((syntax) => sameInterface(syntax, NDR));
    if (transfer === undefined) return { result: CONTEXT_RESULT.providerRejection, reason: 2, transfer: NO_SYNTAX };
    this.#contexts.set(context.id, service);
    return { result: CONTEXT_RESULT.acceptance, reason: 0, transfer };
  }

  async #step(pdu: BindPdu, auth: SecTrailer): Promise<{ readonly token?: Uint8Array; readonly refused?: number }> {
    if (this.#login === undefined) {
      const context = this.#options.login?.(auth.type);
      if (context === undefined) return { refused: UNKNOWN_AUTH_TYPE };
      if (auth.level < AUTH_LEVEL.connect || auth.level > AUTH_LEVEL.privacy) return { refused: UNSPECIFIED };
      const headerSigning = (pdu.flags & PFC.headerSign) !== 0 && protectsUnits(auth.level);
      const protection = { context, type: auth.type, level: auth.level, contextId: auth.contextId, headerSigning };
      this.#login = { context, protection, failed: false };
    }
    try {
      const token = await this.#login.context.step(auth.token);
      return token === undefined ? {} : { token };
    } catch {
      this.#login.failed = true;
      return { refused: INVALID_CHECKSUM };
    }
  }

  /** Is never answered; a login that failed shows at the first request (MS-RPCE 3.3.1.5.2.1). */
  async #auth3(token: Uint8Array): Promise<void> {
    if (this.#login === undefined) throw new DcerpcError('DCERPC_UNEXPECTED', 'auth3 without a login', { offset: 2 });
    try {
      await this.#login.context.step(token);
      if (!this.#login.context.complete) this.#login.failed = true;
    } catch {
      this.#login.failed = true;
    }
  }

  async #request(pdu: RequestPdu, bytes: Uint8Array): Promise<Uint8Array[]> {
    const service = this.#contexts.get(pdu.contextId);
    const refuse = (status: number): Uint8Array[] => {
      this.#call = undefined;
      return [writePdu(fault(pdu.callId, pdu.contextId, status))];
    };
    if (service === undefined) return refuse(FAULT.unknownContext);
    if (this.#login !== undefined && (this.#login.failed || !this.#login.context.complete)) return refuse(FAULT.accessDenied);
    let stub: Uint8Array;
    try {
      stub = readProtected(bytes, this.#login?.protection).stub;
    } catch (error) {
      if (error instanceof DcerpcError && error.code === 'DCERPC_BAD_MIC') return refuse(FAULT.signature);
      throw error;
    }
    const begins = (pdu.flags & PFC.first) !== 0;
    if (begins) this.#call = { first: pdu, parts: [], bytes: 0 };
    const call = this.#call;
    if (call === undefined || call.first.callId !== pdu.callId) return refuse(FAULT.protocol);
    call.parts.push(Uint8Array.from(stub));
    call.bytes += stub.length;
    if (call.bytes > MAX_STUB_BYTES || call.parts.length > MAX_FRAGMENTS) return refuse(FAULT.accessDenied);
    if ((pdu.flags & PFC.last) === 0) return [];
    this.#call = undefined;
    return this.#serve(service, call);
  }

  async #serve(service: RpcService, { first, parts }: PendingCall): Promise<Uint8Array[]> {
    const peer = this.peer;
    let result: Uint8Array | number;
    try {
      result = await service.call({
        opnum: first.opnum,
        stub: joinBytes(...parts),
        littleEndian: first.littleEndian,
        ...(first.object === undefined ? {} : { object: first.object }),
        level: this.#login?.protection.level ?? AUTH_LEVEL.none,
        ...(peer === undefined ? {} : { peer }),
      });
    } catch (error) {
      if (!(error instanceof DcerpcError)) throw error;
      result = FAULT.badStub;
    }
    if (typeof result === 'number') return [writePdu(fault(first.callId, first.contextId, result))];
    return this.#respond(first, result);
  }

  #respond(request: RequestPdu, stub: Uint8Array): Uint8Array[] {
    const protection = this.#login?.protection;
    const room = this.#maxTransmit - 24 - protectionBytes(protection, this.#maxTransmit);
    const size = Math.max(16, room - (room % 16));
    const units: Uint8Array[] = [];
    for (let at = 0; at === 0 || at < stub.length; at += size) {
      const flags = (at === 0 ? PFC.first : 0) | (at + size >= stub.length ? PFC.last : 0);
      const { callId, contextId } = request;
      const body = stub.subarray(at, at + size);
      units.push(
        writeProtected(
          { type: 'response', flags, callId, littleEndian: true, allocHint: stub.length - at, contextId, cancelCount: 0, body },
          protection,
        ),
      );
    }
    return units;
  }
}

function nak(pdu: BindPdu, reason: number): RpcPdu {
  return {
    type: 'bind_nak',
    flags: PFC.first | PFC.last,
    callId: pdu.callId,
    littleEndian: true,
    reason,
    versions: [{ major: 5, minor: 0 }],
  };
}

/** Faults go unsigned: see {@link readProtected}. */
function fault(callId: number, contextId: number, status: number): RpcPdu {
  const flags = PFC.first | PFC.last | PFC.didNotExecute;
  return { type: 'fault', flags, callId, littleEndian: true, contextId, status, extended: false, body: new Uint8Array(0) };
}
