import { type Keep, MAX_UNIT_BYTES, type ScanContext, type Scanner } from './scanner.ts';
import { redactToken } from './tokens.ts';

const NETBIOS_BYTES = 4;
const SMB2_HEAD = 64;
const SMB1_HEAD = 32;
/** Commands of MS-SMB2 2.2.1 whose body is looked into. */
const NEGOTIATE = 0;
const SESSION_SETUP = 1;
const TREE_CONNECT = 3;
/** MS-CIFS 2.2.2.1: SMB_COM_NEGOTIATE, SMB_COM_SESSION_SETUP_ANDX. */
const NEGOTIATE_1 = 0x72;
const SESSION_SETUP_1 = 0x73;
/** Bodies of these commands are below 64 KiB and a token. */
const MAX_SETUP_BYTES = 128 * 1024;
/** Messages of one compound. */
const MAX_COMPOUND = 100;

/** SMB 1, 2 and 3 over TCP: heads without signatures, negotiation, session set-up with its token taken apart, names of shares; everything else becomes zero. */
export class SmbScanner implements Scanner {
  readonly #context: ScanContext;

  constructor(context: ScanContext) {
    this.#context = context;
  }

  scan(bytes: Uint8Array, keep: Keep): number {
    if (bytes.length < NETBIOS_BYTES + 4) return bytes.length >= 4 && bytes[0] !== 0 && bytes[0] !== 0x85 ? this.#session(bytes, keep) : 0;
    if (bytes[0] !== 0) return this.#session(bytes, keep);
    const length = NETBIOS_BYTES + (((bytes[1] as number) << 16) | ((bytes[2] as number) << 8) | (bytes[3] as number));
    const mark = bytes[4];
    if (length < NETBIOS_BYTES + 32 || bytes[5] !== 0x53 || bytes[6] !== 0x4d || bytes[7] !== 0x42) return -1;
    const needed = Math.min(length, MAX_SETUP_BYTES, MAX_UNIT_BYTES);
    if (bytes.length < needed) return 0;
    const message = bytes.subarray(0, needed);
    const out = new Uint8Array(needed);
    out.set(message.subarray(0, NETBIOS_BYTES));
    if (mark === 0xfe) this.#compound(message, out);
    else if (mark === 0xff) this.#smb1(message, out);
    else if (mark === 0xfd) {
      // Transform header: signature and nonce go, sizes and session stay.
      out.set(message.subarray(4, 8), 4);
      out.set(message.subarray(40, Math.min(56, needed)), 40);
    } else if (mark === 0xfc) out.set(message.subarray(4, Math.min(20, needed)), 4);
    else return -1;
    keep(0, out);
    this.#context.count('smb');
    return length;
  }

  /** Session service of NetBIOS (RFC 1002 section 4.3): requests with names, keep-alives. */
  #session(bytes: Uint8Array, keep: Keep): number {
    const type = bytes[0] as number;
    if (type < 0x81 || type > 0x85) return -1;
    const length = NETBIOS_BYTES + (((bytes[2] as number) << 8) | (bytes[3] as number));
    if (bytes[1] !== 0 || length > 200) return -1;
    if (bytes.length < length) return 0;
    keep(0, bytes.subarray(0, length));
    return length;
  }

  #compound(message: Uint8Array, out: Uint8Array): void {
    const view = new DataView(message.buffer, message.byteOffset, message.length);
    let at = NETBIOS_BYTES;
    for (let n = 0; n < MAX_COMPOUND && at + SMB2_HEAD <= message.length; n++) {
      const next = view.getUint32(at + 20, true);
      const end = next === 0 ? message.length : Math.min(message.length, at + next);
      this.#smb2(message, out, view, at, end);
      if (next < SMB2_HEAD) return;
      at += next;
    }
  }

  #smb2(message: Uint8Array, out: Uint8Array, view: DataView, at: number, end: number): void {
    out.set(message.subarray(at, at + 48), at);
    const signature = message.subarray(at + 48, at + SMB2_HEAD);
    if (signature.some((byte) => byte !== 0)) this.#context.secrets.remove('smb-signature', signature);
    const body = at + SMB2_HEAD;
    const command = view.getUint16(at + 12, true);
    const response = ((message[at + 16] as number) & 1) !== 0;
    if (command === NEGOTIATE) {
      out.set(message.subarray(body, end), body);
      return;
    }
    if (command === SESSION_SETUP) {
      const fixed = response ? 8 : 24;
      if (body + fixed > end) return;
      out.set(message.subarray(body, body + fixed), body);
      const place = body + (response ? 4 : 12);
      this.#token(message, out, at + view.getUint16(place, true), view.getUint16(place + 2, true), body + fixed, end);
    } else if (command === TREE_CONNECT && !response && body + 8 <= end) {
      out.set(message.subarray(body, body + 8), body);
      const from = at + view.getUint16(body + 4, true);
      const to = from + view.getUint16(body + 6, true);
      if (from >= body + 8 && to <= end) out.set(message.subarray(from, to), from);
    } else {
      // Size of the structure only: an error answer is recognised by it.
      out.set(message.subarray(body, Math.min(end, body + 2)), body);
    }
  }

  #token(message: Uint8Array, out: Uint8Array, from: number, length: number, least: number, end: number): void {
    if (length === 0 || from < least || from + length > end) return;
    const token = message.subarray(from, from + length);
    const shown = redactToken(token, this.#context.names);
    this.#context.secrets.removeRanges(token, shown.removed);
    out.set(shown.bytes, from);
    this.#context.count('token');
  }

  #smb1(message: Uint8Array, out: Uint8Array): void {
    const at = NETBIOS_BYTES;
    const words = at + SMB1_HEAD;
    if (words >= message.length) return;
    // The signature (8 bytes from 14 on) goes.
    out.set(message.subarray(at, at + 14), at);
    out.set(message.subarray(at + 22, words), at + 22);
    const command = message[at + 4];
    const response = ((message[at + 9] as number) & 0x80) !== 0;
    const extended = ((message[at + 11] as number) & 0x08) !== 0;
    const count = message[words] as number;
    const bytesAt = words + 1 + 2 * count;
    if (bytesAt + 2 > message.length) return;
    if (command === NEGOTIATE_1) {
      out.set(message.subarray(words), words);
      return;
    }
    out[words] = count;
    out.set(message.subarray(bytesAt, bytesAt + 2), bytesAt);
    // Only extended security (MS-SMB 2.2.4.6) has a token; what came before it are hashes or the password itself.
    if (command !== SESSION_SETUP_1 || !extended || count !== (response ? 4 : 12)) return;
    out.set(message.subarray(words, bytesAt), words);
    const view = new DataView(message.buffer, message.byteOffset, message.length);
    this.#token(message, out, bytesAt + 2, view.getUint16(words + 1 + (response ? 6 : 14), true), bytesAt + 2, message.length);
  }
}
