import type { EventObservation, InstantNs } from '../../../model/observation.ts';
import { lowerBound } from '../../../timeline/order.ts';
import type { AttemptDraft } from '../draft.ts';
import { formOf } from '../login-rungs.ts';
import { partsOf } from './account.ts';
import { hostOf, numberOf, placeOfRecord, textOf } from './records.ts';

const AUDITING = 'microsoft-windows-security-auditing';
/** Network and NetworkCleartext (Basic). */
const NETWORK: ReadonlySet<string> = new Set(['3', '8']);
/** The credential is checked before the 401 is sent, in one process of one computer with one clock. */
const BEFORE_NS = 1_000_000_000n;
/** Records of one moment may be written in either order. */
const AFTER_NS = 100_000_000n;
const SAME_MOMENT_NS = 2_000_000_000n;

/** Logons of the Security logs in the evidence, to find those a trace speaks of: both are written with the clock of the host. */
export class LogonIndex {
  readonly #accepted: readonly EventObservation[];
  readonly #failed: readonly EventObservation[];

  constructor(events: readonly EventObservation[]) {
    const network = events.filter(
      (e) => (e.eventId === 4624 || e.eventId === 4625) && e.provider.toLowerCase() === AUDITING && NETWORK.has(textOf(e, 'LogonType')),
    );
    network.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
    this.#accepted = network.filter(({ eventId }) => eventId === 4624);
    this.#failed = network.filter(({ eventId }) => eventId === 4625);
  }

  /** The computer whose log has the logon of this user at this moment; undefined for none or several. */
  hostOfLogon(name: string, at: InstantNs): string | undefined {
    const wanted = partsOf(name).user.toLowerCase();
    const hosts = new Set(
      between(this.#accepted, at - SAME_MOMENT_NS, at + SAME_MOMENT_NS).flatMap((e) => {
        const host = textOf(e, 'TargetUserName').toLowerCase() === wanted ? hostOf(e) : undefined;
        return host === undefined ? [] : [host];
      }),
    );
    const [only] = hosts;
    return hosts.size === 1 ? only : undefined;
  }

  /** The failed logon a 401 of this moment tells of: when all of that moment are of one account and one computer. */
  failureBehind(at: InstantNs): EventObservation | undefined {
    const near = between(this.#failed, at - BEFORE_NS, at + AFTER_NS);
    const accounts = new Set(
      near.map((e) => [e.host, textOf(e, 'TargetUserName'), textOf(e, 'TargetDomainName')].join('\0').toLowerCase()),
    );
    return accounts.size === 1 ? near.at(-1) : undefined;
  }
}

function between(events: readonly EventObservation[], from: InstantNs, to: InstantNs): readonly EventObservation[] {
  return events.slice(
    lowerBound(events, from, ({ time }) => time),
    lowerBound(events, to + 1n, ({ time }) => time),
  );
}

/** Packages as 4625 names them. */
const MECHANISMS: ReadonlyMap<string, 'ntlm' | 'kerberos'> = new Map([
  ['ntlm', 'ntlm'],
  ['kerberos', 'kerberos'],
]);

/** A rejected login out of its record of the Security log: the account as it was sent, the status. */
export function noteRejected(draft: AttemptDraft, event: EventObservation): void {
  draft.see(placeOfRecord(event));
  const user = textOf(event, 'TargetUserName');
  const given = textOf(event, 'TargetDomainName');
  const domain = given === '-' ? '' : given;
  const computer = textOf(event, 'WorkstationName');
  const mechanism = MECHANISMS.get(textOf(event, 'AuthenticationPackageName').toLowerCase());
  draft.set('login.result', 'rejected');
  if (mechanism !== undefined) draft.set('login.mechanism', mechanism);
  const sub = numberOf(event, 'SubStatus');
  const status = sub === undefined || sub === 0 ? numberOf(event, 'Status') : sub;
  if (status !== undefined && status !== 0) draft.set('login.ntstatus', `0x${status.toString(16)}`);
  const host = hostOf(event);
  if (host !== undefined) {
    if (host.includes('.')) draft.ladder.portrait.dnsComputerName = host;
    else draft.ladder.portrait.computerName = host;
    draft.names.add(host.toLowerCase());
  }
  const form = formOf({ user, domain });
  draft.set('user.form', form);
  draft.ladder.account = {
    typed: domain === '' ? user : `${domain}\\${user}`,
    form,
    sent: { user, domain, ...(computer === '' || computer === '-' ? {} : { workstation: computer }) },
    checks: 1,
    ...(mechanism === undefined ? {} : { mechanism }),
  };
}
