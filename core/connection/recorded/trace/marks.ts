import type { CapturedConversation } from '../../../model/conversation.ts';
import type { InstantNs } from '../../../model/observation.ts';
import type { AttemptDraft } from '../draft.ts';
import { httpTalk, type LoginSeen } from '../exchanges.ts';
import { partsOf } from './account.ts';

/** A login at a moment. */
export interface LoginMark {
  /** Without domain, lower case; empty where nobody is named. */
  readonly user: string;
  readonly at: InstantNs;
  /** A 401 ended it, or came right behind it. */
  readonly refused: boolean;
}

/** What tells that two recordings show the same exchange, each in its own clock. */
export interface Marks {
  /** Requests in clear, by MessageID: no two requests have the same one. */
  readonly messages: ReadonlyMap<string, InstantNs>;
  readonly logins: readonly LoginMark[];
  /** Clock of the host minus that of this recording as the host itself told it, to the second. */
  readonly skewNs?: InstantNs;
}

/** A draft with what tells its exchanges in another recording. */
export interface MarkedDraft {
  readonly draft: AttemptDraft;
  readonly marks: Marks;
}

/** Marks kept of one attempt: two are enough to compare clocks. */
const MAX_MARKS = 200;

/** User of an account as text, for comparing. */
export function userOf(name: string): string {
  const { user } = partsOf(name);
  // user@domain as well.
  return (user.lastIndexOf('@') > 0 ? user.slice(0, user.lastIndexOf('@')) : user).toLowerCase();
}

/** A login of a capture, with the messages around it. */
export interface WireLogin {
  readonly login: LoginSeen;
  readonly user: string;
  readonly at: InstantNs;
}

/** Logins of a capture's attempt that came to an end. */
export function wireLogins(draft: AttemptDraft, conversations: readonly CapturedConversation[]): WireLogin[] {
  return talksOf(draft, conversations).flatMap((talk) =>
    httpTalk(talk).logins.flatMap((login): WireLogin[] => {
      const user = login.authenticate?.message.user ?? login.basicUser;
      return user === undefined || user === '' || login.answer === undefined ? [] : [{ login, user: userOf(user), at: login.answer.at }];
    }),
  );
}

function talksOf({ start }: AttemptDraft, conversations: readonly CapturedConversation[]): CapturedConversation[] {
  return conversations.filter(
    ({ conversation: { client, server, first, last } }) =>
      client.address === start.client &&
      start.servers?.includes(server.address) === true &&
      first <= start.endedAt &&
      last >= start.startedAt,
  );
}

/** Marks of a capture's attempt. */
export function wireMarks(draft: AttemptDraft, conversations: readonly CapturedConversation[]): Marks {
  const messages = new Map<string, InstantNs>();
  for (const { conversation } of talksOf(draft, conversations))
    for (const message of conversation.messages) {
      const id = message.layer === 'http' && message.kind === 'request' ? message.body.envelope?.messageId : undefined;
      if (id !== undefined && id !== '' && messages.size < MAX_MARKS) messages.set(id, message.at);
    }
  const logins = wireLogins(draft, conversations)
    .slice(0, MAX_MARKS)
    .map(({ user, at, login }) => ({ user, at, refused: login.outcome !== 'accepted' }));
  const { clock } = draft.ladder.portrait;
  const told = clock === undefined || clock.from === 'http' ? {} : { skewNs: BigInt(Math.trunc(clock.skewSeconds)) * 1_000_000_000n };
  return { messages, logins, ...told };
}
