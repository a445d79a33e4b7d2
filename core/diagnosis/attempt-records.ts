import type { ConnectionAttempt } from '../model/connection.ts';
import type { EventObservation } from '../model/observation.ts';

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
