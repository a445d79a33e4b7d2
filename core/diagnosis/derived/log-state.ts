import type { Localized } from '@winmedic/knowledge/model';
import type { EventObservation } from '../../model/observation.ts';
import type { Stop } from '../../model/timeline.ts';
import type { Evaluation } from '../../model/verdict.ts';
import { maxNs, minNs } from '../../timeline/time.ts';
import type { Case } from '../case.ts';
import { judgeChannel, missingChannel } from '../coverage.ts';
import { isFalse, isTrue, isUnknown } from '../evaluation.ts';
import { joinTexts, say } from '../text.ts';
import { type Looked, momentOf } from '../window.ts';
import { SECURITY, SYSTEM, spansOfAny } from './channels.ts';
import { type OccurrenceKind, single } from './occurrence.ts';

const QUIET_NS = 600_000_000_000n;

/** A Defender definition update downloaded, begun or finished (WindowsUpdateClient 44, 43, 19 with KB2267602 in the title). */
export const definitionUpdate: OccurrenceKind = {
  form: 'occurrences',
  title: say('Defender definition update', 'Defender の定義更新'),
  find: (theCase, host) =>
    single(
      [19, 43, 44]
        .flatMap((id) => theCase.index.of(host, 'Microsoft-Windows-WindowsUpdateClient', id))
        .filter((e) => (e.fields.get('updateTitle') ?? '').toUpperCase().includes('KB2267602'))
        .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)),
    ),
  judge: (theCase, host, looked) => judgeChannel(theCase, host, SYSTEM, looked),
  covered: (theCase, host) => spansOfAny(theCase, host, [SYSTEM]),
};

/** The clock of the host was stepped by at least 60 s, or its boot time lies whole hours off. */
export const clockStep: OccurrenceKind = {
  form: 'occurrences',
  title: say('step of the clock', '時計の変更'),
  find: (theCase, host) => theCase.stepsOf(host).map((s) => ({ time: s.at, evidence: [s.event] })),
  // A step makes judgeChannel refuse the stretch; where it finds none, none is there.
  judge: (theCase, host, looked) => judgeChannel(theCase, host, SYSTEM, looked),
  covered: (theCase, host) => spansOfAny(theCase, host, [SYSTEM]),
};

/**
 * No record of the System and Security channels for at least 10 minutes before the last sign of life, while the session lasted on
 * (the heartbeat of 6008 came later).
 */
export function quietBeforeStop(theCase: Case, stop: Stop): Evaluation {
  if (stop.class === 'requested-clean' || stop.class === 'clean-not-requested' || stop.class === 'sleep')
    return isFalse(say('the log goes on until the orderly end', 'ログは正常な終了まで続いています'), stop.records.slice(0, 1));
  const { heartbeat } = stop;
  if (heartbeat === undefined) {
    return isUnknown(say('no heartbeat (6008) shows how long the session lasted', 'セッションがいつまで続いたかを示す 6008 がありません'), [
      { kind: 'record', name: 'EventLog/6008', text: say('heartbeat record EventLog 6008', '生存記録 EventLog 6008') },
    ]);
  }
  const looked: Looked = {
    from: heartbeat.utc - QUIET_NS,
    to: heartbeat.utc,
    text: say('before the last heartbeat', '最後の生存記録の前'),
  };
  const lasts: bigint[] = [];
  for (const channel of [SYSTEM, SECURITY]) {
    const coverage = theCase.coverageOf(stop.host, channel);
    const judged = judgeChannel(theCase, stop.host, channel, looked);
    if (!judged.covered || coverage?.activity === undefined) {
      const why: Localized = judged.covered
        ? say(`the activity of ${channel} is not known`, `${channel} の活動状況が不明です`)
        : judged.because;
      return isUnknown(why, [missingChannel(theCase, stop.host, channel, looked)]);
    }
    const stretch = coverage.activity.findLast((a) => a.from <= heartbeat.utc);
    if (stretch !== undefined) lasts.push(minNs(stretch.to, heartbeat.utc));
  }
  const last = lasts.reduce(maxNs, 0n);
  const silent = heartbeat.utc - last;
  const at = theCase.describe.time(last, stop.host);
  const minutes = Number(silent / 60_000_000_000n);
  if (silent >= QUIET_NS) {
    return isTrue(
      say(
        `silent for ${minutes} min before the last heartbeat (last record at ${at})`,
        `最後の生存記録の前 ${minutes} 分間が無記録(最後の記録は ${at})`,
      ),
      [heartbeat.from],
    );
  }
  return isFalse(say(`records until ${at}, shortly before the last heartbeat`, `最後の生存記録の直前(${at})まで記録あり`), [
    heartbeat.from,
  ]);
}

/**
 * Clearing or missing record ids in a stretch, or a log that starts only after it, in the System or Security channel. Over a whole host
 * (no stop given) "after it" means after one of its stops.
 */
export function logLoss(theCase: Case, host: string, looked: Looked, stop?: Stop): Evaluation {
  const losses: Localized[] = [];
  const evidence: EventObservation[] = [];
  const time = (t: bigint): string => theCase.describe.time(t, host);
  const begins = stop === undefined ? theCase.stopsOf(host).map((s) => s.latest) : [momentOf(stop).to];
  let known = false;
  for (const channel of [SYSTEM, SECURITY]) {
    const coverage = theCase.coverageOf(host, channel);
    if (coverage === undefined || coverage.partial === true) continue;
    known ||= channel === SYSTEM && (stop === undefined || (coverage.first <= looked.from && coverage.last >= looked.to));
    for (const t of coverage.clearings) {
      if (t < looked.from || t > looked.to) continue;
      losses.push(say(`${channel} cleared at ${time(t)}`, `${channel} を ${time(t)} に消去`));
      evidence.push(...theCase.index.between(host, 'Microsoft-Windows-Eventlog', channel === SYSTEM ? [104] : [1102], t, t));
    }
    for (const g of coverage.gaps) {
      if (g.from > looked.to || g.to < looked.from) continue;
      losses.push(
        g.missingRecords === 0n
          ? say(
              `${channel} was begun anew between ${time(g.from)} and ${time(g.to)}`,
              `${channel} は ${time(g.from)} から ${time(g.to)} の間に新しく始まったログ`,
            )
          : say(
              `${g.missingRecords} records of ${channel} missing between ${time(g.from)} and ${time(g.to)}`,
              `${channel} の ${g.missingRecords} 件が ${time(g.from)} から ${time(g.to)} の間で欠落`,
            ),
      );
    }
    if (begins.some((b) => b < coverage.first))
      losses.push(say(`${channel} starts only at ${time(coverage.first)}`, `${channel} は ${time(coverage.first)} からのみ`));
  }
  if (losses.length > 0) return isTrue(joinTexts(losses), evidence);
  if (known) return isFalse(say('no loss in the logs given', '与えられたログに欠落なし'));
  const judged = judgeChannel(theCase, host, SYSTEM, looked);
  return isUnknown(judged.because, judged.missing);
}
