import { diagnoseConnection } from '@winmedic/core/diagnosis';
import type { ConnectionDiagnosis, Evidence, JudgedCause, Timeline } from '@winmedic/core/model';
import type { Knowledge } from '@winmedic/knowledge';
import { formatTime, type RecordedConnections } from '@winmedic/report';
import type { Context } from './context.ts';
import { nowNs } from './times.ts';

/** What says how an attempt was made, not what the host did. */
const OWN_CHOICE = /^connection\.(via|target\.(kind|transport)|client\..+)$/;

/** Ruled out only because the attempt went another way (DCOM, where WinRM was asked for): nobody suspected it. */
function besideThePoint({ cause, grade, items }: JudgedCause): boolean {
  if (grade !== 'ruled_out' || items.some(({ role, evaluation }) => role === 'refutes' && evaluation.value === 'true')) return false;
  const required = items.filter(({ role }) => role === 'required');
  const against = required.find(({ evaluation }, n) => cause.required[n]?.necessary === true && evaluation.value === 'false');
  const evidence = against?.evaluation.evidence ?? [];
  return evidence.length > 0 && evidence.every((seen) => seen.type === 'fact' && OWN_CHOICE.test(seen.name));
}

/**
 * What the reports tell: without the causes nothing points to (four of five) and those that belong to another way of connecting, and of causes
 * that do not hold only the reason. Over thousands of hosts the rest would fill the memory.
 */
export function told(diagnosis: ConnectionDiagnosis): ConnectionDiagnosis {
  const holds = ({ grade }: JudgedCause): boolean => grade === 'confirmed' || grade === 'likely';
  const considered = diagnosis.considered
    .filter((judged) => (judged.pointed && !besideThePoint(judged)) || holds(judged))
    .map((judged) => (holds(judged) ? judged : { ...judged, items: [] }));
  return { ...diagnosis, considered };
}

/** Is anything among the evidence that shows what somebody tried? Logs of a host alone are full of logins that nobody asks about. */
function showsAttempts({ captures, traces, sources, events }: Evidence): boolean {
  if (captures.length + traces.length > 0 || sources.some(({ kind }) => kind === 'tool-log')) return true;
  // Texts of traces name no computer.
  return events.some(({ host, channel }) => host === '' && channel.endsWith('/Trace'));
}

/** What is asked of recordings. */
export interface RecordedRequest {
  /** Names of hosts that were meant. */
  readonly hosts: readonly string[];
  /** Print the conversations. */
  readonly explain: boolean;
  /** Keep the conversations in words, for a report that has room for them. */
  readonly words: boolean;
}

/** Attempts to connect that captures, traces and logs of tools show, judged with the whole case; undefined when nothing among the evidence could show one. */
export async function recordedConnections(
  context: Context,
  timeline: Timeline,
  knowledge: Knowledge,
  { hosts, explain, words }: RecordedRequest,
): Promise<RecordedConnections | undefined> {
  const { evidence } = timeline;
  if (!showsAttempts(evidence)) return undefined;
  // The protocols behind it are loaded only when there is something to read.
  const { recordedAttempts } = await import('@winmedic/core/connection');
  const judging = { timeline, madeAt: nowNs(), formatTime: (at: bigint) => formatTime(at, context.zone, context.lang) };
  return context.sync(() => {
    const { attempts, notes } = recordedAttempts({ ...evidence, events: timeline.events }, { conversation: explain || words, hosts });
    if (attempts.length === 0 && evidence.captures.length + evidence.traces.length === 0) return undefined;
    return { diagnoses: attempts.map((attempt) => told(diagnoseConnection(attempt, knowledge, judging))), notes, explain };
  });
}
