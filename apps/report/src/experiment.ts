import type { Experiment } from '@winmedic/core/statistics';
import type { Language } from '@winmedic/knowledge/model';
import { TerminalPage, type TerminalStyle } from './terminal-page.ts';
import { messages, pick } from './text/index.ts';

/** Six significant digits without padding: what the worked cases of the statistics are checked to. */
function six(value: number): string {
  if (value === 0) return '0';
  const abs = Math.abs(value);
  return abs < 1e-4 || abs >= 1e7 ? value.toExponential(5) : String(Number(value.toPrecision(6)));
}

/** Days with two decimals at most. */
function days(value: number): string {
  return String(Number(value.toFixed(2)));
}

/** Days still to wait, rounded up so that waiting that long is enough. */
function daysUp(value: number): string {
  return String(Math.ceil(value * 100) / 100);
}

/** The comparison of two periods for a terminal: the result first, then rates, ratio with interval, p, days still needed and what to mind. */
export function experimentToText(result: Experiment, options: TerminalStyle & { readonly lang: Language }): string {
  const m = messages(options.lang).experiment;
  const page = new TerminalPage(options);
  const alpha = String(result.alpha);
  const level = `${Number(((1 - result.alpha) * 100).toPrecision(6))} %`;
  const bound = (value: number): string => (Number.isFinite(value) ? six(value) : m.unbounded);
  page.heading(result.result === 'fewer' ? m.fewer(alpha) : result.result === 'more' ? m.more(alpha) : m.notShown(alpha));
  page.gap();
  const line = (name: string, value: string): void => page.text(value, { indent: 2, lead: `${name}: ` });
  line(m.before, m.period(result.on.events, days(result.on.days), six(result.onRate)));
  line(m.after, m.period(result.off.events, days(result.off.days), six(result.offRate)));
  line(
    m.ratio,
    result.ratio === undefined
      ? m.noRatio
      : `${six(result.ratio)} · ${m.interval(level, six(result.interval.lower), bound(result.interval.upper))} · ${m.upper(level, bound(result.upper))}`,
  );
  line(m.pOne, six(result.pOneSided));
  line(m.pTwo, six(result.pTwoSided));
  if (result.offRateUpper !== undefined) page.text(m.bound(level, six(result.offRateUpper)), { indent: 2 });
  page.gap();
  page.heading(m.waiting);
  for (const wait of result.waiting) {
    const text =
      wait.days === undefined || wait.stillDays === undefined
        ? m.never
        : wait.stillDays === 0
          ? m.reached(daysUp(wait.days))
          : m.days(daysUp(wait.days), daysUp(wait.stillDays));
    line(wait.factor === 1 ? m.any : m.factor(wait.factor), text);
  }
  if (result.traps.length > 0) {
    page.gap();
    page.heading(m.traps);
    const traps = result.traps.toSorted((a, b) => Number(b.state === 'applies') - Number(a.state === 'applies'));
    for (const trap of traps) {
      const applies = trap.state === 'applies';
      page.text(pick(trap.text, options.lang), {
        indent: 2,
        lead: `${applies ? '!' : '-'} ${applies ? m.applies : m.check}: `,
        leadTone: applies ? 'warn' : 'plain',
      });
    }
  }
  return page.toString();
}
