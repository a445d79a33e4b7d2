import type { DatagramProtocol, Message } from '../dissect/types.ts';
import type { Layers } from '../link/layers.ts';
import { type AddressPool, word } from './addresses.ts';
import { Aging } from './aging.ts';
import type { Clock } from './clock.ts';
import type { PathTable } from './paths.ts';
import { FramePlace } from './place.ts';
import { ChunkedRows, HashIndex, mix } from './rows.ts';
import type { Conversation, Endpoint } from './types.ts';

/** Two addresses, ports, and 1 for IPv6. */
const ROW_WORDS = 4;
/** Seconds without a datagram after which a conversation is handed out: resolvers of Windows give up after 12. */
const IDLE_SECONDS = 30;
/** Open conversations: at a thousand questions a second the answers of half a minute. */
const MAX_OPEN = 32_768;
/** Messages after which an endless conversation (a resolver that always uses one port) is handed out in parts, behind an answer. */
const PART_MESSAGES = 256;
/** The same when no answer ever comes. */
const PART_MESSAGES_AT_MOST = 1024;

interface Open {
  readonly row: number;
  readonly client: 0 | 1;
  readonly messages: Message[];
  readonly paths: number[];
  readonly known: 'port' | 'first-packet';
  readonly protocol: DatagramProtocol;
  readonly first: bigint;
  last: FramePlace;
  /** Seconds at which it was put at the end of the queue. */
  looked: number;
}

/** Counts UDP streams as Wireshark's `udp.stream`, and keeps the conversations of datagram protocols until their answer came or nothing more comes. */
export class UdpTable {
  /** Streams that found no room. */
  refused = 0;
  readonly #rows = new ChunkedRows(ROW_WORDS);
  readonly #index = new HashIndex();
  readonly #limit: number;
  readonly #addresses: AddressPool;
  readonly #clock: Clock;
  readonly #paths: PathTable;
  readonly #byPort: (DatagramProtocol | undefined)[] = [];
  /** By row. */
  readonly #open = new Aging<Open>();
  readonly #onConversation: (conversation: Conversation) => void;
  #side: 0 | 1 = 0;

  constructor(
    limit: number,
    addresses: AddressPool,
    clock: Clock,
    paths: PathTable,
    protocols: readonly DatagramProtocol[],
    onConversation: (conversation: Conversation) => void,
  ) {
    this.#limit = limit;
    this.#addresses = addresses;
    this.#clock = clock;
    this.#paths = paths;
    this.#onConversation = onConversation;
    for (const protocol of protocols) for (const port of protocol.ports) this.#byPort[port] ??= protocol;
  }

  /** Streams so far. */
  get count(): number {
    return this.#rows.count;
  }

  /** Counts the datagram in {@link Layers} and reads it when its ports are of interest. @returns false: the header is cut off. */
  add(layers: Layers, frame: number, path: number): boolean {
    const { bytes, start, end } = layers;
    if (end - start < 8) return false;
    const row = this.#row(layers);
    if (row < 0) {
      this.refused++;
      return true;
    }
    const from = (bytes[start]! << 8) | bytes[start + 1]!;
    const to = (bytes[start + 2]! << 8) | bytes[start + 3]!;
    const protocol = this.#byPort[to] ?? this.#byPort[from];
    if (protocol !== undefined)
      this.#read(layers, row, frame, path, protocol, this.#byPort[to] !== undefined, this.#byPort[from] !== undefined);
    return true;
  }

