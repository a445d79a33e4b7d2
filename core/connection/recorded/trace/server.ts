import type { RungName } from '@winmedic/knowledge/model';
import type { WsmanFault } from '@winmedic/wsman/messages';
import type { EventObservation, InstantNs } from '../../../model/observation.ts';
import { hex } from '../../login.ts';
import { type FaultNotes, kindOf, NOT_FINISHED } from '../../operation-rungs.ts';
import { say } from '../../text.ts';
import type { AttemptDraft } from '../draft.ts';
import { type Answer, judgeOperations, namespaceOf, type SeenOperation } from '../operation-ends.ts';
import { noteAccount, noteLocal, noteScheme, schemeOf } from './account.ts';
import { Activities } from './activities.ts';
import { Envelopes, type EnvelopeView, type TracedEnvelope } from './envelopes.ts';
import { type LogonIndex, noteRejected } from './logons.ts';
import { type MarkedDraft, type Marks, userOf } from './marks.ts';
import { hostOf, numberOf, placeOfRecord, textOf, type WinrmRecord } from './records.ts';
import { hideAll, passBelow, skipPlain, type TracedTarget, targetOf, traceDraft } from './start.ts';
import { tellRecord } from './tell.ts';

/** Events only the service writes. */
export const SERVER_EVENTS: ReadonlySet<number> = new Set([
  84, 85, 91, 192, 772, 774, 775, 776, 788, 789, 790, 1025, 1027, 1044, 1048, 1049, 1050, 1294, 1295, 1296, 1536, 1537,
]);
/** Silence after which the next request of a user is another attempt, as in captures. */
const GAP_NS = 120_000_000_000n;
/** A handshake takes round trips, not more. */
const HANDSHAKE_NS = 10_000_000_000n;
/** Without activities: a 401 right behind a login, with nothing of an operation between, is of that login. */
const RIGHT_BEHIND_NS = 2_000_000_000n;
/** Attempts looked at when an operation does not say whose it is: with more than one nobody can tell. */
const MAX_NEWEST = 64;
/** Attempts put together at once: one for each user within two minutes. */
const MAX_OPEN = 2000;

const LOWER: readonly RungName[] = ['name', 'route', 'tcp', 'http', 'wsman'];

/** One operation as the service saw it. */
interface ServedOperation {
  request?: TracedEnvelope;
  answer?: TracedEnvelope;
  resourceUri: string;
  /** Error of 192; 0 where Windows 7 gives none. */
  denied?: number;
  /** 1025: an answer with an error was sent. */
  failed?: boolean;
  /** 1048. */
  status?: number;
  /** 1049. */
  timedOut?: boolean;
  /** 1050: the answer was sent. */
  sent?: boolean;
  last: EventObservation;
}

/** What one user did within a stretch; no user: nobody is named. */
interface ServedAttempt {
  user?: string;
  scheme?: string;
  login?: EventObservation;
  readonly operations: ServedOperation[];
  readonly records: EventObservation[];
  last: InstantNs;
  /** 401 that nothing followed. */
  unauthorized?: EventObservation;
}

/** Attempts as the WinRM service itself saw them. @param records of one trace or log, by time. */
export function serverDrafts(records: readonly WinrmRecord[], logons: LogonIndex, conversation: boolean): MarkedDraft[] {
  const walk = new Walk(records, logons);
  return walk.attempts.flatMap((attempt) => {
    if (attempt.operations.length === 0 && attempt.login === undefined && attempt.unauthorized === undefined) return [];
    const draft = finish(attempt, logons, conversation);
    return [{ draft, marks: marksOf(attempt, draft) }];
  });
}

/** What tells these exchanges in another recording. A 401 that nothing followed is a login of the account its failed logon names. */
function marksOf(attempt: ServedAttempt, draft: AttemptDraft): Marks {
  const { login, user, operations, unauthorized } = attempt;
  const named = user ?? draft.ladder.account?.typed;
  const at = login?.time ?? unauthorized?.time;
  return {
    messages: new Map(
      operations.flatMap(({ request }) => (request?.view?.messageId ? [[request.view.messageId, request.event.time] as const] : [])),
    ),
    logins:
      at === undefined
        ? []
        : [
            {
              user: named === undefined ? '' : userOf(named),
              at,
              refused: login === undefined || operations.some(({ status }) => status === 401),
            },
          ],
  };
}

/** A 401 of which it is not known yet whether a login follows. */
interface Waiting {
  readonly activity: string;
  readonly event: EventObservation;
}

