import type { Conversation, Message } from '@winmedic/capture';
import type { CapturedConversation } from '../../model/conversation.ts';
import type { InstantNs } from '../../model/observation.ts';
import type { SeenAt } from '../ladder.ts';

/** A conversation with the capture it stands in. */
export type Talk = CapturedConversation;

/** What cannot be told of a conversation whose beginning or other direction is missing. */
const ONE_SIDED: ReadonlySet<Conversation['unknown'][number]> = new Set(['client-side-missing', 'server-side-missing']);
const HOLES: ReadonlySet<Conversation['unknown'][number]> = new Set(['gap', 'limit', 'sliced', ...ONE_SIDED]);

/** Where a message stands. */
export function placeOf(talk: Talk, message: Pick<Message, 'at' | 'frame'>): SeenAt {
  return { at: message.at, origin: { sourceId: talk.sourceId, path: talk.path, frame: message.frame } };
}

/** Where a conversation begins. */
export function startOf(talk: Talk): SeenAt {
  const frame = talk.conversation.tcp?.firstFrame ?? talk.conversation.messages[0]?.frame;
  return {
    at: talk.conversation.first,
    origin: { sourceId: talk.sourceId, path: talk.path, ...(frame === undefined ? {} : { frame }) },
  };
}

/** Only one direction of it was recorded. */
export function isOneSided({ conversation }: Talk): boolean {
  return conversation.unknown.some((each) => ONE_SIDED.has(each));
}

/** Something may be missing in the middle: that no answer is there then means nothing. */
export function hasHoles({ conversation }: Talk): boolean {
  return conversation.unknown.some((each) => HOLES.has(each));
}

/** Whole milliseconds between two moments, never negative. */
export function msBetween(from: InstantNs, to: InstantNs): number {
  return Math.max(0, Math.round(Number(to - from) / 1e6));
}
