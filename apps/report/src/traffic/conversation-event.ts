import type { CapturedConversation, EventObservation } from '@winmedic/core/model';
import type { Language, Localized } from '@winmedic/knowledge/model';
import { type JsonObject, known, localized, time } from '../json-parts.ts';
import { messages, pick } from '../text/index.ts';
import { conversationFacts } from './conversation-facts.ts';

/** Channel under which conversations of captures stand between the records of logs. */
export const CAPTURE_CHANNEL = 'Capture';

/** A conversation of a capture as a record beside those of logs. */
export interface ConversationRecord extends EventObservation {
  /** What happened, on one line. */
  readonly text: Localized;
  readonly conversation: CapturedConversation['conversation'];
}

/**
 * A conversation as a record: its protocol is the provider, its stream the record number, what happened are the fields. It has no event id (0) and no host;
 * level 2 when something was refused, else 4. The time is that of the first packet.
 */
export function conversationEvent({ sourceId, path, conversation }: CapturedConversation): ConversationRecord {
  const { protocol, failed, frame, fields, text } = conversationFacts(conversation);
  return {
    type: 'event',
    id: '',
    time: conversation.first,
    host: '',
    channel: CAPTURE_CHANNEL,
    provider: protocol,
    eventId: 0,
    version: 0,
    level: failed ? 2 : 4,
    recordId: `${conversation.transport}:${conversation.stream}`,
    fields: grouped(fields),
    origin: { sourceId, path, frame },
    trust: 'record',
    text,
    conversation,
  };
}

/** A name that comes several times has its values in one field. */
function grouped(fields: readonly (readonly [string, string])[]): Map<string, string> {
  const out = new Map<string, string>();
  for (const [name, value] of fields) {
    const known = out.get(name);
    if (known === undefined) out.set(name, value);
    else if (!known.split(', ').includes(value)) out.set(name, `${known}, ${value}`);
  }
  return out;
}

/** Is this the record of a conversation? */
export function isConversation(event: EventObservation): event is ConversationRecord {
  return event.channel === CAPTURE_CHANNEL && 'conversation' in event;
}

/** An address with its port as people write it. */
export function endText({ address, port }: { readonly address: string; readonly port: number }): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** `10.0.0.5:50000 → 10.0.0.9:5985`. */
export function endsText({ client, server }: CapturedConversation['conversation'], unicode = true): string {
  return `${endText(client)} ${unicode ? '→' : '->'} ${endText(server)}`;
}

/** What happened, on one line: ends, what was said, frame. */
export function conversationLine(record: ConversationRecord, lang: Language): string {
  const { frame } = record.origin;
  return [endsText(record.conversation), pick(record.text, lang), ...(frame ? [messages(lang).traffic.frame(frame)] : [])].join('  ');
}

/** A conversation as data: its ends, what TCP did, what happened in short. */
export function conversationToJson(record: ConversationRecord, zone: string): JsonObject {
  const { conversation, origin, text, fields, provider, level } = record;
  const { transport, stream, client, server, protocols, tcp, unknown, sameAs } = conversation;
  return {
    kind: 'conversation',
    ...time('time', conversation.first, zone),
    ...time('end', conversation.last, zone),
    path: origin.path,
    transport,
    stream,
    ...known({ frame: origin.frame }),
    client: { address: client.address, port: client.port },
    server: { address: server.address, port: server.port },
    protocol: provider,
    protocols: [...protocols],
    failed: level === 2,
    ...known({
      opening: tcp?.opening,
      packets: tcp?.packets,
      sameAs,
    }),
    unknown: [...unknown],
    text: localized(text),
    fields: [...fields].map(([name, value]) => ({ name, value })),
  };
}
