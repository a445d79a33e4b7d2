import { ByteQueue } from '../dissect/byte-queue.ts';
import { startsHttp } from '../dissect/http-start.ts';
import { recogniseTls } from '../dissect/tls-records.ts';
import { type KeepBudget, KeepMap } from './keep-map.ts';
import { HttpScanner } from './scan-http.ts';
import { RpcScanner } from './scan-rpc.ts';
import { DnsScanner, KerberosScanner, RdpScanner } from './scan-short.ts';
import { SmbScanner } from './scan-smb.ts';
import { TlsScanner } from './scan-tls.ts';
import { MAX_UNIT_BYTES, type ScanContext, type Scanner } from './scanner.ts';

/** Bytes kept out of order of one side; more means that what is waited for was not recorded. */
const MAX_PENDING_SIDE = 1024 * 1024;
/** The same over all streams. */
const MAX_PENDING = 64 * 1024 * 1024;
/** First bytes after which a stream must have said what it is. */
const RECOGNISE_BYTES = 64;

/** Bytes that wait, over all streams. */
export interface PendingBudget {
  bytes: number;
}

interface Pending {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly missing: number;
}

/**
 * One direction of a TCP connection: puts its bytes in order (what came first holds) and lets the scanner of its protocol decide what is kept. After a hole, and where
 * no protocol is recognised, everything is zeroed until something is recognised at the start of a segment.
 */
export class StreamSide {
  readonly map: KeepMap;
  readonly #context: ScanContext;
  readonly #ports: readonly [number, number];
  readonly #pendingBudget: PendingBudget;
  #queue = new ByteQueue();
  /** Offset of the first byte in the queue, and of the next byte that is waited for. */
  #queueAt = 0;
  #next = 0;
  #skipping = 0;
  #scanner: Scanner | undefined;
  /** Nothing was recognised: wait for the next segment. */
  #lost = false;
  #pending: Pending[] = [];
  #pendingBytes = 0;

  constructor(context: ScanContext, ports: readonly [number, number], keepBudget: KeepBudget, pendingBudget: PendingBudget) {
    this.map = new KeepMap(keepBudget);
    this.#context = context;
    this.#ports = ports;
    this.#pendingBudget = pendingBudget;
  }

