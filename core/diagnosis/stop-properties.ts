import type { Localized, StopClass } from '@winmedic/knowledge/model';
import type { EventObservation } from '../model/observation.ts';
import type { Stop } from '../model/timeline.ts';
import type { Missing } from '../model/verdict.ts';
import { STOP_ACTION_NAMES, STOP_CLASS_NAMES } from '../timeline/marks.ts';
import { nsToIso, SECOND_NS } from '../timeline/time.ts';
import type { Case } from './case.ts';
import { say } from './text.ts';
import { momentOf } from './window.ts';

/** Value of a property of a stop (knowledge: STOP_PROPERTIES): a text, known to be absent, or not recorded. */
export type Property =
  | { readonly state: 'value'; readonly value: string; readonly evidence: readonly EventObservation[] }
  | { readonly state: 'absent'; readonly evidence: readonly EventObservation[] }
  | { readonly state: 'unknown'; readonly because: Localized; readonly missing: readonly Missing[] };

const LABELS: ReadonlyMap<string, Localized> = new Map([
  ['class', say('end of the session', 'セッションの終わり方')],
  ['action', say('action', '動作')],
  ['notBefore', say('not before', '最早の時刻')],
  ['notAfter', say('not after', '最遅の時刻')],
  ['request.process', say('requested by', '要求元')],
  ['request.remote', say('caller', '呼び出し元')],
  ['request.user', say('user', 'ユーザー')],
  ['request.userSid', say('SID', 'SID')],
  ['request.userKind', say('kind of user', 'ユーザーの種類')],
  ['request.code', say('code', 'コード')],
  ['request.planned', say('planned', '計画済')],
  ['request.major', say('major reason', '主な理由')],
  ['request.minor', say('minor reason', '詳細な理由')],
  ['request.comment', say('comment', 'コメント')],
  ['request.folded', say('second record folded in', '2 件目の記録の統合')],
  ['bugcheck.code', say('stop code', '停止コード')],
  ['powerButton', say('power button held', '電源ボタンの長押し')],
  ['powerButtonAtStop', say('recorded press at the time of the stop', '記録された押下が停止の時点')],
  ['sleepInProgress', say('sleep in progress', 'スリープ移行中')],
  ['lastShutdownGood', say('last shutdown good', '直前の終了が正常')],
  ['sessions', say('user sessions', 'ユーザー セッション')],
  ['heartbeatGapSeconds', say('seconds without a record before the last heartbeat', '最後の生存記録までの無記録秒数')],
  ['uptimeSeconds', say('seconds since boot', '起動からの秒数')],
  ['repeats', say('stops of this kind', '同種の停止')],
]);

/** What a property is called in a reason. */
export function labelOf(name: string): Localized {
  return LABELS.get(name) ?? say(name, name);
}

/** A value as people read it. */
export function valueText(name: string, value: string): Localized {
  if (name === 'class' && Object.hasOwn(STOP_CLASS_NAMES, value)) return STOP_CLASS_NAMES[value as StopClass];
  if (name === 'action' && Object.hasOwn(STOP_ACTION_NAMES, value)) return STOP_ACTION_NAMES[value as Stop['action']];
  if (name === 'notBefore' || name === 'notAfter') {
    const time = nsToIso(BigInt(value) * SECOND_NS);
    return say(time, time);
  }
  if (value === 'true') return say('yes', 'はい');
  if (value === 'false') return say('no', 'いいえ');
  return say(value === '' ? 'empty' : value, value === '' ? '空' : value);
}

/** Reads one property of a stop; a name that does not exist is unknown. */
export function propertyOf(theCase: Case, stop: Stop, name: string): Property {
  if (name.startsWith('request.')) return requestProperty(stop, name.slice('request.'.length));
  switch (name) {
    case 'class':
      return value(stop.class, deciding(stop));
    case 'action':
      return stop.action === 'unknown'
        ? unrecorded('Kernel-Power/109', say('restart or power-off is not recorded', '再起動か電源オフかが記録されていません'))
        : value(stop.action, actionRecords(stop));
    case 'notBefore':
      return value(String(momentOf(stop).from / SECOND_NS), deciding(stop));
    case 'notAfter':
      return value(String(momentOf(stop).to / SECOND_NS), deciding(stop));
    case 'bugcheck.code':
      if (stop.bugcheck !== undefined) return value(stop.bugcheck.code, [stop.bugcheck.from]);
      return stop.class === 'bugcheck'
        ? unrecorded('WER-SystemErrorReporting/1001', say('the stop code is not recorded', '停止コードが記録されていません'))
        : absent(deciding(stop));
    case 'powerButton':
      return flag(stop.powerButton, stop, 'Kernel-Power/41');
    case 'powerButtonAtStop':
      return pressAtStop(stop);
    case 'sleepInProgress':
      return flag(stop.sleepInProgress, stop, 'Kernel-Power/41');
    case 'lastShutdownGood':
      return flag(stop.lastShutdownGood, stop, 'Kernel-Boot/20');
    case 'sessions':
      return stop.sessions === undefined
        ? {
            state: 'unknown',
            because: say('user sessions at that time are not recorded', 'その時点のユーザー セッションが記録されていません'),
            missing: [
              {
                kind: 'channel',
                name: 'Microsoft-Windows-TerminalServices-LocalSessionManager/Operational',
                text: say('log of user sessions for that time', 'その時点のユーザー セッションのログ'),
              },
            ],
          }
        : value(String(stop.sessions), []);
    case 'heartbeatGapSeconds':
      return heartbeatGap(theCase, stop);
    case 'uptimeSeconds':
      return uptime(theCase, stop);
    case 'repeats':
      return value(String(theCase.repeatsOf(stop)), []);
    default:
      return { state: 'unknown', because: say(`unknown property ${name}`, `未知の項目 ${name}`), missing: [] };
  }
}

