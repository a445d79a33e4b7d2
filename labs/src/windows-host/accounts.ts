import type { ResolvedSpec } from './resolved.ts';
import type { AccountSpec, LogonRecord } from './types.ts';

/** NTSTATUS values of logons (MS-ERREF 2.3.1). */
export const NTSTATUS = {
  ok: 0,
  noSuchUser: 0xc000_0064,
  wrongPassword: 0xc000_006a,
  logonFailure: 0xc000_006d,
  disabled: 0xc000_0072,
  timeDifference: 0xc000_0133,
  accountExpired: 0xc000_0193,
  mustChange: 0xc000_0224,
  lockedOut: 0xc000_0234,
  badBindings: 0xc000_035b,
} as const;

/** An account with what happened to it. */
export interface Account {
  readonly spec: AccountSpec;
  badPasswords: number;
  locked: boolean;
}

/** One check of a credential, or a logon without one (Kerberos, certificate). */
export interface CheckedLogon {
  readonly user: string;
  readonly domain: string;
  readonly scheme: LogonRecord['scheme'];
  readonly status: number;
  /** A password or a response to a challenge was compared: counts in {@link Accounts.checks}. */
  readonly checked: boolean;
}

/** Lines of the security log that are kept. */
const MAX_LOG = 1000;

/** The accounts a host knows: its own and those of its domain, with lockout and the count of every check. */
export class Accounts {
  readonly checks = new Map<string, { tried: number; failed: number }>();
  readonly log: LogonRecord[] = [];
  readonly #accounts: readonly Account[];
  readonly #spec: ResolvedSpec;

  constructor(spec: ResolvedSpec) {
    this.#spec = spec;
    this.#accounts = spec.accounts.map((account) => ({ spec: account, badPasswords: 0, locked: account.state === 'locked' }));
  }

  /**
   * The account a name means to NTLM (KB 103390, KB 163632): the host's own for its name; the domain's for the domain's names; without a
   * domain the host's, then the domain's; a user principal name the domain's; an unknown domain as the specification says.
   */
  find(user: string, domain: string): Account | undefined {
    const { name, dnsName, domain: netbios, dnsDomain } = this.#spec;
    if (same(domain, name) || same(domain, dnsName)) return this.local(user);
    if (same(domain, netbios) || (dnsDomain !== '' && same(domain, dnsDomain))) return this.#domainAccount(user);
    if (domain === '') return this.#byPrincipalName(user) ?? this.local(user) ?? this.#domainAccount(user);
    return this.#spec.auth.unknownDomain === 'local' ? this.local(user) : undefined;
  }

  /** An account of the host itself. */
  local(user: string): Account | undefined {
    return this.#accounts.find(({ spec }) => same(spec.user, user) && same(spec.domain, this.#spec.name));
  }

  /** The account a Kerberos principal means, realms compare with the DNS name of the domain. */
  principal(user: string, realm: string): Account | undefined {
    const plain = user.split('@')[0] ?? '';
    if (!same(realm, this.#spec.dnsDomain) && !same(realm, this.#spec.domain)) return undefined;
    return this.#domainAccount(plain) ?? this.#byPrincipalName(user);
  }

  /** The account a client certificate is mapped to, by the SHA-256 of its DER. */
  ofCertificate(sha256: string): Account | undefined {
    return this.#accounts.find(({ spec }) => spec.certificate?.toLowerCase() === sha256);
  }

  /** Why an account may not log on although its password is right; `ok` when it may. */
  refusal(account: Account): number {
    if (account.locked) return NTSTATUS.lockedOut;
    switch (account.spec.state) {
      case 'disabled':
        return NTSTATUS.disabled;
      case 'expired':
        return NTSTATUS.accountExpired;
      case 'must-change':
        return NTSTATUS.mustChange;
      default:
        return NTSTATUS.ok;
    }
  }

  /** Compares a password in clear (Basic) and gives the status of the logon; {@link record} is the caller's. */
  checkPassword(account: Account | undefined, password: string): number {
    if (account === undefined) return NTSTATUS.noSuchUser;
    if (account.locked) return NTSTATUS.lockedOut;
    return password === account.spec.password ? this.refusal(account) : NTSTATUS.wrongPassword;
  }

  /** Writes a logon down, counts it and moves the account's lockout. */
  record(logon: CheckedLogon, account: Account | undefined): void {
    const failed = logon.status !== NTSTATUS.ok;
    if (logon.checked) {
      const key = `${logon.domain}\\${logon.user}`.toLowerCase();
      const count = this.checks.get(key) ?? { tried: 0, failed: 0 };
      count.tried++;
      if (failed) count.failed++;
      this.checks.set(key, count);
    }
    if (account !== undefined && logon.status === NTSTATUS.ok) account.badPasswords = 0;
    if (account !== undefined && logon.status === NTSTATUS.wrongPassword) {
      account.badPasswords++;
      const threshold = account.spec.lockoutThreshold ?? 0;
      if (threshold > 0 && account.badPasswords >= threshold) account.locked = true;
    }
    const { user, domain, scheme, status } = logon;
    this.log.push({ id: failed ? 4625 : 4624, user, domain, scheme, status });
    if (this.log.length > MAX_LOG) this.log.shift();
  }

  #domainAccount(user: string): Account | undefined {
    return this.#accounts.find(({ spec }) => same(spec.user, user) && !same(spec.domain, this.#spec.name));
  }

  /** A user principal name: as given, or user@DNS domain for every account of the domain. */
  #byPrincipalName(user: string): Account | undefined {
    const at = user.lastIndexOf('@');
    if (at < 0) return undefined;
    const explicit = this.#accounts.find(({ spec }) => spec.upn !== undefined && same(spec.upn, user));
    if (explicit !== undefined) return explicit;
    const suffix = user.slice(at + 1);
    const known = same(suffix, this.#spec.dnsDomain) || same(suffix, this.#spec.domain);
    return known ? this.#domainAccount(user.slice(0, at)) : undefined;
  }
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
