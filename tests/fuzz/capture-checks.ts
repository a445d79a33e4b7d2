import { type Damage, memorySource } from '@winmedic/bytes';
import {
  type AnalyseLimits,
  analyseCapture,
  CAPTURE_DAMAGE_CODES,
  type CaptureAnalysis,
  CaptureError,
  type CaptureSummary,
  type Conversation,
  openCapture,
  type Packet,
  type PacketSource,
} from '@winmedic/capture';
import { recordedAttempts } from '@winmedic/core/connection';
import { diagnoseConnection } from '@winmedic/core/diagnosis';
import { loadKnowledge } from '@winmedic/knowledge';
import type { Random } from './random.ts';
import { checkPrototypes, checkSane } from './wire.ts';

const CODES: ReadonlySet<string> = new Set(CAPTURE_DAMAGE_CODES);
const knowledge = loadKnowledge();
/** A conversation and its words may be this many values and characters beyond what its input allows: each message has some dozens of fields. */
const GRACE_BYTES = 40_000;

/** A damage tells a known code and a place. */
export function checkDamage({ code, what, offset }: Damage, codes: ReadonlySet<string> = CODES): void {
  if (!codes.has(code)) throw new Error(`a damage of unknown code ${code}`);
  if (what === '' || what.length > 500) throw new Error(`a damage ${code} that says ${what.length} characters`);
  if (offset !== undefined && !(Number.isSafeInteger(offset) && offset >= 0)) throw new Error(`a damage ${code} at ${offset}`);
}

/** Opens a capture; undefined when it is refused with a documented error. */
export function opened(bytes: Uint8Array, onDamage: (damage: Damage) => void): PacketSource | undefined {
  try {
    return openCapture(memorySource(bytes), { onDamage });
  } catch (error) {
    if (error instanceof CaptureError) return undefined;
    throw error;
  }
}

/** A source whose packets are looked at on their way: numbers rise, windows lie in their bytes, and all adds up to the summary. */
export class Watched implements PacketSource {
  readonly format: PacketSource['format'];
  readonly #source: PacketSource;
  /** Number of the last packet. */
  lastFrame = 0;

  constructor(source: PacketSource) {
    this.format = source.format;
    this.#source = source;
  }

  read(visit: (packet: Packet) => unknown): CaptureSummary {
    let packets = 0;
    let captured = 0;
    const byInterface: number[] = [];
    this.lastFrame = 0;
    const summary = this.#source.read((packet) => {
      checkPacket(packet, this.lastFrame);
      this.lastFrame = packet.number;
      packets++;
      captured += packet.end - packet.start;
      byInterface[packet.interfaceId] = (byInterface[packet.interfaceId] ?? 0) + 1;
      return visit(packet);
    });
    if (summary.packets !== packets) throw new Error(`${summary.packets} packets told, ${packets} seen`);
    if (summary.bytes !== captured) throw new Error(`${summary.bytes} bytes told, ${captured} seen`);
    if (summary.sliced > packets) throw new Error('more packets sliced than there are');
    if (summary.first !== undefined && summary.last !== undefined && summary.first > summary.last)
      throw new Error('the end before the beginning');
    for (const [i, { packets: told }] of summary.interfaces.entries())
      if (told !== (byInterface[i] ?? 0)) throw new Error(`interface ${i}: ${told} packets told, ${byInterface[i] ?? 0} seen`);
    if (byInterface.length > summary.interfaces.length) throw new Error('packets of an interface nobody told of');
    return summary;
  }
}

function checkPacket({ number, start, end, bytes, originalLength, seconds, nanoseconds }: Packet, before: number): void {
  // Frames that are no packets have numbers too.
  if (!(Number.isSafeInteger(number) && number > before)) throw new Error(`packet ${number} after ${before}`);
  if (!(start >= 0 && start <= end && end <= bytes.length)) throw new Error(`a packet of ${start} to ${end} in ${bytes.length}`);
  if (!(originalLength >= end - start)) throw new Error(`a packet of ${end - start} out of ${originalLength}`);
  if (Number.isNaN(seconds) !== Number.isNaN(nanoseconds)) throw new Error('half a time');
  if (!Number.isNaN(seconds) && !(Number.isInteger(seconds) && nanoseconds >= 0 && nanoseconds < 1e9))
    throw new Error(`the time ${seconds} s ${nanoseconds} ns`);
}

/** Caps that inputs of some kilobytes reach. */
const SMALL: Partial<AnalyseLimits> = {
  flows: 4,
  pendingBytes: 3000,
  pendingBytesPerFlow: 2000,
  messages: 6,
  openConversations: 2,
  fragments: 2,
  fragmentBytes: 1500,
  tunnelDepth: 1,
};

/** Analyses packets with every protocol and checks what is handed out. */
export function analysed(
  source: PacketSource,
  random: Random,
): { analysis: CaptureAnalysis; conversations: Conversation[]; damages: number } {
  const conversations: Conversation[] = [];
  let damages = 0;
  const packets = new Watched(source);
  const analysis = analyseCapture(packets, {
    onConversation: (conversation) => conversations.push(conversation),
    onDamage: (damage) => {
      checkDamage(damage);
      damages++;
    },
    ...(random.below(4) === 0 && { limits: SMALL }),
  });
  checkFlows(analysis, packets.lastFrame);
  const seen = new Set<number>();
  for (const conversation of conversations) {
    // Exchanges over UDP are handed out when nothing came for a while; the stream may go on later.
    if (conversation.transport === 'tcp' && seen.has(conversation.stream))
      throw new Error(`stream ${conversation.stream} was handed out twice`);
    if (conversation.transport === 'tcp') seen.add(conversation.stream);
    checkConversation(conversation, analysis, packets.lastFrame);
  }
  for (const { frame } of analysis.unreachable) checkFrame(frame, packets.lastFrame);
  return { analysis, conversations, damages };
}

