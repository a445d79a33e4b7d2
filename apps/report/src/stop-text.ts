import { stopCodeName } from '@winmedic/core/explain';
import type { Evidence, Stop } from '@winmedic/core/model';
import { loadKnowledge } from '@winmedic/knowledge';
import type { Language } from '@winmedic/knowledge/model';
import { dumpOfStop } from './dump-view.ts';
import { formatTime } from './format-time.ts';
import { messages } from './text/index.ts';

/** True when the true moment of a stop is only known to lie between two bounds; a request has its own time. */
export function isUncertain(stop: Stop): boolean {
  return stop.request === undefined && stop.latest > stop.earliest;
}

/** Time of a stop: the instant, or both bounds when the true moment lies between them. */
export function stopTimeText(stop: Stop, zone: string, lang: Language): string {
  if (!isUncertain(stop)) return formatTime(stop.time, zone, lang);
  const one = formatTime(stop.earliest, zone, lang);
  const two = formatTime(stop.latest, zone, lang);
  return one === two ? formatTime(stop.time, zone, lang) : messages(lang).between(one, two);
}

/** Who asked for the stop: `winlogon.exe for NT AUTHORITY\SYSTEM, reason 0x500ff`; the bug check; empty when nothing says. */
export function stopRequestText(stop: Stop, lang: Language): string {
  const m = messages(lang);
  const parts: string[] = [];
  if (stop.request) {
    parts.push(m.by(stop.request.process, stop.request.user));
    if (stop.request.remote !== undefined) parts.push(m.from(stop.request.remote));
    if (stop.request.reason) parts.push(m.reason(stop.request.reason.code));
  }
  if (stop.bugcheck) parts.push(m.bugcheck(stopCodeName(stop.bugcheck.code, loadKnowledge())));
  return m.list(parts);
}

/** What else is known of the stop: parameters of the stop code and the module its dump points at, sessions at the request, last heartbeat. */
export function stopDetails(stop: Stop, evidence: Evidence, zone: string, lang: Language): string[] {
  const m = messages(lang);
  const parts: string[] = [];
  const parameters = stop.bugcheck?.parameters.filter((parameter) => parameter !== '') ?? [];
  if (parameters.length > 0) parts.push(m.dump.withParameters(parameters.join(' ')));
  const blame = dumpOfStop(stop, evidence)?.blame;
  if (blame) parts.push(m.dump.atModule(blame.at, m.dump.certainty[blame.certainty]));
  if (stop.sessions !== undefined) parts.push(m.sessions(stop.sessions));
  if (stop.heartbeat) parts.push(m.heartbeat(formatTime(stop.heartbeat.utc, zone, lang), stop.heartbeat.maxIntervalSeconds));
  return parts;
}
