import { joinBytes } from '@winmedic/bytes';
import { MAX_OPEN_PACKET_BYTES, MAX_OPEN_PACKETS, MAX_PACKET_BYTES } from './limits.ts';

interface OpenPacket {
  readonly parts: Uint8Array[];
  bytes: number;
  /** Its beginning is missing, or it grew beyond the cap: it ends without a packet. */
  broken: boolean;
}

/**
 * Puts packets together that a trace has in pieces (before Windows 8.1). Pieces of one packet are written by one thread on one processor, one after the
 * other; pieces of other threads may stand between them.
 */
export class Fragments {
  /** Packets whose beginning or end is missing. */
  incomplete = 0;
  readonly #open = new Map<string, OpenPacket>();
  #bytes = 0;

  /**
   * Takes one piece.
   *
   * @param key names processor, thread and interface. @param piece kept as a copy when others follow.
   * @returns the whole packet when the piece ends it.
   */
  add(key: string, piece: Uint8Array, first: boolean, last: boolean): Uint8Array | undefined {
    const before = this.#take(key, first);
    if (last && before === undefined) {
      if (first) return piece;
      this.incomplete++;
      return undefined;
    }
    const packet = before ?? { parts: [], bytes: 0, broken: !first };
    if (packet.bytes + piece.length > MAX_PACKET_BYTES) packet.broken = true;
    if (last) {
      if (!packet.broken) return joinBytes(...packet.parts, piece);
      this.incomplete++;
      return undefined;
    }
    if (packet.broken) {
      packet.parts.length = 0;
      packet.bytes = 0;
    } else {
      packet.parts.push(piece.slice());
      packet.bytes += piece.length;
    }
    this.#open.set(key, packet);
    this.#bytes += packet.bytes;
    this.#evict();
    return undefined;
  }

  /** The read is over: what is still open never ended. */
  end(): void {
    this.incomplete += this.#open.size;
    this.#open.clear();
    this.#bytes = 0;
  }

  /** What is open under a key, taken out; a first piece says that it never ended. */
  #take(key: string, first: boolean): OpenPacket | undefined {
    const packet = this.#open.get(key);
    if (packet === undefined) return undefined;
    this.#open.delete(key);
    this.#bytes -= packet.bytes;
    if (!first) return packet;
    this.incomplete++;
    return undefined;
  }

  /** Drops the oldest while there are too many. */
  #evict(): void {
    for (const [key, { bytes }] of this.#open) {
      if (this.#open.size <= MAX_OPEN_PACKETS && this.#bytes <= MAX_OPEN_PACKET_BYTES) return;
      this.#open.delete(key);
      this.#bytes -= bytes;
      this.incomplete++;
    }
  }
}
