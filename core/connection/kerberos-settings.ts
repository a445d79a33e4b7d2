import { readFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { type Krb5Conf, parseKrb5Conf } from '@winmedic/kerberos';

/** One answer to a question for SRV records. */
export interface SrvAnswer {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
}

/** What is known about Kerberos before anything is asked. Everything has a default. */
export interface KerberosSettings {
  /** Text of a krb5.conf; default: the file of KRB5_CONFIG, else /etc/krb5.conf. */
  readonly config?: string;
  /** Realm of the account when its name does not tell. */
  readonly realm?: string;
  /** `host` or `host:port` of the KDCs, for every realm; default: krb5.conf, then DNS SRV. */
  readonly kdcs?: readonly string[];
  /** Environment with KRB5_CONFIG and KRB5CCNAME; default the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Service principal name to ask for; default `HTTP/<host>`. */
  readonly servicePrincipalName?: string;
  /** Asks DNS for SRV records; default the resolver of Node. */
  readonly lookUpSrv?: (name: string) => Promise<readonly SrvAnswer[]>;
}

/** A krb5.conf is some kilobytes; what is larger is none. */
const MAX_CONFIG = 1 << 20;

/** The configuration in force; an empty one when there is no readable file. Of several files in KRB5_CONFIG the first is taken. */
export function kerberosConfig(settings: KerberosSettings): Krb5Conf {
  if (settings.config !== undefined) return parseKrb5Conf(settings.config);
  const [path = '/etc/krb5.conf'] = ((settings.env ?? process.env)['KRB5_CONFIG'] ?? '').split(delimiter).filter((part) => part !== '');
  try {
    const text = readFileSync(path, 'utf8');
    return parseKrb5Conf(text.length > MAX_CONFIG ? '' : text);
  } catch {
    return parseKrb5Conf('');
  }
}

/**
 * Path of the ticket cache: KRB5CCNAME, then `default_ccache_name`, then the file of MIT's default.
 * @returns undefined for a cache that is no file (KEYRING:, KCM:, DIR:, API:).
 */
export function ticketCachePath(settings: KerberosSettings, config: Krb5Conf): string | undefined {
  const uid = String(process.getuid?.() ?? '');
  // Windows has no such number, and no folder of that name that belongs to somebody.
  const standard = uid === '' ? 'API:' : `FILE:/tmp/krb5cc_${uid}`;
  const name = (settings.env ?? process.env)['KRB5CCNAME'] ?? config.defaultCacheName ?? standard;
  const expanded = name.replaceAll('%{uid}', uid).replaceAll('%{euid}', uid);
  if (expanded.startsWith('FILE:')) return expanded.slice(5);
  return /^[A-Za-z]{2,}:/.test(expanded) ? undefined : expanded;
}
