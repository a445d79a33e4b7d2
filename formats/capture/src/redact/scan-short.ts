import type { Keep, ScanContext, Scanner } from './scanner.ts';
import { isKerberosTag, redactKerberos } from './tokens.ts';

/** RDP's X.224 connection request and confirm (MS-RDPBCGR 2.2.1.1, 2.2.1.2) in TPKT; what follows is TLS, or unknown. */
export class RdpScanner implements Scanner {
  readonly #context: ScanContext;

  constructor(context: ScanContext) {
    this.#context = context;
  }

  scan(bytes: Uint8Array, keep: Keep): number {
    if (bytes[0] !== 3) return bytes.length === 0 ? 0 : -2;
    if (bytes.length < 6) return 0;
    const length = ((bytes[2] as number) << 8) | (bytes[3] as number);
    const type = (bytes[5] as number) & 0xf0;
    // CR and CC only: data units carry keys and what is typed.
    if (bytes[1] !== 0 || length < 11 || length > 512 || (type !== 0xe0 && type !== 0xd0)) return -1;
    if (bytes.length < length) return 0;
    const out = bytes.slice(0, length);
    if (this.#context.names === 'mask') maskCookie(out);
    keep(0, out);
    this.#context.count('rdp');
    return length;
  }
}

/** `Cookie: mstshash=NAME` CR LF: the name becomes `x`. */
function maskCookie(message: Uint8Array): void {
  let text = '';
  for (const byte of message) text += String.fromCharCode(byte);
  const at = text.indexOf('mstshash=');
  if (at < 0) return;
  for (let i = at + 9; i < message.length && message[i] !== 0x0d; i++) message[i] = 0x78;
}

/** Kerberos over TCP (RFC 4120 section 7.2.2): four bytes of length, then a message. */
export class KerberosScanner implements Scanner {
  readonly #context: ScanContext;

  constructor(context: ScanContext) {
    this.#context = context;
  }

  scan(bytes: Uint8Array, keep: Keep): number {
    if (bytes.length < 5) return 0;
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, false);
    // Requests with large tickets have 64 KiB at most (MS-KILE: MaxTokenSize).
    if (length < 10 || length > 128 * 1024 || !isKerberosTag(bytes[4])) return -1;
    if (bytes.length < 4 + length) return 0;
    keep(0, bytes.subarray(0, 4));
    keep(4, kerberosShown(bytes.subarray(4, 4 + length), this.#context));
    return 4 + length;
  }
}

/** One Kerberos message without its cipher texts. */
export function kerberosShown(message: Uint8Array, context: ScanContext): Uint8Array {
  const shown = redactKerberos(message);
  context.secrets.removeRanges(message, shown.removed);
  // One that could not be read is all zero, and nothing was kept.
  if (shown.bytes[0] !== 0) context.count('kerberos');
  return shown.bytes;
}

/** DNS over TCP (RFC 7766): two bytes of length, then a message, which is kept. */
export class DnsScanner implements Scanner {
  readonly #context: ScanContext;

  constructor(context: ScanContext) {
    this.#context = context;
  }

  scan(bytes: Uint8Array, keep: Keep): number {
    if (bytes.length < 14) return 0;
    const length = ((bytes[0] as number) << 8) | (bytes[1] as number);
    if (!isDns(bytes.subarray(2, 14))) return -1;
    if (bytes.length < 2 + length) return 0;
    keep(0, bytes.subarray(0, 2 + length));
    this.#context.count('dns');
    return 2 + length;
  }
}

/** Head of a DNS message (RFC 1035 section 4.1.1): an operation in use, one question at most, few records. */
export function isDns(head: Uint8Array): boolean {
  if (head.length < 12) return false;
  const opcode = ((head[2] as number) >> 3) & 15;
  const counts = [4, 6, 8, 10].map((at) => ((head[at] as number) << 8) | (head[at + 1] as number));
  return opcode <= 6 && (counts[0] as number) <= 16 && counts.every((count) => count < 1000);
}
