import type { IcmpMessage, StreamProtocol } from '../dissect/types.ts';
import type { Layers } from '../link/layers.ts';
import { Aging } from './aging.ts';
import type { Clock } from './clock.ts';
import { type LimitCounter, MANY_CANDIDATES, MAX_CANDIDATES, MAX_FAILED_OPENINGS, MAX_OPEN_MESSAGES } from './limits.ts';
import type { PathTable } from './paths.ts';
import { clientOf, endpointOf, failedOpening, initialNumbers, recordedBefore, tcpFacts } from './tcp-facts.ts';
import { FLAG, ROW, type Segment, SYN } from './tcp-rows.ts';
import { type StreamHub, TcpStream } from './tcp-stream.ts';
import type { TcpTable } from './tcp-table.ts';
import type { AnalyseLimits, Conversation, Unknown } from './types.ts';

/** A conversation that is over is handed out after this many seconds, so that its last acknowledgements are counted. */
const LINGER_SECONDS = 5;
/** … or when so many wait. */
const MAX_LINGERING = 1024;
/**
 * A conversation is handed out when nothing came for so long: Windows drops idle sessions of files after 15 minutes, and clients of WinRM ask anew every minute. The
 * packets keep those that a step of the clock or joined captures make look old.
 */
const QUIET_SECONDS = 3600;
const QUIET_PACKETS = 8192;
/** They are looked for each so many packets, and so many are looked at. */
const QUIET_EVERY = 1024;
const QUIET_LOOKS = 64;
/** Ports named by endpoint mappers: a host has some dozens. */
const MAX_EXPECTED = 65_536;

/** What {@link Conversations} is made of. */
export interface ConversationsOptions {
  readonly table: TcpTable;
  readonly clock: Clock;
  readonly paths: PathTable;
  readonly limits: AnalyseLimits;
  readonly counter: LimitCounter;
  readonly protocols: readonly StreamProtocol[];
  readonly watchedPorts: ReadonlySet<number>;
  readonly onConversation: (conversation: Conversation) => void;
}

/** Follows the TCP flows on which a protocol of interest may run, and hands out their conversations. */
export class Conversations implements StreamHub {
  readonly clock: Clock;
  readonly limits: AnalyseLimits;
  readonly protocols: readonly StreamProtocol[];
  pendingBytes = 0;
  readonly #options: ConversationsOptions;
  readonly #table: TcpTable;
  /** By row, oldest first: recognised, and not yet. */
  readonly #open = new Aging<TcpStream>();
  readonly #candidates = new Aging<TcpStream>();
  readonly #waiting = new Aging<TcpStream>();
  readonly #lingering: ({ readonly stream: TcpStream; readonly since: number } | undefined)[] = [];
  #lingeringFrom = 0;
  #openMessages = 0;
  /** Frame at which quiet conversations are looked for again. */
  #nextQuiet = QUIET_EVERY;
  readonly #expected = new Set<string>();
  /** Ports of {@link #expected}, to ask the set only when it can help. */
  readonly #expectedPorts = new Uint8Array(65_536);
  readonly #unreachable = new Map<number, IcmpMessage>();

  constructor(options: ConversationsOptions) {
    this.#options = options;
    this.#table = options.table;
    this.clock = options.clock;
    this.limits = options.limits;
    this.protocols = options.protocols;
  }

