import type { CombinedFinding, Localized, SettingDefinition, SettingPlace, StateAddress } from '@winmedic/knowledge/model';
import type { InputProblem, InstantNs, Source } from './observation.ts';
import type { StateObservation } from './state.ts';

/** Which Windows a host runs, as far as the evidence says; decides defaults. */
export interface OsInfo {
  readonly build?: number;
  readonly product?: 'client' | 'server' | 'dc';
  readonly name?: string;
  /** What it rests on. */
  readonly from: readonly StateObservation[];
}

/** Why a place was not looked at. */
export interface UncheckedPlace {
  readonly place: SettingPlace;
  /** `hive-missing`: no such hive given; `not-covered`: the source given shows other parts only; `damaged`: it lies in an unreadable part; `no-source`: nothing of this kind given. */
  readonly reason: 'hive-missing' | 'not-covered' | 'damaged' | 'no-source';
  /** `SOFTWARE`, or the command whose output is needed. */
  readonly need: Localized;
}

/** Result for one setting of one host. */
export interface SettingResult {
  readonly setting: SettingDefinition;
  /**
   * `risky`: the effective value is; `ok`: it is known and is not; `noted`: it is known and only informs; `possible`: the value seen is risky (or not), but a
   * place that would win was not checked; `conflict`: sources disagree for the same time; `not-checked`: nothing was seen.
   */
  readonly status: 'risky' | 'ok' | 'noted' | 'possible-risk' | 'probably-ok' | 'conflict' | 'not-checked';
  /** Effective value in stored notation; `null`: stored nowhere and no default is known. Absent when not checked. */
  readonly value?: string | null;
  /** The value is the default of this Windows, nothing is stored. */
  readonly isDefault: boolean;
  /** The value in words (decoded), with what it rests on. */
  readonly text: Localized;
  readonly seen: readonly StateObservation[];
  readonly unchecked: readonly UncheckedPlace[];
  /** It held from/to, as far as known: last write of the key, newest write of the hive. */
  readonly since?: InstantNs;
  readonly until?: InstantNs;
}

/** Result of a combined finding. */
export interface CombinedResult {
  readonly finding: CombinedFinding;
  readonly status: 'holds' | 'possible' | 'does-not-hold' | 'unknown';
  /** Settings it rests on, in the order of the condition. */
  readonly parts: readonly { readonly setting: string; readonly outcome: 'true' | 'false' | 'unknown'; readonly result: SettingResult }[];
  readonly because: Localized;
}

/** The audit of one host. */
export interface AuditHost {
  /** Absent when no source names it. */
  readonly host?: string;
  readonly os: OsInfo;
  readonly sources: readonly string[];
  readonly settings: readonly SettingResult[];
  readonly combined: readonly CombinedResult[];
  /** Counts by status. */
  readonly counts: Readonly<Record<SettingResult['status'], number>>;
}

/** What changed between two states. */
export interface StateChange {
  readonly setting: SettingDefinition;
  readonly before: SettingResult;
  readonly after: SettingResult;
  readonly effect: 'better' | 'worse' | 'changed' | 'now-known' | 'no-longer-known';
}

/** A comparison: two hosts, or one host at two times. */
export interface StateComparison {
  readonly before: AuditHost;
  readonly after: AuditHost;
  readonly changes: readonly StateChange[];
  readonly unchanged: number;
  /** Settings not known on one side or both. */
  readonly notComparable: number;
}

/** Result of an audit: the JSON is made from this. */
export interface Audit {
  readonly hosts: readonly AuditHost[];
  readonly comparisons: readonly StateComparison[];
  readonly sources: readonly Source[];
  readonly problems: readonly InputProblem[];
  readonly madeAt: InstantNs;
}

export type { StateAddress };
