import type { ReportOptions } from '../options.ts';
import type { AuditFilter } from './view.ts';

/** Options of an audit's page for people. */
export interface AuditReportOptions extends ReportOptions {
  /** Which results are listed; counts are always of all settings. */
  readonly filter?: AuditFilter;
}
