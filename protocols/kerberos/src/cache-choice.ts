import type { CachedCredential, CredentialCache } from './credential-cache.ts';
import { KerberosError } from './errors.ts';

/** A ticket for the service itself (`direct`), or a ticket-granting ticket to ask for one with. */
export interface TicketChoice {
  readonly direct: boolean;
  readonly credential: CachedCredential;
}

/**
 * Chooses from a cache: a valid ticket for the service, else a valid ticket-granting ticket of the principal's realm. The service's host name is
 * compared without case, as KDCs do.
 * @param now milliseconds, by the KDC's clock.
 * @throws KerberosError KERBEROS_NO_TICKET; `what` tells an expired ticket from none.
 */
export function chooseTicket(cache: CredentialCache, servicePrincipalName: string, now: number): TicketChoice {
  const wanted = servicePrincipalName.toLowerCase();
  const grantName = `krbtgt/${cache.principal.realm}`;
  const named = (name: string): readonly CachedCredential[] =>
    cache.credentials.filter((credential) => {
      const own = credential.service.name.join('/');
      return name === grantName ? own === name : own.toLowerCase() === name;
    });
  // A start in the future is a clock that is off, and the KDC says by how much.
  const valid = ({ endTime }: CachedCredential): boolean => endTime > now;
  const direct = named(wanted).find(valid);
  if (direct !== undefined) return { direct: true, credential: direct };
  const grants = named(grantName);
  const grant = grants.find(valid);
  if (grant !== undefined) return { direct: false, credential: grant };
  throw new KerberosError('KERBEROS_NO_TICKET', grants.length > 0 ? 'expired ticket-granting ticket' : 'ticket cache', { stage: 'tgs' });
}
