import type { TraceStart } from './header.ts';

/** Turns stamps of records into FILETIME ticks. */
export type Clock = (stamp: bigint) => bigint;

/**
 * The clock of a trace, in whole numbers: QPC is `StartTime + (stamp - first) * 10^7 / PerfFreq`, cycles `StartTime + (stamp - first) * 10 / MHz`, both
 * rounded down; FILETIME stamps are ticks. A clock without frequency shows every record at StartTime (reported when the trace was opened).
 *
 * @source Microsoft Learn, TRACE_LOGFILE_HEADER (StartTime, PerfFreq, ReservedFlags)
 */
export function traceClock({ header, firstStamp }: TraceStart): Clock {
  const start = header.startTime;
  if (header.clock === 'filetime') return (stamp) => stamp;
  const [factor, divisor] = header.clock === 'qpc' ? [10_000_000n, header.frequency] : [10n, BigInt(header.cpuMhz)];
  if (divisor === 0n) return () => start;
  return (stamp) => {
    const scaled = (stamp - firstStamp) * factor;
    const ticks = scaled / divisor;
    // Division of BigInt rounds towards zero: before the first record that would be up.
    return start + (scaled < 0n && ticks * divisor !== scaled ? ticks - 1n : ticks);
  };
}
