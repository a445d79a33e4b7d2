import { type Layers, TUNNELS } from '../link/layers.ts';

/** One way packets were seen: interface, VLANs, tunnels. */
export interface PacketPath {
  readonly interfaceId: number;
  readonly vlans: readonly number[];
  readonly tunnels: readonly string[];
}

/** Different ways kept: interfaces times VLANs of a real mirror port are hundreds; further ones count as the first. */
const MAX_PATHS = 16_384;

/** Numbers for the ways packets were seen. The way of the packet before is recognised without making a key. */
export class PathTable {
  readonly #paths: PacketPath[] = [];
  readonly #numbers = new Map<string, number>();
  #last = 0;
  #interface = -1;
  #vlans = 0;
  #vlan0 = 0;
  #vlan1 = 0;
  #tunnels = 0;
  #tunnel0 = 0;

  /** Number of the way of the packet at hand. */
  of(layers: Layers, interfaceId: number): number {
    if (
      interfaceId === this.#interface &&
      layers.vlanCount === this.#vlans &&
      layers.tunnelCount === this.#tunnels &&
      (this.#vlans === 0 ||
        (layers.vlans[0] === this.#vlan0 && (this.#vlans === 1 || (this.#vlans === 2 && layers.vlans[1] === this.#vlan1)))) &&
      (this.#tunnels === 0 || (this.#tunnels === 1 && layers.tunnels[0] === this.#tunnel0))
    ) {
      return this.#last;
    }
    const vlans = [...layers.vlans.subarray(0, layers.vlanCount)];
    const tunnels = [...layers.tunnels.subarray(0, layers.tunnelCount)].map((number) => TUNNELS[number] as string);
    const key = `${interfaceId}|${vlans.join()}|${tunnels.join()}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      if (this.#paths.length >= MAX_PATHS) return 0;
      number = this.#paths.push({ interfaceId, vlans, tunnels }) - 1;
      this.#numbers.set(key, number);
    }
    this.#last = number;
    this.#interface = interfaceId;
    this.#vlans = layers.vlanCount;
    this.#vlan0 = vlans[0] ?? 0;
    this.#vlan1 = vlans[1] ?? 0;
    this.#tunnels = layers.tunnelCount;
    this.#tunnel0 = layers.tunnels[0]!;
    return number;
  }

  /** All that is known of several ways together: each value once, in order. @param others may hold the first once more. */
  merged(first: number, others: readonly number[]): PathsTogether {
    if (others.every((number) => number === first)) {
      const { interfaceId, vlans, tunnels } = this.#paths[first] as PacketPath;
      return { interfaces: [interfaceId], vlans: unique(vlans), tunnels: unique(tunnels) };
    }
    const paths = [first, ...others].map((number) => this.#paths[number] as PacketPath);
    return {
      interfaces: unique(paths.map((path) => path.interfaceId)),
      vlans: unique(paths.flatMap((path) => path.vlans)),
      tunnels: unique(paths.flatMap((path) => path.tunnels)),
    };
  }
}

/** See {@link PathTable.merged}. */
export interface PathsTogether {
  readonly interfaces: readonly number[];
  readonly vlans: readonly number[];
  readonly tunnels: readonly string[];
}

function unique<T>(values: readonly T[]): readonly T[] {
  return values.length < 2 ? values : [...new Set(values)];
}
