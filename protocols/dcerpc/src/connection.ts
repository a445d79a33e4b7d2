import { joinBytes } from '@winmedic/bytes';
import type { SecurityContext } from '@winmedic/gss';
import { DcerpcError } from './errors.ts';
import { LEAST_FRAGMENT_BYTES, MAX_FRAGMENTS, MAX_LOGIN_LEGS, MAX_STUB_BYTES, OFFERED_FRAGMENT_BYTES } from './limits.ts';
import { AUTH_LEVEL, AUTH_TYPE, type AuthLevelName, CONTEXT_RESULT, faultName, nakReasonName, rejectReasonName } from './names.ts';
import { type BindAckPdu, type BindNakPdu, type BindPdu, type PduCommon, PFC, parsePdu, type RpcPdu, type SecTrailer } from './pdu.ts';
import { PduSplitter } from './pdu-splitter.ts';
import { type Protection, protectionBytes, protectsUnits, readProtected, writeProtected } from './protection.ts';
import { NDR, type RpcSyntax } from './syntax.ts';
import type { RpcTransport } from './transport.ts';
import { writePdu } from './write-pdu.ts';

/** How to log in on a connection. */
export interface RpcAuth {
  /**
   * Initiator, fresh: it proves one login on one connection. Kerberos must be in DCE style (RFC 4757 section 7.1), and encryption should be
   * asked for at level privacy alone (MS-RPCE 3.3.1.5.2.2): Samba cannot answer at level integrity otherwise.
   */
  readonly context: SecurityContext;
  readonly type: 'ntlm' | 'spnego' | 'kerberos';
  /** Below `integrity` nothing keeps requests from being changed on the way: for showing that a host refuses it. */
  readonly level: Exclude<AuthLevelName, 'default' | 'none' | 'call'>;
}

/** What a bind agreed on. */
export interface BindResult {
  /** Port of the server as it names it; may be empty. */
  readonly secondaryAddress: string;
  readonly maxTransmit: number;
  readonly maxReceive: number;
  readonly group: number;
  /** Both sides protect the headers of units as well. */
  readonly headerSigning: boolean;
  /** `undefined`: no login. */
  readonly level: AuthLevelName | undefined;
}

/** What happens on a connection, for explaining it: units as parsed (bodies still encrypted) with their bytes. */
export type RpcObserver = (direction: 'sent' | 'received', pdu: RpcPdu, bytes: Uint8Array) => void;

/** Options of {@link RpcConnection}. */
export interface RpcConnectionOptions {
  /** Called for every unit. Bind and auth3 units hold the tokens of the login. */
  readonly observe?: RpcObserver;
  /** Largest fragment to offer, 1432 to 65535; default 5840, as Windows. */
  readonly fragmentBytes?: number;
}

/** One connection-oriented RPC association: bind, then calls one after the other (C706 chapter 12, MS-RPCE 3.3.2). Not for concurrent calls. */
export class RpcConnection {
  readonly #transport: RpcTransport;
  readonly #observe: RpcObserver | undefined;
  readonly #fragmentBytes: number;
  readonly #splitter = new PduSplitter();
  #received: Uint8Array[] = [];
  #callId = 0;
  #contextId = 0;
  #maxTransmit = LEAST_FRAGMENT_BYTES;
  #bound: RpcSyntax | undefined;
  #protection: Protection | undefined;
  #closed = false;
  #littleEndian = true;

  constructor(transport: RpcTransport, options: RpcConnectionOptions = {}) {
    this.#transport = transport;
    this.#observe = options.observe;
    this.#fragmentBytes = Math.min(Math.max(options.fragmentBytes ?? OFFERED_FRAGMENT_BYTES, LEAST_FRAGMENT_BYTES), 0xffff);
  }

  /** Interface of the last bind. */
  get bound(): RpcSyntax | undefined {
    return this.#bound;
  }

