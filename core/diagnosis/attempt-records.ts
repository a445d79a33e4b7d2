import type { ConnectionAttempt } from '../model/connection.ts';
import type { EventObservation } from '../model/observation.ts';

/** Fields in which records name the account that came over the network, by provider. NTLM 4002 names the process that was called instead. */
const ACCOUNT_FIELDS: ReadonlyMap<string, string> = new Map([
  ['microsoft-windows-security-auditing', 'TargetUserName'],
  ['microsoft-windows-distributedcom', 'UserName'],
  ['microsoft-windows-ntlm', 'UserName'],
]);

/**
 * May a record of the host be one of this attempt? A busy host writes failures of others in the same minute, so records that name an account
 * count only when it is the one that was used; a login nobody tried left none.
 */
export function isOfAttempt(event: EventObservation, { account }: ConnectionAttempt): boolean {
  const field = ACCOUNT_FIELDS.get(event.provider.toLowerCase());
  const name = field === undefined ? undefined : event.fields.get(field)?.toLowerCase();
  if (name === undefined) return true;
  if (account === undefined || name === '') return false;
  const used = [account.sent?.user, account.typed, ...account.typed.split(/[\\@]/)];
  return used.some((part) => part !== undefined && part.toLowerCase() === name);
}
