import { formatGuid } from '@winmedic/bytes';
import type { Keep, ScanContext, Scanner } from './scanner.ts';
import { redactToken } from './tokens.ts';

const HEAD_BYTES = 16;
const TRAILER_BYTES = 8;
/** Endpoint mapper (C706 appendix O). */
const EPM = 'e1af8308-5d1f-11c9-91a4-08002b14a0fa';
/** Types of C706 section 12.6 and MS-RPCE 2.2.2. */
const PDU = { request: 0, response: 2, fault: 3, bind: 11, bindAck: 12, bindNak: 13, alter: 14, alterAck: 15, auth3: 16 } as const;
/** RPC_C_AUTHN_LEVEL_PKT_PRIVACY: the stub is sealed. */
const SEALED = 6;
/** Calls and contexts remembered of one connection. */
const MAX_REMEMBERED = 10_000;

/** DCE RPC over TCP: heads, binds and their answers, faults, the last 4 bytes of an answer's stub in clear, and the endpoint mapper; other stubs become zero. */
export class RpcScanner implements Scanner {
  readonly #context: ScanContext;

  constructor(context: ScanContext) {
    this.#context = context;
  }

  scan(bytes: Uint8Array, keep: Keep): number {
    if (bytes.length < HEAD_BYTES) return 0;
    if (bytes[0] !== 5 || bytes[1] !== 0) return -1;
    const little = (bytes[4] as number) >> 4 === 1;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const length = view.getUint16(8, little);
    const authLength = view.getUint16(10, little);
    if (length < HEAD_BYTES) return -1;
    if (bytes.length < length) return 0;
    const trailer = authLength === 0 ? length : length - authLength - TRAILER_BYTES;
    if (trailer < HEAD_BYTES) return -1;
    const out = new Uint8Array(length);
    const copy = (from: number, to: number): void => {
      if (to > from) out.set(bytes.subarray(from, Math.min(to, trailer)), from);
    };
    copy(0, HEAD_BYTES);
    const sealed = authLength > 0 && bytes[trailer + 1] === SEALED;
    switch (bytes[2]) {
      case PDU.bind:
      case PDU.alter:
        this.#contexts(bytes.subarray(0, trailer), view, little);
        copy(HEAD_BYTES, trailer);
        break;
      case PDU.bindAck:
      case PDU.alterAck:
      case PDU.bindNak:
        copy(HEAD_BYTES, trailer);
        break;
      case PDU.fault:
        copy(HEAD_BYTES, 32);
        break;
      case PDU.request:
        copy(HEAD_BYTES, (bytes[3] as number) & 0x80 ? 40 : 24);
        if (this.#request(view, little, trailer) && !sealed) copy(24, trailer);
        break;
      case PDU.response:
        copy(HEAD_BYTES, 24);
        if (!sealed) {
          const call = this.#context.rpcCalls.get(view.getUint32(12, little));
          const padding = authLength > 0 ? (bytes[trailer + 2] as number) : 0;
          if (call?.interfaceId === EPM) copy(24, trailer);
          else copy(Math.max(24, trailer - padding - 4), trailer - padding);
        }
        break;
    }
    if (authLength > 0) {
      out.set(bytes.subarray(trailer, trailer + TRAILER_BYTES), trailer);
      const token = bytes.subarray(trailer + TRAILER_BYTES, length);
      const kind = bytes[2];
      if (kind === PDU.bind || kind === PDU.bindAck || kind === PDU.alter || kind === PDU.alterAck || kind === PDU.auth3) {
        const shown = redactToken(token, this.#context.names);
        this.#context.secrets.removeRanges(token, shown.removed);
        out.set(shown.bytes, trailer + TRAILER_BYTES);
        this.#context.count('token');
      }
      // Verifiers of calls are checksums under the session key: they become zero.
    }
    keep(0, out);
    this.#context.count('rpc');
    return length;
  }

  /** p_cont_list_t (C706 section 12.6.3.1): u8 number, 3 bytes; each: u16 identifier, u8 transfer syntaxes, u8, GUID and version of the interface, 20 bytes per syntax. */
  #contexts(bytes: Uint8Array, view: DataView, little: boolean): void {
    const { rpcInterfaces } = this.#context;
    let at = HEAD_BYTES + 8;
    const count = bytes[at] ?? 0;
    at += 4;
    for (let i = 0; i < count && at + 24 <= bytes.length; i++) {
      // The GUID's first fields stand in the byte order of the sender; only little-endian is looked into, as Windows sends it.
      if (little && rpcInterfaces.size < MAX_REMEMBERED)
        rpcInterfaces.set(view.getUint16(at, true), formatGuid(bytes, at + 4).replace(/[{}]/g, ''));
      at += 24 + 20 * (bytes[at + 2] as number);
    }
  }

  /** @returns whether the whole stub is open. */
  #request(view: DataView, little: boolean, trailer: number): boolean {
    if (trailer < 24) return false;
    const interfaceId = this.#context.rpcInterfaces.get(view.getUint16(20, little)) ?? '';
    const { rpcCalls } = this.#context;
    if (rpcCalls.size >= MAX_REMEMBERED) rpcCalls.clear();
    rpcCalls.set(view.getUint32(12, little), { interfaceId, opnum: view.getUint16(22, little) });
    return interfaceId === EPM;
  }
}
