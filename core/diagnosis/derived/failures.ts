import { integerOf } from '@winmedic/evtx';
import type { EventObservation, InstantNs } from '../../model/observation.ts';
import { lowerBound } from '../../timeline/order.ts';
import type { Case } from '../case.ts';
import { clientAddress } from '../client-address.ts';
import { type Judged, judgeChannel } from '../coverage.ts';
import { baseName, joinTexts, say } from '../text.ts';
import type { Looked } from '../window.ts';
import { AUDITING, auditSpans, judgeAudit, LSM, RDP_CHANNEL, RDP_CORE, spansOfAny } from './channels.ts';
import { type Occurrence, type OccurrenceKind, single } from './occurrence.ts';

const WRONG_PASSWORD = 0xc000006an;
const UNKNOWN_NAME = 0xc0000064n;

/** Failures typed on the logon screen that the server draws for an RDP client: NLA was not in the way (stops.md finding 4). */
export const screenTypedFailureAny: OccurrenceKind = {
  form: 'occurrences',
  title: say('password or name mistyped on the RDP logon screen', 'RDP ログオン画面での入力誤り'),
  find: (theCase, host) =>
    single(
      theCase.index.of(host, AUDITING, 4625).filter((e) => isTyped(e, 10n) && hasTypedStatus(e)),
      clientOf,
    ),
  judge: (theCase, host, looked) => judgeAudit(theCase, host, [4625], looked),
  covered: (theCase, host) => auditSpans(theCase, host, 4625),
};

/**
 * As {@link screenTypedFailureAny}, of accounts that exist: guesses of strangers do not count. Once the same account is logged on from
 * there, its owner has left the logon screen, and the failure no longer counts.
 */
export const screenTypedFailure: OccurrenceKind = {
  ...screenTypedFailureAny,
  title: say('existing account mistyped on the RDP logon screen', 'RDP ログオン画面での既存アカウントの入力誤り'),
  find: (theCase, host) => {
    const logons = logonsByAccount(theCase, host);
    return theCase.index
      .of(host, AUDITING, 4625)
      .filter((e) => isTyped(e, 10n) && isExistingAccount(theCase, e))
      .map((e): Occurrence => {
        const address = clientOf(e);
        const until = loggedOn(logons.get(accountOf(field(e, 'TargetUserName'))) ?? [], e.time, address);
        return { time: e.time, evidence: [e], ...(address === '' ? {} : { address }), ...(until === undefined ? {} : { until }) };
      });
  },
};

interface Logon {
  readonly time: InstantNs;
  /** Empty when not recorded. */
  readonly address: string;
}

/** Sessions begun or taken up again (LSM 21/25, 4624 type 10/7) by account, each list in time order. */
function logonsByAccount(theCase: Case, host: string): ReadonlyMap<string, readonly Logon[]> {
  const found = new Map<string, Logon[]>();
  const add = (e: EventObservation, user: string, address: string): void => {
    const account = accountOf(user);
    const list = found.get(account);
    const logon = { time: e.time, address: clientAddress(address) };
    if (list === undefined) found.set(account, [logon]);
    else list.push(logon);
  };
  for (const id of [21, 25]) for (const e of theCase.index.of(host, LSM, id)) add(e, field(e, 'User'), field(e, 'Address'));
  for (const e of theCase.index.of(host, AUDITING, 4624))
    if (['10', '7'].includes(field(e, 'LogonType'))) add(e, field(e, 'TargetUserName'), field(e, 'IpAddress'));
  for (const list of found.values()) list.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return found;
}

/** First logon at or after a time from the same address, or where one of the two addresses is not known. */
function loggedOn(logons: readonly Logon[], from: InstantNs, address: string): InstantNs | undefined {
  for (let i = lowerBound(logons, from, (l) => l.time); i < logons.length; i++) {
    const logon = logons[i] as Logon;
    if (logon.address === '' || address === '' || logon.address === address) return logon.time;
  }
  return undefined;
}

