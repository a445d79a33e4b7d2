import type { ChannelCoverage, InstantNs } from '../model/observation.ts';
import { earlier, later } from './instants.ts';

/** A stretch of time, `from <= to`. */
export interface Span {
  readonly from: InstantNs;
  readonly to: InstantNs;
}

/** Sorted by time, overlapping and touching ones joined, empty ones dropped. */
export function unionSpans(spans: readonly Span[]): Span[] {
  const sorted = spans.filter((s) => s.to > s.from).sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  const joined: Span[] = [];
  for (const span of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && span.from <= last.to) {
      if (span.to > last.to) joined[joined.length - 1] = { from: last.from, to: span.to };
    } else joined.push(span);
  }
  return joined;
}

/** What both sets cover. */
export function intersectSpans(a: readonly Span[], b: readonly Span[]): Span[] {
  const left = unionSpans(a);
  const right = unionSpans(b);
  const both: Span[] = [];
  let j = 0;
  for (const span of left) {
    while (j < right.length && (right[j] as Span).to <= span.from) j++;
    for (let i = j; i < right.length; i++) {
      const other = right[i] as Span;
      if (other.from >= span.to) break;
      const from = later(span.from, other.from);
      const to = earlier(span.to, other.to);
      if (to > from) both.push({ from, to });
    }
  }
  return both;
}

/** `a` without what `b` covers. */
export function subtractSpans(a: readonly Span[], b: readonly Span[]): Span[] {
  const cuts = unionSpans(b);
  const rest: Span[] = [];
  for (const span of unionSpans(a)) {
    let from = span.from;
    for (const cut of cuts) {
      if (cut.to <= from) continue;
      if (cut.from >= span.to) break;
      if (cut.from > from) rest.push({ from, to: cut.from });
      from = cut.to;
      if (from >= span.to) break;
    }
    if (from < span.to) rest.push({ from, to: span.to });
  }
  return rest;
}

/** Total length in nanoseconds; overlaps count once. */
export function measureSpans(spans: readonly Span[]): bigint {
  return unionSpans(spans).reduce((sum, s) => sum + (s.to - s.from), 0n);
}

/** The time for which a channel's record is whole: from its first to its last record without its holes; nothing for pasted text. */
export function coveredSpans(coverage: ChannelCoverage): Span[] {
  if (coverage.partial === true) return [];
  const { truncatedFrom } = coverage;
  const to = truncatedFrom !== undefined && truncatedFrom < coverage.last ? truncatedFrom : coverage.last;
  return subtractSpans([{ from: coverage.first, to }], coverage.gaps);
}
