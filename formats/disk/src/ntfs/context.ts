import type { ByteSource } from '@winmedic/bytes';
import type { Lru } from './cache.ts';
import type { Tell } from './damages.ts';
import type { RecordTable } from './table.ts';
import type { NtfsBoot, NtfsFile } from './types.ts';

/** What the parts of an opened volume share. */
export interface Context {
  /** The device, with reads that only its end cuts short. */
  readonly source: ByteSource;
  readonly boot: NtfsBoot;
  readonly tell: Tell;
  readonly table: RecordTable;
  /** Files read last. */
  readonly files: Lru<number, NtfsFile>;
}
