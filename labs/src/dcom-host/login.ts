import { AUTH_TYPE } from '@winmedic/dcerpc';
import { type PeerIdentity, Secret, type SecurityContext } from '@winmedic/gss';
import { type NtlmAccount, ntHash, ntlmAcceptor } from '@winmedic/ntlm';
import type { AccountSpec } from '../windows-host/types.ts';
import type { DcomHostSpec } from './types.ts';

/** NTSTATUS of accounts that may not log on (MS-ERREF 2.3.1). */
const REFUSED: Readonly<Record<Exclude<AccountSpec['state'], undefined | 'ok'>, number>> = {
  locked: 0xc000_0234,
  disabled: 0xc000_0072,
  expired: 0xc000_0193,
  'must-change': 0xc000_0224,
};

/** Finds accounts by the names of a login: a domain that is not known means the host itself, a principal name its account. */
function findAccount(spec: DcomHostSpec, user: string, domain: string): AccountSpec | undefined {
  const name = spec.name ?? 'HV01';
  const inDomain = (account: AccountSpec): boolean => !same(account.domain, name);
  const domains = [spec.domain ?? 'CORP', spec.dnsDomain ?? 'corp.example'];
  return spec.accounts?.find((account) => {
    if (domain === '' && user.includes('@')) return same(account.upn ?? `${account.user}@${domains[1]}`, user) && inDomain(account);
    if (!same(account.user, user)) return false;
    if (domain === '') return true;
    return domains.some((known) => same(known, domain)) ? inDomain(account) : same(account.domain, name);
  });
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** NTLM with the accounts of the specification. */
export function ntlmLogin(spec: DcomHostSpec): (type: number) => SecurityContext | undefined {
  const name = spec.name ?? 'HV01';
  const dnsDomain = spec.dnsDomain ?? 'corp.example';
  const hashes = new Map<AccountSpec, Uint8Array>();
  const lookUp = (user: string, domain: string): NtlmAccount | undefined => {
    const account = findAccount(spec, user, domain);
    if (account === undefined) return undefined;
    const hash = hashes.get(account) ?? ntHash(new Secret(account.password));
    hashes.set(account, hash);
    const { state } = account;
    return { ntHash: hash, ...(state === undefined || state === 'ok' ? {} : { refused: REFUSED[state] }) };
  };
  const target = {
    netbiosComputer: name,
    netbiosDomain: dnsDomain === '' ? name : (spec.domain ?? 'CORP'),
    dnsComputer: dnsDomain === '' ? name.toLowerCase() : `${name.toLowerCase()}.${dnsDomain}`,
    ...(dnsDomain === '' ? {} : { dnsDomain, forest: dnsDomain }),
  };
  const { onCheck } = spec;
  return (type) => (type === AUTH_TYPE.ntlm ? ntlmAcceptor({ target, lookUp, ...(onCheck === undefined ? {} : { onCheck }) }) : undefined);
}

/** May this user activate WMI? A filtered or unprivileged token may not (MS-DCOM 3.1.2.5.2.3: launch permissions). */
export function mayActivate(spec: DcomHostSpec): (peer: PeerIdentity) => boolean {
  if (spec.mayActivate !== undefined) return spec.mayActivate;
  if (spec.login !== undefined) return () => true;
  return ({ user, domain }) => {
    const rights = findAccount(spec, user, domain)?.rights ?? 'admin';
    return rights !== 'filtered' && rights !== 'none';
  };
}
