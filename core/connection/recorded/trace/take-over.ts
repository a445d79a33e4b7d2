import type { ConnectionPropertyName, RungName } from '@winmedic/knowledge/model';
import type { CapturedConversation } from '../../../model/conversation.ts';
import type { InstantNs } from '../../../model/observation.ts';
import { say } from '../../text.ts';
import type { AttemptDraft } from '../draft.ts';
import { placeOf } from '../place.ts';
import { type WireLogin, wireLogins } from './marks.ts';

/** Records kept with one attempt. */
const MAX_RECORDS = 200;
/** Properties by the rung they belong to: taken together or not at all, so that no half of one recording stands beside half of another. */
const GROUPS: readonly (readonly [RungName, readonly ConnectionPropertyName[]])[] = [
  [
    'rights',
    ['request.result', 'request.status', 'request.body', 'request.fault', 'request.wmi', 'fault.codes', 'fault.wmi', 'limit.status'],
  ],
  ['namespace', ['namespace.name', 'namespace.result', 'namespace.fault', 'namespace.wmi', 'namespace.cimv2']],
];
/** Of the host's side, where the client's side does not have them. */
const SINGLE: readonly ConnectionPropertyName[] = [
  'client.scheme',
  'login.mechanism',
  'login.result',
  'login.step',
  'login.ntstatus',
  'user.form',
  'user.isLocal',
];

/**
 * Gives an attempt of the client's side what a recording of the host shows of it.
 * @param shiftNs clock of the host's recording minus that of the client's.
 * @returns false when the two contradict each other: then they stay apart.
 */
export function takeOver(
  client: AttemptDraft,
  host: AttemptDraft,
  shiftNs: InstantNs,
  conversations: readonly CapturedConversation[],
): boolean {
  const mine = client.get('login.result');
  const theirs = host.get('login.result');
  const contradicts = mine !== undefined && theirs !== undefined && mine !== theirs;
  const late = contradicts ? refusedBehind(client, host, conversations) : undefined;
  if (contradicts && late === undefined) return false;
  if (late !== undefined) noteRefusedBehind(client, late);
  const properties = new Set<ConnectionPropertyName>();
  const rungs = new Set<RungName>();
  for (const [rung, names] of GROUPS) {
    const known = client.get(names[0] as ConnectionPropertyName) !== undefined;
    if (known || host.ladder.rung(rung) === undefined) continue;
    for (const name of names) properties.add(name);
    rungs.add(rung);
  }
  for (const name of SINGLE) if (client.get(name) === undefined) properties.add(name);
  if (client.ladder.rung('login') === undefined && host.ladder.rung('login') !== undefined) rungs.add('login');
  client.ladder.absorb(host.ladder, { properties, rungs }, -shiftNs);
  client.ladder.account ??= host.ladder.account;
  const { portrait } = client.ladder;
  const { computerName, dnsComputerName } = host.ladder.portrait;
  if (computerName !== undefined) portrait.computerName ??= computerName;
  if (dnsComputerName !== undefined) portrait.dnsComputerName ??= dnsComputerName;
  for (const name of host.names) client.names.add(name);
  client.records.push(...host.records.slice(0, Math.max(0, MAX_RECORDS - client.records.length)));
  client.hostClockNs = shiftNs;
  return true;
}

/**
 * The login whose last message carried the request in clear: the 401 to it looks like a wrong password, and the host let the user in.
 * @returns undefined when it is none of these.
 */
function refusedBehind(client: AttemptDraft, host: AttemptDraft, conversations: readonly CapturedConversation[]): WireLogin | undefined {
  if (client.get('login.result') !== 'rejected' || client.get('login.step') !== 'last' || host.get('login.result') !== 'accepted')
    return undefined;
  if (host.get('request.status') !== '401') return undefined;
  return wireLogins(client, conversations).findLast(({ login }) => {
    const body = login.authenticate?.in.body;
    return login.outcome === 'rejected' && body?.state === 'clear' && body.kind !== 'empty';
  });
}

function noteRefusedBehind(draft: AttemptDraft, { login }: WireLogin): void {
  const { authenticate, answer, talk } = login;
  if (authenticate === undefined || answer === undefined) return;
  draft.see(placeOf(talk, authenticate.in));
  draft.set('request.clear', true);
  draft.set('client.seals', false);
  draft.see(placeOf(talk, answer));
  draft.set('login.result', 'accepted');
  draft.set('login.step', 'after');
  draft.set('request.result', 'status');
  draft.set('request.status', answer.status);
  draft.set('request.body', answer.body.state === 'sealed' ? 'other' : answer.body.kind);
  draft.rung('login', {
    verdict: 'passed',
    tried: say('the last message of the login, with the request in clear', 'ログオンの最後のメッセージと平文の要求'),
    observed: say('the host recorded that the user was let in', 'ホストの記録ではログオン成功'),
  });
  draft.rung('rights', {
    verdict: 'failed',
    tried: say('the request in clear', '平文の要求'),
    observed: say(`HTTP ${answer.status} behind the accepted login`, `ログオン成功の後に HTTP ${answer.status}`),
    expected: say('an answer', '応答'),
  });
}
