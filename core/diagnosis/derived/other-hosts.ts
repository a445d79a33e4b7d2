import type { Stop } from '../../model/timeline.ts';
import type { Evaluation } from '../../model/verdict.ts';
import type { Case } from '../case.ts';
import { judgeChannel } from '../coverage.ts';
import { isFalse, isTrue, isUnknown } from '../evaluation.ts';
import { joinTexts, say } from '../text.ts';
import type { Looked } from '../window.ts';
import { SYSTEM } from './channels.ts';

const NEAR_NS = 300_000_000_000n;

/** Another host of the evidence stopped within 5 minutes of this stop. */
export function otherHostStop(theCase: Case, stop: Stop): Evaluation {
  const others = otherHosts(theCase, stop);
  if (others.length === 0) return noOther();
  const near = theCase.timeline.stops.filter((s) => s.host !== stop.host && isNear(s, stop));
  if (near.length > 0) {
    const text = near
      .slice(0, 3)
      .map((s) => `${s.host} ${theCase.describe.time(s.time, s.host)}`)
      .join(', ');
    return isTrue(
      say(text, text),
      near.flatMap((s) => s.records.slice(0, 1)),
    );
  }
  const judged = others.map((host) => judgeChannel(theCase, host, SYSTEM, looked(stop)));
  const open = judged.filter((j) => !j.covered);
  if (open.length > 0)
    return isUnknown(
      joinTexts(open.map((j) => j.because)),
      open.flatMap((j) => j.missing),
    );
  return isFalse(
    say(`none of ${others.length} other hosts stopped within 5 minutes`, `ほかの ${others.length} 台は前後 5 分以内に停止していません`),
  );
}

/** Another host of the evidence has records through the stop and did not stop. */
export function otherHostUp(theCase: Case, stop: Stop): Evaluation {
  const others = otherHosts(theCase, stop);
  if (others.length === 0) return noOther();
  const judged = others.map((host) => ({ host, ...judgeChannel(theCase, host, SYSTEM, looked(stop)) }));
  const up = judged.filter((j) => j.covered && !theCase.stopsOf(j.host).some((s) => isNear(s, stop) || isDown(s, stop)));
  if (up.length > 0) {
    const names = up
      .slice(0, 3)
      .map((j) => j.host)
      .join(', ');
    return isTrue(say(`${names} went on`, `${names} は稼働を継続`));
  }
  const open = judged.filter((j) => !j.covered);
  if (open.length > 0)
    return isUnknown(
      joinTexts(open.map((j) => j.because)),
      open.flatMap((j) => j.missing),
    );
  return isFalse(say('every other host stopped as well', 'ほかのホストもすべて停止しています'));
}

function otherHosts(theCase: Case, stop: Stop): string[] {
  return theCase.timeline.hosts.map((h) => h.name).filter((name) => name !== stop.host && theCase.coverageOf(name, SYSTEM) !== undefined);
}

function noOther(): Evaluation {
  return isUnknown(say('the evidence holds no other host', '証拠にほかのホストがありません'), [
    { kind: 'channel', name: SYSTEM, text: say('System log of a neighbouring host', '近くのホストの System ログ') },
  ]);
}

function isNear(other: Stop, stop: Stop): boolean {
  const apart = other.time > stop.time ? other.time - stop.time : stop.time - other.time;
  return apart <= NEAR_NS;
}

/** Was the other host down at that time, after a stop long before? */
function isDown(other: Stop, stop: Stop): boolean {
  return other.time <= stop.time && (other.boot === undefined || other.boot > stop.time);
}

function looked(stop: Stop): Looked {
  return { from: stop.time - NEAR_NS, to: stop.time + NEAR_NS, text: say('within 5 minutes of the stop', '停止の前後 5 分以内') };
}
