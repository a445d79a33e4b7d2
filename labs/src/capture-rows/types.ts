import type { WritePacket } from '../capture-writer/index.ts';
import type { RowText } from '../connection-rows/types.ts';

/** How the capture of a row is made. */
export type CaptureMaking =
  /** The live doctor makes its attempt at the world of the row of this id (`CONNECTION_ROWS`), over relays that record it. */
  | { readonly by: 'relay'; readonly connectionRow: string }
  /** The same with a healthy world of this id (`HEALTHY_WORLDS`). */
  | { readonly by: 'relay'; readonly healthyWorld: string }
  /** Written by hand. */
  | { readonly by: 'frames'; readonly frames: () => readonly WritePacket[] | Promise<readonly WritePacket[]> };

/** What the doctor has to say about a capture. */
export interface CaptureExpectation {
  /**
   * Id of the cause that is the verdict; null: "no fault found"; `not-visible`: a capture cannot show it, so no cause may be named for it (the cause
   * of what the capture does show is in {@link instead}).
   */
  readonly cause: string | null | 'not-visible';
  /** With `not-visible`: the verdict that the same packets do carry, null for none. */
  readonly instead?: string | null;
  /** Why a capture cannot show it. */
  readonly why?: RowText;
  readonly grade: 'confirmed' | 'likely' | 'inconclusive';
  /** First rung that failed; empty: none. */
  readonly failed: string;
  /** Id of a finding that stands beside the verdict. */
  readonly beside?: string;
}

/** One capture of a row of the diagnosis table. */
export interface CaptureRow {
  /** Number of the row; 0 for what stands beside the table, healthy ones included. */
  readonly row: number;
  readonly id: string;
  readonly how: RowText;
  readonly making: CaptureMaking;
  readonly expected: CaptureExpectation;
}
