/** Captures for the rows of the diagnosis table: how each is made, and what the doctor has to say about it. */
export { CAPTURE_CLIENT, CAPTURE_DC, CAPTURE_SERVER, type CaptureOf, captureOf, nameExchange, type RelayMapping } from './capture-of.ts';
export { captureEvidenceFiles } from './evidence.ts';
export { type Relay, type RelayedConnection, type RelayOptions, startRelay } from './relay.ts';
export { CAPTURE_ROWS } from './rows.ts';
export type { CaptureExpectation, CaptureMaking, CaptureRow } from './types.ts';
