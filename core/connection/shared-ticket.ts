import {
  type KerberosCredential,
  KerberosError,
  type KerberosInitiator,
  type KerberosInitiatorOptions,
  type KerberosLogin,
  kerberosInitiator,
  kerberosLogin,
} from '@winmedic/kerberos';
import { provesPassword } from './kdc.ts';

/** A ticket that ends sooner is not used any more: the hosts' clocks may be ahead by that much (RFC 4120 section 5.5.1, 5 minutes). */
const MARGIN_MS = 300_000;

/** What a context needs that gets its ticket-granting ticket once for all hosts. */
export interface SharedTicketOptions extends Omit<KerberosInitiatorOptions, 'credential'> {
  readonly credential: () => Promise<Exclude<KerberosCredential, { kind: 'cache' }>>;
  /** Tickets of this credential by principal, see `CredentialBudget.ticketsOf`. */
  readonly tickets: Map<string, KerberosLogin>;
  /** Client and realm, as the key. */
  readonly principal: string;
}

/**
 * A Kerberos context whose password is checked by the KDC at the first host alone: its ticket-granting ticket serves the others. The password
 * is asked for only when it is needed.
 */
export function sharedTicketInitiator(options: SharedTicketOptions): KerberosInitiator {
  const { credential, tickets, principal, ...rest } = options;
  let checks = 0;
  let login: KerberosLogin | undefined;
  let inner: KerberosInitiator | undefined;
  const kdc: KerberosInitiatorOptions['kdc'] = (realm, message) => {
    if (provesPassword(message)) checks++;
    return options.kdc(realm, message);
  };
  const begin = async (): Promise<KerberosInitiator> => {
    login = usable(tickets.get(principal));
    if (login === undefined) {
      const { onExchange } = rest;
      login = await kerberosLogin({ credential: await credential(), kdc, ...(onExchange === undefined ? {} : { onExchange }) });
      tickets.set(principal, login);
    }
    return kerberosInitiator({ ...rest, kdc, credential: { kind: 'cache', cache: login.cache } });
  };
  const ready = (): KerberosInitiator => {
    if (inner === undefined) throw new KerberosError('KERBEROS_NOT_READY', 'context');
    return inner;
  };
  return {
    mechanism: 'Kerberos',
    get complete() {
      return inner?.complete ?? false;
    },
    get credentialChecks() {
      return checks;
    },
    get skewSeconds() {
      return inner?.skewSeconds ?? login?.skewSeconds;
    },
    get ticket() {
      return inner?.ticket;
    },
    get protection() {
      return ready().protection;
    },
    step: async (token) => {
      inner ??= await begin();
      return inner.step(token);
    },
  };
}

function usable(login: KerberosLogin | undefined): KerberosLogin | undefined {
  const ends = login?.cache.credentials[0]?.endTime ?? 0;
  return ends > Date.now() + (login?.cache.kdcOffset ?? 0) + MARGIN_MS ? login : undefined;
}
