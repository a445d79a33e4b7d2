import type { Layers } from '../link/layers.ts';
import { type AddressPool, word } from './addresses.ts';
import type { Clock } from './clock.ts';
import { ChunkedRows, HashIndex, mix } from './rows.ts';
import { analyseSegment, firstDetail } from './tcp-analysis.ts';
import { ACK, DETAIL, DETAIL_WORDS, FIN, FLAG, ROW, ROW_WORDS, RST, Segment, SYN } from './tcp-rows.ts';

/** Caps of a {@link TcpTable}. */
export interface TcpTableLimits {
  readonly flows: number;
  /** Rows of details. */
  readonly details: number;
}

/** All TCP flows of a capture with their facts, in rows of words: nothing is allocated for a packet. A stream's number is its row. */
export class TcpTable {
  readonly rows = new ChunkedRows(ROW_WORDS);
  readonly details = new ChunkedRows(DETAIL_WORDS);
  readonly segment = new Segment();
  readonly clock: Clock;
  readonly addresses: AddressPool;
  /** Flows that found no room: opening SYNs of them. */
  beyond = 0;
  /** Packets whose flow found no room, in rows or details. */
  refused = 0;
  readonly #index = new HashIndex();
  readonly #limits: TcpTableLimits;

  constructor(limits: TcpTableLimits, addresses: AddressPool, clock: Clock) {
    this.#limits = limits;
    this.addresses = addresses;
    this.clock = clock;
  }

  /**
   * Counts the packet in {@link Layers}. {@link segment} then tells what it is. @param path of the packet. @returns the row of its flow; -1: no room;
   * -2: the header is impossible or cut off.
   */
  add(layers: Layers, frame: number, path: number): number {
    const { segment, clock } = this;
    const { bytes, start, end } = layers;
    if (end - start < 20) return -2;
    const offset = (bytes[start + 12]! >> 4) * 4;
    if (offset < 20 || (start + offset > end && layers.end === layers.wireEnd)) return -2;
    const flags = bytes[start + 13]! & 0x3f;
    const sequence = word(bytes, start + 4);
    const acknowledgement = word(bytes, start + 8);
    const length = Math.max(0, layers.wireEnd - start - offset);
    segment.sequence = sequence;
    segment.acknowledgement = acknowledgement;
    segment.flags = flags;
    segment.window = (bytes[start + 14]! << 8) | bytes[start + 15]!;
    segment.start = Math.min(start + offset, end);
    segment.end = end;
    segment.length = length;
    segment.opened = false;
    segment.duplicate = false;

    const row = this.#find(layers, flags, sequence);
    if (row < 0) return row;
    const chunk = this.rows.chunk(row);
    const o = this.rows.at(row);
    const side = segment.side;
    const packets = ++chunk[o + ROW.packets]!;
    let bits = chunk[o + ROW.flags]!;
    const seenBefore = (bits & (FLAG.seen << side)) !== 0;
    if (packets === 1) {
      if ((flags & (SYN | ACK)) === SYN && side === 0) bits |= FLAG.fromStart;
      chunk[o + ROW.frame] = frame;
      chunk[o + ROW.path] = path;
      chunk[o + ROW.firstSeconds] = clock.seconds;
      chunk[o + ROW.firstNanoseconds] = clock.nanoseconds;
      chunk[o + ROW.lastSeconds] = clock.seconds;
      chunk[o + ROW.lastNanoseconds] = clock.nanoseconds;
    } else {
      const lastSeconds = chunk[o + ROW.lastSeconds]!;
      if (clock.seconds > lastSeconds || (clock.seconds === lastSeconds && clock.nanoseconds > chunk[o + ROW.lastNanoseconds]!)) {
        chunk[o + ROW.lastSeconds] = clock.seconds;
        chunk[o + ROW.lastNanoseconds] = clock.nanoseconds;
      }
    }
    if (side === 0 && !seenBefore) chunk[o + ROW.base0] = (flags & SYN) !== 0 ? sequence : (sequence - 1) | 0;
    bits |= FLAG.seen << side;
    if (layers.end !== layers.wireEnd) bits |= FLAG.sliced;
    let simple = length === 0;
    if ((flags & SYN) !== 0) {
      if ((flags & ACK) !== 0) {
        bits |= FLAG.synAck << side;
        simple = false;
      } else {
        chunk[o + ROW.syn]!++;
        bits |= FLAG.syn << side;
        // The first SYN tells the true beginning, whatever stray packet came before.
        if (side === 1) simple = false;
      }
    } else if ((flags & RST) === 0) {
      bits |= FLAG.more << side;
      simple = false;
    }
    if ((flags & FIN) !== 0) simple = false;
    if ((flags & RST) !== 0) {
      chunk[o + (side === 0 ? ROW.rst0 : ROW.rst1)]!++;
      if ((bits & (FLAG.syn << (1 - side))) !== 0 && (bits & (FLAG.synAck | (FLAG.synAck << 1) | (FLAG.more << side))) === 0) {
        bits |= FLAG.refused << side;
      }
    }
    chunk[o + ROW.flags] = bits;
    let detail = chunk[o + ROW.detail]! - 1;
    if (detail < 0) {
      if (simple) return row;
      detail = this.#addDetail(row, seenBefore);
      if (detail < 0) {
        this.refused++;
        return row;
      }
    }
    analyseSegment(this, layers, chunk, o, detail);
    return row;
  }

