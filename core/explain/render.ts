import { type EventKnowledge, type Knowledge, type Language, loadKnowledge } from '@winmedic/knowledge';
import type { EventObservation } from '../model/index.ts';
import { DUMP_PROVIDER, dumpMessage } from './dump-message.ts';
import { FORMATS } from './formats.ts';

/** Longest value shown in a message; scripts and dumps are far longer and stay in the appendix. */
const MAX_VALUE = 300;

const indexes = new WeakMap<Knowledge, Map<string, EventKnowledge[]>>();

/** Entries of the knowledge base for an event id; provider and, when several remain, channel decide. */
export function eventKnowledge(knowledge: Knowledge, provider: string, id: number, channel = ''): EventKnowledge | undefined {
  let index = indexes.get(knowledge);
  if (!index) {
    index = new Map();
    for (const entry of knowledge.events) {
      const key = `${entry.provider.toLowerCase()}/${entry.id}`;
      index.set(key, [...(index.get(key) ?? []), entry]);
    }
    indexes.set(knowledge, index);
  }
  const entries = index.get(`${provider.toLowerCase()}/${id}`) ?? [];
  return entries.find((entry) => entry.channel.toLowerCase() === channel.toLowerCase()) ?? entries[0];
}

/**
 * The event in one sentence, in Japanese or English, from its fields: never from localised text of the log. An event the knowledge base does
 * not describe gives its fields.
 */
export function renderMessage(event: EventObservation, lang: Language, knowledge: Knowledge = loadKnowledge()): string {
  if (event.provider === DUMP_PROVIDER) return dumpMessage(event, lang, knowledge);
  const entry = eventKnowledge(knowledge, event.provider, event.eventId, event.channel);
  if (!entry) {
    const fields = [...event.fields].filter(([, value]) => value !== '').slice(0, 12);
    return fields.length > 0 ? fields.map(([name, value]) => `${name}=${cut(value)}`).join(', ') : `${event.provider} ${event.eventId}`;
  }
  return entry.message[lang].replaceAll(/\{([^{}|]+)(?:\|(\w+))?\}/g, (_, name: string, format: string | undefined) => {
    const value = cut((fieldOf(event, name) ?? '').trim());
    if (value === '') return '-';
    return format && Object.hasOwn(FORMATS, format) ? FORMATS[format]!(value, lang, knowledge) : value;
  });
}

/**
 * A field as the message names it. `A,B` takes the first that the record has (builds name some fields differently); `param3` is the third unnamed
 * value on builds that store 1074 without names (2008 R2); `UserSid` without such a field is the account of System/Security.
 */
export function fieldOf(event: EventObservation, names: string): string | undefined {
  for (const name of names.split(',')) {
    const param = /^param(\d{1,2})$/.exec(name);
    const value = event.fields.get(name) ?? (param ? event.fields.get(`Data[${Number(param[1]) - 1}]`) : undefined);
    if (value !== undefined) return value;
  }
  return names === 'UserSid' ? event.userSid : undefined;
}

function cut(value: string): string {
  return value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE)}…` : value;
}
