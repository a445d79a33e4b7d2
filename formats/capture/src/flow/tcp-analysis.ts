import type { Layers } from '../link/layers.ts';
import { mix } from './rows.ts';
import { ACK, DETAIL, FIN, FLAG, ROW, RST, SYN } from './tcp-rows.ts';
import type { TcpTable } from './tcp-table.ts';

/** A segment below the highest seen is out of order rather than sent again within this time of the highest, when no round trip was measured. */
const OUT_OF_ORDER_MICROS = 3000;
/** A segment that two duplicate acknowledgements asked for is a fast retransmission within this time of the last of them. */
const FAST_MICROS = 20_000;

/** Fills a new row of details from the little that stands in the row of the flow. */
export function firstDetail(table: TcpTable, row: number, detail: number, seenBefore: boolean): void {
  const chunk = table.rows.chunk(row);
  const o = table.rows.at(row);
  const details = table.details.chunk(detail);
  const d = table.details.at(detail);
  table.details.float(detail)[(d + DETAIL.handshake) >> 1] = -1;
  details[d + DETAIL.roundTrip] = -1;
  const bits = chunk[o + ROW.flags]!;
  // Until now nothing but SYNs of side 0 (of one sequence number) and RSTs: all SYNs after the first were sent again.
  if ((bits & FLAG.fromStart) !== 0 && (table.segment.side !== 0 || seenBefore)) {
    const { side, flags } = table.segment;
    const syns = chunk[o + ROW.syn]! - (side === 0 && (flags & (SYN | ACK)) === SYN ? 1 : 0);
    details[d + DETAIL.next] = (chunk[o + ROW.base0]! + 1) | 0;
    details[d + DETAIL.nextMicros] =
      (Math.imul(chunk[o + ROW.firstSeconds]!, 1_000_000) + ((chunk[o + ROW.firstNanoseconds]! / 1000) | 0)) | 0;
    details[d + DETAIL.retransmissions] = Math.max(0, syns - 1);
    chunk[o + ROW.flags] = bits | FLAG.next;
  }
}

/**
 * Counts a segment in the details of its flow, in the meaning of Wireshark's TCP analysis (User's Guide section 7.5): a segment is lost when the sequence number jumps
 * over bytes never seen; one that does not advance it was sent again, unless it is a keep-alive or came so soon after the highest that it was overtaken.
 * @param chunk, o the row of the flow. @param detail its row of details.
 */
