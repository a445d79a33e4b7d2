import { damageReporter } from '@winmedic/bytes';
import { readIcmp } from '../dissect/icmp.ts';
import { ipv4Text, ipv6Text } from '../dissect/icmp-address.ts';
import { DATAGRAM_PROTOCOLS, STREAM_PROTOCOLS } from '../dissect/registry.ts';
import type { IcmpMessage } from '../dissect/types.ts';
import type { CaptureDamageCode } from '../errors.ts';
import type { Packet, PacketSource } from '../file/types.ts';
import { FragmentTable } from '../link/fragments.ts';
import { Layers } from '../link/layers.ts';
import { LinkReader } from '../link/link.ts';
import { AddressPool, word } from './addresses.ts';
import { Clock } from './clock.ts';
import { Conversations } from './conversations.ts';
import { DEFAULT_LIMITS, DETAILS_OF_FLOWS, LimitCounter, MAX_DAMAGES, MAX_UNREACHABLE, WATCHED_PORTS } from './limits.ts';
import { PathTable } from './paths.ts';
import { clientOf, endpointOf, tcpFacts } from './tcp-facts.ts';
import { ROW } from './tcp-rows.ts';
import { TcpTable } from './tcp-table.ts';
import type { AnalyseLimits, AnalyseOptions, CaptureAnalysis, FlowTable } from './types.ts';
import { UdpTable } from './udp.ts';

const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;
/** ICMP code 4 (fragmentation needed) is no refusal: the sender tries again with smaller packets. */
const FRAGMENTATION_NEEDED = 4;
/** Messages that quote the packet they are about: unreachable, quench, redirect, time exceeded, parameter problem (RFC 792); RFC 4443 types 1 to 4. */
const QUOTING_4: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);
const QUOTING_6: ReadonlySet<number> = new Set([1, 2, 3, 4]);
/** Bytes of the file between two calls of onProgress. */
const PROGRESS_BYTES = 1 << 20;

/**
 * Reads a capture once: counts the facts of every TCP flow, puts together those on which a protocol of interest speaks, and hands out each conversation when it is over.
 * Memory stays within {@link AnalyseOptions.limits} whatever the input. @throws what the source throws; the reason of {@link AnalyseOptions.signal}.
 */
export function analyseCapture(source: PacketSource, options: AnalyseOptions): CaptureAnalysis {
  const analysis = new Analysis(options);
  const capture = source.read((packet) => analysis.packet(packet));
  return analysis.finish(capture);
}

class Analysis {
  readonly #options: AnalyseOptions;
  readonly #limits: AnalyseLimits;
  readonly #counter = new LimitCounter();
  readonly #clock = new Clock();
  readonly #layers = new Layers();
  readonly #link: LinkReader;
  readonly #paths = new PathTable();
  readonly #addresses: AddressPool;
  readonly #tcp: TcpTable;
  readonly #udp: UdpTable;
  readonly #conversations: Conversations;
  readonly #unreachable: IcmpMessage[] = [];
  readonly #report: ReturnType<typeof damageReporter<CaptureDamageCode>>;
  #offset = 0;
  #nextProgress = 0;

