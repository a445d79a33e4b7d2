import { type KeytabEntry, keytabFromPassword, kerberosParts as parts } from '@winmedic/kerberos';
import type { KdcChecks, KdcPrincipal, KdcSpec, PrincipalState } from './types.ts';

/** A principal with its keys and what was counted. */
export interface Account {
  readonly name: string;
  readonly salt: string;
  readonly keys: readonly KeytabEntry[];
  readonly spec: KdcPrincipal;
  state: PrincipalState;
  tried: number;
  failed: number;
  /** Bad passwords in a row. */
  badInRow: number;
}

/** The principals of a realm. */
export interface Accounts {
  /** By name as in a request: plain, or of type enterprise. Names are compared without case, as domain controllers do. */
  find(parts: readonly string[], enterprise: boolean): Account | undefined;
  readonly checks: ReadonlyMap<string, KdcChecks>;
  /** Counts one pre-authentication and locks the account when it was one bad password too many. */
  count(account: Account, good: boolean): void;
}

/** Keys of one principal. */
export function keysOf(spec: KdcSpec, principal: KdcPrincipal, etypes: readonly number[]): KeytabEntry[] {
  const name = principal.name.split('/');
  if (principal.key !== undefined) {
    const { etype, bytes } = principal.key;
    return [{ realm: spec.realm, name, nameType: parts.NAME_TYPE.principal, time: 0, kvno: 1, etype, key: bytes }];
  }
  if (principal.password === undefined) throw new RangeError(`principal ${principal.name} has neither password nor key`);
  return keytabFromPassword({ realm: spec.realm, name, password: principal.password, etypes });
}

/** The accounts of a KDC. */
export function accountsOf(spec: KdcSpec, principals: readonly KdcPrincipal[], etypes: readonly number[]): Accounts {
  const byName = new Map<string, Account>();
  const byAlias = new Map<string, Account>();
  const checks = new Map<string, KdcChecks>();
  for (const principal of principals) {
    const account: Account = {
      name: principal.name,
      salt: spec.realm + principal.name.split('/').join(''),
      keys: keysOf(spec, principal, etypes),
      spec: principal,
      state: principal.state ?? 'ok',
      tried: 0,
      failed: 0,
      badInRow: 0,
    };
    byName.set(principal.name.toLowerCase(), account);
    for (const alias of [...(principal.enterprise ?? []), `${principal.name}@${spec.realm}`]) byAlias.set(alias.toLowerCase(), account);
    if (!principal.name.startsWith('krbtgt/')) checks.set(principal.name, { tried: 0, failed: 0 });
  }
  return {
    checks,
    find(name, enterprise) {
      const whole = name.join('/').toLowerCase();
      return enterprise ? byAlias.get(whole) : byName.get(whole);
    },
    count(account, good) {
      account.tried++;
      account.badInRow = good ? 0 : account.badInRow + 1;
      if (!good) account.failed++;
      const threshold = account.spec.lockoutThreshold ?? 0;
      if (threshold > 0 && account.badInRow >= threshold) account.state = 'locked';
      checks.set(account.name, { tried: account.tried, failed: account.failed });
    },
  };
}
