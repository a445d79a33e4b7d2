import type { CapturedConversation } from '../../../model/conversation.ts';
import type { InstantNs } from '../../../model/observation.ts';
import { say } from '../../text.ts';
import type { AttemptDraft } from '../draft.ts';
import type { RecordedEvidence, RecordedNote } from '../types.ts';
import { abs, type ClockOffset, clockOffset, SAME_EXCHANGE_NS } from './clocks.ts';
import { type LoginMark, type MarkedDraft, type Marks, wireMarks } from './marks.ts';
import { takeOver } from './take-over.ts';
import type { TraceDraft } from './trace-drafts.ts';

/** Drafts of all recordings, in time order, with how far their clocks are apart. */
export interface Joined {
  readonly drafts: readonly AttemptDraft[];
  readonly notes: readonly RecordedNote[];
}

/** Attempts compared one by one: each pair costs, and a recording with more has a scan in it. */
const MAX_COMPARED = 1000;

/** Drafts of one recording, with one clock. */
interface Side {
  readonly path: string;
  readonly drafts: readonly MarkedDraft[];
}

/**
 * Joins what captures and traces show of the same attempts: the client's side from the capture or its own trace, the host's side from the trace and log of the
 * host. The clocks of two recordings are compared by exchanges both show; without that, and where more than one pairing is possible, attempts stay apart.
 */
export function withTraces(drafts: readonly AttemptDraft[], traces: readonly TraceDraft[], evidence: RecordedEvidence): Joined {
  const notes: RecordedNote[] = [];
  const gone = new Set<AttemptDraft>();
  const paths = new Map((evidence.traces ?? []).map(({ sourceId, path }) => [sourceId, path]));
  const servers = sidesOf(
    traces.filter(({ end }) => end === 'server'),
    paths,
  );
  const clients = sidesOf(
    traces.filter(({ end }) => end === 'client'),
    paths,
  );
  const wires = wireSides(drafts, evidence);
  const join = (first: Side, second: Side): void => {
    const offset = clockOffset(
      first.drafts.map(({ marks }) => marks),
      second.drafts.map(({ marks }) => marks),
    );
    if (offset === undefined) return;
    const pairs = pairsOf(first, second, offset, gone);
    if (pairs.length === 0) return;
    notes.push(clockNote(first.path, second.path, offset));
    for (const [one, other] of pairs) if (takeOver(one.draft, other.draft, offset.ns, evidence.conversations)) gone.add(other.draft);
  };
  for (const server of servers) for (const wire of wires) join(wire, server);
  for (const server of servers) for (const client of clients) join(client, server);
  const all = [...drafts, ...traces.map(({ draft }) => draft)].filter((draft) => !gone.has(draft));
  all.sort((a, b) => (a.start.startedAt < b.start.startedAt ? -1 : a.start.startedAt > b.start.startedAt ? 1 : 0));
  return { drafts: all, notes };
}

function sidesOf(traces: readonly TraceDraft[], paths: ReadonlyMap<string, string>): Side[] {
  const sides = new Map<string, TraceDraft[]>();
  for (const trace of traces) {
    const list = sides.get(trace.sourceId);
    if (list === undefined) sides.set(trace.sourceId, [trace]);
    else if (list.length < MAX_COMPARED) list.push(trace);
  }
  return [...sides].map(([sourceId, list]) => ({
    path: paths.get(sourceId) ?? list[0]?.draft.records[0]?.origin.path ?? sourceId,
    drafts: list,
  }));
}

/** Attempts of captures by file and host: a trace is of one host. */
function wireSides(drafts: readonly AttemptDraft[], { conversations }: RecordedEvidence): Side[] {
  const sides = new Map<string, { path: string; drafts: MarkedDraft[] }>();
  for (const draft of drafts.slice(0, MAX_COMPARED)) {
    if (draft.start.via !== 'winrm') continue;
    const talk = conversations.find((each) => isOf(each, draft));
    if (talk === undefined) continue;
    const key = `${talk.sourceId} ${draft.start.servers?.join(' ')}`;
    const side = sides.get(key) ?? { path: talk.path, drafts: [] };
    sides.set(key, side);
    side.drafts.push({ draft, marks: wireMarks(draft, conversations) });
  }
  return [...sides.values()];
}

function isOf({ conversation }: CapturedConversation, { start }: AttemptDraft): boolean {
  return (
    conversation.client.address === start.client &&
    start.servers?.includes(conversation.server.address) === true &&
    conversation.first <= start.endedAt &&
    conversation.last >= start.startedAt
  );
}

/** Pairs that show the same exchange and have no other partner. */
function pairsOf(first: Side, second: Side, { ns }: ClockOffset, gone: ReadonlySet<AttemptDraft>): [MarkedDraft, MarkedDraft][] {
  const partners = (of: MarkedDraft, list: readonly MarkedDraft[], shift: InstantNs) =>
    list.filter((each) => share(of.marks, each.marks, shift));
  const free = second.drafts.filter(({ draft }) => !gone.has(draft));
  return first.drafts.flatMap((one): [MarkedDraft, MarkedDraft][] => {
    const found = partners(one, free, ns);
    const [other] = found;
    if (other === undefined || found.length > 1 || partners(other, first.drafts, -ns).length > 1) return [];
    return [[one, other]];
  });
}

/** Do they show one request, or one login at the same moment? */
function share(one: Marks, other: Marks, shift: InstantNs): boolean {
  for (const id of one.messages.keys()) if (other.messages.has(id)) return true;
  return one.logins.some((a) => other.logins.some((b) => isSameLogin(a, b) && abs(b.at - a.at - shift) <= SAME_EXCHANGE_NS));
}

/** A 401 without a name may be of any login that was refused. */
function isSameLogin(a: LoginMark, b: LoginMark): boolean {
  return a.user === b.user || ((a.user === '' || b.user === '') && a.refused && b.refused);
}

function clockNote(first: string, second: string, { ns, shared, by }: ClockOffset): RecordedNote {
  const milliseconds = Number(abs(ns) / 1_000_000n);
  const seconds = (milliseconds / 1000).toFixed(3);
  const how = by === 'messages' ? say('requests', '要求') : say('logins', 'ログオン');
  return {
    kind: 'clocks',
    count: shared,
    text:
      milliseconds === 0
        ? say(
            `the clocks of ${first} and ${second} agree, by ${shared} ${how.en} both show`,
            `${first} と ${second} の時計は一致しています (両方に記録された${how.ja} ${shared} 件で比較)`,
          )
        : say(
            `the clock of ${second} is ${seconds} s ${ns < 0n ? 'behind' : 'ahead of'} that of ${first}, by ${shared} ${how.en} both show`,
            `${second} の時計は ${first} の時計より ${seconds} 秒${ns < 0n ? '遅れています' : '進んでいます'} (両方に記録された${how.ja} ${shared} 件で比較)`,
          ),
  };
}
