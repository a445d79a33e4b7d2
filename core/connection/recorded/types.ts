import type { Localized } from '@winmedic/knowledge/model';
import type { ConnectionAttempt } from '../../model/connection.ts';
import type { Evidence } from '../../model/observation.ts';

/** What of a recording is taken for attempts to manage a host. */
export interface RecordedOptions {
  /** Further ports on which WinRM listens; 5985, 5986 and 47001 are known. On other ports only what says that it is WS-Management counts. */
  readonly winrmPorts?: ReadonlySet<number>;
  /** Names of hosts that were meant: a name server that does not know one of them makes an attempt of its own. */
  readonly hosts?: readonly string[];
  /** Keep the messages of each attempt in words; default true. */
  readonly conversation?: boolean;
  /**
   * Take attempts out of event logs of WinRM as well. Default: only where a capture, a trace or the log of a tool is among the evidence: a log of a healthy
   * host is full of them.
   */
  readonly logs?: boolean;
}

/** The evidence attempts are read out of. Records count as of one attempt where they are those of the timeline (`events: timeline.events`): they have ids then. */
export type RecordedEvidence = Pick<Evidence, 'conversations' | 'captures'> & Partial<Pick<Evidence, 'events' | 'traces'>>;

/** Something about a recording that belongs to no rung: attempts folded into one, conversations seen at two places, attempts left out, clocks compared. */
export interface RecordedNote {
  /** `folded`: equal attempts beside the one kept; `twice`: conversations recorded at a second place; `left-out`: attempts beyond the cap; `clocks`: how far two recordings are apart. */
  readonly kind: 'folded' | 'twice' | 'left-out' | 'clocks';
  /** Index into {@link RecordedAttempts.attempts}, when it speaks of one. */
  readonly attempt?: number;
  readonly count: number;
  readonly text: Localized;
}

/** Attempts read out of a recording. */
export interface RecordedAttempts {
  /** In time order. */
  readonly attempts: readonly ConnectionAttempt[];
  readonly notes: readonly RecordedNote[];
}
