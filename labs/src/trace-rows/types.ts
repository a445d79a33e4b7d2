import type { WriteFieldValues } from '../etl-writer/index.ts';

/** A text in both languages. */
export interface TraceText {
  readonly en: string;
  readonly ja: string;
}

/** Where a trace ran: the host itself (`server`) or a Windows client (`client`), both of the WinRM provider, or WMI-Activity of the host (`wmi`). */
export type TraceSide = 'server' | 'client' | 'wmi';

/** One event of a trace. */
export interface TraceStep {
  readonly id: number;
  readonly values?: WriteFieldValues;
  /** Operation it belongs to: events of one operation have the same activity id. Absent: no activity. */
  readonly activity?: number;
  /** Operation that goes on with it: related activity id. */
  readonly related?: number;
  /** Milliseconds behind the event before it; default 2. */
  readonly afterMs?: number;
}

/** What a trace tells, event by event. */
export interface TraceStory {
  readonly side: TraceSide;
  readonly steps: readonly TraceStep[];
  /** Build of Windows that recorded; default 20348. 7600 and 7601 write the events of Windows 7. */
  readonly build?: number;
  /** FILETIME ticks of the first event; default: a fixed moment. */
  readonly startTime?: bigint;
}

/** What must be read out of a trace. */
export interface TraceExpectation {
  /** Id of the cause in `knowledge/causes/connect-*.yaml`. */
  readonly cause: string;
  readonly grade: 'confirmed' | 'likely';
}

/** One row of the diagnosis table of refused connections as a trace shows it, or does not. */
export interface TraceRow {
  /** Number of the row of the diagnosis table; 0 for what stands beside it, healthy ones included. */
  readonly row: number;
  readonly id: string;
  readonly side: TraceSide;
  readonly how: TraceText;
  readonly story: TraceStory;
  /** The .etl file. */
  readonly trace: () => Uint8Array;
  /**
   * What the events say about the attempt, as properties of the connection model (`CONNECTION_PROPERTIES`), `failedRung` included. Only what a template says in
   * codes and names stands here, never what a text in the language of the system says.
   */
  readonly shows: Readonly<Record<string, string>>;
  /**
   * The verdict {@link shows} and the events themselves lead to. `not-visible`: something went wrong, and the trace allows no cause to be named; `no-fault`: nothing
   * went wrong.
   */
  readonly expected: TraceExpectation | 'not-visible' | 'no-fault';
  /** With `not-visible`: why. */
  readonly why?: TraceText;
}
