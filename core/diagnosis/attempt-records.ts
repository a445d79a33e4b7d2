import type { ConnectionAttempt } from '../model/connection.ts';
import type { EventObservation } from '../model/observation.ts';

/** The provider whose records name the account of a logon. */
const AUDITING = 'microsoft-windows-security-auditing';

/**
 * May a record of the host be one of this attempt? A busy host writes failures of others in the same minute, so records of logons
 * (TargetUserName) count only when they name the account that was used; a logon nobody tried left none.
 */
export function isOfAttempt(event: EventObservation, { account }: ConnectionAttempt): boolean {
  if (event.provider.toLowerCase() !== AUDITING) return true;
  const name = event.fields.get('TargetUserName')?.toLowerCase();
  if (name === undefined) return true;
  if (account === undefined || name === '') return false;
  const used = [account.sent?.user, account.typed, ...account.typed.split(/[\\@]/)];
  return used.some((part) => part !== undefined && part.toLowerCase() === name);
}
