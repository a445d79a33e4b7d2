import type { Coincidence } from '@winmedic/core/model';
import type { Language } from '@winmedic/knowledge/model';
import { formatDuration } from './format-time.ts';
import { messages } from './text/index.ts';

/** One coincidence test as a sentence with its outcome. Probabilities below 0.001 in scientific notation. */
export function coincidenceText(one: Coincidence, lang: Language): string {
  const m = messages(lang);
  const p = one.p >= 0.001 ? one.p.toPrecision(3) : one.p.toExponential(1);
  const sentence = m.coincidence(
    one.k,
    one.n,
    formatDuration(one.windowSeconds, lang),
    `${(one.q * 100).toPrecision(2)} %`,
    p,
    String(one.bound),
  );
  return `${one.p < one.bound ? m.coincidencePassed : m.coincidenceFailed}: ${sentence}`;
}
