import type { Language } from '@winmedic/knowledge/model';

/** How a report was made; every renderer prints it. */
export interface ReportMeta {
  /** Time zone of every time in the report: IANA name, `UTC` or a fixed offset. */
  readonly zone: string;
  readonly tool: {
    readonly name: string;
    readonly version: string;
    /** The command line as it was typed, for repeating it. */
    readonly command: string;
  };
  /** Wall-clock duration of the diagnosis in seconds, when measured. */
  readonly durationSeconds?: number;
  /** Case id; without it one is derived from the hashes of the inputs, so that the same evidence has the same id. */
  readonly caseId?: string;
}

/** Options of a report for people. */
export interface ReportOptions extends ReportMeta {
  readonly lang: Language;
}
