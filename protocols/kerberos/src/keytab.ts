import { BytesError, Cursor, type Damage, joinBytes } from '@winmedic/bytes';
import { encryptionType } from './crypto/encryption-type.ts';
import { KerberosError } from './errors.ts';
import { LIMITS } from './limits.ts';
import { NAME_TYPE } from './numbers.ts';

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
  /** KERBEROS_KEYTAB_TRUNCATED, KERBEROS_KEYTAB_ENTRY, KERBEROS_KEYTAB_TOO_MANY. */
  readonly damages: readonly Damage[];
}

/**
 * Reads a keytab, format 0x0502 (MIT krb5 documentation, "The keytab binary file format"). What is damaged is told, the rest is read.
 * @throws KerberosError KERBEROS_NOT_KEYTAB for anything else, format 0x0501 of the host's byte order included.
 */
export function readKeytab(bytes: Uint8Array): Keytab {
  if (bytes[0] !== 5 || bytes[1] !== 2) throw new KerberosError('KERBEROS_NOT_KEYTAB', 'keytab version', { need: '0x0502' });
  const entries: KeytabEntry[] = [];
  const damages: Damage[] = [];
  const cursor = new Cursor(bytes, 2);
  while (cursor.left >= 4) {
    const offset = cursor.position;
    const size = cursor.u32be('entry size') | 0;
    // A negative size is a hole where an entry was deleted; a size of zero ends the file.
    if (size === 0) break;
    const length = Math.abs(size);
    if (length > cursor.left) {
      damages.push({ code: 'KERBEROS_KEYTAB_TRUNCATED', what: 'keytab entry', offset, need: length, have: cursor.left });
      break;
    }
    if (entries.length >= LIMITS.entries) {
      damages.push({ code: 'KERBEROS_KEYTAB_TOO_MANY', what: 'keytab entries', offset, need: LIMITS.entries });
      break;
    }
    const at = cursor.position;
    const entry = cursor.take(length, 'keytab entry');
    if (size < 0) continue;
    try {
      entries.push(readEntry(new Cursor(entry, 0, at)));
    } catch (error) {
      if (!(error instanceof BytesError)) throw error;
      damages.push({ code: 'KERBEROS_KEYTAB_ENTRY', what: error.what, offset: error.offset });
    }
  }
  return { entries, damages };
}

function readEntry(cursor: Cursor): KeytabEntry {
  const text = (what: string): string => new TextDecoder().decode(cursor.take(cursor.u16be(what), what));
  const parts = cursor.u16be('number of components');
  if (parts > LIMITS.nameParts) throw new BytesError('BYTES_VALUE', 'number of components', cursor.origin, LIMITS.nameParts, parts);
  const realm = text('realm');
  const name = Array.from({ length: parts }, () => text('component'));
  const nameType = cursor.u32be('name type');
  const time = cursor.u32be('time stamp');
  const kvno8 = cursor.u8('key version');
  const etype = cursor.u16be('encryption type');
  const key = Uint8Array.from(cursor.take(cursor.u16be('key length'), 'key'));
  // A 32-bit version follows in newer files; zero means the 8-bit one counts.
  const kvno = cursor.left >= 4 ? cursor.u32be('key version') || kvno8 : kvno8;
  return { realm, name, nameType, time, kvno, etype, key };
}

/** Writes a keytab, format 0x0502. */
export function writeKeytab(entries: readonly KeytabEntry[]): Uint8Array {
  return joinBytes(Uint8Array.of(5, 2), ...entries.map(writeEntry));
}

function writeEntry(entry: KeytabEntry): Uint8Array {
  const body = joinBytes(
    u16(entry.name.length),
    counted(entry.realm),
    ...entry.name.map(counted),
    u32(entry.nameType),
    u32(entry.time),
    Uint8Array.of(entry.kvno & 0xff),
    u16(entry.etype),
    u16(entry.key.length),
    entry.key,
    u32(entry.kvno),
  );
  return joinBytes(u32(body.length), body);
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value);
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function counted(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  return joinBytes(u16(bytes.length), bytes);
}

/** A keytab from a password: one entry for each encryption type, salted with realm and name (RFC 4120 section 4) unless told otherwise. */
export function keytabFromPassword(options: {
  readonly realm: string;
  readonly name: readonly string[];
  readonly password: string;
  readonly salt?: string;
  readonly etypes?: readonly number[];
  readonly kvno?: number;
}): KeytabEntry[] {
  const salt = new TextEncoder().encode(options.salt ?? options.realm + options.name.join(''));
  return (options.etypes ?? [18, 17, 23]).map((etype) => ({
    realm: options.realm,
    name: options.name,
    nameType: NAME_TYPE.principal,
    time: 0,
    kvno: options.kvno ?? 1,
    etype,
    key: encryptionType(etype).stringToKey(options.password, salt),
  }));
}