  /** Takes a packet that {@link TcpTable.add} counted in `row`. */
  packet(row: number, segment: Segment, layers: Layers, frame: number, path: number): void {
    if (frame >= this.#nextQuiet) this.#endQuiet(frame);
    const chunk = this.#table.rows.chunk(row);
    const o = this.#table.rows.at(row);
    let bits = chunk[o + ROW.flags]!;
    if (
      segment.opened &&
      (this.#expectedPorts[(chunk[o + ROW.ports]! >>> 16) & 0xffff] === 1 || this.#expectedPorts[chunk[o + ROW.ports]! & 0xffff] === 1)
    ) {
      for (const side of [0, 1] as const) {
        const { address, port } = endpointOf(this.#table, row, side);
        if (this.#expected.has(`${address} ${port}`)) bits |= FLAG.expected << side;
      }
      chunk[o + ROW.flags] = bits;
    }
    if ((bits & FLAG.closed) !== 0) return;
    let stream: TcpStream | undefined;
    if ((bits & FLAG.followed) === 0) {
      if (segment.length === 0 || this.protocols.length === 0) return;
      if ((segment.flags & SYN) !== 0 && this.#candidates.size >= MANY_CANDIDATES) {
        this.limit('openConversations');
        return;
      }
      stream = this.#begin(row, bits);
      chunk[o + ROW.flags] = bits | FLAG.followed;
      bits |= FLAG.followed;
    } else {
      stream = this.#open.get(row) ?? this.#candidates.get(row);
      if (stream === undefined) return;
    }
    if (stream.paths[stream.paths.length - 1] !== path && stream.paths.length < 64 && !stream.paths.includes(path)) stream.paths.push(path);
    const { over, recognised } = stream;
    stream.active = true;
    stream.packet(segment, layers.bytes, frame);
    if (stream.rejected) {
      this.#candidates.delete(row);
      this.#waiting.delete(row);
      this.#mark(row, FLAG.closed, FLAG.followed);
      return;
    }
    if (!recognised && stream.recognised) {
      this.#candidates.delete(row);
      this.#open.add(row, stream);
      if (stream.turned) this.#mark(row, FLAG.client << stream.client, 0);
      if (this.#open.size > this.limits.openConversations) this.#evict();
    }
    if (!over && stream.over) this.#lingering.push({ stream, since: this.clock.now() });
    if (this.#openMessages > MAX_OPEN_MESSAGES) this.#evict();
    if (this.#lingering.length > this.#lingeringFrom) this.#emitLingering(false);
  }

  /** Notes that ICMP told a flow cannot be. */
  unreachable(row: number, message: IcmpMessage, source: 0 | 1): void {
    const bits = this.#table.rows.chunk(row)[this.#table.rows.at(row) + ROW.flags]!;
    if ((bits & (FLAG.syn << source)) !== 0) this.#mark(row, FLAG.unreachable, 0);
    if (!this.#unreachable.has(row) && this.#unreachable.size < MAX_FAILED_OPENINGS) this.#unreachable.set(row, message);
  }

  /** The capture is read: hands out everything. */
  end(cut: boolean): void {
    for (const stream of this.#candidates.values()) this.#giveUp(stream);
    this.#emitLingering(true);
    for (const stream of this.#open.values()) {
      const { row } = stream;
      if (cut && !stream.over) stream.lacks('cut');
      stream.close();
      this.#emit(row, stream);
    }
    this.#failedOpenings();
  }

  limit(limit: keyof AnalyseLimits): void {
    this.#options.counter.add(limit);
  }

  emitted(): void {
    this.#openMessages++;
  }

  expectRpc(address: string, port: number): void {
    if (!(port > 0 && port < 65_536) || this.#expected.size >= MAX_EXPECTED) return;
    this.#expected.add(`${address.toLowerCase()} ${port}`);
    this.#expectedPorts[port] = 1;
  }

  waiting(stream: TcpStream, waits: boolean): void {
    if (!waits) this.#waiting.delete(stream.row);
    else if (!this.#waiting.has(stream.row)) this.#waiting.add(stream.row, stream);
  }

  makeRoom(bytes: number, asking: TcpStream): void {
    for (let left = this.#waiting.size; left > 0 && this.pendingBytes + bytes > this.limits.pendingBytes; left--) {
      const stream = this.#waiting.oldest();
      if (stream === undefined) break;
      if (stream === asking) this.#waiting.renew();
      else stream.flush();
    }
    for (let left = this.#candidates.size; left > 0 && this.pendingBytes + bytes > this.limits.pendingBytes; left--) {
      const stream = this.#candidates.oldest();
      if (stream === undefined) break;
      if (stream === asking) this.#candidates.renew();
      else this.#giveUp(stream);
    }
  }

  #begin(row: number, bits: number): TcpStream {
    const table = this.#table;
    const { side: client, by } = clientOf(table, row);
    const numbers = initialNumbers(table, row);
    const ends = [endpointOf(table, row, 0), endpointOf(table, row, 1)] as const;
    const resumed = (bits & FLAG.quiet) !== 0;
    const first = [numbers?.client, numbers?.server].map((n) => (n === undefined || resumed ? undefined : (n + 1) | 0));
    const server = (1 - client) as 0 | 1;
    const stream = new TcpStream(this, {
      row,
      client,
      certain: by !== 'port' && by !== 'first-packet',
      ends,
      first: client === 0 ? [first[0], first[1]] : [first[1], first[0]],
      expected: (bits & (FLAG.expected << server)) !== 0,
      watched: this.#options.watchedPorts.has(ends[0].port) || this.#options.watchedPorts.has(ends[1].port),
    });
    if (resumed) stream.lacks('limit');
    const same = recordedBefore(table, row);
    if (same !== undefined) {
      stream.sameAs = same;
      stream.over = true;
      this.#open.add(row, stream);
      this.#lingering.push({ stream, since: this.clock.now() });
      return stream;
    }
    if (this.#candidates.size >= MAX_CANDIDATES) {
      this.limit('openConversations');
      const oldest = this.#candidates.oldest();
      if (oldest !== undefined) this.#giveUp(oldest);
    }
    this.#candidates.add(row, stream);
    return stream;
  }

  #giveUp(stream: TcpStream): void {
    const { row } = stream;
    stream.close();
    this.#candidates.delete(row);
    this.#waiting.delete(row);
    if (stream.recognised) this.#emit(row, stream);
    else this.#mark(row, FLAG.closed, FLAG.followed);
  }

  /** Hands out conversations on which nothing comes any more. */
  #endQuiet(frame: number): void {
    this.#nextQuiet = frame + QUIET_EVERY;
    for (let left = Math.min(QUIET_LOOKS, this.#open.size); left > 0; left--) {
      const stream = this.#open.oldest();
      if (stream === undefined) return;
      if (!stream.quiet(QUIET_PACKETS, QUIET_SECONDS, frame)) {
        this.#open.renew();
        continue;
      }
      const { over } = stream;
      stream.close();
      this.#emit(stream.row, stream);
      if (!over) this.#mark(stream.row, FLAG.quiet, FLAG.closed);
    }
  }

  /** Ends a conversation to make room: the oldest of those on which nothing happened since they were looked at last. */
  #evict(): void {
    // Twice around: the first round may find all of them active.
    for (let left = 2 * this.#open.size; left > 0; left--) {
      const stream = this.#open.oldest();
      if (stream === undefined) return;
      if (stream.active) {
        stream.active = false;
        this.#open.renew();
        continue;
      }
      this.limit(this.#open.size > this.limits.openConversations ? 'openConversations' : 'messages');
      if (!stream.over) stream.lacks('limit');
      stream.close();
      this.#emit(stream.row, stream);
      return;
    }
  }

  #emitLingering(all: boolean): void {
    const now = this.clock.now();
    const list = this.#lingering;
    while (this.#lingeringFrom < list.length) {
      const { stream, since } = list[this.#lingeringFrom] as { stream: TcpStream; since: number };
      if (!all && list.length - this.#lingeringFrom <= MAX_LINGERING && Math.abs(now - since) < LINGER_SECONDS) break;
      // What was handed out must not be kept alive by its place here.
      list[this.#lingeringFrom++] = undefined;
      if (this.#open.get(stream.row) === stream) this.#emit(stream.row, stream);
    }
    if (this.#lingeringFrom >= 1024 || this.#lingeringFrom === list.length) {
      list.splice(0, this.#lingeringFrom);
      this.#lingeringFrom = 0;
    }
  }

  #emit(row: number, stream: TcpStream): void {
    this.#open.delete(row);
    this.#waiting.delete(row);
    this.#openMessages -= stream.messages.length;
    this.#mark(row, FLAG.closed, FLAG.followed);
    const unreachable = this.#unreachable.get(row);
    if (unreachable !== undefined) stream.messages.push(unreachable);
    const { sameAs } = stream;
    if (sameAs !== undefined && !this.#wasHanded(sameAs)) return;
    if (sameAs === undefined && stream.messages.length === 0) return;
    this.#mark(row, FLAG.handed, 0);
    this.#options.onConversation(this.#conversation(row, stream));
  }

  #wasHanded(row: number): boolean {
    return this.#open.has(row) || (this.#table.rows.chunk(row)[this.#table.rows.at(row) + ROW.flags]! & FLAG.handed) !== 0;
  }

  #conversation(row: number, stream: TcpStream | undefined): Conversation {
    const table = this.#table;
    const { side, by } = clientOf(table, row);
    const tcp = tcpFacts(table, row);
    const isn = initialNumbers(table, row);
    const bits = table.rows.chunk(row)[table.rows.at(row) + ROW.flags]!;
    const unknown: Unknown[] = [];
    if ((bits & (FLAG.seen << side)) === 0) unknown.push('client-side-missing');
    // Of a flow that nobody answered the server's silence is the finding.
    if ((bits & (FLAG.seen << (1 - side))) === 0 && tcp.opening === 'unknown') unknown.push('server-side-missing');
    if ((bits & (FLAG.syn | (FLAG.syn << 1) | (FLAG.synAck | (FLAG.synAck << 1)))) === 0) unknown.push('late-start');
    // Of these the stream knows nothing.
    if (stream !== undefined) unknown.push(...stream.unknown);
    const icmp = stream === undefined ? this.#unreachable.get(row) : undefined;
    const first = table.rows.chunk(row)[table.rows.at(row) + ROW.path]!;
    return {
      transport: 'tcp',
      stream: row,
      client: stream?.ends[side] ?? endpointOf(table, row, side),
      server: stream?.ends[1 - side] ?? endpointOf(table, row, (1 - side) as 0 | 1),
      clientKnownBy: by,
      tcp,
      ...(isn === undefined ? {} : { isn }),
      first: tcp.first,
      last: tcp.last,
      protocols: stream?.protocols ?? [],
      messages: stream?.messages ?? (icmp === undefined ? [] : [icmp]),
      unknown,
      ...this.#options.paths.merged(first, stream?.paths ?? []),
      ...(stream?.sameAs === undefined ? {} : { sameAs: stream.sameAs, clockOffsetNs: tcp.first - tcpFacts(table, stream.sameAs).first }),
    };
  }

  #failedOpenings(): void {
    const { watchedPorts } = this.#options;
    const { rows } = this.#table;
    let handed = 0;
    for (let row = 0; row < rows.count; row++) {
      const chunk = rows.chunk(row);
      const o = rows.at(row);
      if ((chunk[o + ROW.flags]! & FLAG.handed) !== 0 || chunk[o + ROW.syn] === 0 || !failedOpening(this.#table, row)) continue;
      const { side } = clientOf(this.#table, row);
      const ports = chunk[o + ROW.ports]!;
      const port = side === 0 ? ports & 0xffff : ports >>> 16;
      if (!watchedPorts.has(port) && (chunk[o + ROW.flags]! & (FLAG.expected << (1 - side))) === 0) continue;
      if (handed++ >= MAX_FAILED_OPENINGS) {
        this.limit('openConversations');
        continue;
      }
      this.#options.onConversation(this.#conversation(row, undefined));
    }
  }

  #mark(row: number, set: number, clear: number): void {
    const chunk = this.#table.rows.chunk(row);
    const at = this.#table.rows.at(row) + ROW.flags;
    chunk[at] = (chunk[at]! | set) & ~clear;
  }
}
