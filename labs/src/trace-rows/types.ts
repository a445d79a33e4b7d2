/** A text in both languages. */
export interface TraceText {
  readonly en: string;
  readonly ja: string;
}

/** What must be read out of a trace. `not-visible`: the trace alone allows no cause. */
export interface TraceExpectation {
  readonly cause: string;
  readonly grade: 'confirmed' | 'likely' | 'inconclusive';
}

/** One row of the diagnosis table of refused connections as a trace shows it, or does not. */
export interface TraceRow {
  /** Number of the row of the diagnosis table; 0 for what stands beside it. */
  readonly row: number;
  readonly id: string;
  /** Where the trace ran: the host itself (`server`: WinRM provider there), a Windows client (`client`), WMI-Activity of the host (`wmi`). */
  readonly side: 'server' | 'client' | 'wmi';
  readonly how: TraceText;
  /** The .etl file. */
  readonly trace: () => Uint8Array;
  /** Id of the cause in `knowledge/causes/connect-*.yaml`, or `not-visible`, which has no grade. */
  readonly expected: TraceExpectation | 'not-visible';
}