export function analyseSegment(table: TcpTable, layers: Layers, chunk: Int32Array, o: number, detail: number): void {
  const { segment, clock } = table;
  const { side, sequence, acknowledgement, flags, length, window } = segment;
  const details = table.details.chunk(detail);
  const d = table.details.at(detail);
  const forward = d + side * DETAIL.side;
  const reverse = d + (1 - side) * DETAIL.side;
  const now = clock.micros();
  let bits = chunk[o + ROW.flags]!;
  const control = flags & (SYN | FIN | RST);
  const after = (sequence + length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0)) | 0;

  if (side === 1 && (bits & (FLAG.next << 1)) === 0) {
    details[d + DETAIL.base1] = (flags & SYN) !== 0 ? sequence : (sequence - 1) | 0;
  }
  if ((flags & FIN) !== 0) details[d + DETAIL.fin + side]!++;
  if ((flags & (SYN | ACK)) === (SYN | ACK)) {
    details[d + DETAIL.synAck]!++;
    const floats = table.details.float(detail);
    const at = (d + DETAIL.handshake) >> 1;
    if (floats[at]! < 0 && side === 1 && (bits & FLAG.fromStart) !== 0) {
      floats[at] = (clock.seconds - chunk[o + ROW.firstSeconds]!) * 1e9 + (clock.nanoseconds - chunk[o + ROW.firstNanoseconds]!);
    }
  } else if (
    details[d + DETAIL.roundTrip]! < 0 &&
    side === 0 &&
    (flags & (ACK | RST)) === ACK &&
    (bits & (FLAG.synAck << 1)) !== 0 &&
    (bits & FLAG.fromStart) !== 0
  ) {
    const seconds = clock.seconds - chunk[o + ROW.firstSeconds]!;
    if (seconds >= 0 && seconds < 2000) {
      details[d + DETAIL.roundTrip] = seconds * 1_000_000 + (((clock.nanoseconds - chunk[o + ROW.firstNanoseconds]!) / 1000) | 0);
    }
  }
  if (window === 0 && control === 0) details[d + DETAIL.zeroWindow]!++;

  const known = (bits & (FLAG.next << side)) !== 0;
  const next = details[forward + DETAIL.next]!;
  const ahead = (sequence - next) | 0;
  const reverseAcked = (bits & (FLAG.ack << (1 - side))) !== 0;
  const mark = layers.identification > 0 ? markOf(layers, segment) : 0;
  if (mark !== 0 && details[forward + DETAIL.mark] === mark) {
    segment.duplicate = true;
    details[d + DETAIL.duplicates]!++;
  }
  details[forward + DETAIL.mark] = mark;

  const probe = known && length === 1 && ahead === 0 && reverseAcked && (details[reverse + DETAIL.window]! & 0xffff) === 0;
  const keepAlive = known && control === 0 && length <= 1 && ahead === -1;
  // Acknowledged before it came: sent again for Wireshark, whether it advances the sequence or not.
  const spurious = length > 0 && !keepAlive && !probe && reverseAcked && ((sequence + length - details[reverse + DETAIL.ack]!) | 0) <= 0;
  let fresh = length;
  let again = spurious;
  if (known && !probe) {
    if (ahead > 0 && (flags & RST) === 0) {
      details[d + DETAIL.lost]!++;
      details[forward + DETAIL.holes] = (details[forward + DETAIL.holes]! + ahead) | 0;
    } else if (keepAlive) {
      fresh = 0;
    } else if (ahead < 0 && (length > 0 || (flags & (SYN | FIN)) !== 0)) {
      const acked = reverseAcked && ((after - details[reverse + DETAIL.ack]!) | 0) <= 0;
      const fast =
        reverseAcked &&
        details[reverse + DETAIL.window]! >>> 16 >= 2 &&
        sequence === details[reverse + DETAIL.ack] &&
        (now - details[reverse + DETAIL.ackMicros]!) >>> 0 < FAST_MICROS;
      const within = details[d + DETAIL.roundTrip]! >= 0 ? details[d + DETAIL.roundTrip]! : OUT_OF_ORDER_MICROS;
      const early = (now - details[forward + DETAIL.nextMicros]!) >>> 0 < within && after !== next;
      if (fast || !early) again = true;
      // Bytes are new only as far as they fill a hole, or go beyond what was seen.
      const beyond = Math.min(length, Math.max(0, (after - next) | 0));
      const filled = acked ? 0 : Math.min(length - beyond, details[forward + DETAIL.holes]!);
      details[forward + DETAIL.holes] = details[forward + DETAIL.holes]! - filled;
      fresh = beyond + filled;
    }
  }
  if (again) details[d + DETAIL.retransmissions]!++;
  if (fresh > 0) table.details.float(detail)[((d + DETAIL.bytes) >> 1) + side]! += fresh;
  if (!known || (((after - next) | 0) > 0 && !probe)) {
    details[forward + DETAIL.next] = after;
    details[forward + DETAIL.nextMicros] = now;
    bits |= FLAG.next << side;
  }
  if ((flags & ACK) !== 0) {
    const duplicate =
      length === 0 &&
      control === 0 &&
      window !== 0 &&
      known &&
      ahead === 0 &&
      (bits & (FLAG.ack << side)) !== 0 &&
      acknowledgement === details[forward + DETAIL.ack] &&
      window === (details[forward + DETAIL.window]! & 0xffff);
    const count = duplicate ? Math.min(0xffff, (details[forward + DETAIL.window]! >>> 16) + 1) : 0;
    details[forward + DETAIL.window] = (count << 16) | window;
    details[forward + DETAIL.ack] = acknowledgement;
    details[forward + DETAIL.ackMicros] = now;
    bits |= FLAG.ack << side;
  }
  chunk[o + ROW.flags] = bits;
}

/** What two recordings of one packet have in common: identification, sequence, acknowledgement, flags, length; time to live and Ethernet header may differ. */
function markOf(layers: Layers, segment: { sequence: number; acknowledgement: number; flags: number; length: number }): number {
  return mix(
    mix(mix(segment.sequence) + segment.acknowledgement) +
      Math.imul(layers.identification, 0x10001) +
      (segment.flags << 24) +
      segment.length,
  );
}