  /** Byte order of the last answer of {@link call}; Windows and everything on Intel or ARM answers little-endian. */
  get littleEndian(): boolean {
    return this.#littleEndian;
  }

  /**
   * Binds an interface; the first bind may log in. Further binds use the login of the first (alter_context).
   * @throws {DcerpcError} DCERPC_BIND_NAK, DCERPC_REJECTED, DCERPC_FAULT (a login refused in alter_context), DCERPC_LOGIN (the context
   * did not accept the server's token), DCERPC_CLOSED, DCERPC_UNEXPECTED, DCERPC_BAD_PDU, DCERPC_LIMIT, DCERPC_USAGE.
   */
  async bind(syntax: RpcSyntax, auth?: RpcAuth): Promise<BindResult> {
    const first = this.#bound === undefined;
    if (!first && auth !== undefined) throw new DcerpcError('DCERPC_USAGE', 'a login on a connection that is bound already');
    const contextId = first ? 0 : this.#contextId + 1;
    const callId = ++this.#callId;
    let login: Login | undefined;
    if (auth !== undefined) login = { auth, type: AUTH_TYPE[auth.type], level: AUTH_LEVEL[auth.level], contextId: callId };
    const token = login === undefined ? undefined : await step(login.auth.context);
    const wantsHeaderSigning = login !== undefined && protectsUnits(login.level);
    const answer = await this.#exchangeBind(first ? 'bind' : 'alter_context', syntax, callId, contextId, login, token, wantsHeaderSigning);
    checkResult(answer);
    if (first) this.#maxTransmit = fragmentLimit(answer.maxReceive, this.#fragmentBytes);
    const headerSigning = wantsHeaderSigning && (answer.flags & PFC.headerSign) !== 0;
    if (login !== undefined) {
      await this.#finishLogin(login, syntax, callId, contextId, answer);
      const { context } = login.auth;
      if (protectsUnits(login.level)) checkKeys(context, login.level);
      this.#protection = { context, type: login.type, level: login.level, contextId: login.contextId, headerSigning };
    }
    this.#contextId = contextId;
    this.#bound = syntax;
    return {
      secondaryAddress: answer.secondaryAddress,
      maxTransmit: answer.maxTransmit,
      maxReceive: answer.maxReceive,
      group: answer.group,
      headerSigning: this.#protection?.headerSigning ?? false,
      level: auth?.level,
    };
  }

