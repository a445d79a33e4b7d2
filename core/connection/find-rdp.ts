import type { RdpPortFinding } from '../model/connection.ts';
import type { ConnectTimes, LookUp } from './options.ts';

/** Where to look for RDP, and how gently. */
export interface FindRdpOptions {
  /** Ports of each host; only those given. */
  readonly ports: readonly number[];
  /** Connections begun per second, over all hosts; default 10. */
  readonly ratePerSecond?: number;
  /** Connections at the same time; default 8. */
  readonly concurrency?: number;
  /** Most pairs of host and port allowed; default 1024. More must be asked for. */
  readonly limit?: number;
  readonly times?: Partial<ConnectTimes>;
  readonly lookUp?: LookUp;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What was found, and what was not looked at. */
export interface RdpSearch {
  readonly findings: readonly RdpPortFinding[];
  /** Pairs of host and port that were tried; fewer than asked for when the signal stopped the search. */
  readonly tried: number;
}
