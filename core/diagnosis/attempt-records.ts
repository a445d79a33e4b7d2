import type { ConnectionAttempt } from '../model/connection.ts';
import type { EventObservation } from '../model/observation.ts';
import { clientAddress } from './client-address.ts';
import type { JudgedAttempt } from './scope.ts';

const AUDITING = 'microsoft-windows-security-auditing';
/** Fields in which records name the account that came over the network, by provider. NTLM 4002 names the process that was called instead. */
const ACCOUNT_FIELDS: ReadonlyMap<string, string> = new Map([
  [AUDITING, 'TargetUserName'],
  ['microsoft-windows-distributedcom', 'UserName'],
  ['microsoft-windows-ntlm', 'UserName'],
  ['microsoft-windows-wmi-activity', 'User'],
]);
/** Logons and failed logons: they name how and where the account came from. */
const LOGONS: ReadonlySet<number> = new Set([4624, 4625]);
/** Network and NetworkCleartext (Basic): a task or service with an old password fails in the same minute with another type. */
const NETWORK_TYPES: ReadonlySet<string> = new Set(['3', '8']);

/**
 * May a record of the host be one of this attempt? A busy host writes failures of others in the same minute, so records that name an account
 * count only when it is the one that was used, and logons only when they came over the network, with a domain and from a computer that do not
 * contradict what was sent. A login nobody tried left none.
 */
export function isOfAttempt(event: EventObservation, attempt: ConnectionAttempt): boolean {
  const { account } = attempt;
  const provider = event.provider.toLowerCase();
  const field = ACCOUNT_FIELDS.get(provider);
  const name = field === undefined ? undefined : event.fields.get(field)?.toLowerCase();
  if (name === undefined) return true;
  if (account === undefined || name === '') return false;
  const used = [account.sent?.user, account.typed, ...account.typed.split(/[\\@]/)];
  // WMI writes DOMAIN\user.
  const names = [name, name.slice(name.lastIndexOf('\\') + 1)];
  if (!used.some((part) => part !== undefined && part !== '' && names.includes(part.toLowerCase()))) return false;
  return provider !== AUDITING || !LOGONS.has(event.eventId) || isSameLogon(event, attempt);
}

/** What a logon record says beside the name; what it leaves out contradicts nothing. */
function isSameLogon({ fields }: EventObservation, { account, portrait }: ConnectionAttempt): boolean {
  const type = fields.get('LogonType') ?? '';
  if (type !== '' && !NETWORK_TYPES.has(type)) return false;
  const sent = account?.sent;
  if (sent === undefined) return true;
  const computer = given(fields.get('WorkstationName'));
  const own = given(sent.workstation);
  if (computer !== '' && own !== '' && computer !== own) return false;
  const domain = given(fields.get('TargetDomainName'));
  const asked = given(sent.domain);
  if (domain === '' || asked === '' || domain === asked) return true;
  // Only two different names the host gives itself are known to be two authorities: a domain has more names than one.
  const local = [portrait.computerName, portrait.dnsComputerName].map(given);
  return local.includes(domain) === local.includes(asked);
}

/** Lower case; empty for what Windows writes when there is nothing. */
function given(text: string | undefined): string {
  const lower = (text ?? '').trim().toLowerCase();
  return lower === '-' ? '' : lower;
}

/** Clocks compared by a time told to the second, and records written a moment after the answer. */
const TOLD_NS = 1_500_000_000n;

/** Failed logons an attempt may have caused. */
export interface OwnFailures {
  readonly own: readonly EventObservation[];
  /** They give different reasons, and which is of this attempt is not known. */
  readonly disputed: boolean;
}

/**
 * Of the failed logons of one account in the minutes of an attempt those of this attempt: a second attempt after a mistyped password, or a service elsewhere
 * with an old one, leaves the same record with another reason. They are told apart by the address of the client and by the time, where clocks were compared.
 * @param failures 4625 records that {@link isOfAttempt} lets pass.
 */
export function ownFailures(failures: readonly EventObservation[], { attempt, from, to }: JudgedAttempt): OwnFailures {
  const client = clientAddress(attempt.client);
  const sameAddress = failures.filter(({ fields }) => client !== '' && clientAddress(fields.get('IpAddress')) === client);
  // Behind NAT the host knows another address: none is the client's then.
  const list = sameAddress.length > 0 ? sameAddress : failures;
  if (!giveDifferentReasons(list)) return { own: list, disputed: false };
  const distance = ({ time }: EventObservation) => (time < from ? from - time : time > to ? time - to : 0n);
  const nearest = list.reduce((least, e) => (distance(e) < least ? distance(e) : least), distance(list[0] as EventObservation));
  const near = list.filter((e) => distance(e) <= nearest + TOLD_NS);
  const compared = attempt.hostClockNs !== undefined || attempt.portrait.clock !== undefined || attempt.from === 'live';
  // Several within one attempt are its own, if it tried that often: a login tried again, and locked out in the end.
  const triedAsOften = nearest === 0n && (attempt.from === 'live' || near.length <= (attempt.account?.checks ?? 0));
  if (compared && (triedAsOften || !giveDifferentReasons(near))) return { own: near, disputed: false };
  return { own: [], disputed: true };
}

function giveDifferentReasons(failures: readonly EventObservation[]): boolean {
  const reason = ({ fields }: EventObservation) => `${fields.get('Status') ?? ''} ${fields.get('SubStatus') ?? ''}`.toLowerCase();
  return new Set(failures.map(reason)).size > 1;
}
