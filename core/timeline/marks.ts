import type { Localized, StopClass } from '@winmedic/knowledge/model';
import type { Timeline, TimelineMark } from '../model/timeline.ts';
import { absNs, SECOND_NS } from './time.ts';

/** Names of the stop classes as they stand in tables. */
export const STOP_CLASS_NAMES: Readonly<Record<StopClass, Localized>> = {
  'requested-clean': { en: 'requested, clean', ja: '要求あり・正常終了' },
  'clean-not-requested': { en: 'clean, no request recorded', ja: '要求の記録なし・正常終了' },
  'requested-not-finished': { en: 'requested, not finished', ja: '要求あり・未完了' },
  bugcheck: { en: 'bug check', ja: 'バグチェック' },
  dirty: { en: 'not clean, reason not recorded', ja: '異常終了・理由の記録なし' },
  sleep: { en: 'sleep or Fast Startup', ja: 'スリープ・高速スタートアップ' },
  'log-gap': { en: 'end not in the log', ja: '終了の記録なし(ログの欠落)' },
};

/** Names of the actions of a stop as they stand in tables. */
export const STOP_ACTION_NAMES: Readonly<Record<'power-off' | 'restart' | 'sleep' | 'unknown', Localized>> = {
  'power-off': { en: 'power off', ja: '電源オフ' },
  restart: { en: 'restart', ja: '再起動' },
  sleep: { en: 'sleep', ja: 'スリープ' },
  unknown: { en: 'action unknown', ja: '動作不明' },
};

/** Lines of the timeline that are not records: holes, clearings, clock steps, boots and stops, by time. */
export function timelineMarks(timeline: Timeline): TimelineMark[] {
  const marks: TimelineMark[] = [];
  for (const c of timeline.coverage) {
    for (const gap of c.gaps) {
      marks.push({
        kind: 'gap',
        time: gap.from,
        host: c.host,
        channel: c.channel,
        text:
          gap.missingRecords === 0n
            ? { en: `${c.channel}: the log was begun anew here`, ja: `${c.channel}: ここから新しく始まったログ` }
            : {
                en: `${c.channel}: ${gap.missingRecords} records missing here`,
                ja: `${c.channel}: ここで ${gap.missingRecords} 件のレコードが欠落`,
              },
      });
    }
    for (const time of c.clearings) {
      marks.push({
        kind: 'clearing',
        time,
        host: c.host,
        channel: c.channel,
        text: { en: c.channel, ja: c.channel },
      });
    }
  }
  for (const s of timeline.clockSteps) {
    const forward = s.to > s.from;
    const size = duration(absNs(s.to - s.from));
    marks.push({
      kind: 'clock-step',
      time: s.at,
      host: s.host,
      text: {
        en: `${forward ? 'forward' : 'back'} by ${size}`,
        ja: `${size} ${forward ? '進む方向' : '戻る方向'}に変更`,
      },
    });
  }
  for (const s of timeline.sessions) {
    if (s.boot === undefined) continue;
    const build = s.build === undefined ? s.host : `Windows ${s.build}`;
    marks.push({ kind: 'boot', time: s.boot, host: s.host, text: { en: build, ja: build } });
  }
  for (const s of timeline.stops) {
    const cls = STOP_CLASS_NAMES[s.class];
    const action = STOP_ACTION_NAMES[s.action];
    marks.push({
      kind: 'stop',
      time: s.time,
      host: s.host,
      text: { en: `${s.id}: ${cls.en} (${action.en})`, ja: `${s.id}: ${cls.ja}(${action.ja})` },
    });
  }
  return marks.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

/** `2:00:03`, hours not limited to a day. */
function duration(ns: bigint): string {
  const total = ns / SECOND_NS;
  const two = (n: bigint): string => n.toString().padStart(2, '0');
  return `${total / 3600n}:${two((total / 60n) % 60n)}:${two(total % 60n)}`;
}
