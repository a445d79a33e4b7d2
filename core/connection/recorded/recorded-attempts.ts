import type { DnsMessage } from '@winmedic/capture';
import type { ConnectionPropertyName } from '@winmedic/knowledge/model';
import type { ConnectionAttempt } from '../../model/connection.ts';
import { say } from '../text.ts';
import { dcomAttempt } from './dcom.ts';
import { AttemptDraft, type DraftStart } from './draft.ts';
import { hostOf } from './host-name.ts';
import { type Surroundings, surroundingsOf } from './lower-rungs.ts';
import { withOtherAddresses } from './other-addresses.ts';
import { placeOf, type Talk } from './place.ts';
import { rdpAttempt } from './rdp.ts';
import { type Stretch, stretchesOf, withoutDoubles } from './stretches.ts';
import { tell } from './tell.ts';
import { withTraces } from './trace/join.ts';
import { traceDrafts } from './trace/trace-drafts.ts';
import type { RecordedAttempts, RecordedEvidence, RecordedNote, RecordedOptions } from './types.ts';
import { winrmAttempt } from './winrm.ts';

/** Attempts that are told one by one: a report with more is read by nobody, and a scan has thousands. */
const MAX_ATTEMPTS = 200;
/** Stretches that look the same at first sight and are looked into: a program that polls for weeks says the same each time. */
const MAX_ALIKE = 1000;
/** Attempts that are put together at all before equal ones are folded: each costs as much as its conversations. */
const MAX_DRAFTS = 5000;
/** Attempts whose messages are kept in words: each may have two thousand. */
const MAX_TOLD = 2 * MAX_ATTEMPTS;
/** A and AAAA. */
const ADDRESS_TYPES: ReadonlySet<number> = new Set([1, 28]);
/** RCODEs (RFC 1035 section 4.1.1). */
const NXDOMAIN = 3;
const SERVFAIL = 2;

/** Drafts of a recording, for those who add what a trace or a log of the same host knows. */
export interface RecordedDrafts {
  /** In time order. */
  readonly drafts: readonly AttemptDraft[];
  readonly doubles: number;
  /** Stretches beyond the cap. */
  readonly leftOut: number;
}

/** Attempts of the captures of a case, not finished yet: another source may still add to them. */
export function recordedDrafts(evidence: RecordedEvidence, options: RecordedOptions = {}): RecordedDrafts {
  const { talks, doubles } = withoutDoubles(evidence.conversations);
  const around = surroundingsOf(talks, evidence.captures);
  const stretches = withOtherAddresses(stretchesOf(talks, options.winrmPorts), talks);
  const make = { winrm: winrmAttempt, dcom: dcomAttempt, rdp: rdpAttempt } as const;
  const chosen = chosenOf(stretches);
  const drafts = chosen.map((stretch, index) =>
    make[stretch.via](stretch, around, index < MAX_TOLD ? options : { ...options, conversation: false }),
  );
  drafts.push(...failedLookUps(around, stretches, options));
  drafts.sort((a, b) => (a.start.startedAt < b.start.startedAt ? -1 : a.start.startedAt > b.start.startedAt ? 1 : 0));
  return { drafts, doubles, leftOut: stretches.length - chosen.length };
}

/** Stretches that are looked into: of those that are alike the first, and whatever is different. */
function chosenOf(stretches: readonly Stretch[]): Stretch[] {
  const seen = new Map<string, number>();
  const chosen = stretches.filter(({ via, client, server, port, mark }) => {
    const key = JSON.stringify([via, client, server, port, mark.opened, mark.account, mark.outcome]);
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return count <= MAX_ALIKE;
  });
  return chosen.slice(0, MAX_DRAFTS);
}

/**
 * Attempts to manage a host out of what captures, traces and logs show, as a live attempt would have seen them: what none of them shows stays unknown. What
 * several show of the same attempt is one, where it is certain that it is the same. Equal attempts of
 * one client, host, way and account are one, with their number in the notes.
 */
export function recordedAttempts(evidence: RecordedEvidence, options: RecordedOptions = {}): RecordedAttempts {
  const { drafts, doubles, leftOut } = recordedDrafts(evidence, options);
  const joined = withTraces(drafts, traceDrafts(evidence, options), evidence);
  const { attempts, notes } = foldAttempts(joined.drafts, { doubles, leftOut });
  return { attempts, notes: [...notes, ...joined.notes] };
}

/** Finishes drafts and folds equal ones. Of more than the cap the failed ones stay. */
export function foldAttempts(
  drafts: readonly AttemptDraft[],
  { doubles, leftOut }: { readonly doubles: number; readonly leftOut: number } = { doubles: 0, leftOut: 0 },
): RecordedAttempts {
  const folded = new Map<string, { readonly attempt: ConnectionAttempt; count: number }>();
  for (const draft of drafts) {
    const attempt = draft.finish();
    const key = signature(attempt, draft.start);
    const known = folded.get(key);
    if (known === undefined) folded.set(key, { attempt, count: 1 });
    else known.count++;
  }
  const all = [...folded.values()];
  const kept =
    all.length <= MAX_ATTEMPTS
      ? all
      : new Set([...all.filter(hasFailed), ...all.filter((each) => !hasFailed(each))].slice(0, MAX_ATTEMPTS));
  const shown = all.length <= MAX_ATTEMPTS ? all : all.filter((each) => (kept as ReadonlySet<(typeof all)[number]>).has(each));
  const notes: RecordedNote[] = shown.flatMap(({ count }, index) => (count === 1 ? [] : [foldedNote(index, count - 1)]));
  if (doubles > 0)
    notes.push({
      kind: 'twice',
      count: doubles,
      text: say(
        `${doubles} conversations were recorded at two places and counted once`,
        `2 か所で記録された通信 ${doubles} 件は 1 件として数えました`,
      ),
    });
  const left = all.length - shown.length + leftOut;
  if (left > 0)
    notes.push({
      kind: 'left-out',
      count: left,
      text: say(`${left} further attempts are not shown`, `ほかに ${left} 件の試行があります (表示なし)`),
    });
  return { attempts: shown.map(({ attempt }) => attempt), notes };
}

