import type { WritePacket } from '../capture-writer/index.ts';
import type { RowConnect, RowEvidence, RowText, RowWorld } from '../connection-rows/types.ts';

/** How the capture of a row is made. */
export type CaptureMaking =
  /** The live doctor makes its attempt at a world, over relays that record it. The world may differ from that of the live row of the same id. */
  | { readonly by: 'relay'; readonly world: () => RowWorld; readonly connect: RowConnect }
  /** Written by hand, or recorded from another client than the doctor. */
  | { readonly by: 'frames'; readonly frames: () => readonly WritePacket[] | Promise<readonly WritePacket[]> };

/** What the doctor has to say about a capture. */
export interface CaptureExpectation {
  /**
   * Id of the cause that is the verdict; null: none ("no fault found" with {@link failed} empty); `not-visible`: the capture cannot show what is wrong,
   * so nothing may be named that is wrong, unless it is one of {@link instead}.
   */
  readonly cause: string | null | 'not-visible';
  /** With `not-visible`: causes that the same packets do suggest and that may be named, never as confirmed. */
  readonly instead?: readonly string[];
  /** With `not-visible`: why. */
  readonly why?: RowText;
  /** Of the verdict; with `not-visible` the best it may be. */
  readonly grade: 'confirmed' | 'likely' | 'inconclusive';
  /** First rung that failed; empty: none. With `not-visible` not looked at. */
  readonly failed: string;
  /** Id of a finding that stands beside the verdict. */
  readonly beside?: string;
}

/** One capture of a row of the diagnosis table. */
export interface CaptureRow {
  /** Number of the row; 0 for what stands beside the table, healthy ones included. */
  readonly row: number;
  readonly id: string;
  /** Id of the live row of `CONNECTION_ROWS` whose case it is. */
  readonly liveRow?: string;
  readonly how: RowText;
  readonly making: CaptureMaking;
  /** Names of hosts that were meant, where the capture alone does not tell (a name server is all that was asked). */
  readonly hosts?: readonly string[];
  /** What is given beside the capture. */
  readonly evidence?: RowEvidence;
  readonly expected: CaptureExpectation;
}
