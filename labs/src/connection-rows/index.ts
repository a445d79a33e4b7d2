/** The diagnosis table of refused connections as worlds that can be started: each row reproduced, with what the doctor has to say. */
export { ROW_HOST, ROW_PASSWORD } from './common.ts';
export { type EvidenceFile, evidenceFiles } from './evidence.ts';
export { HEALTHY_WORLDS, type HealthyWorld } from './healthy.ts';
export { CONNECTION_ROWS } from './rows.ts';
export type {
  ConnectionRow,
  RecordedAttempt,
  RowConnect,
  RowEvidence,
  RowExpectation,
  RowPlace,
  RowText,
  RowWorld,
  RunningPlace,
} from './types.ts';
export { type RunningWorld, startWorld } from './world.ts';
