import type { DerivedName, Localized } from '@winmedic/knowledge/model';
import type { EventObservation, InstantNs } from '../../model/observation.ts';
import type { Span } from '../../statistics/index.ts';
import type { Case } from '../case.ts';
import type { Judged } from '../coverage.ts';
import type { Looked } from '../window.ts';

/** Something that happened, made of one or several records. */
export interface Occurrence {
  readonly time: InstantNs;
  /** From then on it no longer counts: an RDP connection that became a session. */
  readonly until?: InstantNs;
  /** Client address, when known. */
  readonly address?: string;
  readonly evidence: readonly EventObservation[];
}

/** A derived observation that consists of occurrences and can be counted in a window. */
export interface OccurrenceKind {
  readonly form: 'occurrences';
  /** What it is called in a sentence. */
  readonly title: Localized;
  /** All occurrences of a host, by time. */
  find(theCase: Case, host: string): readonly Occurrence[];
  /** May "none in this stretch" be said? */
  judge(theCase: Case, host: string, looked: Looked): Judged;
  /** May an occurrence be relied on that looks present at a stop? Absent: always. */
  rely?(theCase: Case, host: string, occurrence: Occurrence, stop: InstantNs): Judged;
  /** The time for which occurrences are recorded without holes. */
  covered(theCase: Case, host: string): readonly Span[];
}

/** Occurrences of a kind on a host, found once per case. */
export function occurrencesOf(theCase: Case, name: DerivedName, kind: OccurrenceKind, host: string): readonly Occurrence[] {
  const key = `${name}\0${host}`;
  let list = theCase.occurrences.get(key);
  if (list === undefined) {
    list = kind.find(theCase, host);
    theCase.occurrences.set(key, list);
  }
  return list;
}

/** Occurrences made of single records. */
export function single(events: readonly EventObservation[], address?: (e: EventObservation) => string): Occurrence[] {
  return events.map((e) => {
    const from = address?.(e) ?? '';
    return from === '' ? { time: e.time, evidence: [e] } : { time: e.time, evidence: [e], address: from };
  });
}
