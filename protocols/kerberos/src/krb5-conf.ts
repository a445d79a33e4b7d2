/** What is read of a krb5.conf. */
export interface Krb5Conf {
  readonly defaultRealm: string | undefined;
  /** `dns_lookup_kdc`; true when it is not set, as MIT has it. */
  readonly dnsLookupKdc: boolean;
  /** `default_ccache_name` as written. */
  readonly defaultCacheName: string | undefined;
  /** KDCs by realm as written: `host`, `host:port`, `tcp/host`. */
  readonly kdcs: ReadonlyMap<string, readonly string[]>;
  /** `domain_realm`: host name or `.domain`, lower case, to realm. */
  readonly domainRealm: ReadonlyMap<string, string>;
  /** Lines that were not followed or understood, with their number (1 is the first). */
  readonly notRead: readonly { readonly line: number; readonly what: 'include' | 'includedir' | 'module' | 'capaths' | 'syntax' }[];
}

export declare function parseKrb5Conf(text: string): Krb5Conf;
export declare function realmOfHost(conf: Krb5Conf, host: string): string | undefined;
