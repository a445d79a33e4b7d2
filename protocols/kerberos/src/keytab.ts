import type { Damage } from '@winmedic/bytes';

/** One key of a keytab. */
export interface KeytabEntry {
  readonly realm: string;
  /** Components of the principal's name: `['HTTP', 'host.example']`. */
  readonly name: readonly string[];
  /** Name type (RFC 4120 section 6.2). */
  readonly nameType: number;
  /** When the entry was written, seconds since 1970. */
  readonly time: number;
  readonly kvno: number;
  readonly etype: number;
  readonly key: Uint8Array;
}

/** A keytab as read. */
export interface Keytab {
  readonly entries: readonly KeytabEntry[];
  readonly damages: readonly Damage[];
}

export declare function readKeytab(bytes: Uint8Array): Keytab;
export declare function writeKeytab(entries: readonly KeytabEntry[]): Uint8Array;
