import type { Stop } from '../../model/timeline.ts';
import type { Evaluation } from '../../model/verdict.ts';
import type { Case } from '../case.ts';
import { judgeChannel } from '../coverage.ts';
import { isFalse, isTrue, isUnknown } from '../evaluation.ts';
import { joinTexts, say } from '../text.ts';
import type { Looked } from '../window.ts';
import { AUDITING, SYSTEM } from './channels.ts';

const WEEK_NS = 7n * 86_400_000_000_000n;

/** A service or driver was installed (SCM 7045, Security 4697, UserPnp 20001) within 7 days before the first bug check of the evidence. */
export function bugcheckSeriesAfterInstall(theCase: Case, stop: Stop): Evaluation {
  const crashes = theCase.stopsOf(stop.host).filter((s) => s.class === 'bugcheck');
  const first = crashes[0];
  if (first === undefined) return isFalse(say('no bug check is recorded', 'バグチェックの記録なし'));
  const looked: Looked = {
    from: first.earliest - WEEK_NS,
    to: first.earliest,
    text: say('in the 7 days before the first bug check', '最初のバグチェックの前 7 日間'),
  };
  const { index } = theCase;
  const installs = [
    ...index.between(stop.host, 'Service Control Manager', [7045], looked.from, looked.to),
    ...index.between(stop.host, AUDITING, [4697], looked.from, looked.to),
    ...index.between(stop.host, 'Microsoft-Windows-UserPnp', [20001], looked.from, looked.to),
  ];
  const last = installs.at(-1);
  const judged = judgeChannel(theCase, stop.host, SYSTEM, looked);
  if (last === undefined) {
    if (!judged.covered) return isUnknown(judged.because, judged.missing);
    return isFalse(joinTexts([say('nothing was installed in the 7 days before', '直前 7 日間に導入の記録なし'), judged.because]));
  }
  // "First" means something only if the log reaches back before the installation.
  const system = theCase.coverageOf(stop.host, SYSTEM);
  if (system === undefined || system.first >= (installs[0]?.time ?? last.time)) return isUnknown(judged.because, judged.missing, installs);
  const list = theCase.describe.list(installs);
  return isTrue(list, installs.slice(0, 20));
}
