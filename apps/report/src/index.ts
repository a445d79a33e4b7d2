/** Reports of a case: terminal, JSON, Markdown, HTML; timeline listing, experiment and problem texts; times with their zone. */
export { caseId } from './case-view.ts';
export { experimentToText } from './experiment.ts';
export { formatDuration, formatSpan, formatTime, formatTwoZones, isBogusTime, isTimeZone, rfc3339, zoneName } from './format-time.ts';
export type { HtmlOptions } from './html/context.ts';
export { diagnosisToHtml } from './html/report.ts';
export { diagnosisToJson, SCHEMA_VERSION } from './json.ts';
export type { Json } from './json-parts.ts';
export { diagnosisToMarkdown } from './markdown.ts';
export type { ReportMeta, ReportOptions } from './options.ts';
export { problemsToText } from './problems.ts';
export { diagnosisToText, type TextOptions } from './terminal.ts';
export type { TerminalStyle } from './terminal-page.ts';
export { type TimelineOptions, type TimelineRow, timelineRows, timelineRowToJson, timelineToLines } from './timeline.ts';
export { cutTo, displayWidth, padTo, printable, wrap } from './width.ts';
