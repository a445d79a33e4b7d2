import { readFileSync } from 'node:fs';
import {
  type CredentialCache,
  type KerberosCredential,
  KerberosError,
  type KerberosExchange,
  type KerberosInitiator,
  type Krb5Conf,
  kerberosInitiator,
  readCredentialCache,
  readKerberosMessage,
  readKeytab,
  realmOfHost,
} from '@winmedic/kerberos';
import type { Localized } from '@winmedic/knowledge/model';
import { ConnectError } from './connect-error.ts';
import { kdcsOf, kdcTransport } from './kdc.ts';
import { type KerberosSettings, kerberosConfig, ticketCachePath } from './kerberos-settings.ts';
import type { Ladder } from './ladder.ts';
import type { ConnectCredential, ConnectOptions } from './options.ts';
import { sharedTicketInitiator } from './shared-ticket.ts';
import { say } from './text.ts';
import { kerberosMessageWords } from './token-words.ts';
import { type ChallengeNames, domainMeaning, isDomainMember, type UserNameForms } from './user-name-forms.ts';

/** A Kerberos login that can be tried. */
export interface KerberosPlan {
  readonly realm: string;
  readonly servicePrincipalName: string;
  /** The service principal name was given, and its host is not the name used. */
  readonly otherService: boolean;
  /** Client as it is asked for, without realm; empty for a cache. */
  readonly user: string;
  /** Does it cost a credential check? Not with tickets. */
  readonly costs: boolean;
  /** A fresh context. The password is asked for here. */
  readonly context: (channelBindings: Uint8Array | undefined, dceStyle?: boolean) => Promise<KerberosInitiator>;
}

/** Largest ticket cache or keytab that is read. */
const MAX_FILE = 16 << 20;

/**
 * Can Kerberos be tried, and how?
 * @param forced Kerberos was asked for: an address or an unknown membership is no obstacle then.
 * @param service first part of the service principal name: WinRM's is `HTTP`.
 * @returns the plan, or why there is none.
 */
export async function planKerberos(
  ladder: Ladder,
  options: ConnectOptions,
  forms: UserNameForms | undefined,
  names: ChallengeNames | undefined,
  forced: boolean,
  service = 'HTTP',
): Promise<KerberosPlan | { readonly not: Localized; readonly kdc?: 'not-found' }> {
  const settings = options.kerberos ?? {};
  const { credential } = options;
  const { host, kind } = ladder.target;
  if (credential === undefined || credential.kind === 'certificate')
    return { not: say('Kerberos needs a password, tickets or a keytab', 'Kerberos にはパスワード、チケット、またはキータブが必要') };
  if (!forced && kind === 'address')
    return {
      not: say('an address has no service principal name, a host name has', 'アドレスにはサービス プリンシパル名がない (ホスト名が必要)'),
    };
  if (!forced && isDomainMember(names) === false) return { not: say('the host belongs to no domain', 'ホストはドメインに属していない') };
  const config = kerberosConfig(settings);
  const found = realmAndCredential(credential, settings, config, forms, names, ladder);
  if ('not' in found) return found;
  const { realm } = found;
  if ((await kdcsOf(realm, settings, config)).length === 0 && found.kind === 'secret')
    return {
      not: say(`no KDC of realm ${realm} is known (krb5.conf, DNS SRV)`, `レルム ${realm} の KDC が分からない (krb5.conf、DNS SRV)`),
      kdc: 'not-found',
    };
  const servicePrincipalName = settings.servicePrincipalName ?? `${service}/${host.replace(/\.$/, '').toLowerCase()}`;
  const serviceRealm = realmOfHost(config, host.toLowerCase());
  return {
    realm,
    servicePrincipalName,
    otherService: servicePrincipalName.split('/')[1]?.split(/[:@]/)[0]?.toLowerCase() !== host.replace(/\.$/, '').toLowerCase(),
    user: found.user,
    costs: credential.kind !== 'ticket-cache',
    context: async (channelBindings, dceStyle) => {
      const shared = {
        servicePrincipalName,
        kdc: kdcTransport((asked) => kdcsOf(asked, settings, config), options.signal),
        onExchange: ({ stage, request, reply }: KerberosExchange) => {
          if (stage !== 'ap') sayKdcExchange(ladder, request, reply);
        },
        ...(serviceRealm === undefined ? {} : { serviceRealm }),
        ...(channelBindings === undefined ? {} : { channelBindings }),
        ...(dceStyle ? { dceStyle } : {}),
      };
      if (found.kind === 'tickets') return kerberosInitiator({ ...shared, credential: { kind: 'cache', cache: found.cache } });
      const tickets = options.budget?.ticketsOf(credential) ?? new Map();
      return sharedTicketInitiator({ ...shared, credential: found.credential, tickets, principal: `${found.user}@${realm}` });
    },
  };
}

