import type { AnalyseLimits } from './types.ts';

/** Used for what {@link AnalyseLimits} leaves out. Together they keep the process below 400 MiB whatever the input. */
export const DEFAULT_LIMITS: AnalyseLimits = {
  // 64 bytes each and about 11 of the index.
  flows: 4_000_000,
  pendingBytes: 32 << 20,
  // A window of Windows grows to 16 MiB on bulk transfers, which are skipped; what decides is short.
  pendingBytesPerFlow: 1 << 20,
  messages: 10_000,
  // An HTTP conversation with its reader is about 7 KiB; those nothing happens on go first.
  openConversations: 4096,
  fragments: 1024,
  fragmentBytes: 16 << 20,
  tunnelDepth: 8,
};

/** Rows of details for flows with more than SYN and RST, as a part of the flows: 120 bytes each. A capture with more than half a million connections that carry data is beyond what anybody hands in. */
export const DETAILS_OF_FLOWS = 1 / 8;
/** Flows that are not recognised yet, at the same time; each keeps a few segments. More of them live long enough to fill the memory with what is given up. */
export const MAX_CANDIDATES = 1024;
/** From so many on data in a SYN (RFC 7413), which hardly anybody sends, does not make a flow one of them: a scan would be nothing else. */
export const MANY_CANDIDATES = 256;
/** Messages kept of all open conversations together: about 1 KiB each. */
export const MAX_OPEN_MESSAGES = 16_384;
/** Failed openings handed out: a scan of a watched port has millions, the flow table has them all. */
export const MAX_FAILED_OPENINGS = 10_000;
/** ICMP messages kept. */
export const MAX_UNREACHABLE = 10_000;
/** Out-of-order segments of one direction: sorted insertion stays short; 1,024 segments of 1,460 bytes are more than the bytes allowed. */
export const MAX_PENDING_SEGMENTS = 1024;
/** Damages handed out: more of the same say nothing new. */
export const MAX_DAMAGES = 1000;

/** Ports whose failed openings are handed out. */
export const WATCHED_PORTS: ReadonlySet<number> = new Set([80, 88, 135, 443, 445, 3389, 5985, 5986, 47001]);

/** Counts caps that were reached. */
export class LimitCounter {
  readonly counts = new Map<keyof AnalyseLimits, number>();

  /** One more time. */
  add(limit: keyof AnalyseLimits, times = 1): void {
    this.counts.set(limit, (this.counts.get(limit) ?? 0) + times);
  }
}
