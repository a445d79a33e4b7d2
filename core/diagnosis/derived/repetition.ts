import type { Stop } from '../../model/timeline.ts';
import type { Evaluation } from '../../model/verdict.ts';
import { stopSignature } from '../../statistics/index.ts';
import type { Case } from '../case.ts';
import { isFalse, isTrue, isUnknown } from '../evaluation.ts';
import { say } from '../text.ts';

const SECOND_NS = 1_000_000_000n;
const DAY_SECONDS = 86_400;
const MIN_OFFICE_STOPS = 4;
const OFFICE_FROM = 8 * 60;
const OFFICE_TO = 19 * 60;
const MIN_REGULAR_STOPS = 3;
const SAME_TIME_SECONDS = 120;
/** Intervals count as equal when the longest is at most this much longer than the shortest. */
const EQUAL_SPACING = 1.05;

/** At least 4 stops of this signature, all on weekdays 08:00 to 19:00 in the host's own time. */
export function officeHoursCluster(theCase: Case, stop: Stop): Evaluation {
  const stops = alike(theCase, stop);
  if (stops.length < MIN_OFFICE_STOPS) return isFalse(say(`only ${stops.length} such stops`, `同種の停止は ${stops.length} 件のみ`));
  const offset = theCase.offsetOf(stop.host);
  if (offset === undefined)
    return isUnknown(say('the time zone of the host is not recorded', 'ホストのタイムゾーンが記録されていません'), [
      { kind: 'record', name: 'EventLog/6013', text: say('time zone of the host (EventLog 6013)', 'ホストのタイムゾーン(EventLog 6013)') },
    ]);
  const outside = stops.filter((s) => !isOfficeTime(s.time, offset));
  const first = outside[0];
  if (first === undefined)
    return isTrue(
      say(`all ${stops.length} such stops on weekdays 08:00 to 19:00`, `同種の停止 ${stops.length} 件すべてが平日 8 時から 19 時`),
    );
  const at = theCase.describe.time(first.time, stop.host);
  return isFalse(
    say(
      `${outside.length} of ${stops.length} outside office hours (${at})`,
      `${stops.length} 件中 ${outside.length} 件が業務時間外(${at})`,
    ),
  );
}

function isOfficeTime(time: bigint, offsetMinutes: number): boolean {
  const date = new Date(Number(time / 1_000_000n) + offsetMinutes * 60_000);
  const minutes = date.getUTCHours() * 60 + date.getUTCMinutes();
  const day = date.getUTCDay();
  return day >= 1 && day <= 5 && minutes >= OFFICE_FROM && minutes < OFFICE_TO;
}

/** At least 3 stops of this signature within 2 minutes of one time of day, this one among them, or all equally spaced within 5 %. */
export function regularTimes(theCase: Case, stop: Stop): Evaluation {
  const stops = alike(theCase, stop);
  if (stops.length < MIN_REGULAR_STOPS) return isFalse(say(`only ${stops.length} such stops`, `同種の停止は ${stops.length} 件のみ`));
  const second = (s: Stop): number => Number((s.time / SECOND_NS) % BigInt(DAY_SECONDS));
  const mine = second(stop);
  const near = stops.filter((s) => {
    const apart = Math.abs(second(s) - mine);
    return Math.min(apart, DAY_SECONDS - apart) <= SAME_TIME_SECONDS;
  });
  if (near.length >= MIN_REGULAR_STOPS)
    return isTrue(
      say(`${near.length} such stops within 2 minutes of one time of day`, `同種の停止 ${near.length} 件が同じ時刻の前後 2 分以内`),
    );
  const times = stops.map((s) => s.time).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const gaps = times.slice(1).map((t, i) => Number(t - (times[i] as bigint)));
  const shortest = Math.min(...gaps);
  if (shortest > 0 && Math.max(...gaps) <= shortest * EQUAL_SPACING)
    return isTrue(say(`${stops.length} such stops, equally spaced`, `同種の停止 ${stops.length} 件が等間隔`));
  return isFalse(say(`${stops.length} such stops at irregular times`, `同種の停止 ${stops.length} 件の時刻は不規則`));
}

function alike(theCase: Case, stop: Stop): Stop[] {
  const signature = stopSignature(stop);
  return theCase.stopsOf(stop.host).filter((s) => stopSignature(s) === signature);
}