  /**
   * One call of the interface bound last.
   * @param stub NDR of the arguments. @param object IPID of an ORPC call.
   * @returns NDR of the results, in the byte order {@link littleEndian} tells.
   * @throws {DcerpcError} DCERPC_FAULT with the status, DCERPC_BAD_MIC, DCERPC_CLOSED, DCERPC_UNEXPECTED, DCERPC_BAD_PDU, DCERPC_LIMIT,
   * DCERPC_USAGE before a bind.
   */
  async call(opnum: number, stub: Uint8Array, options: { readonly object?: string } = {}): Promise<Uint8Array> {
    if (this.#bound === undefined) throw new DcerpcError('DCERPC_USAGE', 'a call before a bind');
    if (stub.length > MAX_STUB_BYTES) throw new DcerpcError('DCERPC_LIMIT', 'stub data', { need: MAX_STUB_BYTES, have: stub.length });
    const callId = ++this.#callId;
    await this.#sendRequest(callId, opnum, stub, options.object);
    return this.#readResponse(callId);
  }

  /** Closes the transport. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#transport.close();
  }

  async #exchangeBind(
    type: BindPdu['type'],
    syntax: RpcSyntax,
    callId: number,
    contextId: number,
    login: Login | undefined,
    token: Uint8Array | undefined,
    headerSigning: boolean,
  ): Promise<BindAckPdu> {
    const pdu: BindPdu = {
      type,
      ...common(callId, headerSigning ? PFC.headerSign : 0, trailer(login, token)),
      maxTransmit: this.#fragmentBytes,
      maxReceive: this.#fragmentBytes,
      group: 0,
      contexts: [{ id: contextId, abstract: syntax, transfers: [NDR] }],
    };
    await this.#send(writePdu(pdu));
    return this.#awaitAck(callId, type);
  }

  async #awaitAck(callId: number, type: BindPdu['type']): Promise<BindAckPdu> {
    const bytes = await this.#receive();
    const pdu = parsePdu(bytes);
    this.#observe?.('received', pdu, bytes);
    if (pdu.callId !== callId) throw new DcerpcError('DCERPC_UNEXPECTED', 'call_id', { offset: 12, need: callId, have: pdu.callId });
    if (pdu.type === 'bind_nak') throw nakError(pdu);
    if (pdu.type === 'fault') throw faultError(pdu.status);
    const awaited = type === 'bind' ? 'bind_ack' : 'alter_context_resp';
    if (pdu.type !== awaited) throw new DcerpcError('DCERPC_UNEXPECTED', 'PTYPE', { offset: 2, need: awaited, have: pdu.type });
    return pdu;
  }

  /** Takes the server's token and sends the further legs: auth3 for NTLM (three legs), alter_context for the rest (MS-RPCE 3.3.1.5.2.1). */
  async #finishLogin(login: Login, syntax: RpcSyntax, callId: number, contextId: number, ack: BindAckPdu): Promise<void> {
    const { context } = login.auth;
    let answer = ack;
    for (let leg = 0; leg < MAX_LOGIN_LEGS; leg++) {
      // A complete context has nothing to take any more: an empty token, or SPNEGO's closing word without a signature that was asked for.
      if (context.complete) return;
      const token = await step(context, answer.auth?.token ?? new Uint8Array(0));
      if (token === undefined) {
        if (context.complete) return;
        throw new DcerpcError('DCERPC_LOGIN', 'a login that has no further token and is not complete');
      }
      if (login.auth.type === 'ntlm') {
        const auth = trailer(login, token);
        const pdu: RpcPdu = { type: 'auth3', ...common(callId, 0, auth) };
        await this.#send(writePdu(pdu));
        if (!context.complete) throw new DcerpcError('DCERPC_LOGIN', 'a login of three legs that is not complete');
        return;
      }
      answer = await this.#exchangeBind('alter_context', syntax, callId, contextId, login, token, false);
      checkResult(answer);
    }
    throw new DcerpcError('DCERPC_LIMIT', 'legs of a login', { need: MAX_LOGIN_LEGS });
  }