function foldedNote(attempt: number, count: number): RecordedNote {
  const text = say(count === 1 ? 'the same once more' : `the same ${count} more times`, `同じ試行がほかに ${count} 回`);
  return { kind: 'folded', attempt, count, text };
}

function hasFailed({ attempt }: { readonly attempt: ConnectionAttempt }): boolean {
  return attempt.rungs.some(({ verdict }) => verdict === 'failed');
}

/** Properties that are different each time and say nothing else. */
const MEASURED: ReadonlySet<string> = new Set([
  'tcp.ms',
  'clock.skewSeconds',
  'clock.skewAbs',
  'tls.expiresInDays',
  'kerberos.tokenBytes',
] satisfies ConnectionPropertyName[]);
/** A skew that matters is no measurement of chance: five minutes end Kerberos. */
const SKEW_SECONDS = 120;

/** Whom it was tried with, by whom, and what came of it. */
function signature(
  { host, port, via, transport, account, properties, rungs }: ConnectionAttempt,
  { client, servers }: Pick<DraftStart, 'client' | 'servers'>,
): string {
  const skewed = Number(properties.get('clock.skewAbs')?.value ?? 0) > SKEW_SECONDS;
  return JSON.stringify([
    client ?? '',
    servers ?? [],
    host.toLowerCase(),
    port,
    via,
    transport,
    account?.typed.toLowerCase() ?? '',
    skewed,
    [...properties]
      .filter(([name]) => !MEASURED.has(name))
      .map(([name, { value }]) => [name, value])
      .sort(),
    rungs.map(({ verdict }) => verdict),
  ]);
}

const LOOK_UP_WORDS = {
  'not-found': say('no such name', '名前が存在しない'),
  'no-address': say('the name has no address', '名前にアドレスがない'),
  'server-failed': say('the name server failed', 'ネーム サーバーが失敗'),
  timeout: say('the name server did not answer', 'ネーム サーバーの応答なし'),
} as const;

interface LookUp {
  readonly talk: Talk;
  readonly message: DnsMessage;
}

/** How all look-ups of a name ended; undefined when one gave an address, or what failed is not shown. */
function lookUpResult(seen: readonly LookUp[], last: LookUp): keyof typeof LOOK_UP_WORDS | undefined {
  if (last.message.kind === 'question') return 'timeout';
  if (seen.some(({ message }) => (message.answers ?? []).length > 0)) return undefined;
  const { rcode } = last.message;
  if (rcode === NXDOMAIN) return 'not-found';
  if (rcode === SERVFAIL) return 'server-failed';
  return rcode === 0 && ADDRESS_TYPES.has(last.message.type) ? 'no-address' : undefined;
}

/** The last question about a name, when one of its questions (A and AAAA go together) was repeated and none was ever answered. */
function unanswered(talks: readonly Talk[], wanted: string): LookUp | undefined {
  const asked = talks.flatMap((talk) => dnsOf(talk, 'question', wanted).map((message) => ({ talk, message })));
  const types = asked.map(({ message }) => message.type);
  return types.some((type, index) => types.indexOf(type) !== index) ? asked.at(-1) : undefined;
}

function dnsOf({ conversation }: Talk, kind: DnsMessage['kind'], wanted: string): DnsMessage[] {
  return conversation.messages.filter(
    (message): message is DnsMessage =>
      message.layer === 'dns' && message.kind === kind && message.name.replace(/\.$/, '').toLowerCase() === wanted,
  );
}

/** Names that were meant and that no name server knew, where nothing was tried with the host. */
function failedLookUps({ talks }: Surroundings, stretches: readonly Stretch[], options: RecordedOptions): AttemptDraft[] {
  const out: AttemptDraft[] = [];
  for (const meant of options.hosts ?? []) {
    const host = hostOf(meant);
    if (host === undefined) continue;
    const wanted = host.toLowerCase();
    const seen = talks.flatMap((talk) => dnsOf(talk, 'answer', wanted).map((message) => ({ talk, message })));
    const last = seen.at(-1) ?? unanswered(talks, wanted);
    const result = last === undefined ? undefined : lookUpResult(seen, last);
    if (last === undefined || result === undefined) continue;
    const client = last.talk.conversation.client.address;
    if (
      stretches.some(
        (stretch) => stretch.client === client && stretch.talks.some(({ conversation }) => conversation.first >= last.message.at),
      )
    )
      continue;
    const draft = new AttemptDraft({
      from: 'capture',
      via: 'winrm',
      target: {
        text: host,
        host,
        kind: host.includes('.') ? 'fqdn' : 'name',
        port: 5985,
        defaultPort: true,
        transport: 'http',
        path: '/wsman',
      },
      targetKnown: true,
      client,
      startedAt: last.talk.conversation.first,
      endedAt: last.message.at,
      conversation: options.conversation ?? true,
    });
    tell(draft, [last.talk], () => 'name');
    draft.see(placeOf(last.talk, last.message));
    draft.set('name.result', result);
    draft.rung('name', {
      verdict: 'failed',
      tried: say(`look up ${host}`, `${host} を名前解決`),
      observed: LOOK_UP_WORDS[result],
      expected: say('at least one address', '1 つ以上のアドレス'),
    });
    out.push(draft);
  }
  return out;
}
