import type { Damage } from '@winmedic/bytes';

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
  readonly credentials: readonly CachedCredential[];
  readonly damages: readonly Damage[];
}

export declare function readCredentialCache(bytes: Uint8Array): CredentialCache;
export declare function writeCredentialCache(
  cache: Omit<CredentialCache, 'damages' | 'kdcOffset'> & { readonly kdcOffset?: number },
): Uint8Array;
