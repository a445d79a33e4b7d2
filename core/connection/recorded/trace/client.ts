import type { RungName } from '@winmedic/knowledge/model';
import type { WsmanFault } from '@winmedic/wsman/messages';
import type { EventObservation, InstantNs } from '../../../model/observation.ts';
import { hex } from '../../login.ts';
import { type FaultNotes, kindOf, NOT_FINISHED } from '../../operation-rungs.ts';
import { say } from '../../text.ts';
import type { AttemptDraft } from '../draft.ts';
import { judgeOperations, namespaceOf, type SeenOperation } from '../operation-ends.ts';
import { noteScheme, schemeOf } from './account.ts';
import { Activities } from './activities.ts';
import { CLIENT_CODES, isOfService } from './client-codes.ts';
import { Envelopes, type TracedEnvelope } from './envelopes.ts';
import type { MarkedDraft, Marks } from './marks.ts';
import { numberOf, placeOfRecord, textOf, type WinrmRecord } from './records.ts';
import { hideAll, passBelow, skipPlain, type TracedTarget, targetOf, traceDraft } from './start.ts';
import { offeredBy, tellRecord } from './tell.ts';

/** Events only the client writes. */
export const CLIENT_EVENTS: ReadonlySet<number> = new Set([
  6, 7, 12, 14, 31, 40, 44, 46, 49, 131, 132, 137, 138, 139, 142, 145, 161, 162, 163, 164, 172, 771, 779, 787, 1026, 1045, 1047, 1051, 1293,
  1297,
]);
/** Events that end an operation, and the field with its error. */
const ENDS: ReadonlySet<number> = new Set([7, 12, 14, 40, 46, 49, 142]);
const GAP_NS = 120_000_000_000n;
const ORDER: readonly RungName[] = ['name', 'route', 'tcp', 'tls', 'http', 'wsman', 'schemes', 'login', 'rights'];
const UNKNOWN_LOWER = say('the client does not record it', 'クライアントは記録しない');
/** Operations put together at once. */
const MAX_OPERATIONS = 20_000;

/** One operation as its client recorded it. */
interface ClientOperation {
  readonly records: EventObservation[];
  readonly envelopes: Map<EventObservation, TracedEnvelope>;
  target?: TracedTarget;
  scheme?: string;
  resourceUri: string;
  request?: TracedEnvelope;
  answer?: TracedEnvelope;
  status?: { readonly status: number; readonly event: EventObservation };
  /** 137, 131, 163, 162 or 139, 172. */
  noName?: EventObservation;
  redirect?: EventObservation;
  mismatch?: EventObservation;
  refused?: EventObservation;
  certificate?: EventObservation;
  sent?: boolean;
  ended?: { readonly event: EventObservation; readonly code: number };
}

/** Attempts as WinRM's client on Windows saw them. @param records of one trace or log, by time. */
export function clientDrafts(records: readonly WinrmRecord[], conversation: boolean): MarkedDraft[] {
  const groups: ClientOperation[][] = [];
  const open = new Map<string, ClientOperation[]>();
  for (const operation of operationsOf(records)) {
    const kind = outcomeOf(operation);
    // An operation that never ended, or of which nothing is known, tells nothing.
    if (kind === undefined) continue;
    const key = operation.target?.host.toLowerCase() ?? '';
    const before = open.get(key);
    const last = before?.at(-1);
    if (before !== undefined && last !== undefined && outcomeOf(last) === kind && startOf(operation) - endOf(last) <= GAP_NS)
      before.push(operation);
    else {
      const group = [operation];
      open.set(key, group);
      groups.push(group);
    }
  }
  return groups.map((group) => ({ draft: finish(group, conversation), marks: marksOf(group) }));
}

function marksOf(group: readonly ClientOperation[]): Marks {
  return {
    messages: new Map(
      group.flatMap(({ request }) => (request?.view?.messageId ? [[request.view.messageId, request.event.time] as const] : [])),
    ),
    logins: [],
  };
}

function startOf({ records }: ClientOperation): InstantNs {
  return (records[0] as EventObservation).time;
}
function endOf({ records }: ClientOperation): InstantNs {
  return (records.at(-1) as EventObservation).time;
}

