import type { CaptureRow } from './types.ts';

/** Every row of the diagnosis table with at least one capture. */
export const CAPTURE_ROWS: readonly CaptureRow[] = [];
