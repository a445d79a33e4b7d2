import type { Cause, Check, Localized, Requirement } from '@winmedic/knowledge/model';
import type { FactObservation, InputProblem, InstantNs, Observation } from './observation.ts';
import type { Stop, Timeline } from './timeline.ts';

/** Three-valued truth with what it rests on. */
export interface Evaluation {
  readonly value: 'true' | 'false' | 'unknown';
  /** Observations that make it so (for absence: none; `covered` says which channel and span was looked at). */
  readonly evidence: readonly Observation[];
  /** Why, in both languages: "4625 #8121 at …", "no coverage: Security starts later", "today's value; was it changed since?". */
  readonly because: Localized;
  /** Facts or channels that would decide an unknown. */
  readonly missing: readonly Missing[];
  /**
   * Set on an unknown that something given speaks for, though another thing contradicts it or its time is not certain. Where it would
   * exclude or weaken a cause it blocks *confirmed*; a plain unknown does not.
   */
  readonly disputed?: true;
}

/** Something that was not available and would help. */
export interface Missing {
  readonly kind: 'fact' | 'channel' | 'record';
  /** Fact name, channel name or event (`Security/4625`). */
  readonly name: string;
  readonly text: Localized;
  readonly command?: string;
}

/** Verdict words (decision 5 of the architecture): confirmed, likely, inconclusive, ruled out. */
export type Grade = 'confirmed' | 'likely' | 'inconclusive' | 'ruled_out';

/** One item of a cause with its outcome. */
export interface JudgedRequirement {
  readonly role: 'required' | 'supporting' | 'refutes' | 'weakens';
  readonly requirement: Requirement;
  readonly evaluation: Evaluation;
}

/** A cause as judged for one stop (or one host). */
export interface JudgedCause {
  readonly cause: Cause;
  readonly grade: Grade;
  /** The reason of the grade in one line. */
  readonly because: Localized;
  readonly items: readonly JudgedRequirement[];
  readonly missing: readonly Missing[];
  /** Something in the evidence points to it (a likely-stage requirement or a support is true): shown among the open ones. */
  readonly pointed: boolean;
}

/** One numbered link of the chain of evidence. */
export interface ChainLink {
  readonly role: 'cause' | 'mechanism' | 'symptom';
  readonly text: Localized;
  readonly support: 'observed' | 'derived' | 'stated' | 'assumed';
  readonly evidence: readonly Observation[];
}

/** A stop with its verdict. */
export interface Incident {
  readonly id: string;
  readonly kind: 'stop';
  readonly stop: Stop;
  readonly verdict: { readonly grade: Exclude<Grade, 'ruled_out'>; readonly cause?: JudgedCause; readonly sentence: Localized };
  readonly chain: readonly ChainLink[];
  /** Every cause considered for this stop, verdict's own included, best grade first. */
  readonly considered: readonly JudgedCause[];
  readonly missing: readonly Missing[];
  /** The one next check that would separate what is left. */
  readonly nextCheck?: { readonly check: Check; readonly separates: readonly string[]; readonly text: Localized };
}

/** Result of a diagnosis: the JSON is made from this. */
export interface Diagnosis {
  readonly timeline: Timeline;
  readonly incidents: readonly Incident[];
  /** Causes of scope `host` with their grade per host (exposure, reasoning, false alarms, separate problems, dead ends). */
  readonly findings: readonly { readonly host: string; readonly judged: JudgedCause }[];
  /** Dead ends people try first, over the whole case: status earned from evidence or "not checkable, because …". */
  readonly deadEnds: readonly DeadEnd[];
  readonly coincidence: readonly Coincidence[];
  /** Settings changed after the stops they could explain. */
  readonly repairs: readonly SuspectRepair[];
  readonly problems: readonly InputProblem[];
  readonly madeAt: InstantNs;
}

/** A setting that was changed, after the last stop it could have led to, to a value with which the cause would not hold. */
export interface SuspectRepair {
  readonly host: string;
  readonly fact: FactObservation;
  /** The causes it would have prevented. */
  readonly causes: readonly Cause[];
  readonly text: Localized;
}

/** What people usually suspect first, with the status the evidence gives it. */
export interface DeadEnd {
  readonly cause: Cause;
  readonly host: string;
  readonly status: 'ruled_out' | 'not_checkable' | 'open' | 'holds';
  readonly because: Localized;
  readonly evidence: readonly Observation[];
}

/** The coincidence test of one signature (stops.md 7.4). */
export interface Coincidence {
  readonly host: string;
  readonly signature: string;
  readonly derived: string;
  readonly windowSeconds: number;
  readonly k: number;
  readonly n: number;
  /** Share of the covered time lying in windows after such observations. */
  readonly q: number;
  readonly p: number;
  readonly bound: number;
}
