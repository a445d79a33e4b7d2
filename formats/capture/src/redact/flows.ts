import type { Packet } from '../file/types.ts';
import type { KeepBudget } from './keep-map.ts';
import type { PacketView } from './packet-view.ts';
import type { ScanContext } from './scanner.ts';
import type { Secrets } from './secrets.ts';
import { type PendingBudget, StreamSide } from './streams.ts';
import type { KeptKind } from './types.ts';

interface Side {
  readonly stream: StreamSide;
  readonly index: number;
  started: boolean;
  /** Sequence number and place in the stream of the last segment, for places beyond 2^32. */
  lastSequence: number;
  lastOffset: number;
}

interface Flow {
  readonly sides: readonly [Side, Side];
  /** First sequence number of a SYN. */
  isn?: number;
}

/** Connections open at the same time; of further ones the payload becomes zero. */
const MAX_FLOWS = 500_000;

/** Assigns each segment to its side of a connection and remembers where in it the segment lies. */
export class Flows {
  readonly #flows = new Map<string, Flow>();
  readonly #sides: Side[] = [];
  readonly #keep: KeepBudget = { bytes: 0 };
  readonly #pending: PendingBudget = { bytes: 0 };
  readonly #context: Pick<ScanContext, 'secrets' | 'names' | 'count'>;
  /** By number of the segment, in the order of the file: side (-1: none) and place. */
  #sideOf = new Int32Array(1024);
  #offsetOf = new Float64Array(1024);
  #count = 0;

  constructor(secrets: Secrets, names: 'keep' | 'mask', count: (kind: KeptKind) => void) {
    this.#context = { secrets, names, count };
  }

  /** First pass: one TCP segment. */
  add(packet: Packet, view: PacketView): void {
    const { bytes } = packet;
    const at = view.transport;
    const dv = new DataView(bytes.buffer, bytes.byteOffset);
    const ports = [dv.getUint16(at, false), dv.getUint16(at + 2, false)] as const;
    const sequence = dv.getUint32(at + 4, false);
    const flags = bytes[at + 13] as number;
    const syn = (flags & 2) !== 0;
    const [flow, n] = this.#flow(bytes, view, ports, sequence, syn && (flags & 16) === 0);
    if (flow === undefined) {
      this.#remember(-1, 0);
      return;
    }
    const side = flow.sides[n];
    // A SYN takes one number itself.
    const first = syn ? (sequence + 1) >>> 0 : sequence;
    if (!side.started) {
      side.started = true;
      side.lastSequence = first;
      side.lastOffset = 0;
    }
    const offset = side.lastOffset + ((first - side.lastSequence) | 0);
    this.#remember(side.index, offset);
    const length = view.end - view.start;
    if (length === 0) return;
    side.lastSequence = first;
    side.lastOffset = offset;
    if (offset + length > 0) side.stream.add(offset, bytes.subarray(view.start, view.end), view.missing);
  }

  /** End of the first pass. */
  finish(): void {
    for (const side of this.#sides) side.stream.flush();
  }

  /** Second pass, by the number of the segment in the file (from 0): writes what is kept of it into zeroed bytes. */
  overlay(segment: number, length: number, into: Uint8Array, at: number): void {
    const index = this.#sideOf[segment] ?? -1;
    if (index >= 0 && segment < this.#count) this.#sides[index]?.stream.map.overlay(this.#offsetOf[segment] as number, length, into, at);
  }

  #remember(side: number, offset: number): void {
    if (this.#count === this.#sideOf.length) {
      const sides = new Int32Array(this.#count * 2);
      sides.set(this.#sideOf);
      this.#sideOf = sides;
      const offsets = new Float64Array(this.#count * 2);
      offsets.set(this.#offsetOf);
      this.#offsetOf = offsets;
    }
    this.#sideOf[this.#count] = side;
    this.#offsetOf[this.#count] = offset;
    this.#count++;
  }

  #flow(
    bytes: Uint8Array,
    view: PacketView,
    ports: readonly [number, number],
    sequence: number,
    opens: boolean,
  ): readonly [Flow | undefined, 0 | 1] {
    const { layers } = view;
    const size = layers.version === 4 ? 4 : 16;
    const from = `${hex(bytes, layers.source, size)}:${ports[0]}`;
    const to = `${hex(bytes, layers.destination, size)}:${ports[1]}`;
    const n = from < to ? 0 : 1;
    const key = n === 0 ? `${from}-${to}` : `${to}-${from}`;
    let flow = this.#flows.get(key);
    if (flow === undefined || (opens && flow.isn !== undefined && flow.isn !== sequence) || (opens && flow.isn === undefined)) {
      if (flow === undefined && this.#flows.size >= MAX_FLOWS) return [undefined, n];
      const context: ScanContext = { ...this.#context, rpcInterfaces: new Map(), rpcCalls: new Map() };
      const side = (): Side => {
        const made: Side = {
          stream: new StreamSide(context, ports, this.#keep, this.#pending),
          index: this.#sides.length,
          started: false,
          lastSequence: 0,
          lastOffset: 0,
        };
        this.#sides.push(made);
        return made;
      };
      flow?.sides.forEach((old) => {
        old.stream.flush();
      });
      flow = { sides: [side(), side()], ...(opens ? { isn: sequence } : {}) };
      this.#flows.set(key, flow);
    }
    return [flow, n];
  }
}

function hex(bytes: Uint8Array, at: number, size: number): string {
  let text = '';
  for (let i = at; i < at + size; i++) text += String.fromCharCode(bytes[i] as number);
  return text;
}
