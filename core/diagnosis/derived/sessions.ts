import type { Stop } from '../../model/timeline.ts';
import type { Evaluation } from '../../model/verdict.ts';
import type { Case } from '../case.ts';
import { judgeChannel, missingChannel } from '../coverage.ts';
import { isFalse, isTrue, isUnknown } from '../evaluation.ts';
import { say } from '../text.ts';
import { momentOf } from '../window.ts';
import { AUDITING, LSM, LSM_CHANNEL, spansOfAny } from './channels.ts';
import { type OccurrenceKind, single } from './occurrence.ts';

/** A user left: Winlogon 7002, LSM 23 or Security 4647. */
export const userLogoff: OccurrenceKind = {
  form: 'occurrences',
  title: say('logoff of a user', '利用者のログオフ'),
  find: (theCase, host) =>
    single(
      [
        ...theCase.index.of(host, 'Microsoft-Windows-Winlogon', 7002),
        ...theCase.index.of(host, LSM, 23),
        ...theCase.index.of(host, AUDITING, 4647),
      ].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)),
    ),
  judge: (theCase, host, looked) => judgeChannel(theCase, host, LSM_CHANNEL, looked),
  covered: (theCase, host) => spansOfAny(theCase, host, [LSM_CHANNEL]),
};

/** At least one user session alive at the request. */
export function sessionPresent(theCase: Case, stop: Stop): Evaluation {
  if (stop.sessions === undefined) return notRecorded(theCase, stop);
  const text = counted(stop);
  return stop.sessions > 0 ? isTrue(text) : isFalse(text);
}

/** Session records cover the time, and no user session was alive. */
export function noSession(theCase: Case, stop: Stop): Evaluation {
  if (stop.sessions === undefined) return notRecorded(theCase, stop);
  const text = counted(stop);
  return stop.sessions === 0 ? isTrue(text) : isFalse(text);
}

function counted(stop: Stop): ReturnType<typeof say> {
  const n = stop.sessions ?? 0;
  if (n === 0) return say('no user session existed', 'ユーザー セッションなし');
  const idle = stop.disconnectedSessions ?? 0;
  if (idle === 0) return say(`${n} user session${n === 1 ? '' : 's'}`, `ユーザー セッション ${n} 件`);
  return say(`${n} user session${n === 1 ? '' : 's'}, ${idle} of them disconnected`, `ユーザー セッション ${n} 件(うち切断 ${idle} 件)`);
}

function notRecorded(theCase: Case, stop: Stop): Evaluation {
  const moment = momentOf(stop);
  const missing = missingChannel(theCase, stop.host, LSM_CHANNEL, { ...moment, text: say('at the stop', '停止の時点') });
  return isUnknown(say('user sessions of that time are not recorded', 'その時点のユーザー セッションが記録されていません'), [missing]);
}
