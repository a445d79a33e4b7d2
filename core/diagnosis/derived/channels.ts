import { coveredSpans, intersectSpans, type Span, unionSpans } from '../../statistics/index.ts';
import type { Case } from '../case.ts';
import { type Judged, judgeChannel, judgeRecords } from '../coverage.ts';
import { joinTexts } from '../text.ts';
import type { Looked } from '../window.ts';

/** Channels and providers that derived observations read. */
export const SYSTEM = 'System';
export const SECURITY = 'Security';
export const LSM_CHANNEL = 'Microsoft-Windows-TerminalServices-LocalSessionManager/Operational';
export const RCM_CHANNEL = 'Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational';
export const RDP_CHANNEL = 'Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational';
export const AUDITING = 'Microsoft-Windows-Security-Auditing';
export const LSM = 'Microsoft-Windows-TerminalServices-LocalSessionManager';
export const RCM = 'Microsoft-Windows-TerminalServices-RemoteConnectionManager';
export const RDP_CORE = 'Microsoft-Windows-RemoteDesktopServices-RdpCoreTS';

/** Security records of these ids: whole channel, and one of each id met at some time (else auditing may be off). */
export function judgeAudit(theCase: Case, host: string, ids: readonly number[], looked: Looked): Judged {
  return judgeRecords(theCase, host, [SECURITY], { providers: [AUDITING], ids }, looked);
}

/** The first of several channels that is whole for the stretch; if none is, why, and the first one as what is missing. */
export function judgeOneOf(theCase: Case, host: string, channels: readonly string[], looked: Looked): Judged {
  const judged = channels.map((c) => judgeChannel(theCase, host, c, looked));
  const good = judged.find((j) => j.covered);
  if (good !== undefined) return good;
  return { covered: false, because: joinTexts(judged.map((j) => j.because)), missing: judged[0]?.missing ?? [] };
}

/** Time for which at least one of the channels is whole. */
export function spansOfAny(theCase: Case, host: string, channels: readonly string[]): Span[] {
  return unionSpans(
    channels.flatMap((c) => {
      const coverage = theCase.coverageOf(host, c);
      return coverage === undefined ? [] : coveredSpans(coverage);
    }),
  );
}

/** Time for which the Security channel is whole, if a record of the id was ever written. */
export function auditSpans(theCase: Case, host: string, id: number): readonly Span[] {
  return theCase.index.of(host, AUDITING, id).length === 0 ? [] : spansOfAny(theCase, host, [SECURITY]);
}

/** Time for which two things are known. */
export function bothSpans(a: readonly Span[], b: readonly Span[]): readonly Span[] {
  return intersectSpans(a, b);
}