/** Operations that were answered by the service belong together, those that failed before only with their like. */
function outcomeOf(operation: ClientOperation): string | undefined {
  const { answer, ended, certificate, noName, redirect, mismatch, refused, status } = operation;
  if (answer?.view !== undefined) return 'served';
  if (ended === undefined && [certificate, noName, redirect, mismatch, refused].every((each) => each === undefined))
    return status !== undefined && status.status >= 400 ? `status ${status.status}` : undefined;
  if (ended === undefined) return 'open';
  return ended.code === 0 || isOfService(ended.code) ? 'served' : `code ${ended.code}`;
}

function operationsOf(records: readonly WinrmRecord[]): ClientOperation[] {
  const activities = new Activities(records);
  const envelopes = new Envelopes();
  const work = new Map<string, ClientOperation>();
  /** Last session of a process: an operation goes where it leads. */
  const sessions = new Map<string, TracedTarget>();
  const all: ClientOperation[] = [];
  for (const record of records) {
    const { event, id } = record;
    if (!CLIENT_EVENTS.has(id) || all.length >= MAX_OPERATIONS) continue;
    const key = activities.rootOf(event) || `process ${event.fields.get('ProcessID') ?? ''}`;
    const process = event.fields.get('ProcessID') ?? '';
    if (id === 6 || id === 44) {
      const target = targetOf(textOf(event, id === 6 ? 'connection' : 'destination'));
      // Sessions of several programs lie between each other: without the process nothing tells whose one is.
      if (target !== undefined && process !== '') sessions.set(process, target);
    }
    let operation = work.get(key);
    const isOver = operation?.ended !== undefined && (id === 6 || id === 44 || id === 145 || id === 771 || id === 779);
    if (operation === undefined || isOver) {
      operation = { records: [], envelopes: new Map(), resourceUri: '' };
      const target = sessions.get(process);
      if (target !== undefined) operation.target = target;
      work.set(key, operation);
      all.push(operation);
    }
    operation.records.push(event);
    take(operation, record, envelopes.take(record));
  }
  return all;
}

function take(operation: ClientOperation, { event, id }: WinrmRecord, envelope: TracedEnvelope | undefined): void {
  if (envelope !== undefined) {
    operation.envelopes.set(event, envelope);
    operation[envelope.kind] = envelope;
    const { view } = envelope;
    if (view?.resourceUri) operation.resourceUri = view.resourceUri;
    if (envelope.kind === 'request') merge(operation, targetOf(view?.to ?? ''));
  }
  switch (id) {
    case 6:
      merge(operation, targetOf(textOf(event, 'connection')));
      return;
    case 44:
      merge(operation, targetOf(textOf(event, 'destination')));
      return;
    case 787: {
      operation.sent = true;
      const target = targetOf(textOf(event, 'url'));
      const port = numberOf(event, 'port');
      merge(operation, target === undefined || port === undefined ? target : targetOf(`${bracket(target.host)}:${port}`));
      return;
    }
    case 145:
      operation.resourceUri ||= textOf(event, 'resourceUri');
      return;
    case 1293:
      operation.scheme = textOf(event, 'auth');
      return;
    case 1297:
      operation.scheme ??= textOf(event, 'authentication');
      return;
    case 1045:
      operation.status = { status: 200, event };
      return;
    case 1047:
    case 1051: {
      const status = numberOf(event, 'status');
      if (status !== undefined && status >= 100 && status <= 599) operation.status = { status, event };
      return;
    }
    case 131:
      operation.redirect = event;
      return;
    case 137:
      operation.noName = event;
      return;
    case 139:
    case 162:
      operation.refused ??= event;
      return;
    case 163:
      operation.mismatch = event;
      return;
    case 172:
      operation.certificate = event;
      merge(operation, targetOf(`https://${textOf(event, 'machineName')}:${textOf(event, 'port')}`));
      return;
    case 132:
      operation.ended ??= { event, code: 0 };
      return;
    default:
      if (ENDS.has(id)) operation.ended ??= { event, code: numberOf(event, 'errorCode') ?? 0 };
  }
}