/** Failures typed at the console, KVM or virtual-machine console. */
export const consoleTypedFailure: OccurrenceKind = {
  form: 'occurrences',
  title: say('password or name mistyped at the console', 'コンソールでの入力誤り'),
  find: (theCase, host) =>
    single(theCase.index.of(host, AUDITING, 4625).filter((e) => isTyped(e, 2n) && ['127.0.0.1', '::1'].includes(field(e, 'IpAddress')))),
  judge: (theCase, host, looked) => judgeAudit(theCase, host, [4625], looked),
  covered: (theCase, host) => auditSpans(theCase, host, 4625),
};

/** Failures that NLA stopped before any logon screen: RdpCoreTS 140, or 4625 of type 3 by NtLmSsp. */
export const nlaFailure: OccurrenceKind = {
  form: 'occurrences',
  title: say('logon failure at NLA', 'NLA でのログオン失敗'),
  find: (theCase, host) => {
    const rejected = theCase.index
      .of(host, RDP_CORE, 140)
      .map((e) => ({ time: e.time, evidence: [e], address: clientAddress(field(e, 'IPString')) }));
    const network = theCase.index.of(host, AUDITING, 4625).filter(isNlaFailure);
    return [...rejected, ...single(network, clientOf)].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  },
  judge: judgeNla,
  covered: (theCase, host) => [...spansOfAny(theCase, host, [RDP_CHANNEL])],
};

/** RdpCoreTS 140 says it; Security 4625 alone would do as well, if failures are audited. */
function judgeNla(theCase: Case, host: string, looked: Looked): Judged {
  const core = judgeChannel(theCase, host, RDP_CHANNEL, looked);
  if (core.covered) return core;
  const audit = judgeAudit(theCase, host, [4625], looked);
  if (audit.covered) return audit;
  return { covered: false, because: joinTexts([core.because, audit.because]), missing: core.missing };
}

/** 4625 of type 3 by NtLmSsp. */
export function isNlaFailure(e: EventObservation): boolean {
  return integerOf(field(e, 'LogonType')) === 3n && field(e, 'LogonProcessName').toLowerCase() === 'ntlmssp';
}

function isTyped(e: EventObservation, logonType: bigint): boolean {
  return (
    integerOf(field(e, 'LogonType')) === logonType &&
    field(e, 'LogonProcessName').toLowerCase() === 'user32' &&
    baseName(field(e, 'ProcessName')).toLowerCase() === 'winlogon.exe'
  );
}

function hasTypedStatus(e: EventObservation): boolean {
  const sub = integerOf(field(e, 'SubStatus'));
  return sub === WRONG_PASSWORD || sub === UNKNOWN_NAME;
}

/** A wrong password proves the account; an unknown name only if it logged on successfully elsewhere (a domain left out, for example). */
function isExistingAccount(theCase: Case, e: EventObservation): boolean {
  const sub = integerOf(field(e, 'SubStatus'));
  if (sub === WRONG_PASSWORD) return true;
  return sub === UNKNOWN_NAME && knownAccounts(theCase).has(accountOf(field(e, 'TargetUserName')));
}

function knownAccounts(theCase: Case): ReadonlySet<string> {
  if (theCase.knownAccounts !== undefined) return theCase.knownAccounts;
  const names = new Set<string>();
  const learn = (name: string): void => {
    const account = accountOf(name);
    if (account !== '' && account !== '-' && !account.endsWith('$')) names.add(account);
  };
  for (const e of theCase.index.anywhere(AUDITING, 4624))
    if (['2', '3', '7', '10', '11', '12'].includes(field(e, 'LogonType'))) learn(field(e, 'TargetUserName'));
  for (const id of [21, 25]) for (const e of theCase.index.anywhere(LSM, id)) learn(field(e, 'User'));
  names.delete('anonymous logon');
  theCase.knownAccounts = names;
  return names;
}

/** Account part of `DOMAIN\name` or `name@domain`, lower case. */
export function accountOf(name: string): string {
  const plain = name.trim().toLowerCase();
  return (plain.slice(plain.lastIndexOf('\\') + 1).split('@')[0] as string).trim();
}

function clientOf(e: EventObservation): string {
  return clientAddress(field(e, 'IpAddress'));
}

function field(e: EventObservation, name: string): string {
  return (e.fields.get(name) ?? '').trim();
}
