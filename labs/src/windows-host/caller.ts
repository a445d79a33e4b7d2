import type { AccountSpec } from './types.ts';

/** Who sent a request, after the login. */
export interface Caller {
  /** `CORP\alice`, as Windows shows it. */
  readonly name: string;
  readonly rights: NonNullable<AccountSpec['rights']>;
  readonly address: string;
}

/** Quotas count by user, whatever the spelling. */
export function userKey(caller: Caller): string {
  return caller.name.toLowerCase();
}
