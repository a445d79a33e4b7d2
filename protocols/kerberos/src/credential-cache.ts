import { BytesError, Cursor, type Damage, joinBytes } from '@winmedic/bytes';
import { KerberosError } from './errors.ts';
import { LIMITS } from './limits.ts';

/** A principal with its realm. */
export interface Principal {
  readonly realm: string;
  readonly name: readonly string[];
  readonly nameType: number;
}

/** One credential of a cache. Times in milliseconds since 1970, 0 for unset. */
export interface CachedCredential {
  readonly client: Principal;
  readonly service: Principal;
  readonly sessionKey: { readonly etype: number; readonly key: Uint8Array };
  readonly authTime: number;
  readonly startTime: number;
  readonly endTime: number;
  readonly renewTill: number;
  /** Ticket flags (RFC 4120 section 5.3), bit 0 the highest. */
  readonly flags: number;
  /** The ticket as it goes over the wire. */
  readonly ticket: Uint8Array;
}

/** A credential cache as read. */
export interface CredentialCache {
  readonly principal: Principal;
  /** Clock of the KDC minus that of the client in milliseconds (header field of version 4), 0 when not told. */
  readonly kdcOffset: number;
  /** Without the configuration entries that MIT keeps among them (realm `X-CACHECONF:`). */
  readonly credentials: readonly CachedCredential[];
  /** KERBEROS_CACHE_TRUNCATED, KERBEROS_CACHE_VALUE, KERBEROS_CACHE_TOO_MANY. */
  readonly damages: readonly Damage[];
}

const CONFIGURATION = 'X-CACHECONF:';
/** Header field with the clock difference (tag 1, DeltaTime). */
const DELTA_TIME = 1;

/**
 * Reads a credential cache of type FILE, versions 3 and 4 (MIT krb5 documentation, "Credential cache file format").
 * What is damaged is told, and what stands before it is read.
 * @throws KerberosError KERBEROS_NOT_CACHE for anything else, and when not even the principal can be read.
 */
export function readCredentialCache(bytes: Uint8Array): CredentialCache {
  const version = bytes[1];
  if (bytes[0] !== 5 || (version !== 3 && version !== 4)) {
    throw new KerberosError('KERBEROS_NOT_CACHE', 'cache version', { need: '0x0503 or 0x0504' });
  }
  const reader = new CacheReader(bytes, version);
  let kdcOffset = 0;
  let principal: Principal;
  try {
    if (version === 4) kdcOffset = reader.header();
    principal = reader.principal();
  } catch (error) {
    if (!(error instanceof BytesError)) throw error;
    throw new KerberosError('KERBEROS_NOT_CACHE', error.what, { offset: error.offset, cause: error });
  }
  const credentials: CachedCredential[] = [];
  const damages: Damage[] = [];
  for (let read = 0; reader.cursor.left > 0; read++) {
    const offset = reader.cursor.position;
    if (read >= LIMITS.entries) {
      damages.push({ code: 'KERBEROS_CACHE_TOO_MANY', what: 'credentials', offset, need: LIMITS.entries });
      break;
    }
    try {
      const credential = reader.credential();
      if (credential.service.realm !== CONFIGURATION) credentials.push(credential);
    } catch (error) {
      if (!(error instanceof BytesError)) throw error;
      const code = error.code === 'BYTES_SHORT' ? 'KERBEROS_CACHE_TRUNCATED' : 'KERBEROS_CACHE_VALUE';
      damages.push({ code, what: error.what, offset: error.offset });
      break;
    }
  }
  return { principal, kdcOffset, credentials, damages };
}

class CacheReader {
  readonly cursor: Cursor;
  readonly #version: 3 | 4;

  constructor(bytes: Uint8Array, version: 3 | 4) {
    this.cursor = new Cursor(bytes, 2);
    this.#version = version;
  }

  header(): number {
    const { cursor } = this;
    const at = cursor.position + 2;
    const fields = new Cursor(cursor.take(cursor.u16be('header length'), 'header'), 0, at);
    let offset = 0;
    while (fields.left >= 4) {
      const tag = fields.u16be('header tag');
      const value = new Cursor(fields.take(fields.u16be('header field length'), 'header field'), 0, at);
      if (tag === DELTA_TIME && value.left === 8)
        offset = (value.u32be('seconds') | 0) * 1000 + Math.floor((value.u32be('microseconds') | 0) / 1000);
    }
    return offset;
  }

  principal(): Principal {
    const nameType = this.cursor.u32be('name type');
    const parts = this.#count(LIMITS.nameParts, 'number of components');
    const realm = this.#text('realm');
    return { nameType, realm, name: Array.from({ length: parts }, () => this.#text('component')) };
  }

  credential(): CachedCredential {
    const { cursor } = this;
    const client = this.principal();
    const service = this.principal();
    const etype = cursor.u16be('encryption type');
    // Version 3 has the type twice.
    if (this.#version === 3) cursor.skip(2, 'encryption type');
    const key = this.#data('key');
    const [authTime = 0, startTime = 0, endTime = 0, renewTill = 0] = ['auth time', 'start time', 'end time', 'renew till'].map(
      (what) => cursor.u32be(what) * 1000,
    );
    cursor.skip(1, 'is_skey');
    const flags = cursor.u32be('ticket flags');
    for (const what of ['addresses', 'authorisation data']) {
      for (let left = this.#count(1000, what); left > 0; left--) {
        cursor.skip(2, what);
        this.#data(what);
      }
    }
    const ticket = Uint8Array.from(this.#data('ticket'));
    this.#data('second ticket');
    return { client, service, sessionKey: { etype, key: Uint8Array.from(key) }, authTime, startTime, endTime, renewTill, flags, ticket };
  }

  #count(most: number, what: string): number {
    const at = this.cursor.position;
    const count = this.cursor.u32be(what);
    if (count > most) throw new BytesError('BYTES_VALUE', what, at, most, count);
    return count;
  }

  #data(what: string): Uint8Array {
    return this.cursor.take(this.#count(LIMITS.field, `length of ${what}`), what);
  }

  #text(what: string): string {
    return new TextDecoder().decode(this.#data(what));
  }
}

/** Writes a credential cache of type FILE, version 4. */
export function writeCredentialCache(cache: {
  readonly principal: Principal;
  readonly kdcOffset?: number;
  readonly credentials: readonly CachedCredential[];
}): Uint8Array {
  const offset = cache.kdcOffset ?? 0;
  const seconds = Math.floor(offset / 1000);
  const header = joinBytes(u16(DELTA_TIME), u16(8), u32(seconds), u32((offset - seconds * 1000) * 1000));
  return joinBytes(
    Uint8Array.of(5, 4),
    u16(header.length),
    header,
    principalBytes(cache.principal),
    ...cache.credentials.map(credentialBytes),
  );
}

function credentialBytes(credential: CachedCredential): Uint8Array {
  return joinBytes(
    principalBytes(credential.client),
    principalBytes(credential.service),
    u16(credential.sessionKey.etype),
    data(credential.sessionKey.key),
    ...[credential.authTime, credential.startTime, credential.endTime, credential.renewTill].map((ms) => u32(Math.floor(ms / 1000))),
    Uint8Array.of(0),
    u32(credential.flags),
    u32(0),
    u32(0),
    data(credential.ticket),
    u32(0),
  );
}

function principalBytes({ nameType, realm, name }: Principal): Uint8Array {
  return joinBytes(u32(nameType), u32(name.length), ...[realm, ...name].map((text) => data(new TextEncoder().encode(text))));
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value);
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function data(bytes: Uint8Array): Uint8Array {
  return joinBytes(u32(bytes.length), bytes);
}
