import type { Expr } from '@winmedic/knowledge/model';
import type { ConnectionAttempt } from '../model/connection.ts';
import type { InstantNs } from '../model/observation.ts';
import type { Stop } from '../model/timeline.ts';
import type { Coincidence, Evaluation } from '../model/verdict.ts';
import type { Case } from './case.ts';

/** A fact taken as known, to see what it would change: it held at the stop, or happened in the very minute of it. */
export interface Assumption {
  readonly fact: string;
  readonly value: string;
}

/** An attempt to connect, with its beginning and end on the clock of the host, where the host's logs are written. */
export interface JudgedAttempt {
  readonly attempt: ConnectionAttempt;
  readonly from: InstantNs;
  readonly to: InstantNs;
  /** Made just now, so that a value of now speaks of it. */
  readonly ofNow: boolean;
}

/** What an expression is asked about: one stop, one attempt to connect, or a host over all evidence. */
export interface Scope {
  readonly theCase: Case;
  readonly host: string;
  readonly stop?: Stop;
  readonly connection?: JudgedAttempt;
  /** Facts and windows are those of the whole evidence, also when a stop is looked at (causes of scope `host`). */
  readonly wholeHost: boolean;
  readonly assume?: Assumption;
  /** Results by expression, for this scope without an assumption. */
  readonly results: Map<Expr, Evaluation>;
  /** Coincidence tests made, by key; shared by the stops of a case. */
  readonly coincidences: Map<string, Coincidence | undefined>;
}
