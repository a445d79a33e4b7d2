import type { Localized } from '@winmedic/knowledge/model';
import type { SchemeName } from '@winmedic/wsman';
import type { KerberosPlan } from './kerberos-login.ts';
import type { ConnectOptions } from './options.ts';
import { say } from './text.ts';

/** One way to log in: what stands in the Authorization header, and what is inside. */
export type LoginWay =
  | { readonly scheme: 'Negotiate' | 'Kerberos'; readonly mechanism: 'kerberos'; readonly kerberos: KerberosPlan }
  | { readonly scheme: 'Negotiate' | 'NTLM'; readonly mechanism: 'ntlm' }
  | { readonly scheme: 'CredSSP'; readonly mechanism: 'ntlm' }
  | { readonly scheme: 'Basic'; readonly mechanism: 'basic' }
  | { readonly scheme: 'Certificate'; readonly mechanism: 'certificate' };

/** What is to be tried, in order; the second only when the first came to nothing before a credential was checked. */
export interface SchemeChoice {
  readonly ways: readonly LoginWay[];
  /** The scheme asked for is offered. */
  readonly usable: boolean;
  /** Why Kerberos is not among them. */
  readonly notKerberos?: Localized;
}

/**
 * Chooses by what was asked for and what is offered. `auto` is Kerberos when it can work, else NTLM, both within Negotiate; Basic, CredSSP and
 * certificates are used only when asked for.
 * @param kerberos the plan, or why there is none.
 */
export function chooseScheme(
  options: Pick<ConnectOptions, 'auth' | 'credential'>,
  offered: readonly string[],
  kerberos: KerberosPlan | { readonly not: Localized } | undefined,
  secure: boolean,
): SchemeChoice {
  const offers = (scheme: SchemeName) => offered.some((each) => each.toLowerCase() === scheme.toLowerCase());
  const plan = kerberos !== undefined && !('not' in kerberos) ? kerberos : undefined;
  const not = kerberos !== undefined && 'not' in kerberos ? { notKerberos: kerberos.not } : {};
  const ways: LoginWay[] = [];
  const auth = options.credential?.kind === 'certificate' ? 'Certificate' : (options.auth ?? 'auto');
  const password = options.credential?.kind === 'password';
  const kerberosWay = (direct: boolean) => {
    if (plan === undefined) return;
    if (offers('Negotiate') && !direct) ways.push({ scheme: 'Negotiate', mechanism: 'kerberos', kerberos: plan });
    else if (offers('Kerberos')) ways.push({ scheme: 'Kerberos', mechanism: 'kerberos', kerberos: plan });
    else if (offers('Negotiate')) ways.push({ scheme: 'Negotiate', mechanism: 'kerberos', kerberos: plan });
  };
  switch (auth) {
    case 'auto':
    case 'Negotiate':
      if (auth === 'auto' || offers('Negotiate')) kerberosWay(false);
      if (password && offers('Negotiate')) ways.push({ scheme: 'Negotiate', mechanism: 'ntlm' });
      else if (password && auth === 'auto' && offers('NTLM')) ways.push({ scheme: 'NTLM', mechanism: 'ntlm' });
      return { ways, usable: offers('Negotiate') || (auth === 'auto' && (offers('Kerberos') || offers('NTLM'))), ...not };
    case 'Kerberos':
      kerberosWay(true);
      return { ways, usable: offers('Kerberos') || offers('Negotiate'), ...not };
    case 'NTLM':
      // Windows has no scheme of that name in WinRM: NTLM goes within Negotiate.
      if (password && offers('Negotiate')) ways.push({ scheme: 'Negotiate', mechanism: 'ntlm' });
      else if (password && offers('NTLM')) ways.push({ scheme: 'NTLM', mechanism: 'ntlm' });
      return { ways, usable: offers('Negotiate') || offers('NTLM') };
    case 'CredSSP':
      if (password && offers('CredSSP')) ways.push({ scheme: 'CredSSP', mechanism: 'ntlm' });
      return { ways, usable: offers('CredSSP') };
    case 'Basic':
      if (password && offers('Basic')) ways.push({ scheme: 'Basic', mechanism: 'basic' });
      return { ways, usable: offers('Basic') };
    case 'Certificate':
      // A client certificate belongs to TLS; WWW-Authenticate does not name it.
      if (secure && options.credential?.kind === 'certificate') ways.push({ scheme: 'Certificate', mechanism: 'certificate' });
      return { ways, usable: secure };
  }
}

/** A way in words. */
export function wayWords(way: LoginWay): Localized {
  if (way.scheme === 'CredSSP') return say('CredSSP with NTLM inside', 'CredSSP (内側は NTLM)');
  if (way.mechanism === 'kerberos') {
    const spn = way.kerberos.servicePrincipalName;
    return say(`Kerberos (scheme ${way.scheme}) for ${spn}`, `Kerberos (認証方式 ${way.scheme}、${spn})`);
  }
  if (way.mechanism === 'ntlm') return say(`NTLM (scheme ${way.scheme})`, `NTLM (認証方式 ${way.scheme})`);
  return way.mechanism === 'basic' ? say('Basic', '基本認証 (Basic)') : say('client certificate', 'クライアント証明書');
}