class Walk {
  readonly attempts: ServedAttempt[] = [];
  readonly #activities: Activities;
  readonly #envelopes = new Envelopes();
  /** Attempt and operation at work, by activity. */
  readonly #at = new Map<string, ServedAttempt>();
  readonly #work = new Map<string, ServedOperation>();
  readonly #byMessage = new Map<string, ServedOperation>();
  readonly #byUser = new Map<string, ServedAttempt>();
  /** Attempts that may still be at work. */
  readonly #newest: ServedAttempt[] = [];
  #waiting: Waiting[] = [];

  readonly #logons: LogonIndex;

  constructor(records: readonly WinrmRecord[], logons: LogonIndex) {
    this.#logons = logons;
    this.#activities = new Activities(records);
    for (const record of records) if (SERVER_EVENTS.has(record.id)) this.#take(record);
    for (const { event } of this.#waiting) this.#alone(event);
    this.attempts.sort((a, b) => ((a.records[0]?.time ?? 0n) < (b.records[0]?.time ?? 0n) ? -1 : 1));
  }

  #take(record: WinrmRecord): void {
    const { event, id } = record;
    const activity = this.#activities.rootOf(event);
    switch (id) {
      case 1294:
        this.#unauthorized(event, activity);
        return;
      case 1295:
      case 1296:
        this.#login(event, activity, id === 1295 ? textOf(event, 'username') : textOf(event, 'subject'));
        return;
      default:
    }
    const envelope = this.#envelopes.take(record);
    const attempt = this.#attemptOf(activity, event.time);
    // Whoever is served was let in, also where the event that says so was lost.
    if (activity !== '' && this.#waiting.length > 0) {
      for (const each of this.#waiting) if (each.activity === activity) note(attempt, each.event);
      this.#waiting = this.#waiting.filter((each) => each.activity !== activity);
    }
    note(attempt, event);
    const operation = this.#operationOf(activity, attempt, event, envelope, id === 788);
    operation.last = event;
    if (envelope !== undefined) operation[envelope.kind] = envelope;
    const { view } = envelope ?? {};
    if (view?.messageId && envelope?.kind === 'request') this.#byMessage.set(view.messageId, operation);
    if (view?.resourceUri) operation.resourceUri = view.resourceUri;
    if (id === 789) operation.resourceUri ||= textOf(event, 'resourceURI');
    if (id === 91) operation.resourceUri ||= textOf(event, 'resourceUri');
    if (id === 192) operation.denied = numberOf(event, 'errorCode') ?? 0;
    if (id === 1025) operation.failed = true;
    if (id === 1048) operation.status = numberOf(event, 'httpStatus') ?? 0;
    if (id === 1049) operation.timedOut = true;
    if (id === 1050) operation.sent = true;
  }

  #unauthorized(event: EventObservation, activity: string): void {
    const attempt = this.#at.get(activity);
    const login = attempt?.login;
    const working = this.#work.has(activity);
    const near = activity !== '' || (login !== undefined && event.time - login.time <= RIGHT_BEHIND_NS);
    if (attempt !== undefined && login !== undefined && near && !working && event.time - attempt.last <= GAP_NS) {
      note(attempt, event);
      attempt.operations.push({ resourceUri: '', status: 401, last: event });
      return;
    }
    this.#waiting.push({ activity, event });
  }

