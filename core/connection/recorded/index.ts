/** The connection ladder out of recordings: what a client and a host said to each other, as the same attempt that a live probe makes. */
export { AttemptDraft, type DraftStart, NOT_VISIBLE } from './draft.ts';
export { foldAttempts, type RecordedDrafts, recordedAttempts, recordedDrafts } from './recorded-attempts.ts';
export { followStream } from './tell.ts';
export type { RecordedAttempts, RecordedEvidence, RecordedNote, RecordedOptions } from './types.ts';
