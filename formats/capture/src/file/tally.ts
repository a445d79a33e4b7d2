import type { CaptureFormat, CaptureInterface, CaptureSummary, Packet } from './types.ts';

/** Comments kept of one file: they are for people to read. */
const MAX_COMMENTS = 100;
/** Interfaces of one file; those of virtual switches have hundreds. Packets of further ones are left out and told. */
export const MAX_INTERFACES = 65_536;

/** Adds up what a whole read sees; one for each read. */
export class Tally {
  packets = 0;
  bytes = 0;
  sliced = 0;
  cut = false;
  readonly interfaces: CaptureInterface[] = [];
  readonly comments: { readonly packet?: number; readonly text: string }[] = [];
  application?: string;
  hardware?: string;
  os?: string;
  #firstSeconds = Number.NaN;
  #firstNanoseconds = 0;
  #lastSeconds = Number.NaN;
  #lastNanoseconds = 0;

  /** Counts a packet before it is visited. */
  count(packet: Packet): void {
    const captured = packet.end - packet.start;
    this.bytes += captured;
    if (packet.originalLength > captured) this.sliced++;
    const of = this.interfaces[packet.interfaceId];
    if (of !== undefined) of.packets++;
    const { seconds, nanoseconds } = packet;
    if (Number.isNaN(seconds)) return;
    // Comparisons with NaN are false: the first packet with a time sets both ends.
    if (!(seconds > this.#firstSeconds || (seconds === this.#firstSeconds && nanoseconds >= this.#firstNanoseconds))) {
      this.#firstSeconds = seconds;
      this.#firstNanoseconds = nanoseconds;
    }
    if (!(seconds < this.#lastSeconds || (seconds === this.#lastSeconds && nanoseconds <= this.#lastNanoseconds))) {
      this.#lastSeconds = seconds;
      this.#lastNanoseconds = nanoseconds;
    }
  }

  comment(text: string, packet?: number): void {
    if (this.comments.length < MAX_COMMENTS && text !== '') this.comments.push({ text, ...(packet === undefined ? {} : { packet }) });
  }

  summary(format: CaptureFormat): CaptureSummary {
    const told = this.interfaces.filter((i) => i.dropped !== undefined);
    return {
      format,
      packets: this.packets,
      bytes: this.bytes,
      interfaces: this.interfaces,
      ...(Number.isNaN(this.#firstSeconds)
        ? {}
        : {
            first: BigInt(this.#firstSeconds) * 1_000_000_000n + BigInt(this.#firstNanoseconds),
            last: BigInt(this.#lastSeconds) * 1_000_000_000n + BigInt(this.#lastNanoseconds),
          }),
      sliced: this.sliced,
      ...(told.length === 0 ? {} : { dropped: told.reduce((sum, i) => sum + (i.dropped ?? 0), 0) }),
      cut: this.cut,
      comments: this.comments,
      ...(this.application === undefined ? {} : { application: this.application }),
      ...(this.hardware === undefined ? {} : { hardware: this.hardware }),
      ...(this.os === undefined ? {} : { os: this.os }),
    };
  }
}

/** The one packet object of a read. */
export function emptyPacket(bytes: Uint8Array): Packet {
  return {
    number: 0,
    seconds: 0,
    nanoseconds: 0,
    bytes,
    start: 0,
    end: 0,
    originalLength: 0,
    linkType: 0,
    interfaceId: 0,
    fileOffset: 0,
  };
}
