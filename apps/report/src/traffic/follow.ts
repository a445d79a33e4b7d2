import type { CapturedConversation, WireMessage } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import { formatTime } from '../format-time.ts';
import { type JsonObject, localized, time } from '../json-parts.ts';
import { TerminalPage, type TerminalStyle } from '../terminal-page.ts';
import { messages, pick } from '../text/index.ts';
import { conversationEvent, conversationToJson, endsText } from './conversation-event.ts';

/** How a followed conversation is printed. */
export interface FollowOptions extends TerminalStyle {
  readonly zone: string;
  readonly lang: Language;
}

/** Name of the field in which the words of a message carry the number of its frame. */
const FRAME = 'frame';

/** One conversation in words: its ends, what TCP did, then each message with time, frame, direction and fields. Control characters are shown, never emitted. */
export function followToText(one: CapturedConversation, told: readonly WireMessage[], options: FollowOptions): string {
  const { zone, lang } = options;
  const m = messages(lang);
  const words = m.traffic;
  const page = new TerminalPage(options);
  const { conversation } = one;
  const { transport, stream, protocols, tcp } = conversation;
  page.heading(`${words.stream(transport, stream)}  ${endsText(conversation, page.unicode)}`);
  const pair = (label: string, text: string): void => page.text(text, { indent: 2, lead: `${label}: `, leadTone: 'faint' });
  pair(words.file, one.path);
  if (protocols.length > 0) pair(words.protocols, m.list([...protocols]));
  pair(words.started, formatTime(conversation.first, zone, lang, true));
  pair(words.ended, formatTime(conversation.last, zone, lang, true));
  if (tcp !== undefined) page.text(words.traffic(tcp.packets, tcp.bytes.client, tcp.bytes.server), { indent: 2 });
  if (conversation.sameAs !== undefined) page.text(words.recordedTwice(conversation.sameAs), { indent: 2 });
  page.section(words.told);
  if (told.length === 0) page.text(words.nothingTold, { indent: 2 });
  for (const { at, direction, layer, text, fields } of told) {
    const arrow = page.unicode ? (direction === 'sent' ? '→' : '←') : direction === 'sent' ? '>' : '<';
    const frame = fields.find(([name]) => name === FRAME)?.[1];
    const where = frame === undefined ? '' : ` ${words.frame(Number(frame))}`;
    page.text(pick(text, lang), {
      indent: 2,
      lead: `${arrow} ${formatTime(at, zone, lang, true)}${where} ${layer}  `,
      leadTone: direction === 'sent' ? 'sure' : 'head',
    });
    for (const [name, value] of fields)
      if (name !== FRAME && value !== '') page.text(value, { indent: 6, lead: `${name}: `, leadTone: 'faint' });
  }
  return page.toString();
}

/** The same as data. */
export function followToJson(one: CapturedConversation, told: readonly WireMessage[], zone: string): JsonObject {
  return {
    ...conversationToJson(conversationEvent(one), zone),
    messages: told.map(({ at, direction, layer, text, fields }) => ({
      ...time('at', at, zone),
      direction,
      layer,
      text: localized(text),
      fields: fields.map(([name, value]) => ({ name, value })),
    })),
  };
}
