import type { Localized } from '@winmedic/knowledge/model';
import type { ConnectionAttempt } from '../../model/connection.ts';

/** What of a recording is taken for attempts to manage a host. */
export interface RecordedOptions {
  /** Further ports on which WinRM listens; 5985, 5986 and 47001 are known. On other ports only what says that it is WS-Management counts. */
  readonly winrmPorts?: ReadonlySet<number>;
  /** Names of hosts that were meant: a name server that does not know one of them makes an attempt of its own. */
  readonly hosts?: readonly string[];
  /** Keep the messages of each attempt in words; default true. */
  readonly conversation?: boolean;
}

/** Something about a recording that belongs to no rung: attempts folded into one, conversations seen at two places, attempts left out. */
export interface RecordedNote {
  /** `folded`: equal attempts beside the one kept; `twice`: conversations recorded at a second place; `left-out`: attempts beyond the cap. */
  readonly kind: 'folded' | 'twice' | 'left-out';
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
