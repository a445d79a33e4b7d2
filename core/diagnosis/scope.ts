import type { Expr } from '@winmedic/knowledge/model';
import type { Stop } from '../model/timeline.ts';
import type { Coincidence, Evaluation } from '../model/verdict.ts';
import type { Case } from './case.ts';

/** A fact taken as known, to see what it would change: it held at the stop, or happened in the very minute of it. */
export interface Assumption {
  readonly fact: string;
  readonly value: string;
}

/** What an expression is asked about: one stop, or a host over all evidence. */
export interface Scope {
  readonly theCase: Case;
  readonly host: string;
  readonly stop?: Stop;
  /** Facts and windows are those of the whole evidence, also when a stop is looked at (causes of scope `host`). */
  readonly wholeHost: boolean;
  readonly assume?: Assumption;
  /** Results by expression, for this scope without an assumption. */
  readonly results: Map<Expr, Evaluation>;
  /** Coincidence tests made, by key; shared by the stops of a case. */
  readonly coincidences: Map<string, Coincidence | undefined>;
}