  /** @param offset place in the stream. @param missing bytes behind these that were on the wire and not captured. */
  add(offset: number, bytes: Uint8Array, missing: number): void {
    if (offset <= this.#next) {
      this.#take(offset, bytes, missing);
      this.#drain();
      return;
    }
    // Kept ordered by offset; usually the new one is the last.
    let at = this.#pending.length;
    while (at > 0 && (this.#pending[at - 1] as Pending).offset > offset) at--;
    this.#pending.splice(at, 0, { offset, bytes: bytes.slice(), missing });
    this.#pendingBytes += bytes.length;
    this.#pendingBudget.bytes += bytes.length;
    if (this.#pendingBytes > MAX_PENDING_SIDE || this.#pendingBudget.bytes > MAX_PENDING || this.#pending.length > 4096) this.flush();
  }

  /** What waits is all there is: holes before it are holes. */
  flush(): void {
    while (this.#pending.length > 0) {
      const [first] = this.#pending;
      if ((first as Pending).offset > this.#next) this.#gap((first as Pending).offset);
      this.#drain();
    }
  }

  #drain(): void {
    let done = 0;
    for (const { offset, bytes, missing } of this.#pending) {
      if (offset > this.#next) break;
      done++;
      this.#pendingBytes -= bytes.length;
      this.#pendingBudget.bytes -= bytes.length;
      this.#take(offset, bytes, missing);
    }
    if (done > 0) this.#pending.splice(0, done);
  }

  #take(offset: number, bytes: Uint8Array, missing: number): void {
    const known = this.#next - offset;
    if (known < bytes.length) {
      this.#push(bytes.subarray(known));
      if (missing > 0) this.#gap(this.#next + missing);
    }
  }

  #gap(to: number): void {
    const length = to - this.#next;
    this.#next = to;
    if (this.#skipping >= length) {
      this.#skipping -= length;
      this.#queueAt = to;
      return;
    }
    this.#queue.clear();
    this.#queueAt = to;
    this.#skipping = 0;
    this.#scanner = undefined;
    this.#lost = false;
  }

  #push(bytes: Uint8Array): void {
    this.#next += bytes.length;
    const skipped = Math.min(this.#skipping, bytes.length);
    this.#skipping -= skipped;
    this.#queueAt += skipped;
    if (skipped === bytes.length && skipped > 0) return;
    if (this.#lost) {
      // A message may begin where a segment does.
      this.#lost = false;
      this.#scanner = undefined;
    }
    this.#queue.push(skipped === 0 ? bytes : bytes.subarray(skipped));
    this.#scan();
    this.#queue.settle();
  }

  #scan(): void {
    while (this.#queue.length > 0) {
      const { bytes } = this.#queue;
      if (this.#scanner === undefined) {
        const found = this.#recognise(bytes);
        if (found === 'more') return;
        if (found === undefined) {
          this.#lose();
          return;
        }
        this.#scanner = found;
      }
      const base = this.#queueAt;
      const used = this.#scanner.scan(bytes, (at, kept) => this.map.add(base + at, kept));
      if (used === -2) {
        this.#scanner = undefined;
        const next = this.#recognise(bytes);
        if (next === 'more') return;
        if (next === undefined || next instanceof RdpScanner) {
          this.#lose();
          return;
        }
        this.#scanner = next;
        continue;
      }
      if (used < 0 || (used === 0 && bytes.length > 2 * MAX_UNIT_BYTES)) {
        this.#lose();
        return;
      }
      if (used === 0) return;
      const there = Math.min(used, bytes.length);
      this.#queue.take(there);
      this.#queueAt += there;
      this.#skipping = used - there;
      if (this.#skipping > 0) return;
    }
  }

  #lose(): void {
    this.#queueAt += this.#queue.length;
    this.#queue.clear();
    this.#scanner = undefined;
    this.#lost = true;
  }

  #recognise(bytes: Uint8Array): Scanner | 'more' | undefined {
    const context = this.#context;
    const onPort = (...ports: readonly number[]): boolean => this.#ports.some((port) => ports.includes(port));
    if (bytes.length >= 8 && bytes[0] === 0 && bytes[5] === 0x53 && bytes[6] === 0x4d && bytes[7] === 0x42) return new SmbScanner(context);
    if (onPort(445, 139))
      return bytes.length < 8
        ? bytes[0] === 0x81 || bytes[0] === 0x82
          ? new SmbScanner(context)
          : 'more'
        : bytes[0] === 0x81
          ? new SmbScanner(context)
          : undefined;
    if (onPort(88)) return bytes.length < 5 ? 'more' : isPrefixedKerberos(bytes) ? new KerberosScanner(context) : undefined;
    if (onPort(53)) return new DnsScanner(context);
    const rpc = bytes[0] === 5 && (bytes[1] ?? 0) === 0 && (bytes[2] ?? 0) <= 20;
    if (rpc)
      return bytes.length < 16
        ? 'more'
        : (bytes[4] as number) >> 4 <= 1 && bytes[6] === 0 && bytes[7] === 0
          ? new RpcScanner(context)
          : undefined;
    if (bytes[0] === 3 && (bytes[1] ?? 0) === 0) return bytes.length < 6 ? 'more' : new RdpScanner(context);
    const tls = recogniseTls(bytes);
    const http = startsHttp(bytes);
    if (tls === 'yes') return new TlsScanner(context);
    if (http === 'yes') return new HttpScanner(context);
    return (tls === 'more' || http === 'more') && bytes.length < RECOGNISE_BYTES ? 'more' : undefined;
  }
}

function isPrefixedKerberos(bytes: Uint8Array): boolean {
  const tag = bytes[4] as number;
  return bytes[0] === 0 && ((tag >= 0x6a && tag <= 0x6f) || tag === 0x7e);
}
