import type { WsmanFault } from '@winmedic/wsman/messages';
import type { EventObservation } from '../../../model/observation.ts';
import { type FaultNotes, kindOf } from '../../operation-rungs.ts';
import { say } from '../../text.ts';
import type { AttemptDraft } from '../draft.ts';
import { judgeOperations, type SeenOperation } from '../operation-ends.ts';
import { noteAccount, noteLocal } from './account.ts';
import type { LogonIndex } from './logons.ts';
import { hostOf, numberOf, placeOfRecord, textOf } from './records.ts';
import { hideAll, passBelow, traceDraft } from './start.ts';

const GAP_NS = 120_000_000_000n;
/** Operations that are at work at the same time: a provider host serves some hundred. */
const MAX_OPEN = 10_000;
/** Attempts put together: one for each client and user within two minutes. */
const MAX_ATTEMPTS = 2000;
/** WBEM_E_CALL_CANCELLED: the client did not want the rest. */
const CANCELLED = 0x80041032;
/** Codes with the failure bit set are errors; others are WBEM_S_…: carried out. */
const FAILURE = 0x80000000;

/** One operation of a client of another computer. */
interface WmiOperation {
  readonly start: EventObservation;
  end?: EventObservation;
  readonly namespace?: string;
}

interface WmiAttempt {
  readonly machine: string;
  readonly user: string;
  readonly operations: WmiOperation[];
  readonly records: EventObservation[];
}

/**
 * Attempts out of WMI-Activity: operations that reached WMI from another computer. What programs of the host itself ask for is none, nor what WinRM asks for
 * on behalf of its clients: that is recorded as local.
 * @param events of one trace or log, by time.
 */
export function wmiDrafts(events: readonly EventObservation[], logons: LogonIndex, conversation: boolean): AttemptDraft[] {
  const attempts: WmiAttempt[] = [];
  const running = new Map<string, WmiOperation>();
  const byActivity = new Map<string, { attempt: WmiAttempt; operation: WmiOperation }>();
  const newest = new Map<string, WmiAttempt>();
  const open = (event: EventObservation, machine: string, user: string): WmiAttempt => {
    const key = `${machine}\0${user}`.toLowerCase();
    const before = newest.get(key);
    const last = before?.records.at(-1);
    if (before !== undefined && last !== undefined && event.time - last.time <= GAP_NS) return before;
    const attempt: WmiAttempt = { machine, user, operations: [], records: [] };
    if (attempts.length < MAX_ATTEMPTS) attempts.push(attempt);
    newest.set(key, attempt);
    return attempt;
  };
  for (const event of events) {
    const process = event.fields.get('ProcessID') ?? '';
    switch (event.eventId) {
      case 11: {
        if (!isRemote(event)) break;
        const attempt = open(event, textOf(event, 'ClientMachine'), textOf(event, 'User'));
        const namespace = namespaceIn(textOf(event, 'NamespaceName'));
        const operation: WmiOperation = { start: event, ...(namespace === undefined ? {} : { namespace }) };
        attempt.operations.push(operation);
        attempt.records.push(event);
        if (running.size >= MAX_OPEN) running.delete(running.keys().next().value as string);
        running.set(`${process} ${textOf(event, 'OperationId')}`, operation);
        if (event.activityId !== undefined) byActivity.set(event.activityId, { attempt, operation });
        break;
      }
      case 13: {
        const key = `${process} ${textOf(event, 'OperationId')}`;
        const operation = running.get(key);
        if (operation === undefined) break;
        running.delete(key);
        operation.end ??= event;
        break;
      }
      case 5858: {
        const known = event.activityId === undefined ? undefined : byActivity.get(event.activityId);
        // One alone does not say whether its client is another computer: a host that was renamed looks like one.
        if (known === undefined) break;
        known.operation.end ??= event;
        known.attempt.records.push(event);
        break;
      }
      default:
    }
  }
  return attempts
    .filter(({ operations }) => operations.some(({ end }) => end !== undefined))
    .map((attempt) => finish(attempt, logons, conversation));
}

/** From another computer. Windows says so from 10 1803 on; before, only a name is told, which a host that was renamed has as well. */
function isRemote(event: EventObservation): boolean {
  const local = textOf(event, 'IsLocal').toLowerCase();
  return local === 'false' || local === '0';
}

/** `\\.\root\cimv2` and `//./root/cimv2` as resource URIs write it. */
function namespaceIn(text: string): string | undefined {
  const name = text
    .slice(0, 400)
    .replaceAll('\\', '/')
    .replace(/^\/\/[^/]{1,255}\//, '');
  return /^root(?:\/|$)/i.test(name) ? name : undefined;
}

function finish({ machine, user, operations, records }: WmiAttempt, logons: LogonIndex, conversation: boolean): AttemptDraft {
  const first = records[0] as EventObservation;
  const host = hostOf(first) ?? (user === '' ? undefined : logons.hostOfLogon(user, first.time));
  const draft = traceDraft({ via: 'dcom', records, target: undefined, host, client: machine, conversation });
  if (host !== undefined) {
    if (host.includes('.')) draft.ladder.portrait.dnsComputerName = host;
    else draft.ladder.portrait.computerName = host;
    draft.names.add(host.toLowerCase());
  }
  draft.see(placeOfRecord(first));
  passBelow(draft, ['name', 'route', 'tcp'], 'reached');
  draft.set('login.result', 'accepted');
  draft.set('login.step', '');
  if (user !== '') noteAccount(draft, user, {});
  if (user !== '' && host !== undefined) noteLocal(draft, user, host);
  draft.rung('login', {
    verdict: 'passed',
    tried: say(`a login from ${machine}`, `${machine} からのログオン`),
    observed: user === '' ? say('accepted', 'ログオン成功') : say(`accepted: ${user}`, `ログオン成功: ${user}`),
  });
  hideAll(draft, ['role'], say('not visible here', 'ここからは見えない'));
  const notes: FaultNotes = { codes: new Set(), wmi: new Set() };
  const seen = operations.flatMap((operation) => seenOf(operation, notes));
  for (const { start, end } of operations) tell(draft, start, end);
  judgeOperations(draft, seen, notes);
  return draft;
}

function seenOf({ end, namespace }: WmiOperation, notes: FaultNotes): SeenOperation[] {
  if (end === undefined) return [];
  const code = numberOf(end, 'ResultCode');
  if (code === undefined || code === CANCELLED) return [];
  const named = namespace === undefined ? {} : { namespace };
  if (code < FAILURE) return [{ seen: placeOfRecord(end), answer: { kind: 'ok' }, ...named }];
  const fault: WsmanFault = { codes: [code], hresult: code, soapCode: '', soapSubcode: '' };
  return [{ seen: placeOfRecord(end), answer: { kind: kindOf(fault, notes), fault }, ...named }];
}

function tell(draft: AttemptDraft, start: EventObservation, end: EventObservation | undefined): void {
  // Queries may hold what people typed: the namespace and the kind of the operation are enough.
  const what = textOf(start, 'Operation').split(' : ')[0]?.slice(0, 200) ?? '';
  draft.see(placeOfRecord(start));
  draft.say('rights', { direction: 'sent', layer: 'trace', text: say(what, what), fields: [['event', String(start.eventId)]] });
  const code = end === undefined ? undefined : numberOf(end, 'ResultCode');
  if (end === undefined || code === undefined) return;
  draft.see(placeOfRecord(end));
  const result = `0x${code.toString(16)}`;
  draft.say('rights', {
    direction: 'received',
    layer: 'trace',
    text: say(`result ${result}`, `結果 ${result}`),
    fields: [['event', String(end.eventId)]],
  });
}
