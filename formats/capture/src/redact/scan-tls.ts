import { RECORD, RECORD_HEADER, readRecordHead } from '../dissect/tls-records.ts';
import type { Keep, ScanContext, Scanner } from './scanner.ts';

/** HandshakeType (RFC 8446 section 4, RFC 5246 section 7.4) of messages that are kept whole: hellos, certificates, what is asked for. Of others the head is kept. */
const OPEN_MESSAGES: ReadonlySet<number> = new Set([0, 1, 2, 11, 13, 14]);
const HANDSHAKE_HEAD = 4;

/** TLS: heads of records, alerts and handshake messages in clear; everything behind the change of the cipher becomes zero. */
export class TlsScanner implements Scanner {
  readonly #context: ScanContext;
  #encrypted = false;
  /** Bytes left of the handshake message that goes on in the next record, and whether they are kept. */
  #left = 0;
  #open = false;
  #head: number[] = [];

  constructor(context: ScanContext) {
    this.#context = context;
  }

  scan(bytes: Uint8Array, keep: Keep): number {
    if (bytes.length < RECORD_HEADER) return 0;
    const head = readRecordHead(bytes);
    if (head === undefined) return -1;
    const whole = RECORD_HEADER + head.length;
    if (head.type === RECORD.applicationData || (this.#encrypted && !isHello(bytes, head.type, head.length))) {
      keep(0, bytes.subarray(0, RECORD_HEADER));
      return whole;
    }
    if (bytes.length < whole) return 0;
    if (head.type === RECORD.handshake) this.#handshake(bytes.subarray(0, whole), keep);
    else {
      // Alerts in clear have two bytes; longer ones are encrypted.
      const shown = head.type === RECORD.alert ? (head.length === 2 ? 2 : 0) : Math.min(1, head.length);
      keep(0, bytes.subarray(0, RECORD_HEADER + shown));
      if (head.type === RECORD.changeCipherSpec) this.#encrypted = true;
    }
    this.#context.count('tls');
    return whole;
  }

  #handshake(record: Uint8Array, keep: Keep): void {
    const out = new Uint8Array(record.length);
    out.set(record.subarray(0, RECORD_HEADER));
    for (let at = RECORD_HEADER; at < record.length; ) {
      if (this.#left === 0) {
        const byte = record[at] as number;
        out[at++] = byte;
        this.#head.push(byte);
        if (this.#head.length < HANDSHAKE_HEAD) continue;
        const [type = 0, high = 0, middle = 0, low = 0] = this.#head;
        this.#head = [];
        this.#left = (high << 16) | (middle << 8) | low;
        this.#open = OPEN_MESSAGES.has(type);
        continue;
      }
      const count = Math.min(this.#left, record.length - at);
      if (this.#open) out.set(record.subarray(at, at + count), at);
      this.#left -= count;
      at += count;
    }
    keep(0, out);
  }
}

/**
 * TLS 1.3 sends a change of the cipher for show before a second hello (RFC 8446 appendix D.4): a hello that fills its record and names a version. Encrypted bytes look like
 * that once in 2^40.
 */
function isHello(bytes: Uint8Array, type: number, length: number): boolean {
  if (type !== RECORD.handshake || bytes.length < RECORD_HEADER + HANDSHAKE_HEAD + 2) return false;
  const [kind, high = 0, middle = 0, low = 0, major, minor] = bytes.subarray(RECORD_HEADER, RECORD_HEADER + HANDSHAKE_HEAD + 2);
  return (kind === 1 || kind === 2) && ((high << 16) | (middle << 8) | low) === length - HANDSHAKE_HEAD && major === 3 && minor === 3;
}