function requestProperty(stop: Stop, name: string): Property {
  const { request } = stop;
  if (request === undefined) {
    return unrecorded(
      'User32/1074',
      say('no request (User32 1074) is recorded for this stop', 'この停止の要求(User32 1074)が記録されていません'),
    );
  }
  const evidence = [request.event, ...request.folded];
  const text = (v: string | undefined): Property => (v === undefined ? absent(evidence) : value(v, evidence));
  switch (name) {
    case 'process':
      return request.process === '' ? unnamed(evidence) : text(request.process);
    case 'remote':
      return text(request.remote);
    case 'user':
      return text(request.user);
    case 'userSid':
      return request.userSid === undefined ? unnamed(evidence) : text(request.userSid);
    case 'userKind':
      return request.userKind === 'unknown' ? unnamed(evidence) : text(request.userKind);
    case 'code':
      return request.reason === undefined ? unnamed(evidence) : text(request.reason.code);
    case 'planned':
      return request.reason === undefined ? unnamed(evidence) : text(String(request.reason.planned));
    case 'major':
      return request.reason === undefined ? unnamed(evidence) : text(request.reason.major);
    case 'minor':
      return request.reason === undefined ? unnamed(evidence) : text(request.reason.minor);
    case 'comment':
      return text(request.comment);
    case 'folded':
      return text(String(request.folded.length > 0));
    default:
      return { state: 'unknown', because: say(`unknown property request.${name}`, `未知の項目 request.${name}`), missing: [] };
  }
}

function value(text: string, evidence: readonly EventObservation[]): Property {
  return { state: 'value', value: text, evidence };
}
function absent(evidence: readonly EventObservation[]): Property {
  return { state: 'absent', evidence };
}
function unrecorded(record: string, because: Localized): Property {
  return { state: 'unknown', because, missing: [{ kind: 'record', name: record, text: say(`record ${record}`, `${record} の記録`) }] };
}
function unnamed(evidence: readonly EventObservation[]): Property {
  const id = evidence[0]?.recordId ?? '';
  return {
    state: 'unknown',
    because: say(`the 1074 (record ${id}) does not carry it`, `1074(レコード ${id})に値がありません`),
    missing: [],
  };
}
function flag(v: boolean | undefined, stop: Stop, record: string): Property {
  return v === undefined
    ? unrecorded(record, say(`${record} is not recorded for this stop`, `この停止の ${record} が記録されていません`))
    : value(String(v), deciding(stop));
}

/** Seconds between press and cut-off, and between the last record and the press, stay below this. */
const PRESS_TOLERANCE_NS = 120_000_000_000n;

/** A press of another time says nothing about this stop: the field keeps what was stored last. */
function pressAtStop(stop: Stop): Property {
  const at = stop.powerButtonAt;
  if (at === undefined)
    return unrecorded('Kernel-Power/41', say('the time of the press is not recorded', '電源ボタンを押した時刻が記録されていません'));
  const near = at >= stop.earliest - PRESS_TOLERANCE_NS && at <= stop.latest + PRESS_TOLERANCE_NS;
  return value(String(near), deciding(stop));
}

/** The records a class rests on, the most telling first: the crash, the unclean boot, the request, the orderly end. */
function deciding(stop: Stop): EventObservation[] {
  const rank = (e: EventObservation): number => {
    const order = stop.class === 'requested-clean' ? [1074, 13, 6006, 1100, 109] : [1001, 41, 6008, 1074, 13, 6006, 42, 187];
    const place = order.indexOf(e.eventId);
    return place < 0 ? order.length : place;
  };
  return [...stop.records].sort((a, b) => rank(a) - rank(b));
}

function actionRecords(stop: Stop): EventObservation[] {
  const action = stop.records.filter((e) => e.eventId === 109);
  return action.length > 0 ? action : [...stop.records];
}

function heartbeatGap(theCase: Case, stop: Stop): Property {
  const { heartbeat } = stop;
  if (heartbeat === undefined) return unrecorded('EventLog/6008', say('no heartbeat (6008) is recorded', '6008 の生存記録がありません'));
  const last = theCase.coverageOf(stop.host, 'System')?.activity?.findLast((a) => a.from <= heartbeat.utc)?.to;
  if (last === undefined)
    return unrecorded('System', say('the activity of the System log is not known', 'System ログの活動状況が不明です'));
  const gap = heartbeat.utc > last ? heartbeat.utc - last : 0n;
  return value(String(gap / 1_000_000_000n), [heartbeat.from]);
}

function uptime(theCase: Case, stop: Stop): Property {
  const boot = theCase.sessionsOf(stop.host).find((s) => s.stop === stop)?.boot;
  if (boot !== undefined && stop.time >= boot) return value(String((stop.time - boot) / 1_000_000_000n), []);
  const seconds = stop.heartbeat?.uptimeSeconds;
  return seconds === undefined
    ? unrecorded('Kernel-General/12', say('the boot of that session is not recorded', 'そのセッションの起動が記録されていません'))
    : value(String(seconds), stop.heartbeat === undefined ? [] : [stop.heartbeat.from]);
}