  #login(event: EventObservation, activity: string, user: string): void {
    const before = this.#handshakeOf(event, activity);
    const newest = this.#byUser.get(user.toLowerCase());
    const goesOn = newest !== undefined && event.time - newest.last <= GAP_NS && !newest.operations.some(({ status }) => status === 401);
    const known = goesOn ? newest : undefined;
    const attempt = known ?? this.#open(user);
    for (const each of before) note(attempt, each);
    note(attempt, event);
    attempt.login ??= event;
    attempt.scheme ??= textOf(event, 'authenticationMechanism') || (event.fields.has('subject') ? 'Certificate' : '');
    this.#at.set(activity, attempt);
    // What an activity did before belongs to the login before.
    this.#work.delete(activity);
  }

  /** The 401 of the handshake before a login: of the same activity, or of the same moment and of no failed logon. The others stand alone. */
  #handshakeOf(event: EventObservation, activity: string): EventObservation[] {
    const before: EventObservation[] = [];
    const kept: Waiting[] = [];
    for (const each of this.#waiting) {
      const near = event.time - each.event.time <= HANDSHAKE_NS;
      if ((each.activity === activity && activity !== '') || (near && this.#logons.failureBehind(each.event.time) === undefined))
        before.push(each.event);
      else if (near) kept.push(each);
      else this.#alone(each.event);
    }
    this.#waiting = kept;
    return before;
  }

  #attemptOf(activity: string, time: InstantNs): ServedAttempt {
    const known = this.#at.get(activity);
    if (known !== undefined && (activity !== '' || time - known.last <= GAP_NS)) return known;
    const open = this.#newest.filter((each) => time - each.last <= GAP_NS && each.unauthorized === undefined);
    const attempt =
      open.length === 1 && open[0] !== undefined ? open[0] : (open.find(({ user }) => user === undefined) ?? this.#open(undefined));
    this.#at.set(activity, attempt);
    return attempt;
  }

  #operationOf(
    activity: string,
    attempt: ServedAttempt,
    event: EventObservation,
    envelope: TracedEnvelope | undefined,
    begins: boolean,
  ): ServedOperation {
    const asked = envelope?.kind === 'answer' ? this.#byMessage.get(envelope.view?.relatesTo ?? '') : undefined;
    if (asked !== undefined) return asked;
    const current = this.#work.get(activity);
    const isNew =
      current === undefined ||
      ((begins || envelope?.kind === 'request') &&
        (current.answer !== undefined || current.sent === true || current.request !== undefined));
    if (!isNew && current !== undefined) return current;
    const operation: ServedOperation = { resourceUri: '', last: event };
    attempt.operations.push(operation);
    this.#work.set(activity, operation);
    return operation;
  }

  #open(user: string | undefined): ServedAttempt {
    const attempt: ServedAttempt = { operations: [], records: [], last: 0n, ...(user === undefined ? {} : { user }) };
    // Beyond the cap it is followed and not told: what belongs to it must not be taken for another's.
    if (this.attempts.length < MAX_OPEN) this.attempts.push(attempt);
    if (user !== undefined) this.#byUser.set(user.toLowerCase(), attempt);
    this.#newest.push(attempt);
    if (this.#newest.length > MAX_NEWEST) this.#newest.shift();
    return attempt;
  }

  #alone(event: EventObservation): void {
    const attempt = this.#open(undefined);
    note(attempt, event);
    attempt.unauthorized ??= event;
  }
}

function note(attempt: ServedAttempt, event: EventObservation): void {
  attempt.records.push(event);
  if (event.time > attempt.last) attempt.last = event.time;
}

function finish(attempt: ServedAttempt, logons: LogonIndex, conversation: boolean): AttemptDraft {
  const views = attempt.operations.flatMap(({ request, answer }) => [request?.view, answer?.view].filter((view) => view !== undefined));
  const target = views.map(({ to }) => targetOf(to)).find((each) => each !== undefined);
  const failure = attempt.unauthorized === undefined ? undefined : logons.failureBehind(attempt.unauthorized.time);
  const host = nameOfHost(attempt, views, target, logons) ?? (failure === undefined ? undefined : hostOf(failure));
  const draft = traceDraft({
    via: 'winrm',
    records: attempt.records.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)),
    target,
    host,
    conversation,
  });
  const envelopes = new Map(
    attempt.operations.flatMap(({ request, answer }) =>
      [request, answer].flatMap((each) => (each === undefined ? [] : [[each.event, each] as const])),
    ),
  );
  for (const event of attempt.records) tellRecord(draft, event, envelopes.get(event));
  const first = attempt.records[0] as EventObservation;
  draft.see(placeOfRecord(first));
  passBelow(draft, LOWER, 'reached');
  skipPlain(draft, target);
  hideAll(draft, ['tls', 'schemes'], say('the service does not record it', 'サービスは記録しない'));
  hideAll(draft, ['role'], say('not visible here', 'ここからは見えない'));
  if (host !== undefined) {
    if (host.includes('.')) draft.ladder.portrait.dnsComputerName = host;
    else draft.ladder.portrait.computerName = host;
    draft.names.add(host.toLowerCase());
  }
  if (attempt.unauthorized !== undefined) {
    rejected(draft, attempt.unauthorized, failure);
    return draft;
  }
  login(draft, attempt, host ?? target?.host);
  const notes: FaultNotes = { codes: new Set(), wmi: new Set() };
  judgeOperations(
    draft,
    attempt.operations.flatMap((operation) => seenOf(operation, notes)),
    notes,
  );
  return draft;
}