type Found = { readonly realm: string; readonly user: string } & (
  | { readonly kind: 'tickets'; readonly cache: CredentialCache }
  | { readonly kind: 'secret'; readonly credential: () => Promise<Exclude<KerberosCredential, { kind: 'cache' }>> }
);

function realmAndCredential(
  credential: Exclude<ConnectCredential, { kind: 'certificate' }>,
  settings: KerberosSettings,
  config: Krb5Conf,
  forms: UserNameForms | undefined,
  names: ChallengeNames | undefined,
  ladder: Ladder,
): Found | { readonly not: Localized } {
  if (credential.kind === 'ticket-cache') {
    const path = credential.path ?? ticketCachePath(settings, config);
    if (path === undefined) return { not: say('the ticket cache is not a file', 'チケット キャッシュがファイルではない') };
    const bytes = readSmall(path);
    if (bytes === undefined) {
      if (credential.path !== undefined) throw new ConnectError('CONNECT_CACHE', 'ticket cache');
      return { not: say('there is no ticket cache', 'チケット キャッシュがない') };
    }
    const cache = taken('CONNECT_CACHE', () => readCredentialCache(bytes));
    return {
      realm: cache.principal.realm,
      user: cache.principal.name.join('/'),
      kind: 'tickets',
      cache,
    };
  }
  const realm = settings.realm?.toUpperCase() ?? realmOfAccount(forms, names, config);
  if (realm === undefined) return { not: say('the realm of the account is not known', 'アカウントのレルムが分からない') };
  const user = principalOf(forms, realm);
  if (credential.kind === 'keytab') {
    const bytes = readSmall(credential.path);
    if (bytes === undefined) throw new ConnectError('CONNECT_KEYTAB', 'keytab');
    const keytab = taken('CONNECT_KEYTAB', () => readKeytab(bytes));
    return { realm, user, kind: 'secret', credential: async () => ({ kind: 'keytab', keytab, user, realm }) };
  }
  return {
    realm,
    user,
    kind: 'secret',
    credential: async () => {
      const password = await ladder.time.without(credential.password);
      ladder.sieve.addText(password.reveal());
      return { kind: 'password', user, realm, password };
    },
  };
}

/**
 * Realm of the account as typed: the DNS domain of the host when the name means that domain, else the DNS name written, else the default realm.
 * A local account has none.
 */
function realmOfAccount(forms: UserNameForms | undefined, names: ChallengeNames | undefined, config: Krb5Conf): string | undefined {
  if (forms === undefined || forms.form === 'empty' || forms.form === 'dot') return undefined;
  const own = names?.dnsDomain !== undefined && isDomainMember(names) ? names.dnsDomain.toUpperCase() : undefined;
  const { domain } = forms;
  if (domain === '') return own ?? config.defaultRealm;
  const meaning = names === undefined ? 'other' : domainMeaning(domain, names);
  if (meaning === 'computer') return undefined;
  if (meaning === 'domain' || meaning === 'dns-domain') return own ?? (domain.includes('.') ? domain.toUpperCase() : undefined);
  const written = domain.toUpperCase();
  if (config.kdcs.has(written)) return written;
  // Another suffix of user principal names: the KDCs of the host's own domain know where it belongs.
  if (forms.form === 'upn' && own !== undefined) return own;
  return domain.includes('.') ? written : undefined;
}

function principalOf(forms: UserNameForms | undefined, realm: string): string {
  if (forms === undefined) return '';
  const { form, user, domain } = forms;
  // A user principal name of another suffix goes whole, as an enterprise name; of the realm itself the user alone is the principal.
  return form === 'upn' && domain.toUpperCase() !== realm && domain.includes('.') ? `${user}@${domain}` : user;
}

function taken<T>(code: 'CONNECT_CACHE' | 'CONNECT_KEYTAB', read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof KerberosError) throw new ConnectError(code, error.what, 0, { cause: error });
    throw error;
  }
}

function readSmall(path: string): Uint8Array | undefined {
  try {
    const bytes = readFileSync(path);
    return bytes.length > MAX_FILE ? undefined : new Uint8Array(bytes);
  } catch {
    return undefined;
  }
}

/** Bytes are not shown: both messages hold little besides ciphertext. */
function sayKdcExchange(ladder: Ladder, request: Uint8Array, reply: Uint8Array | undefined): void {
  for (const [direction, bytes] of [
    ['sent', request],
    ['received', reply],
  ] as const) {
    if (bytes === undefined) {
      ladder.say({ direction, layer: 'kerberos', text: say('no answer of any KDC', 'どの KDC からも応答なし'), fields: [] });
      continue;
    }
    try {
      ladder.say({ direction, layer: 'kerberos', ...kerberosMessageWords(readKerberosMessage(bytes)) });
    } catch {
      ladder.say({
        direction,
        layer: 'kerberos',
        text: say(`${bytes.length} bytes that are no Kerberos message`, `Kerberos メッセージではない ${bytes.length} バイト`),
        fields: [],
      });
    }
  }
}