function bracket(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** A later record may know the port or transport of a host already named. */
function merge(operation: ClientOperation, target: TracedTarget | undefined): void {
  if (target === undefined) return;
  const { target: known } = operation;
  operation.target = known !== undefined && known.host.toLowerCase() === target.host.toLowerCase() ? { ...known, ...target } : target;
}

function finish(group: readonly ClientOperation[], conversation: boolean): AttemptDraft {
  const records = group.flatMap((operation) => operation.records).sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  const [first] = group as readonly [ClientOperation];
  const target = group.map((operation) => operation.target).find((each) => each?.transport !== undefined) ?? first.target;
  const draft = traceDraft({ via: 'winrm', records, target, conversation });
  for (const { records: own, envelopes } of group) for (const event of own) tellRecord(draft, event, envelopes.get(event));
  draft.see(placeOfRecord(records[0] as EventObservation));
  draft.set('client.windows', true);
  const scheme = group.map((operation) => schemeOf(operation.scheme ?? '')).find((each) => each !== undefined);
  if (outcomeOf(first) === 'served') served(draft, group, scheme);
  else failed(draft, group.at(-1) as ClientOperation, scheme);
  skipPlain(draft, target);
  hideAll(draft, ORDER, UNKNOWN_LOWER);
  hideAll(draft, ['role'], say('not visible here', 'ここからは見えない'));
  return draft;
}

type Scheme = ReturnType<typeof schemeOf>;

function served(draft: AttemptDraft, group: readonly ClientOperation[], scheme: Scheme): void {
  const answered = group.find(({ answer }) => answer !== undefined) ?? (group[0] as ClientOperation);
  const event = answered.answer?.event ?? answered.ended?.event ?? (answered.records[0] as EventObservation);
  draft.see(placeOfRecord(event));
  if (scheme !== undefined) noteScheme(draft, scheme);
  passBelow(draft, ['name', 'route', 'tcp', 'http', 'wsman', 'schemes'], 'answered');
  draft.set('login.result', 'accepted');
  draft.set('login.step', '');
  draft.rung('login', {
    verdict: 'passed',
    tried: scheme === undefined ? say('a login', 'ログオン') : say(`a login by ${scheme}`, `${scheme} でのログオン`),
    observed: say('accepted: the service carried out or refused operations', 'ログオン成功: サービスが操作に応答'),
  });
  const notes: FaultNotes = { codes: new Set(), wmi: new Set() };
  const operations = group.flatMap((operation): SeenOperation[] => {
    const answer = answerOf(operation, notes);
    if (answer === undefined) return [];
    const namespace = namespaceOf(operation.resourceUri);
    const { status } = operation;
    return [
      {
        seen: placeOfRecord(operation.answer?.event ?? operation.ended?.event ?? (operation.records.at(-1) as EventObservation)),
        answer,
        ...(namespace === undefined ? {} : { namespace }),
        ...(status === undefined ? {} : { http: { status: status.status } }),
        identify: operation.request?.view?.body === 'Identify',
      },
    ];
  });
  judgeOperations(draft, operations, notes);
}

function answerOf({ answer, ended }: ClientOperation, notes: FaultNotes): SeenOperation['answer'] | undefined {
  const code = ended?.code ?? 0;
  // Of an answer that is not whole the client's own code tells the fault.
  const fault: WsmanFault | undefined =
    answer?.view?.fault ??
    (answer?.view === undefined && code !== 0 && isOfService(code) ? { codes: [code], soapCode: '', soapSubcode: '' } : undefined);
  if (fault !== undefined) {
    const kind = kindOf(fault, notes);
    return kind === 'fault' && fault.codes.includes(NOT_FINISHED) ? { kind: 'unfinished' } : { kind, fault };
  }
  return answer?.view !== undefined || (ended !== undefined && code === 0) ? { kind: 'ok' } : undefined;
}

/** An operation that ended before the service answered. */
function failed(draft: AttemptDraft, operation: ClientOperation, scheme: Scheme): void {
  const { ended, noName, redirect, mismatch, refused, certificate, status } = operation;
  const code = ended?.code ?? 0;
  const known = CLIENT_CODES.get(code);
  const at = ended?.event ?? (operation.records.at(-1) as EventObservation);
  draft.see(placeOfRecord(at));
  if (code !== 0) draft.set('client.fault', hex(code));
  if (scheme !== undefined) draft.set('client.scheme', scheme);
  const observed =
    code === 0 ? say('the operation failed', '操作が失敗') : say(`the client reports ${hex(code)}`, `クライアントの報告: ${hex(code)}`);
  const end = (rung: RungName, seen: typeof observed, event: EventObservation, answered: boolean): void => {
    draft.see(placeOfRecord(event));
    if (answered)
      passBelow(
        draft,
        ORDER.slice(0, ORDER.indexOf(rung)).filter((each) => each !== 'tls'),
        'answered',
      );
    draft.rung(rung, {
      verdict: 'failed',
      tried: say('an operation of the WinRM client', 'WinRM クライアントの操作'),
      observed: seen,
      expected: say('an answer of the service', 'サービスからの応答'),
    });
  };
  if (noName !== undefined || known?.rung === 'name') {
    draft.see(placeOfRecord(noName ?? at));
    draft.set('name.result', 'not-found');
    end('name', say('the name cannot be resolved', '名前を解決できない'), noName ?? at, false);
    return;
  }
  if (redirect !== undefined) {
    draft.see(placeOfRecord(redirect));
    draft.set('http.result', 'response');
    // The one status of which this event speaks.
    draft.set('http.status', 302);
    draft.set('http.location', textOf(redirect, 'location').slice(0, MAX_LOCATION));
    end('http', say('HTTP 302', 'HTTP 302'), redirect, true);
    return;
  }
  if (mismatch !== undefined) {
    draft.see(placeOfRecord(mismatch));
    const offered = offeredBy(mismatch);
    const asked = schemeOf(textOf(mismatch, 'authClient')) ?? scheme;
    if (asked !== undefined) draft.set('client.scheme', asked);
    draft.set('schemes.offered', offered);
    draft.set('schemes.usable', false);
    end('schemes', say(`offered: ${offered.join(', ')}`, `提示: ${offered.join(', ')}`), mismatch, true);
    return;
  }
  if (certificate !== undefined || known?.rung === 'tls') {
    // The certificate was seen, so the handshake itself went that far.
    draft.see(placeOfRecord(certificate ?? at));
    if (certificate !== undefined) draft.set('tls.result', 'ok');
    else if (code === TLS_ABORTED) draft.set('tls.result', 'closed');
    passBelow(draft, ['name', 'route', 'tcp'], 'answered');
    end('tls', certificate === undefined ? observed : say('the certificate has errors', '証明書にエラーがある'), certificate ?? at, false);
    return;
  }
  const rung = known?.rung ?? (refused === undefined ? 'http' : 'login');
  const seen = status?.status ?? known?.status;
  if (rung === 'http' && seen !== undefined) {
    draft.see(placeOfRecord(status?.event ?? at));
    draft.set('http.result', 'response');
    draft.set('http.status', seen);
  }
  if (rung === 'login') login(draft, operation, scheme, at);
  if (rung === 'rights') {
    draft.set('request.result', 'status');
    if (seen !== undefined) draft.set('request.status', seen);
    if (seen === 413) draft.set('limit.status', 413);
  }
  if (known?.unsent === true && operation.sent !== true) hideAll(draft, ORDER.slice(0, ORDER.indexOf('login')), NOTHING_SENT);
  end(rung, observed, at, known?.answered === true || seen !== undefined || (refused !== undefined && rung === 'login'));
}

/** ERROR_WSMAN_SSL_CONNECTION_ABORTED. */
const TLS_ABORTED = 0x803381ba;
const MAX_LOCATION = 2048;
const NOTHING_SENT = say('nothing was sent', '何も送信していない');

/** How the login ended, where the events say more than the code. */
function login(draft: AttemptDraft, operation: ClientOperation, scheme: Scheme, at: EventObservation): void {
  const { refused, status, ended } = operation;
  const known = CLIENT_CODES.get(ended?.code ?? 0);
  const answer = status?.status ?? known?.status;
  if (refused === undefined && ended?.code !== LOGON_FAILURE && answer !== 400) return;
  draft.see(placeOfRecord(refused ?? at));
  if (scheme !== undefined) noteScheme(draft, scheme);
  if (answer === 400) {
    draft.set('login.result', 'failed');
    draft.set('login.status', 400);
  } else draft.set('login.result', 'rejected');
}

const LOGON_FAILURE = 1326;