  async #sendRequest(callId: number, opnum: number, stub: Uint8Array, object: string | undefined): Promise<void> {
    const header = object === undefined ? 24 : 40;
    const room = this.#maxTransmit - header - protectionBytes(this.#protection, this.#maxTransmit);
    // Fragments are cut at multiples of 16, so that only the last one needs padding.
    const size = Math.max(16, room - (room % 16));
    for (let at = 0; at === 0 || at < stub.length; at += size) {
      const body = stub.subarray(at, at + size);
      const flags = (at === 0 ? PFC.first : 0) | (at + size >= stub.length ? PFC.last : 0) | (object === undefined ? 0 : PFC.object);
      const pdu: RpcPdu = {
        type: 'request',
        flags,
        callId,
        littleEndian: true,
        allocHint: stub.length - at,
        contextId: this.#contextId,
        opnum,
        ...(object === undefined ? {} : { object }),
        body,
      };
      await this.#send(writeProtected(pdu, this.#protection));
    }
  }

  async #readResponse(callId: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let total = 0;
    for (let count = 0; count < MAX_FRAGMENTS; count++) {
      const bytes = await this.#receive();
      // Told before it is verified: what was refused is what people want to see.
      this.#observe?.('received', parsePdu(bytes), bytes);
      const { pdu, stub } = readProtected(bytes, this.#protection);
      if (pdu.callId !== callId) throw new DcerpcError('DCERPC_UNEXPECTED', 'call_id', { offset: 12, need: callId, have: pdu.callId });
      if (pdu.type === 'fault') throw faultError(pdu.status);
      if (pdu.type !== 'response') throw new DcerpcError('DCERPC_UNEXPECTED', 'PTYPE', { offset: 2, need: 'response', have: pdu.type });
      this.#littleEndian = pdu.littleEndian;
      const begins = (pdu.flags & PFC.first) !== 0;
      if (begins !== (count === 0)) throw new DcerpcError('DCERPC_UNEXPECTED', 'PFC_FIRST_FRAG', { offset: 3, have: pdu.flags });
      total += stub.length;
      if (total > MAX_STUB_BYTES) throw new DcerpcError('DCERPC_LIMIT', 'stub data', { need: MAX_STUB_BYTES, have: total });
      parts.push(stub);
      if ((pdu.flags & PFC.last) !== 0) return joinBytes(...parts);
    }
    throw new DcerpcError('DCERPC_LIMIT', 'fragments of a response', { need: MAX_FRAGMENTS });
  }

  async #send(bytes: Uint8Array): Promise<void> {
    if (this.#closed) throw new DcerpcError('DCERPC_CLOSED', 'the connection was closed here');
    this.#observe?.('sent', parsePdu(bytes), bytes);
    await this.#transport.send(bytes);
  }

  async #receive(): Promise<Uint8Array> {
    for (;;) {
      const next = this.#received.shift();
      if (next !== undefined) return next;
      const bytes = await this.#transport.receive();
      if (bytes.length === 0) throw new DcerpcError('DCERPC_CLOSED', 'an answer', { have: this.#splitter.pending });
      this.#received = this.#splitter.push(bytes);
    }
  }
}

interface Login {
  readonly auth: RpcAuth;
  readonly type: number;
  readonly level: number;
  readonly contextId: number;
}

async function step(context: SecurityContext, token?: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    return await context.step(token);
  } catch (cause) {
    throw new DcerpcError('DCERPC_LOGIN', token === undefined ? 'first token' : "server's token", { cause });
  }
}

/** A login may end without the keys its level needs: the server did not grant signing or sealing. */
function checkKeys(context: SecurityContext, level: number): void {
  try {
    const { protection } = context;
    if (level === AUTH_LEVEL.privacy) protection.headerLength(0);
    else void protection.signatureLength;
  } catch (cause) {
    throw new DcerpcError('DCERPC_LOGIN', 'keys to protect messages', { cause });
  }
}

function common(callId: number, flags: number, auth: SecTrailer | undefined): PduCommon {
  return { flags: PFC.first | PFC.last | flags, callId, littleEndian: true, ...(auth === undefined ? {} : { auth }) };
}

function trailer(login: Login | undefined, token: Uint8Array | undefined): SecTrailer | undefined {
  if (login === undefined || token === undefined) return undefined;
  return { type: login.type, level: login.level, padLength: 0, contextId: login.contextId, token };
}

function fragmentLimit(theirs: number, ours: number): number {
  return Math.max(Math.min(theirs, ours), LEAST_FRAGMENT_BYTES);
}

function checkResult(answer: BindAckPdu): void {
  const [result] = answer.results;
  if (result === undefined) throw new DcerpcError('DCERPC_UNEXPECTED', 'n_results', { need: 1, have: 0 });
  if (result.result === CONTEXT_RESULT.acceptance) return;
  throw new DcerpcError('DCERPC_REJECTED', rejectReasonName(result.reason), { status: result.reason });
}

function nakError(pdu: BindNakPdu): DcerpcError {
  return new DcerpcError('DCERPC_BIND_NAK', nakReasonName(pdu.reason), { status: pdu.reason });
}

function faultError(status: number): DcerpcError {
  return new DcerpcError('DCERPC_FAULT', faultName(status), { status });
}
