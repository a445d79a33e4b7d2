import type { AccountUse, LoginSchemeName } from '../../../model/connection.ts';
import type { AttemptDraft } from '../draft.ts';
import { formOf } from '../login-rungs.ts';

/** Mechanisms as WinRM names them in its events. */
const SCHEMES: ReadonlyMap<string, LoginSchemeName> = new Map(
  (['Basic', 'Negotiate', 'Kerberos', 'NTLM', 'CredSSP', 'Certificate'] as const).map((name) => [name.toLowerCase(), name]),
);
/** What is negotiated within Negotiate and CredSSP is in no event. */
const MECHANISMS: Partial<Record<LoginSchemeName, NonNullable<AccountUse['mechanism']>>> = {
  Basic: 'basic',
  Kerberos: 'kerberos',
  NTLM: 'ntlm',
  Certificate: 'certificate',
};

/** The scheme a name means; undefined for a name that is none. */
export function schemeOf(name: string): LoginSchemeName | undefined {
  return SCHEMES.get(name.trim().toLowerCase());
}

/** Scheme and mechanism of a login, as far as the name of the scheme tells. */
export function noteScheme(draft: AttemptDraft, scheme: LoginSchemeName): NonNullable<AccountUse['mechanism']> | undefined {
  draft.set('client.scheme', scheme);
  const mechanism = MECHANISMS[scheme];
  if (mechanism !== undefined) draft.set('login.mechanism', mechanism);
  return mechanism;
}

/** `DOMAIN\user` taken apart; a name without a domain has an empty one. */
export function partsOf(name: string): { readonly user: string; readonly domain: string } {
  const slash = name.indexOf('\\');
  return slash < 0 ? { user: name, domain: '' } : { user: name.slice(slash + 1), domain: name.slice(0, slash) };
}

/** The account a record of the host names. It is the account found, not the fields as they were sent. */
export function noteAccount(
  draft: AttemptDraft,
  name: string,
  more: { readonly scheme?: LoginSchemeName; readonly mechanism?: AccountUse['mechanism'] },
): void {
  draft.ladder.account = {
    typed: name,
    form: formOf(partsOf(name)),
    checks: 1,
    ...(more.scheme === undefined ? {} : { scheme: more.scheme }),
    ...(more.mechanism === undefined ? {} : { mechanism: more.mechanism }),
  };
}

/**
 * Is the account one of the host itself? True when its domain is the name of the host. False only where that is certain: Kerberos knows no local accounts, and
 * a domain that is the first label of the host's own DNS domain is the domain. Anything else may be another name of the host.
 * @param host name the host has, short or full.
 */
export function noteLocal(draft: AttemptDraft, name: string, host: string): void {
  const domain = partsOf(name).domain.toLowerCase();
  const [short = '', first] = host.toLowerCase().split('.');
  if (domain === '' || /^[\d.:]+$/.test(host)) return;
  // A NetBIOS name has at most 15 characters.
  if (domain === short || (short.length > 15 && domain === short.slice(0, 15))) draft.set('user.isLocal', true);
  else if (draft.get('login.mechanism') === 'kerberos' || domain === first) draft.set('user.isLocal', false);
}