/** The computer that recorded: as its log names it, as its answers name it, or the one whose Security log has these logons. */
function nameOfHost(
  { records, user, login: at }: ServedAttempt,
  views: readonly EnvelopeView[],
  target: TracedTarget | undefined,
  logons: LogonIndex,
): string | undefined {
  const own = records.map(hostOf).find((name) => name !== undefined);
  if (own !== undefined) return own;
  const proven = user === undefined || at === undefined ? undefined : logons.hostOfLogon(user, at.time);
  if (proven !== undefined) return proven;
  const machine = views.map(({ fault }) => fault?.machine ?? '').find((name) => name !== '');
  const named = targetOf(machine ?? '')?.host ?? target?.host;
  return named === undefined || /^[\d.:]+$/.test(named) || named.toLowerCase() === 'localhost' ? undefined : named;
}

function login(draft: AttemptDraft, attempt: ServedAttempt, host: string | undefined): void {
  const { login: event, user, scheme: named = '' } = attempt;
  if (event === undefined || user === undefined) {
    draft.hide(
      'login',
      say(
        'the login was before the trace began, or its events were not recorded',
        'ログオンはトレースの開始より前か、そのイベントが記録されていない',
      ),
    );
    return;
  }
  draft.see(placeOfRecord(event));
  const scheme = schemeOf(named);
  const mechanism = scheme === undefined ? undefined : noteScheme(draft, scheme);
  noteAccount(draft, user, { ...(scheme === undefined ? {} : { scheme }), ...(mechanism === undefined ? {} : { mechanism }) });
  draft.set('login.result', 'accepted');
  draft.set('login.step', '');
  if (host !== undefined) noteLocal(draft, user, host);
  draft.rung('login', {
    verdict: 'passed',
    tried: scheme === undefined ? say('a login', 'ログオン') : say(`a login by ${scheme}`, `${scheme} でのログオン`),
    observed: say(`accepted: ${user}`, `ログオン成功: ${user}`),
  });
}

/** A 401 behind which nothing came. Why is told by the Security log alone, where it is given. */
function rejected(draft: AttemptDraft, event: EventObservation, failure: EventObservation | undefined): void {
  if (failure !== undefined) noteRejected(draft, failure);
  draft.see(placeOfRecord(event));
  draft.rung('login', {
    verdict: 'failed',
    tried: say('a login', 'ログオン'),
    observed: say('401 was sent, and nobody was let in behind it', '401 を送信し、その後のログオン成功はない'),
    expected: say('the login is accepted', 'ログオンが受け入れられる'),
  });
}

/** An operation with the answer the service gave; nothing when the trace does not show it. */
function seenOf(operation: ServedOperation, notes: FaultNotes): SeenOperation[] {
  const answer = answerOf(operation, notes);
  if (answer === undefined) return [];
  const namespace = namespaceOf(operation.resourceUri);
  return [
    {
      seen: placeOfRecord((operation.answer?.event ?? operation.last) as EventObservation),
      answer,
      ...(namespace === undefined ? {} : { namespace }),
      ...(operation.status === undefined ? {} : { http: { status: operation.status } }),
      identify: operation.request?.view?.body === 'Identify',
    },
  ];
}

function answerOf(operation: ServedOperation, notes: FaultNotes): Answer | undefined {
  const { request, answer, denied, failed, status, timedOut, sent } = operation;
  const fault = answer?.view?.fault;
  if (fault !== undefined) {
    const kind = kindOf(fault, notes);
    return kind === 'fault' && fault.codes.includes(NOT_FINISHED) ? { kind: 'unfinished' } : { kind, fault };
  }
  if (answer?.view !== undefined) return { kind: 'ok' };
  if (status !== undefined && status > 0) return { kind: 'status', status };
  if (denied !== undefined) {
    const made = deniedFault(denied);
    return { kind: kindOf(made, notes), fault: made };
  }
  if (timedOut === true) {
    notes.codes.add(NOT_FINISHED);
    return { kind: 'unfinished' };
  }
  // An error was sent, and what it was is not in the trace.
  if (failed === true) return { kind: 'fault', fault: { codes: [], soapCode: '', soapSubcode: '' } };
  // That an answer was sent says nothing of one whose beginning is not in the trace: the record of its error may be missing as well.
  return sent === true && request !== undefined ? { kind: 'ok' } : undefined;
}

/** The refusal event 192 tells of; Windows 7 does not give its number. */
function deniedFault(code: number): WsmanFault {
  return { codes: code === 0 ? [] : [code], soapCode: '', soapSubcode: 'AccessDenied', ...(code === 0 ? {} : { text: hex(code) }) };
}