  /** Row of the stream that a packet inside an ICMP message belongs to; it gets a number, as with Wireshark. -1: no room. */
  touch(source: number, destination: number, ports: number, v6: boolean): number {
    const found = this.#search(source, destination, ports, v6);
    if (found >= 0 || this.#rows.count >= this.#limit) return found;
    const row = this.#rows.add();
    const chunk = this.#rows.chunk(row);
    const o = this.#rows.at(row);
    chunk[o] = source;
    chunk[o + 1] = destination;
    chunk[o + 2] = ports;
    chunk[o + 3] = v6 ? 1 : 0;
    this.#index.insert(this.#free, this.#hash, row);
    this.#side = 0;
    return row;
  }

  /** Adds what is said about an open conversation. */
  about(row: number, message: Message): void {
    this.#open.get(row)?.messages.push(message);
  }

  /** Hands out what has been quiet; with `all` everything. */
  expire(all: boolean): void {
    const now = this.#clock.now();
    for (let open = this.#open.oldest(); open !== undefined; open = this.#open.oldest()) {
      if (!all && this.#open.size <= MAX_OPEN) {
        // It spoke since it was looked at last: it goes to the end of the queue, once for each look.
        const quiet = now - open.last.seconds;
        if (now - open.looked <= IDLE_SECONDS) return;
        if (quiet <= IDLE_SECONDS) {
          open.looked = now;
          this.#open.renew();
          continue;
        }
      }
      this.#open.delete(open.row);
      this.#emit(open);
    }
  }

  #read(
    layers: Layers,
    row: number,
    frame: number,
    path: number,
    protocol: DatagramProtocol,
    toServer: boolean,
    fromServer: boolean,
  ): void {
    const { bytes, start, end } = layers;
    const sender = this.#side;
    const open = this.#open.get(row);
    // Both ports are of the protocol (a resolver asks from port 53): the first to speak asks.
    const client = open?.client ?? (toServer ? sender : ((1 - sender) as 0 | 1));
    const clock = this.#clock;
    const place = new FramePlace(clock, frame, clock.seconds, clock.nanoseconds);
    const length = (bytes[start + 4]! << 8) | bytes[start + 5]!;
    // 0: longer than 16 bits can say (RFC 2675), or filled in by the network card.
    const stop = length >= 8 ? Math.min(end, start + length) : end;
    const message = protocol.read(bytes.subarray(start + 8, stop), sender === client ? 'client' : 'server', place);
    if (message === undefined) return;
    if (open === undefined) {
      const known = toServer && fromServer ? 'first-packet' : 'port';
      this.#open.add(row, {
        row,
        client,
        messages: [message],
        paths: [path],
        known,
        protocol,
        first: place.at,
        last: place,
        looked: place.seconds,
      });
    } else {
      open.messages.push(message);
      open.last = place;
      if (!open.paths.includes(path) && open.paths.length < 64) open.paths.push(path);
      const answered = message.from === 'server' && open.messages.length >= PART_MESSAGES;
      if (answered || open.messages.length >= PART_MESSAGES_AT_MOST) {
        this.#open.delete(row);
        this.#emit(open);
      }
    }
    this.expire(false);
  }

  #emit(open: Open): void {
    const chunk = this.#rows.chunk(open.row);
    const o = this.#rows.at(open.row);
    const ports = chunk[o + 2]!;
    const end = (side: 0 | 1): Endpoint => ({
      address: this.#addresses.text(chunk[o + side]!, chunk[o + 3] === 1),
      port: side === 0 ? ports >>> 16 : ports & 0xffff,
    });
    const asked = open.messages.some((message) => message.layer !== 'icmp' && message.from === 'client');
    this.#onConversation({
      transport: 'udp',
      stream: open.row,
      client: end(open.client),
      server: end((1 - open.client) as 0 | 1),
      clientKnownBy: open.known,
      first: open.first,
      last: open.last.at,
      protocols: [open.protocol.name],
      messages: open.messages,
      unknown: asked ? [] : ['client-side-missing'],
      ...this.#paths.merged(open.paths[0]!, open.paths),
    });
  }

  #row(layers: Layers): number {
    const { bytes, start } = layers;
    const v6 = layers.version === 6;
    const source = v6 ? this.#addresses.v6(bytes, layers.source) : word(bytes, layers.source);
    const destination = v6 ? this.#addresses.v6(bytes, layers.destination) : word(bytes, layers.destination);
    if (v6 && (source < 0 || destination < 0)) return -1;
    return this.touch(source, destination, word(bytes, start), v6);
  }

  #free = 0;
  #hash = 0;

  #search(source: number, destination: number, ports: number, v6: boolean): number {
    const hash = mix(mix(source ^ mix(ports >>> 16)) + mix(destination ^ mix(ports & 0xffff)));
    const swapped = (ports << 16) | (ports >>> 16);
    const { slots, mask } = this.#index;
    this.#hash = hash;
    let slot = hash & mask;
    for (;;) {
      const row = slots[slot * 2 + 1]! - 1;
      if (row < 0) break;
      if (slots[slot * 2] === hash) {
        const chunk = this.#rows.chunk(row);
        const o = this.#rows.at(row);
        if ((chunk[o + 3] === 1) === v6) {
          if (chunk[o] === source && chunk[o + 1] === destination && chunk[o + 2] === ports) {
            this.#side = 0;
            return row;
          }
          if (chunk[o] === destination && chunk[o + 1] === source && chunk[o + 2] === swapped) {
            this.#side = 1;
            return row;
          }
        }
      }
      slot = (slot + 1) & mask;
    }
    this.#free = slot;
    return -1;
  }
}
