import type { CaptureInterface, CaptureSummary, Packet } from '../file/types.ts';

/** Bytes handed to the sink at once. */
const CHUNK_BYTES = 1024 * 1024;
/** LINKTYPE_USER0 (tcpdump.org/linktypes.html), for frames of Network Monitor that are no packets. */
const USER0 = 147;

/** Collects output into pieces of a size that is worth a write. */
export class ChunkSink {
  readonly #sink: (bytes: Uint8Array) => void;
  #chunk = new Uint8Array(CHUNK_BYTES);
  #filled = 0;

  constructor(sink: (bytes: Uint8Array) => void) {
    this.#sink = sink;
  }

  write(bytes: Uint8Array): void {
    if (this.#filled + bytes.length > this.#chunk.length) this.flush();
    if (bytes.length >= this.#chunk.length) {
      this.#sink(bytes.slice());
      return;
    }
    this.#chunk.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  /** Hands over what waits; the sink may keep what it gets. */
  flush(): void {
    if (this.#filled === 0) return;
    this.#sink(this.#chunk.slice(0, this.#filled));
    this.#filled = 0;
  }
}

/** Writes packets in the order of the file. */
export interface CaptureWriter {
  head(): void;
  /** @param data the packet's bytes as they are to be. */
  packet(packet: Packet, data: Uint8Array): void;
  end(): void;
}

/** A pcap file with the same head and the same heads of records: byte order, resolution and variant stay. */
export function pcapWriter(out: ChunkSink, head: Uint8Array, recordBytes: number): CaptureWriter {
  return {
    head: () => out.write(head),
    packet({ bytes, start }, data) {
      // The record's head stands before its data, in the same window.
      out.write(bytes.subarray(start - recordBytes, start));
      out.write(data);
    },
    end: () => out.flush(),
  };
}

function u32s(...values: readonly number[]): Uint8Array {
  const out = new Uint8Array(4 * values.length);
  const view = new DataView(out.buffer);
  values.forEach((value, i) => {
    view.setUint32(4 * i, value, true);
  });
  return out;
}

function option(code: number, value: Uint8Array): Uint8Array {
  const out = new Uint8Array(4 + ((value.length + 3) & ~3));
  new DataView(out.buffer).setUint16(0, code, true);
  new DataView(out.buffer).setUint16(2, value.length, true);
  out.set(value, 4);
  return out;
}

/**
 * A pcapng file (draft-ietf-opsawg-pcapng) in one section with the interfaces, packets, their times and numbers of drops of the original, and nothing else: no comments,
 * names, secrets, custom blocks or options of packets.
 */
export function pcapngWriter(out: ChunkSink, summary: CaptureSummary): CaptureWriter {
  const block = (type: number, ...parts: readonly Uint8Array[]): void => {
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    const padding = (4 - (size & 3)) & 3;
    const total = 12 + size + padding;
    out.write(u32s(type, total));
    for (const part of parts) out.write(part);
    out.write(new Uint8Array(padding));
    out.write(u32s(total));
  };
  const text = (code: number, value: string | undefined): Uint8Array =>
    value === undefined || value === '' ? new Uint8Array() : option(code, new TextEncoder().encode(value));
  const micro = summary.interfaces.map((i) => i.ticksPerSecond <= 1_000_000 && 1_000_000 % i.ticksPerSecond === 0);
  const describe = (of: CaptureInterface, n: number): void => {
    const linkType = of.linkType > 0xffff ? USER0 : of.linkType;
    const resolution = option(9, Uint8Array.of(micro[n] === true ? 6 : 9));
    block(1, u32s(linkType, of.snapLength), text(2, of.name), text(3, of.description), resolution, text(12, of.os), u32s(0));
  };
  return {
    head() {
      const version = Uint8Array.of(1, 0, 0, 0);
      block(
        0x0a0d0d0a,
        u32s(0x1a2b3c4d),
        version,
        u32s(0xffffffff, 0xffffffff),
        text(3, summary.os),
        text(4, summary.application),
        u32s(0),
      );
      summary.interfaces.forEach(describe);
    },
    packet({ seconds, nanoseconds, interfaceId, originalLength }, data) {
      if (Number.isNaN(seconds) && interfaceId === 0) {
        block(3, u32s(originalLength), data);
        return;
      }
      const per = micro[interfaceId] === true ? 1_000_000n : 1_000_000_000n;
      const ticks = Number.isNaN(seconds) ? 0n : BigInt.asUintN(64, BigInt(seconds) * per + (BigInt(nanoseconds) * per) / 1_000_000_000n);
      block(6, u32s(interfaceId, Number(ticks >> 32n), Number(ticks & 0xffffffffn), data.length, originalLength), data);
    },
    end() {
      summary.interfaces.forEach((of, n) => {
        if (of.dropped === undefined) return;
        const dropped = new Uint8Array(8);
        new DataView(dropped.buffer).setBigUint64(0, BigInt(Math.floor(of.dropped)), true);
        block(5, u32s(n, 0, 0), option(5, dropped), u32s(0));
      });
      out.flush();
    },
  };
}
