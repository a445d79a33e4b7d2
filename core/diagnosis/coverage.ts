import type { Localized } from '@winmedic/knowledge/model';
import type { ChannelCoverage, InstantNs } from '../model/observation.ts';
import type { ClockStep } from '../model/timeline.ts';
import type { Missing } from '../model/verdict.ts';
import { covers } from '../timeline/coverage.ts';
import { maxNs, minNs } from '../timeline/time.ts';
import type { Case } from './case.ts';
import { joinTexts, say } from './text.ts';
import type { Looked } from './window.ts';

/** Whether "no record" means anything for a stretch of time, and if not, why and what would help. */
export interface Judged {
  readonly covered: boolean;
  /** What was looked at, or why it says nothing. */
  readonly because: Localized;
  readonly missing: readonly Missing[];
}

/** A provider whose records depend on the audit policy: that one is missing says nothing unless one of its kind was ever written. */
const AUDITING = 'microsoft-windows-security-auditing';

/** Is this channel of the host whole for the stretch: recorded from before to after, no hole, no clearing, no clock step? */
export function judgeChannel(theCase: Case, host: string, channel: string, asked: Looked): Judged {
  const coverage = theCase.coverageOf(host, channel);
  const { describe } = theCase;
  const looked: Looked = asked.whole === true && coverage !== undefined ? { ...asked, from: coverage.first, to: coverage.last } : asked;
  const no = (because: Localized): Judged => ({ covered: false, because, missing: [missingChannel(theCase, host, channel, looked)] });
  if (coverage === undefined) return no(say(`no ${channel} log of ${host} was given`, `${host} の ${channel} ログが証拠にありません`));
  if (!covers(coverage, looked.from, looked.to)) return no(whyNot(theCase, coverage, looked));
  const step = asked.whole === true ? undefined : stepWithin(theCase, host, looked.from, looked.to);
  if (step !== undefined) return no(stepText(theCase, step));
  return {
    covered: true,
    because: say(
      `${channel} is whole for ${describe.time(looked.from, host)} to ${describe.time(looked.to, host)}`,
      `${channel} は ${describe.time(looked.from, host)} から ${describe.time(looked.to, host)} まで欠落なし`,
    ),
    missing: [],
  };
}

/**
 * A step of the host's clock that lies in a stretch, or went over a part of it: then times in the stretch do not compare, and a record
 * written after the stop can seem to lie before it.
 */
export function stepWithin(theCase: Case, host: string, from: InstantNs, to: InstantNs): ClockStep | undefined {
  return theCase.stepsOf(host).find((s) => {
    const low = minNs(minNs(s.from, s.to), s.at);
    const high = maxNs(maxNs(s.from, s.to), s.at);
    return low <= to && high >= from;
  });
}

/** That the clock was changed, and when. */
export function stepText(theCase: Case, step: ClockStep): Localized {
  const at = theCase.describe.time(step.at, step.host);
  return say(`the clock of ${step.host} was changed at ${at}`, `${at} に ${step.host} の時計が変更されています`);
}

function whyNot(theCase: Case, c: ChannelCoverage, looked: Looked): Localized {
  const time = (t: bigint): string => theCase.describe.time(t, c.host);
  if (c.partial === true) return say(`of ${c.channel} only pasted text is known`, `${c.channel} は貼り付けられた部分しか分かりません`);
  if (c.first > looked.from)
    return say(`${c.channel} starts only at ${time(c.first)}`, `${c.channel} は ${time(c.first)} からしか残っていません`);
  if (c.last < looked.to) return say(`${c.channel} ends at ${time(c.last)}`, `${c.channel} は ${time(c.last)} で終わっています`);
  if (c.truncatedFrom !== undefined && c.truncatedFrom <= looked.to)
    return say(
      `${c.channel} holds more records than are kept from ${time(c.truncatedFrom)}`,
      `${c.channel} は ${time(c.truncatedFrom)} 以降、保持上限を超えています`,
    );
  const cleared = c.clearings.find((t) => t >= looked.from && t <= looked.to);
  if (cleared !== undefined)
    return say(`${c.channel} was cleared at ${time(cleared)}`, `${c.channel} は ${time(cleared)} に消去されています`);
  return say(`records of ${c.channel} are missing in that time`, `${c.channel} のその時間帯に欠落があります`);
}

/** A channel that would decide, with the span it must cover. */
export function missingChannel(theCase: Case, host: string, channel: string, looked: Looked): Missing {
  const from = theCase.describe.time(looked.from, host);
  const to = theCase.describe.time(looked.to, host);
  return {
    kind: 'channel',
    name: channel,
    text: say(`${channel} log of ${host} for ${from} to ${to}`, `${host} の ${channel} ログ(${from} から ${to} まで)`),
    command: `wevtutil epl "${channel}" "${channel.replace(/[/\\ ]/g, '_')}.evtx"`,
  };
}

/**
 * May the absence of records of these providers and ids be judged? All channels must be whole; for audit records one of each id must
 * have been written at some time, else auditing may be off (stops.md section 4).
 */
export function judgeRecords(
  theCase: Case,
  host: string,
  channels: readonly string[],
  records: { readonly providers: readonly string[]; readonly ids: readonly number[] },
  looked: Looked,
): Judged {
  if (channels.length === 0) {
    const name = `${records.providers.join(', ')} ${records.ids.join(', ')}`;
    return {
      covered: false,
      because: say(`it is not known which log holds ${name}`, `${name} がどのログに残るか不明です`),
      missing: [{ kind: 'record', name, text: say(`records ${name}`, `${name} の記録`) }],
    };
  }
  const judged = channels.map((channel) => judgeChannel(theCase, host, channel, looked));
  const open = judged.filter((j) => !j.covered);
  if (open.length > 0) return { covered: false, because: joinTexts(open.map((j) => j.because)), missing: open.flatMap((j) => j.missing) };
  if (records.providers.some((p) => p.toLowerCase() === AUDITING)) {
    const never = records.ids.filter((id) => theCase.index.of(host, AUDITING, id).length === 0);
    if (never.length > 0) {
      const name = never.join(', ');
      return {
        covered: false,
        because: say(
          `no Security ${name} was ever recorded on ${host}: auditing may be off`,
          `${host} に Security ${name} の記録が一度もなく、監査が無効の可能性があります`,
        ),
        missing: [
          {
            kind: 'record',
            name: `Security/${name}`,
            text: say(`audit policy of ${host} for Security ${name}`, `${host} の監査ポリシー(Security ${name})`),
            command: 'auditpol /get /category:*',
          },
        ],
      };
    }
  }
  return { covered: true, because: joinTexts(judged.map((j) => j.because)), missing: [] };
}
