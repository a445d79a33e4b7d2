import { analyseCapture, type CaptureAnalysis, type Conversation, type Message, type PacketSource } from '@winmedic/capture';
import type { CapturedConversation, CaptureObservation } from '../model/conversation.ts';
import { isOfManagement, MANAGEMENT_PORTS } from './conversation-interest.ts';
import type { Problems } from './problems.ts';

/** Caps over all captures of one case: what an attempt needs is small, and memory stays bounded whatever was recorded. */
export interface ConversationLimits {
  /** Conversations kept. */
  readonly conversations: number;
  /** Messages kept in them; one was measured at about 1 KiB. */
  readonly messages: number;
}
/** Enough for a fleet that was recorded for an hour; the whole diagnosis of a capture of 300 MB then stays below 400 MB. */
export const DEFAULT_CONVERSATION_LIMITS: ConversationLimits = { conversations: 50_000, messages: 60_000 };

/** One capture to be read. */
export interface CaptureInput {
  readonly packets: PacketSource;
  readonly path: string;
  readonly sourceId: string;
  readonly onProgress: (bytesDone: number) => void;
  readonly signal?: AbortSignal;
}

/** Conversations of all captures of a case. */
export class ConversationShelf {
  readonly #limits: ConversationLimits;
  readonly #kept: CapturedConversation[] = [];
  #messages = 0;

  constructor(limits: ConversationLimits = DEFAULT_CONVERSATION_LIMITS) {
    this.#limits = limits;
  }

  /** @returns false when there is no room. */
  keep(one: CapturedConversation): boolean {
    const { messages } = one.conversation;
    if (this.#kept.length >= this.#limits.conversations || this.#messages + messages.length > this.#limits.messages) return false;
    this.#messages += messages.length;
    this.#kept.push(one);
    return true;
  }

  /** All of them by time. */
  list(): CapturedConversation[] {
    return this.#kept.sort((a, b) =>
      a.conversation.first < b.conversation.first ? -1 : a.conversation.first > b.conversation.first ? 1 : 0,
    );
  }
}

/**
 * Reads one capture: conversations by which hosts are managed go to the shelf, what was lost to the problems.
 * @throws I/O errors; the reason of `signal`.
 */
export function readCapture(input: CaptureInput, shelf: ConversationShelf, problems: Problems): CaptureObservation {
  let conversations = 0;
  let kept = 0;
  let refused = 0;
  const onConversation = (conversation: Conversation): void => {
    conversations++;
    if (!isOfManagement(conversation)) return;
    if (shelf.keep({ sourceId: input.sourceId, path: input.path, conversation: shortened(conversation) })) kept++;
    else refused++;
  };
  const analysis: CaptureAnalysis = analyseCapture(input.packets, {
    onConversation,
    onDamage: (damage) => problems.damage(input.path, damage),
    onProgress: input.onProgress,
    watchedPorts: MANAGEMENT_PORTS,
    ...(input.signal && { signal: input.signal }),
  });
  if (refused > 0)
    problems.add({
      code: 'EVIDENCE_TOO_MANY_CONVERSATIONS',
      path: input.path,
      severity: 'partial',
      need: kept + refused,
      have: kept,
      count: refused,
    });
  return {
    sourceId: input.sourceId,
    path: input.path,
    capture: analysis.capture,
    tcpStreams: analysis.tcpStreams,
    udpStreams: analysis.udpStreams,
    conversations,
    kept,
    limits: new Map<string, number>(analysis.limits),
    unreachable: analysis.unreachable,
    accepted: acceptedPorts(analysis),
  };
}

/** Calls of RPC kept of one conversation that say no more than that calls were made: a client of WMI makes thousands. */
const PLAIN_CALLS = 32;

/** A conversation without the bulk of its calls. */
function shortened(conversation: Conversation): Conversation {
  let calls = 0;
  const messages = conversation.messages.filter((message) => !isPlainCall(message) || ++calls <= PLAIN_CALLS);
  return messages.length === conversation.messages.length ? conversation : { ...conversation, messages };
}

/** A call that was neither an activation nor a question to the endpoint mapper, or an answer to one that went well or is sealed. */
function isPlainCall(message: Message): boolean {
  if (message.layer !== 'rpc') return false;
  if (message.kind === 'request') return message.activation === undefined && message.map === undefined;
  if (message.kind !== 'response') return false;
  const { activation, endpoints, queryInterface, hresult = 0 } = message;
  return activation === undefined && endpoints === undefined && queryInterface === undefined && hresult === 0;
}

/** Streams of one port that are looked at, and places kept: a scan has millions, and what is asked is whether a host answers at all. */
const MAX_STREAMS = 10_000;
const MAX_ACCEPTED = 2000;

/** Ports of management that accepted, of each host once. */
function acceptedPorts({ flows }: CaptureAnalysis): NonNullable<CaptureObservation['accepted']> {
  const found = new Map<string, { address: string; port: number; first: bigint; last: bigint }>();
  for (const port of MANAGEMENT_PORTS)
    for (const stream of flows.streamsOfPort(port).slice(0, MAX_STREAMS)) {
      const { server, tcp } = flows.flow(stream);
      if (server.port !== port || tcp.opening !== 'open') continue;
      const key = `${server.address} ${port}`;
      const known = found.get(key);
      if (known === undefined) {
        if (found.size < MAX_ACCEPTED) found.set(key, { address: server.address, port, first: tcp.first, last: tcp.last });
      } else if (tcp.last > known.last) known.last = tcp.last;
    }
  return [...found.values()];
}
