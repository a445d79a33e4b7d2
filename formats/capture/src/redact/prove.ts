import { CaptureError } from '../errors.ts';
import type { PacketSource } from '../file/types.ts';
import { PacketView } from './packet-view.ts';
import type { Secrets } from './secrets.ts';

/** Bytes of a side that are joined with its next segment: one less than what is compared of a secret. */
const TAIL_BYTES = 63;
/** Sides of connections whose tails are remembered; beyond it the oldest are forgotten. */
const MAX_SIDES = 100_000;

interface Tail {
  next: number;
  bytes: Uint8Array;
}

/**
 * Reads a redacted capture and looks for every secret in each packet, whatever it is, and over the borders of TCP segments that follow each other.
 * @throws CaptureError CAPTURE_REDACT_PROOF when one is there. The error names the kind and the packet, never the secret.
 */
export function proveRedacted(source: PacketSource, secrets: Secrets): number {
  const view = new PacketView();
  const tails = new Map<string, Tail>();
  const fail = (kind: string, packet: number, offset: number): never => {
    throw new CaptureError('CAPTURE_REDACT_PROOF', `${kind} in packet ${packet}`, { offset });
  };
  let packets = 0;
  source.read((packet) => {
    packets++;
    const { bytes, start, end, number, fileOffset } = packet;
    const found = secrets.search(bytes, start, end);
    if (found !== undefined) fail(found.kind, number, fileOffset + found.at - start);
    view.read(packet);
    if (view.kind !== 'tcp' || view.end === view.start) return;
    const key = String.fromCharCode(
      ...bytes.subarray(view.layers.source, view.layers.destination + (view.layers.version === 4 ? 4 : 16)),
      ...bytes.subarray(view.transport, view.transport + 4),
    );
    const sequence = new DataView(bytes.buffer, bytes.byteOffset).getUint32(view.transport + 4, false);
    const payload = bytes.subarray(view.start, view.end);
    const tail = tails.get(key);
    let joined = payload;
    if (tail !== undefined && tail.next === sequence) {
      joined = new Uint8Array(tail.bytes.length + Math.min(payload.length, TAIL_BYTES));
      joined.set(tail.bytes);
      joined.set(payload.subarray(0, TAIL_BYTES), tail.bytes.length);
      const over = secrets.search(joined, 0, joined.length);
      if (over !== undefined) fail(over.kind, number, fileOffset);
    }
    tails.delete(key);
    if (tails.size >= MAX_SIDES) tails.delete(tails.keys().next().value as string);
    tails.set(key, {
      next: (sequence + payload.length) >>> 0,
      bytes: (payload.length >= TAIL_BYTES ? payload : joined).slice(-TAIL_BYTES),
    });
  });
  return packets;
}
