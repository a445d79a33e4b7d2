import { LIMITS } from './limits.ts';

/** A line that was not followed or not understood; 1 is the first. */
export interface ConfLineNotRead {
  readonly line: number;
  /** `capaths`: the section that names paths between realms; referrals by the KDCs are used instead. `limit`: the rest of the file. */
  readonly what: 'include' | 'includedir' | 'module' | 'capaths' | 'syntax' | 'limit';
}

/** What is read of a krb5.conf. */
export interface Krb5Conf {
  readonly defaultRealm: string | undefined;
  /** `dns_lookup_kdc`; true when it is not set, as MIT has it. */
  readonly dnsLookupKdc: boolean;
  /** `default_ccache_name` as written. */
  readonly defaultCacheName: string | undefined;
  /** KDCs by realm as written: `host`, `host:port`, `tcp/host`; see {@link parseKdcAddress}. */
  readonly kdcs: ReadonlyMap<string, readonly string[]>;
  /** `domain_realm`: host name or `.domain`, lower case, to realm. */
  readonly domainRealm: ReadonlyMap<string, string>;
  readonly notRead: readonly ConfLineNotRead[];
}

/**
 * Reads a krb5.conf (MIT krb5 documentation, "krb5.conf"): default realm, DNS lookup, cache name, KDCs, host names to realms. Included files are
 * told, not read: the caller decides what to open. Never throws.
 */
export function parseKrb5Conf(text: string): Krb5Conf {
  const notRead: ConfLineNotRead[] = [];
  const kdcs = new Map<string, string[]>();
  const domainRealm = new Map<string, string>();
  const defaults = new Map<string, string>();
  let section = '';
  /** Names of the open braces. */
  const open: string[] = [];
  let capathsTold = false;
  let number = 0;
  for (const raw of linesOf(text)) {
    number++;
    if (number > LIMITS.lines) {
      notRead.push({ line: number, what: 'limit' });
      break;
    }
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    if (line.length > LIMITS.lineLength) {
      notRead.push({ line: number, what: 'syntax' });
      continue;
    }
    const directive = /^(include|includedir|module)[ \t]/.exec(line)?.[1] as 'include' | 'includedir' | 'module' | undefined;
    if (directive !== undefined) {
      notRead.push({ line: number, what: directive });
      continue;
    }
    if (line.startsWith('[')) {
      const end = line.indexOf(']');
      if (end < 0) notRead.push({ line: number, what: 'syntax' });
      section = end < 0 ? '' : line.slice(1, end).trim();
      open.length = 0;
      continue;
    }
    if (section === 'capaths') {
      if (!capathsTold) notRead.push({ line: number, what: 'capaths' });
      capathsTold = true;
      continue;
    }
    if (line.startsWith('}')) {
      if (open.pop() === undefined) notRead.push({ line: number, what: 'syntax' });
      continue;
    }
    const equals = line.indexOf('=');
    if (equals <= 0) {
      notRead.push({ line: number, what: 'syntax' });
      continue;
    }
    const name = line.slice(0, equals).replace(/\*$/, '').trim();
    const value = unquoted(line.slice(equals + 1).trim());
    if (value === '{') {
      // Realms nest two braces at most (auth_to_local_names).
      if (open.length < 8) open.push(name);
      else notRead.push({ line: number, what: 'syntax' });
      continue;
    }
    // The first value counts, as in MIT's profile library; several `kdc` lines are several KDCs.
    if (section === 'libdefaults' && open.length === 0 && !defaults.has(name)) defaults.set(name, value);
    if (section === 'domain_realm' && open.length === 0 && !domainRealm.has(name.toLowerCase())) domainRealm.set(name.toLowerCase(), value);
    const realm = open[0];
    if (section === 'realms' && open.length === 1 && realm !== undefined && name === 'kdc') {
      const known = kdcs.get(realm);
      if (known === undefined) kdcs.set(realm, value.split(/[ \t]+/));
      else known.push(...value.split(/[ \t]+/));
    }
  }
  return {
    defaultRealm: defaults.get('default_realm'),
    dnsLookupKdc: !/^(n|no|false|nil|0|off)$/i.test(defaults.get('dns_lookup_kdc') ?? 'true'),
    defaultCacheName: defaults.get('default_ccache_name'),
    kdcs,
    domainRealm,
    notRead,
  };
}

function* linesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    yield text.slice(at, end < 0 ? text.length : end);
    at = end < 0 ? text.length : end + 1;
  }
}

function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

/**
 * Realm of a host by `domain_realm`: the name itself, then its domains from the nearest, each with and without the leading dot.
 * @returns `undefined` when nothing matches: then the client's own KDC is asked and may refer elsewhere.
 */
export function realmOfHost(conf: Krb5Conf, host: string): string | undefined {
  let name: string | undefined = host.toLowerCase().replace(/\.$/, '');
  while (name !== undefined && name !== '') {
    const realm = conf.domainRealm.get(name);
    if (realm !== undefined) return realm;
    const dot: number = name.startsWith('.') ? -1 : name.indexOf('.');
    name = name.startsWith('.') ? name.slice(1) : dot < 0 ? undefined : name.slice(dot);
  }
  return undefined;
}

/** A KDC of a krb5.conf. */
export interface KdcAddress {
  readonly host: string;
  readonly port: number;
  /** Protocol when the file names one. */
  readonly protocol?: 'tcp' | 'udp';
}

/**
 * Takes `host`, `host:port`, `[address]:port`, `tcp/host` apart; port 88 (RFC 4120 section 7.2) when none is named.
 * @returns `undefined` for URLs (MS-KKDCP proxies) and what is no address.
 */
export function parseKdcAddress(value: string): KdcAddress | undefined {
  const match = /^(?:(tcp|udp)\/)?(?:\[([0-9a-fA-F:.%]{2,64})\]|([^\s[\]/:]{1,255}))(?::([0-9]{1,5}))?$/.exec(value);
  const host = match?.[2] ?? match?.[3];
  const port = match?.[4] === undefined ? 88 : Number(match[4]);
  if (match === null || host === undefined || port < 1 || port > 65_535) return undefined;
  const protocol = match[1] as 'tcp' | 'udp' | undefined;
  return protocol === undefined ? { host, port } : { host, port, protocol };
}
