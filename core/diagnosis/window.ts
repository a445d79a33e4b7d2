import type { Localized, Window } from '@winmedic/knowledge/model';
import type { InstantNs } from '../model/observation.ts';
import type { Stop } from '../model/timeline.ts';
import { maxNs } from '../timeline/time.ts';
import type { Case } from './case.ts';
import { durationNs, durationText } from './duration.ts';
import type { JudgedAttempt } from './scope.ts';
import { say } from './text.ts';

/** A stretch of time that is looked at, ends included, with its name for people. */
export interface Looked {
  readonly from: InstantNs;
  readonly to: InstantNs;
  readonly text: Localized;
  /** Everything that was given: a log counts for what it holds, wherever it begins and ends. */
  readonly whole?: boolean;
}

/** Between which instants a stop happened: the request is one instant, an unclean end only bounded. */
export function momentOf(stop: Stop): { readonly from: InstantNs; readonly to: InstantNs } {
  if (stop.request !== undefined) return { from: stop.request.event.time, to: stop.request.event.time };
  if (stop.class === 'clean-not-requested' || stop.class === 'sleep') return { from: stop.time, to: stop.time };
  return { from: stop.earliest, to: stop.latest };
}

/**
 * The stretch a window means for a stop (model: Window). `undefined` when its anchor is not recorded (no boot after the stop).
 * An anchor that is only bounded widens the stretch by its bounds.
 */
export function stopWindow(theCase: Case, stop: Stop, window: Window): Looked | undefined {
  const before = window.before === undefined ? 0n : durationNs(window.before);
  const after = window.after === undefined ? 0n : durationNs(window.after);
  switch (window.anchor ?? 'stop') {
    case 'stop': {
      const moment = momentOf(stop);
      return { from: moment.from - before, to: moment.to + after, text: around(before, after, say('the stop', '停止')) };
    }
    case 'end': {
      const clean = stop.class === 'requested-clean' || stop.class === 'clean-not-requested' || stop.class === 'sleep';
      const end = stop.end ?? stop.earliest;
      const to = clean ? end : maxNs(stop.latest, end);
      return { from: end - before, to: to + after, text: around(before, after, say('the end of the session', 'セッションの終わり')) };
    }
    case 'boot':
      if (stop.boot === undefined) return undefined;
      return { from: stop.boot - before, to: stop.boot + after, text: around(before, after, say('the next boot', '次の起動')) };
    case 'session': {
      const session = theCase.sessionsOf(stop.host).find((s) => s.stop === stop);
      const first = session?.boot ?? theCase.coverageOf(stop.host, 'System')?.first ?? stop.earliest;
      return { from: first, to: stop.latest, text: say('in the session that ended', 'そのセッション中') };
    }
    case 'evidence':
      return evidenceWindow(theCase, stop.host);
    case 'attempt':
      return undefined;
  }
}

/**
 * The stretch a window means for an attempt to connect. `undefined` for every other anchor: what lies elsewhere in the logs of the host says
 * nothing about this attempt.
 */
export function attemptWindow({ from, to }: JudgedAttempt, window: Window): Looked | undefined {
  if (window.anchor !== undefined && window.anchor !== 'attempt') return undefined;
  const before = window.before === undefined ? 0n : durationNs(window.before);
  const after = window.after === undefined ? 0n : durationNs(window.after);
  return { from: from - before, to: to + after, text: around(before, after, say('the attempt', '接続の試行')) };
}

/** Everything that was given for a host. */
export function evidenceWindow(theCase: Case, host: string): Looked {
  const text = say('in all the evidence', '証拠の全期間');
  let from: InstantNs | undefined;
  let to: InstantNs | undefined;
  for (const c of theCase.timeline.coverage) {
    if (c.host !== host) continue;
    if (from === undefined || c.first < from) from = c.first;
    if (to === undefined || c.last > to) to = c.last;
  }
  return { from: from ?? 0n, to: to ?? 0n, text, whole: true };
}

function around(before: bigint, after: bigint, what: Localized): Localized {
  const b = durationText(before);
  const a = durationText(after);
  if (before > 0n && before === after) return say(`within ${b.en} of ${what.en}`, `${what.ja}の前後 ${b.ja}以内`);
  if (before > 0n && after > 0n) return say(`from ${b.en} before to ${a.en} after ${what.en}`, `${what.ja}の ${b.ja}前から ${a.ja}後まで`);
  if (before > 0n) return say(`in the ${b.en} before ${what.en}`, `${what.ja}の前 ${b.ja}間`);
  if (after > 0n) return say(`in the ${a.en} after ${what.en}`, `${what.ja}の後 ${a.ja}間`);
  return say(`at ${what.en}`, `${what.ja}の時点`);
}
