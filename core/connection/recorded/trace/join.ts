import type { AttemptDraft } from '../draft.ts';
import type { RecordedEvidence, RecordedNote } from '../types.ts';
import type { TraceDraft } from './trace-drafts.ts';

/** Drafts of all recordings, in time order, with how far their clocks are apart. */
export interface Joined {
  readonly drafts: readonly AttemptDraft[];
  readonly notes: readonly RecordedNote[];
}

/** Joins what captures and traces show of the same attempts. */
export function withTraces(drafts: readonly AttemptDraft[], traces: readonly TraceDraft[], _evidence: RecordedEvidence): Joined {
  const all = [...drafts, ...traces.map(({ draft }) => draft)];
  all.sort((a, b) => (a.start.startedAt < b.start.startedAt ? -1 : a.start.startedAt > b.start.startedAt ? 1 : 0));
  return { drafts: all, notes: [] };
}
