import { channelBindingHash, Secret, type SecurityContext, tlsServerEndPoint } from '@winmedic/gss';
import { kerberosAcceptor, readKeytab } from '@winmedic/kerberos';
import { type NtlmCheck, ntHash, ntlmAcceptor } from '@winmedic/ntlm';
import { MECHANISM_OID, spnegoAcceptor } from '@winmedic/spnego';
import { type Account, type Accounts, NTSTATUS } from './accounts.ts';
import type { ResolvedSpec } from './resolved.ts';

/** What a login is bound to, and who is told how each check of a password ended. */
export interface ContextOptions {
  /** The listener's certificate, DER; absent: there is no channel to bind to. */
  readonly certificate?: Uint8Array | undefined;
  readonly onStatus?: (status: number) => void;
}

/** The accepting sides of the host's security packages: they know its accounts, and every check is counted there. */
export class HostSecurity {
  readonly #spec: ResolvedSpec;
  readonly #accounts: Accounts;

  constructor(spec: ResolvedSpec, accounts: Accounts) {
    this.#spec = spec;
    this.#accounts = accounts;
  }

  /** SPNEGO over what the host accepts; bare NTLM and Kerberos tokens too. */
  negotiate(options: ContextOptions): SecurityContext {
    const kerberos = this.#spec.auth.kerberos && this.#spec.keytab !== undefined;
    const make = (): SecurityContext => this.kerberos(options) as SecurityContext;
    const mechanisms = [
      ...(kerberos
        ? [
            { oid: MECHANISM_OID.kerberosMicrosoft, context: make },
            { oid: MECHANISM_OID.kerberos, context: make },
          ]
        : []),
      ...(this.#spec.auth.ntlmBlocked ? [] : [{ oid: MECHANISM_OID.ntlm, context: () => this.ntlm(options) }]),
    ];
    return spnegoAcceptor({ mechanisms, allowRaw: true });
  }

  /** Kerberos with the host's keytab; `undefined` without one. */
  kerberos(options: ContextOptions): SecurityContext | undefined {
    if (this.#spec.keytab === undefined) return undefined;
    const keytab = readKeytab(this.#spec.keytab);
    // Another key than the ticket was made with, as after a new machine password or with the name on another account.
    const flip = (key: Uint8Array): Uint8Array => key.map((byte) => byte ^ 0xff);
    const entries = this.#spec.fault === 'ap-err-modified' ? keytab.entries.map((e) => ({ ...e, key: flip(e.key) })) : keytab.entries;
    return kerberosAcceptor({ keytab: { ...keytab, entries }, ...this.#bindings(options), now: () => this.#spec.now().getTime() });
  }

  /** NTLM. */
  ntlm(options: ContextOptions): SecurityContext {
    const spec = this.#spec;
    const [major = 0, minor = 0, build = 0] = spec.build.split('.').map(Number);
    const member = spec.dnsDomain !== '';
    return ntlmAcceptor({
      target: {
        netbiosComputer: spec.name,
        netbiosDomain: member ? spec.domain : spec.name,
        dnsComputer: spec.dnsName,
        dnsDomain: member ? spec.dnsDomain : spec.dnsName,
        ...(member ? { forest: spec.dnsDomain } : {}),
        version: { major, minor, build, revision: 15 },
      },
      lookUp: (user, domain) => {
        const account = this.#accounts.find(user, domain);
        if (account === undefined) return undefined;
        const refused = this.#accounts.refusal(account);
        return { ntHash: ntHash(new Secret(account.spec.password)), ...(refused === NTSTATUS.ok ? {} : { refused }) };
      },
      ...this.#bindings(options),
      lmCompatibilityLevel: spec.auth.lmCompatibilityLevel,
      clockSkewSeconds: spec.clockSkewSeconds ?? 0,
      ...(spec.auth.ntlmStrong ? {} : { withhold: ['NTLMSSP_NEGOTIATE_128', 'NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY'] as const }),
      onCheck: (check) => {
        if (check.outcome === 'anonymous') return;
        const account = this.#accounts.find(check.user, check.domain);
        const status = this.#statusOf(check, account);
        options.onStatus?.(status);
        this.#accounts.record({ user: check.user, domain: check.domain, scheme: 'NTLM', status, checked: true }, account);
      },
    });
  }

  #statusOf(check: NtlmCheck, account: Account | undefined): number {
    switch (check.outcome) {
      case 'accepted':
        return NTSTATUS.ok;
      case 'unknown-user':
        return NTSTATUS.noSuchUser;
      case 'wrong-password':
        return account?.locked === true ? NTSTATUS.lockedOut : NTSTATUS.wrongPassword;
      case 'refused':
        return account === undefined ? NTSTATUS.logonFailure : this.#accounts.refusal(account);
      case 'bindings':
        return NTSTATUS.badBindings;
      case 'clock':
        return NTSTATUS.timeDifference;
      default:
        return NTSTATUS.logonFailure;
    }
  }

  /** Channel bindings as CbtHardeningLevel asks for them. */
  #bindings({ certificate }: ContextOptions): { channelBindings?: Uint8Array; bindings: 'none' | 'relaxed' | 'strict' } {
    const data = certificate === undefined ? undefined : tlsServerEndPoint(certificate);
    if (data === undefined) return { bindings: 'none' };
    const level = this.#spec.auth.cbtHardeningLevel.toLowerCase() as 'none' | 'relaxed' | 'strict';
    return { channelBindings: channelBindingHash(data), bindings: level };
  }
}