function checkFrame(frame: number, last: number): void {
  if (!(Number.isInteger(frame) && frame >= 1 && frame <= last)) throw new Error(`frame ${frame} of ${last}`);
}

function checkFlows({ flows, tcpStreams }: CaptureAnalysis, lastFrame: number): void {
  if (flows.count > tcpStreams) throw new Error(`${flows.count} flows of ${tcpStreams} streams`);
  for (let stream = 0; stream < flows.count; stream++) {
    const { tcp, client, server } = flows.flow(stream);
    // A flow may be known only from the packet that an ICMP message quotes.
    if (tcp.packets > 0) checkFrame(tcp.firstFrame, lastFrame);
    const counts = [tcp.packets, tcp.syn, tcp.synAck, tcp.retransmissions, tcp.lost, tcp.zeroWindow, tcp.duplicates];
    for (const count of [...counts, ...Object.values(tcp.bytes), ...Object.values(tcp.rst), ...Object.values(tcp.fin)])
      if (!(Number.isInteger(count) && count >= 0)) throw new Error(`stream ${stream} counts ${count}`);
    if (tcp.syn + tcp.synAck > tcp.packets) throw new Error(`stream ${stream} of ${tcp.packets} packets`);
    if (tcp.duplicates > tcp.packets || tcp.retransmissions > tcp.packets) throw new Error(`stream ${stream} repeats more than it has`);
    if (client.address === '' || server.address === '') throw new Error('a flow without addresses');
  }
}

function checkConversation(conversation: Conversation, analysis: CaptureAnalysis, lastFrame: number): void {
  const { transport, stream, messages, sameAs, tcp } = conversation;
  const count = transport === 'tcp' ? analysis.tcpStreams : analysis.udpStreams;
  if (!(Number.isInteger(stream) && stream >= 0 && stream < count)) throw new Error(`${transport} stream ${stream} of ${count}`);
  if ((transport === 'tcp') !== (tcp !== undefined)) throw new Error('facts of TCP where there are none, or none');
  if (sameAs !== undefined) {
    if (!(sameAs >= 0 && sameAs < count && sameAs !== stream)) throw new Error(`the same as stream ${sameAs}`);
    if (messages.length > 0) throw new Error('messages of a conversation that is told elsewhere');
  }
  let bytes = 0;
  for (const message of messages) {
    checkFrame(message.frame, lastFrame);
    if (!(Number.isInteger(message.bytes) && message.bytes >= 0)) throw new Error(`a ${message.layer} message of ${message.bytes} bytes`);
    for (const damage of message.damages ?? []) checkDamage(damage);
    bytes += message.bytes;
  }
  checkSane(messages, GRACE_BYTES + bytes + analysis.capture.bytes);
}

/** What the doctor makes of conversations: attempts and verdicts that name no cause without a failure. */
export function diagnosed(analysis: CaptureAnalysis, conversations: readonly Conversation[]): number {
  const evidence = {
    conversations: conversations
      .map((conversation) => ({ sourceId: 'S1', path: 'input', conversation }))
      .sort((a, b) => (a.conversation.first < b.conversation.first ? -1 : a.conversation.first > b.conversation.first ? 1 : 0)),
    captures: [
      {
        sourceId: 'S1',
        path: 'input',
        capture: analysis.capture,
        tcpStreams: analysis.tcpStreams,
        udpStreams: analysis.udpStreams,
        conversations: conversations.length,
        kept: conversations.length,
        limits: new Map<string, number>(analysis.limits),
        unreachable: analysis.unreachable,
      },
    ],
  };
  const { attempts } = recordedAttempts(evidence);
  for (const attempt of attempts) {
    checkSane(attempt, GRACE_BYTES + analysis.capture.bytes * 4);
    const { verdict, outcome } = diagnoseConnection(attempt, knowledge);
    if (outcome === 'ok' && verdict.cause !== undefined) throw new Error(`${verdict.cause.cause.id} of an attempt that worked`);
    for (const text of [verdict.sentence.en, verdict.sentence.ja])
      if (text === '' || text.includes('undefined')) throw new Error(`a verdict that says "${text}"`);
  }
  checkPrototypes();
  return attempts.length;
}

/** What a run may hold at once beside what it began with: caps of the reader, the input, and rubbish not collected yet. */
const MAX_RSS_GROWTH = 700 * 2 ** 20;

/** Looks at the memory of the process from time to time. */
export function memoryWatch(): () => void {
  let began = 0;
  let n = 0;
  return () => {
    // The first inputs load and compile what is needed.
    if (++n % 512 !== 0) return;
    const now = process.memoryUsage.rss();
    if (began === 0) began = now;
    else if (now - began > MAX_RSS_GROWTH) throw new Error(`${Math.round((now - began) / 2 ** 20)} MiB more memory`);
  };
}
