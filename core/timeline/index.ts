/** Order, coverage, boot sessions and stops: from evidence to one timeline. */
export { DUMP_PROVIDER } from '../explain/index.ts';
export { buildTimeline } from './build.ts';
export { MIN_STEP_NS } from './clock.ts';
export { covers, mergeCoverage, touchesHole } from './coverage.ts';
export { UNNAMED_HOST } from './hosts.ts';
export { STOP_ACTION_NAMES, STOP_CLASS_NAMES, timelineMarks } from './marks.ts';
export { byTime, lowerBound } from './order.ts';
export { DEFAULT_WINDOW_SECONDS, selectTimeline, type TimelineFilter, type TimelineSelection } from './select.ts';
export { DAY_NS, HOUR_NS, isoToNs, MINUTE_NS, nsToIso, SECOND_NS } from './time.ts';
