import { eventKnowledge, renderMessage } from '@winmedic/core/explain';
import type { EventObservation } from '@winmedic/core/model';
import { loadKnowledge } from '@winmedic/knowledge';
import type { Language } from '@winmedic/knowledge/model';
import { pick } from './text/index.ts';

/** The record in one sentence, rendered from its fields in a language; for events the knowledge base does not describe, the fields. */
export function eventMessage(event: EventObservation, lang: Language): string {
  return renderMessage(event, lang);
}

/** What the event id means in a few words; empty for events the knowledge base does not describe. */
export function eventTitle(event: EventObservation, lang: Language): string {
  const entry = eventKnowledge(loadKnowledge(), event.provider, event.eventId, event.channel);
  return entry ? pick(entry.title, lang) : '';
}
