import type { ConnectionDiagnosis, Diagnosis } from '@winmedic/core/model';
import type { Language, Localized } from '@winmedic/knowledge/model';
import { groupsOf, targetName, type VerdictGroup } from '../connection/view.ts';
import { messages } from '../text/index.ts';

/** Attempts to connect that captures, traces and logs of a case show, judged; told in one report with its stops. */
export interface RecordedConnections {
  readonly diagnoses: readonly ConnectionDiagnosis[];
  /** What belongs to no rung: equal attempts folded into one, clocks compared. `attempt` is an index into {@link diagnoses}. */
  readonly notes: readonly { readonly kind: string; readonly attempt?: number; readonly count: number; readonly text: Localized }[];
  /** Also print the conversations in words. */
  readonly explain?: boolean;
}

const GRADE_RANK = { confirmed: 0, likely: 1, inconclusive: 2 } as const;
/** Worse than an attempt that went well, better than anything that failed. */
const CALM_RANK = 3;

function rankOf({ outcome, verdict }: ConnectionDiagnosis): number {
  return outcome === 'failed' || verdict.cause !== undefined ? GRADE_RANK[verdict.grade] : CALM_RANK;
}

/** Is what the recordings show worse than the stops? Of equals the stops come first. */
export function connectionsFirst({ incidents }: Diagnosis, { diagnoses }: RecordedConnections): boolean {
  if (incidents.length === 0) return true;
  const stops = Math.min(...incidents.map(({ verdict }) => GRADE_RANK[verdict.grade]));
  return diagnoses.some((one) => rankOf(one) < stops);
}

/** The groups of attempts, worst first. */
export function recordedGroups(recorded: RecordedConnections): VerdictGroup[] {
  return groupsOf(recorded).sort((a, b) => rankOf(a.shown) - rankOf(b.shown));
}

/** What else is known of an attempt. */
export function notesOf({ diagnoses, notes }: RecordedConnections): (one: ConnectionDiagnosis) => Localized[] {
  return (one) => {
    const index = diagnoses.indexOf(one);
    return notes.filter(({ attempt }) => attempt === index).map(({ text }) => text);
  };
}

/** What is known of the recordings as a whole. */
export function generalNotes({ notes }: RecordedConnections): Localized[] {
  return notes.filter(({ attempt }) => attempt === undefined).map(({ text }) => text);
}

/** The answer where nothing is wrong or nothing was tried; undefined where the verdicts say it themselves. */
export function calmSentence({ timeline }: Diagnosis, { diagnoses }: RecordedConnections, lang: Language): string | undefined {
  const words = messages(lang).traffic;
  const conversations = timeline.evidence.conversations.length;
  if (diagnoses.length === 0) return words.noAttempt(conversations);
  if (diagnoses.some(({ outcome }) => outcome !== 'ok')) return undefined;
  return conversations > 0 ? words.noFault(conversations) : words.noFaultAttempts(diagnoses.length);
}

/** Are there only recordings, and no log that could show a stop? Nothing is said of stops then. */
export function onlyTraffic({ timeline, incidents }: Diagnosis): boolean {
  const { dumps, sources } = timeline.evidence;
  const logs = new Set(sources.filter(({ kind }) => kind === 'evtx').map(({ id }) => id));
  return incidents.length === 0 && dumps.length === 0 && !timeline.coverage.some(({ sourceIds }) => sourceIds.some((id) => logs.has(id)));
}

/** Title of a report about recordings alone: the one target, or their number. */
export function recordedTitle({ diagnoses }: RecordedConnections, lang: Language): string {
  const m = messages(lang);
  const names = [...new Set(diagnoses.map(targetName))];
  return m.connection.title(names.length === 1 ? (names[0] as string) : m.recorded.hosts(diagnoses.length));
}
