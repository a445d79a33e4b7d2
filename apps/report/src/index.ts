/** Reports of a case, of an audit, of connections and of disks: terminal, JSON, Markdown, HTML; timeline listing, experiment and problem texts; times with their zone. */
export { auditToHtml } from './audit/html.ts';
export { AUDIT_SCHEMA_VERSION, auditToJson } from './audit/json.ts';
export { auditToJunit } from './audit/junit.ts';
export { auditToMarkdown } from './audit/markdown.ts';
export type { AuditReportOptions } from './audit/options.ts';
export { auditRows } from './audit/table.ts';
export { type AuditTextOptions, auditToText } from './audit/terminal.ts';
export { AUDIT_AREAS, type AuditArea, type AuditFilter, hasFindings } from './audit/view.ts';
export { caseId } from './case-view.ts';
export { connectionToHtml } from './connection/html.ts';
export { CONNECTION_SCHEMA_VERSION, connectionToJson } from './connection/json.ts';
export { connectionToMarkdown } from './connection/markdown.ts';
export { type ConnectionTextOptions, connectionToText } from './connection/terminal.ts';
export type { ConnectionFilter } from './connection/view.ts';
export { filesToText } from './disk/files.ts';
export {
  type FilesContext,
  filesToJson,
  hiveKeyToJson,
  inspectToJson,
  proposalsToJson,
  recipesToJson,
  repairToJson,
  undoToJson,
  verifyToJson,
} from './disk/json.ts';
export { DISK_SCHEMA_VERSION } from './disk/json-parts.ts';
export type { DiskFilesOptions, DiskMeta, DiskPageOptions, DiskTextOptions } from './disk/options.ts';
export {
  hiveKeyToText,
  inspectToHtml,
  inspectToMarkdown,
  inspectToText,
  proposalsToText,
  recipesToText,
  repairToHtml,
  repairToMarkdown,
  repairToText,
  undoToText,
  verifyToText,
} from './disk/pages.ts';
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
export {
  CAPTURE_CHANNEL,
  type ConversationRecord,
  conversationEvent,
  conversationLine,
  conversationToJson,
  endsText,
  isConversation,
} from './traffic/conversation-event.ts';
export { type FollowOptions, followToJson, followToText } from './traffic/follow.ts';
export type { RecordedConnections } from './traffic/recorded.ts';
export { cutTo, displayWidth, padTo, printable, wrap } from './width.ts';
