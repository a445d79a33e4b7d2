import type { Stop } from '../model/timeline.ts';

/**
 * Signature of a stop: what must be equal for two stops to count as the same kind. Requesting process, kind of user, reason code and
 * class, joined by `/`; without a request the class and, after a crash, the stop code. Example: `winlogon.exe/system/0x500ff/requested-clean`.
 */
export function stopSignature(stop: Stop): string {
  const { request } = stop;
  if (request !== undefined)
    return `${request.process || 'unknown'}/${request.userKind}/${request.reason?.code ?? 'no-code'}/${stop.class}`;
  return stop.bugcheck === undefined ? stop.class : `${stop.bugcheck.code}/${stop.class}`;
}