  constructor(options: AnalyseOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    const limits = this.#limits;
    this.#report = damageReporter<CaptureDamageCode>(options.onDamage, MAX_DAMAGES);
    const fragments = new FragmentTable({ datagrams: limits.fragments, bytes: limits.fragmentBytes }, (problem) => {
      if (problem === 'limit' || problem === 'parts') this.#counter.add('fragments');
      this.#report('CAPTURE_LINK_FRAGMENTS', this.#offset, `fragment: ${problem}`);
    });
    this.#link = new LinkReader(this.#layers, {
      fragments,
      tunnelDepth: limits.tunnelDepth,
      onDepth: () => this.#counter.add('tunnelDepth'),
      report: (code, what, need, have) => this.#report(code, this.#offset, what, need, have),
    });
    this.#addresses = new AddressPool(limits.flows);
    const details = Math.max(1024, Math.ceil(limits.flows * DETAILS_OF_FLOWS));
    this.#tcp = new TcpTable({ flows: limits.flows, details }, this.#addresses, this.#clock);
    const wanted = <T extends { readonly name: string }>(protocols: readonly T[]): readonly T[] =>
      options.protocols === undefined
        ? protocols
        : protocols.filter((protocol) => (options.protocols as ReadonlySet<string>).has(protocol.name));
    this.#udp = new UdpTable(limits.flows, this.#addresses, this.#clock, this.#paths, wanted(DATAGRAM_PROTOCOLS), options.onConversation);
    this.#conversations = new Conversations({
      table: this.#tcp,
      clock: this.#clock,
      paths: this.#paths,
      limits,
      counter: this.#counter,
      protocols: wanted(STREAM_PROTOCOLS),
      watchedPorts: options.watchedPorts ?? WATCHED_PORTS,
      onConversation: options.onConversation,
    });
  }

  packet(packet: Packet): void {
    this.#offset = packet.fileOffset;
    if (packet.fileOffset >= this.#nextProgress) this.#progress(packet.fileOffset);
    const clock = this.#clock;
    const layers = this.#layers;
    clock.tick(packet.seconds, packet.nanoseconds);
    let more = this.#link.read(packet, clock.seconds);
    // Each round is one tunnel deeper; the reader has the cap.
    while (more) {
      more = false;
      const path = this.#paths.of(layers, packet.interfaceId);
      switch (layers.protocol) {
        case TCP:
          this.#segment(packet.number, path);
          break;
        case UDP:
          if (this.#udp.add(layers, packet.number, path)) more = this.#link.enterUdp();
          else this.#header('UDP header', 8);
          break;
        case ICMP:
        case ICMPV6:
          this.#icmp(packet.number);
          break;
        default:
      }
    }
  }

  finish(capture: CaptureAnalysis['capture']): CaptureAnalysis {
    this.#udp.expire(true);
    this.#conversations.end(capture.cut);
    const refused = this.#tcp.refused + this.#udp.refused;
    if (refused > 0) this.#counter.add('flows', refused);
    for (const [limit, times] of this.#counter.counts) this.#report('CAPTURE_FLOW_LIMIT', 0, limit, this.#limits[limit], times);
    return {
      capture,
      flows: flowTable(this.#tcp),
      tcpStreams: this.#tcp.rows.count + this.#tcp.beyond,
      udpStreams: this.#udp.count,
      unreachable: this.#unreachable,
      limits: this.#counter.counts,
    };
  }

  #segment(frame: number, path: number): void {
    const tcp = this.#tcp;
    const row = tcp.add(this.#layers, frame, path);
    if (row >= 0) this.#conversations.packet(row, tcp.segment, this.#layers, frame, path);
    else if (row === -2) this.#header('TCP header', 20);
  }

  #header(what: string, need: number): void {
    const { start, end, wireEnd } = this.#layers;
    // Cut by the snap length: nothing is wrong with it.
    if (end === wireEnd) this.#report('CAPTURE_FLOW_HEADER', this.#offset, what, need, end - start);
  }

  #icmp(frame: number): void {
    const { bytes, start, end, protocol } = this.#layers;
    const version = protocol === ICMP ? 4 : 6;
    if (end - start < 8 || !(version === 4 ? QUOTING_4 : QUOTING_6).has(bytes[start]!)) return;
    const { row, transport } = this.#quotedFlow(start + 8, version === 6);
    const read = readIcmp(bytes.subarray(start, end), version);
    if (read === undefined) return;
    const clock = this.#clock;
    const by = this.#layers.version === 4 ? ipv4Text(bytes, this.#layers.source) : ipv6Text(bytes, this.#layers.source);
    const message: IcmpMessage = {
      ...read,
      layer: 'icmp',
      kind: 'unreachable',
      frame,
      at: clock.absolute(clock.seconds, clock.nanoseconds),
      from: 'server',
      bytes: end - start,
      by,
    };
    if (this.#unreachable.length < MAX_UNREACHABLE) this.#unreachable.push(message);
    if (row < 0 || (version === 4 && read.code === FRAGMENTATION_NEEDED)) return;
    if (transport === TCP) this.#conversations.unreachable(row, message, this.#tcp.segment.side);
    else this.#udp.about(row, message);
  }

  /** Number of the stream that the packet inside an ICMP message belongs to. @param at that packet. */
  #quotedFlow(at: number, v6: boolean): { readonly row: number; readonly transport: number } {
    const { bytes, end } = this.#layers;
    const none = { row: -1, transport: 0 };
    if (at + (v6 ? 40 : 20) > end || bytes[at]! >> 4 !== (v6 ? 6 : 4)) return none;
    const transport = v6 ? bytes[at + 6]! : bytes[at + 9]!;
    const header = v6 ? 40 : (bytes[at]! & 15) * 4;
    // A later fragment has no ports.
    const fragment = v6 ? 0 : ((bytes[at + 6]! & 0x1f) << 8) | bytes[at + 7]!;
    if ((transport !== TCP && transport !== UDP) || header < 20 || fragment !== 0 || at + header + 4 > end) return none;
    const source = v6 ? this.#addresses.v6(bytes, at + 8) : word(bytes, at + 12);
    const destination = v6 ? this.#addresses.v6(bytes, at + 24) : word(bytes, at + 16);
    if (v6 && (source < 0 || destination < 0)) return none;
    const ports = word(bytes, at + header);
    return { row: (transport === TCP ? this.#tcp : this.#udp).touch(source, destination, ports, v6), transport };
  }

  #progress(offset: number): void {
    this.#options.signal?.throwIfAborted();
    this.#nextProgress = offset + PROGRESS_BYTES;
    this.#options.onProgress?.(offset);
  }
}

function flowTable(table: TcpTable): FlowTable {
  const { rows } = table;
  return {
    count: rows.count,
    flow(stream) {
      if (!(Number.isInteger(stream) && stream >= 0 && stream < rows.count)) throw new RangeError(`no TCP stream ${stream}`);
      const { side, by } = clientOf(table, stream);
      return {
        stream,
        client: endpointOf(table, stream, side),
        server: endpointOf(table, stream, (1 - side) as 0 | 1),
        clientKnownBy: by,
        tcp: tcpFacts(table, stream),
      };
    },
    streamsOfPort(port) {
      const streams: number[] = [];
      for (let row = 0; row < rows.count; row++) {
        const ports = rows.chunk(row)[rows.at(row) + ROW.ports]!;
        if (ports >>> 16 === port || (ports & 0xffff) === port) streams.push(row);
      }
      return streams;
    },
  };
}