  /**
   * The latest flow between two ends. @param source, destination words of the addresses. @returns its row, or -1. Sets {@link Segment.side} to the side of the
   * source.
   */
  find(source: number, destination: number, ports: number, v6: boolean): number {
    const hash = hashOf(source, destination, ports);
    const swapped = (ports << 16) | (ports >>> 16);
    const { slots, mask } = this.#index;
    let slot = hash & mask;
    for (;;) {
      const row = slots[slot * 2 + 1]! - 1;
      if (row < 0) {
        this.#free = slot;
        return -1;
      }
      if (slots[slot * 2] === hash) {
        const chunk = this.rows.chunk(row);
        const o = this.rows.at(row);
        if (((chunk[o + ROW.flags]! & FLAG.v6) !== 0) === v6) {
          const a = chunk[o]!;
          const b = chunk[o + 1]!;
          const p = chunk[o + 2]!;
          if (a === source && b === destination && p === ports) {
            this.segment.side = 0;
            this.#free = slot;
            return row;
          }
          if (a === destination && b === source && p === swapped) {
            this.segment.side = 1;
            this.#free = slot;
            return row;
          }
        }
      }
      slot = (slot + 1) & mask;
    }
  }

  /** Slot at which the last search ended. */
  #free = 0;

  #find(layers: Layers, flags: number, sequence: number): number {
    const { bytes, start } = layers;
    const v6 = layers.version === 6;
    const source = v6 ? this.addresses.v6(bytes, layers.source) : word(bytes, layers.source);
    const destination = v6 ? this.addresses.v6(bytes, layers.destination) : word(bytes, layers.destination);
    if (v6 && (source < 0 || destination < 0)) return this.#noRoom(flags);
    const ports = word(bytes, start);
    const found = this.find(source, destination, ports, v6);
    if (found >= 0) {
      // A SYN with another initial sequence number opens the ports anew: a new stream, as for Wireshark. A SYN with the same number is sent again.
      if ((flags & (SYN | ACK)) !== SYN || !this.#otherBase(found, sequence)) return found;
    }
    if (this.rows.count >= this.#limits.flows) return this.#noRoom(flags);
    return this.#open(source, destination, ports, v6, found);
  }

  /**
   * Makes sure that the flow a packet inside an ICMP message belongs to has a number: Wireshark gives it one, and numbers of streams must agree. The packet is not
   * counted. @returns its row; -1: no room.
   */
  touch(source: number, destination: number, ports: number, v6: boolean): number {
    const found = this.find(source, destination, ports, v6);
    if (found >= 0) return found;
    return this.rows.count >= this.#limits.flows ? -1 : this.#open(source, destination, ports, v6, -1);
  }

  /** Adds a row at the slot the last search ended at. @param found earlier flow of the same ends, or -1. */
  #open(source: number, destination: number, ports: number, v6: boolean, found: number): number {
    const slot = this.#free;
    const row = this.rows.add();
    const chunk = this.rows.chunk(row);
    const o = this.rows.at(row);
    chunk[o] = source;
    chunk[o + 1] = destination;
    chunk[o + ROW.ports] = ports;
    chunk[o + ROW.flags] = v6 ? FLAG.v6 : 0;
    this.segment.side = 0;
    this.segment.opened = true;
    if (found >= 0) {
      this.#index.slots[slot * 2 + 1] = row + 1;
      const detail = this.#addDetail(row, false);
      if (detail >= 0) this.details.chunk(detail)[this.details.at(detail) + DETAIL.previous] = found + 1;
    } else {
      this.#index.insert(slot, hashOf(source, destination, ports), row);
    }
    return row;
  }

  #noRoom(flags: number): number {
    if ((flags & (SYN | ACK)) === SYN) this.beyond++;
    this.refused++;
    return -1;
  }

  /** Is the base of this sender in the flow known, and another? */
  #otherBase(row: number, sequence: number): boolean {
    const chunk = this.rows.chunk(row);
    const o = this.rows.at(row);
    const { side } = this.segment;
    if ((chunk[o + ROW.flags]! & (FLAG.seen << side)) === 0) return false;
    if (side === 0) return chunk[o + ROW.base0] !== sequence;
    const detail = chunk[o + ROW.detail]! - 1;
    return detail >= 0 && this.details.chunk(detail)[this.details.at(detail) + DETAIL.base1] !== sequence;
  }

  #addDetail(row: number, seenBefore: boolean): number {
    if (this.details.count >= this.#limits.details) return -1;
    const detail = this.details.add();
    this.rows.chunk(row)[this.rows.at(row) + ROW.detail] = detail + 1;
    firstDetail(this, row, detail, seenBefore);
    return detail;
  }
}

function hashOf(source: number, destination: number, ports: number): number {
  // The same for both directions.
  return mix(mix(source ^ mix(ports >>> 16)) + mix(destination ^ mix(ports & 0xffff)));
}
