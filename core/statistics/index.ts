/** Exact statistics for rare events: did a change help, how long to wait, is a coincidence more than chance. */
export { coincidenceP } from './coincidence.ts';
export { pFewer, pMore, posteriorBelow, pTwoSided, type RatioInterval, ratioInterval, ratioUpper } from './comparison.ts';
export { type Experiment, experiment, type Waiting } from './experiment.ts';
export { type CountedPeriod, experimentFromTimeline, type TimelineExperiment, type TimelineExperimentOptions } from './from-timeline.ts';
export type { Period } from './inputs.ts';
export { stopSignature } from './signature.ts';
export { coveredSpans, intersectSpans, measureSpans, type Span, subtractSpans, unionSpans } from './spans.ts';
export { binomialAtLeast, binomialAtMost, bisect, logGamma, regularisedBeta } from './special.ts';
export type { Trap, TrapCode } from './traps.ts';
export { anytimeDays, daysNeeded, rateUpperWithoutEvents } from './waiting.ts';
