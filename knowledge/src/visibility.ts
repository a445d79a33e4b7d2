import { CONNECTION_PROPERTIES, type ConnectionPropertyName } from './connection-model.ts';
import type { Cause, Expr, Localized, RequiredItem } from './model.ts';

/**
 * Which evidence can show why a host refuses a connection. Nothing here is said of a cause: what each kind of evidence can tell about an attempt is stated once,
 * as views, and which causes that is enough for follows from their conditions.
 */

/** Kinds of evidence about an attempt to connect, best first where several show the same. */
export const EVIDENCE_KINDS = ['live', 'capture', 'server-trace', 'client-trace', 'event-log', 'tool-log'] as const;
/** A kind of evidence. */
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

/** How the kinds are called. */
export const EVIDENCE_NAMES: Readonly<Record<EvidenceKind, Localized>> = {
  live: { en: 'a live attempt', ja: '実際の接続試行' },
  capture: { en: 'a packet capture', ja: 'パケット キャプチャ' },
  'server-trace': { en: 'a trace on the host', ja: 'ホストのトレース' },
  'client-trace': { en: 'a trace on the Windows client', ja: 'Windows クライアントのトレース' },
  'event-log': { en: 'event logs', ja: 'イベント ログ' },
  'tool-log': { en: 'the log of the tool', ja: 'ツールのログ' },
};

/** Properties a view can have: with any value, or with these alone. */
export type ViewProperties = Partial<Readonly<Record<ConnectionPropertyName, true | readonly string[]>>>;

/** What one attempt looks like in one kind of evidence: properties that are seen together. */
export interface View {
  readonly kind: EvidenceKind;
  /** What it depends on, for a footnote; absent: nothing. */
  readonly only?: Localized;
  readonly properties: ViewProperties;
  /** Providers whose events come with it, lower case; `*`: those of every log. */
  readonly events: readonly string[];
}

const all = Object.keys(CONNECTION_PROPERTIES) as readonly ConnectionPropertyName[];

function any(...names: readonly ConnectionPropertyName[]): ViewProperties {
  return Object.fromEntries(names.map((name) => [name, true]));
}

/** Set by no reader: access to a second host happens inside a session that is encrypted and recorded nowhere. */
const BY_NOBODY: readonly ConnectionPropertyName[] = ['secondHop.result'];
/** What only a live run knows: it tries several things, or several hosts, and compares. */
const LIVE_ALONE: readonly ConnectionPropertyName[] = [
  'account.acceptedElsewhere',
  'kerberos.otherService',
  'parallel.alone',
  'parallel.failedTogether',
  'parallel.hosts',
  'role.result',
  'user.acceptedForm',
];
/** What the content of operations says. */
const CONTENT: readonly ConnectionPropertyName[] = [
  'request.fault',
  'request.wmi',
  'fault.codes',
  'fault.wmi',
  'namespace.name',
  'namespace.result',
  'namespace.fault',
  'namespace.wmi',
  'namespace.cimv2',
];
/** Below HTTP: all that is seen of HTTPS. */
const LOWER: readonly ConnectionPropertyName[] = all.filter(
  (name) => /^(?:via|failedRung|target|name|route|tcp|tls)(?:\.|$)/.test(name) && name !== 'tls.afterRequest',
);
const BASE: ViewProperties = any('via', 'failedRung', 'target.kind', 'target.port', 'target.transport');

const onWire = all.filter(
  (name) =>
    ![...BY_NOBODY, ...LIVE_ALONE, ...CONTENT].includes(name) && !['client.fault', 'credssp.version', 'tls.afterRequest'].includes(name),
);

/** An operation the service carried out or refused, as both ends record it in clear. */
const SERVED: ViewProperties = {
  ...BASE,
  ...any('client.scheme', 'login.mechanism', 'request.result', 'request.status', 'limit.status', ...CONTENT),
  'login.result': ['accepted'],
  'login.step': ['', 'after'],
};

const CLIENT: ViewProperties = { ...BASE, ...any('client.fault', 'client.scheme'), 'client.windows': ['true'] };
/** How operations of WinRM's client end, by the rung at which they do. */
const CLIENT_VIEWS: readonly ViewProperties[] = [
  { ...SERVED, 'client.windows': ['true'] },
  { ...CLIENT, 'name.result': ['not-found'] },
  { ...CLIENT, ...any('http.status', 'http.location'), 'http.result': ['response'] },
  { ...CLIENT, 'tls.result': ['ok', 'closed'] },
  { ...CLIENT, ...any('schemes.offered'), 'schemes.usable': ['false'] },
  { ...CLIENT, ...any('login.mechanism'), 'login.result': ['rejected'] },
  { ...CLIENT, ...any('login.mechanism'), 'login.result': ['failed'], 'login.status': ['400'] },
  { ...CLIENT, 'request.result': ['status'], ...any('request.status', 'limit.status') },
];
const CLIENT_EVENTS: readonly string[] = ['microsoft-windows-winrm'];
const HOST_EVENTS: readonly string[] = ['microsoft-windows-winrm', 'microsoft-windows-wmi-activity'];

const IN_CLEAR: Localized = { en: 'only when messages are not encrypted', ja: 'メッセージが暗号化されていない場合のみ' };
const WITH_SECURITY: Localized = { en: 'with the Security log of the host', ja: 'ホストのセキュリティ ログと併用した場合' };

/** An operation of WMI over DCOM, as the host records it. */
const WMI: ViewProperties = {
  ...any('failedRung', 'request.result', 'user.isLocal', ...CONTENT),
  via: ['dcom'],
  'login.result': ['accepted'],
  'login.step': [''],
};

/** What each kind of evidence can show of an attempt. A test beside the readers compares it with what they set. */
export const VIEWS: readonly View[] = [
  {
    kind: 'live',
    properties: {
      ...any(...all.filter((name) => ![...BY_NOBODY, 'client.fault'].includes(name))),
      'client.windows': ['false'],
    },
    events: [],
  },
  {
    kind: 'capture',
    properties: { ...any(...onWire), 'target.transport': ['http'], 'request.result': ['ok', 'status', 'dropped', 'timeout'] },
    events: [],
  },
  { kind: 'capture', properties: { ...any(...LOWER), 'target.transport': ['https'] }, events: [] },
  { kind: 'capture', only: IN_CLEAR, properties: { ...any(...onWire, ...CONTENT), 'target.transport': ['http'] }, events: [] },
  { kind: 'server-trace', properties: { ...SERVED, ...any('user.isLocal') }, events: HOST_EVENTS },
  { kind: 'server-trace', properties: WMI, events: HOST_EVENTS },
  {
    kind: 'server-trace',
    only: WITH_SECURITY,
    properties: {
      ...any('failedRung', 'login.mechanism', 'login.ntstatus'),
      via: ['winrm'],
      'login.result': ['rejected'],
      'user.form': ['upn', 'down-level', 'bare', 'empty'],
    },
    events: ['*'],
  },
  ...CLIENT_VIEWS.map((properties): View => ({ kind: 'client-trace', properties, events: CLIENT_EVENTS })),
  ...CLIENT_VIEWS.map((properties): View => ({ kind: 'event-log', properties, events: ['*'] })),
  { kind: 'tool-log', properties: { ...BASE, 'name.result': ['not-found'] }, events: [] },
  { kind: 'tool-log', properties: { ...BASE, ...any('http.status'), 'http.result': ['response'] }, events: [] },
  { kind: 'tool-log', properties: { ...BASE, 'http.result': ['response'], 'request.status': ['500'] }, events: [] },
  {
    kind: 'tool-log',
    properties: { ...BASE, 'http.result': ['response'], 'login.result': ['accepted'], 'request.result': ['ok'] },
    events: [],
  },
];

/** Kinds of evidence that can show a property at all, in the order of {@link EVIDENCE_KINDS}. */
export function kindsThatShow(property: ConnectionPropertyName): readonly EvidenceKind[] {
  return EVIDENCE_KINDS.filter((kind) => VIEWS.some((view) => view.kind === kind && view.properties[property] !== undefined));
}

/** How far a cause can be proven by a kind of evidence alone; `only`: what that depends on. */
export interface Sight {
  readonly grade: 'confirmed' | 'likely';
  readonly only?: Localized;
}

/** What a kind of evidence alone can say of a cause; undefined: it cannot show it. */
export function sightOf(cause: Pick<Cause, 'required'>, kind: EvidenceKind): Sight | undefined {
  let best: Sight | undefined;
  for (const view of VIEWS) {
    if (view.kind !== kind) continue;
    const grade = gradeIn(cause.required, view);
    if (grade === undefined) continue;
    const better = best === undefined || (best.grade === 'likely' && grade === 'confirmed');
    // Of two ways to the same grade the one without a condition is told.
    const freer = best?.grade === grade && best.only !== undefined && view.only === undefined;
    if (better || freer) best = { grade, ...(view.only === undefined ? {} : { only: view.only }) };
  }
  return best;
}

function gradeIn(required: readonly RequiredItem[], view: View): Sight['grade'] | undefined {
  if (!required.every((item) => item.for === 'confirmed' || canHold(item.when, view))) return undefined;
  return required.every(({ when }) => canHold(when, view)) ? 'confirmed' : 'likely';
}

/** Events of WinRM from this number on are those of its old event source in the System log; no manifest of the trace provider has them. */
const FIRST_OF_SYSTEM_LOG = 10_000;

/** May this condition hold by what the view shows? Facts, stops and what is derived from a whole log are not in it. */
function canHold(expr: Expr, view: View): boolean {
  if ('all' in expr) return expr.all.every((each) => canHold(each, view));
  if ('any' in expr) return expr.any.some((each) => canHold(each, view));
  if ('not' in expr) return canBeDenied(expr.not, view);
  if ('connection' in expr) return Object.entries(expr.connection).every(([key, wanted]) => canHave(key, wanted, view));
  if ('event' in expr) {
    const providers = [expr.event.provider].flat().map((name) => name.toLowerCase());
    const traced = [expr.event.id].flat().some((id) => id < FIRST_OF_SYSTEM_LOG);
    return view.events.includes('*') || (traced && providers.some((name) => view.events.includes(name)));
  }
  return false;
}

/** To deny a condition, what it speaks of has to be seen. */
function canBeDenied(expr: Expr, view: View): boolean {
  if ('connection' in expr) return Object.keys(expr.connection).every((key) => view.properties[propertyOf(key)] !== undefined);
  if ('not' in expr) return canHold(expr.not, view);
  if ('all' in expr) return expr.all.some((each) => canBeDenied(each, view));
  if ('any' in expr) return expr.any.every((each) => canBeDenied(each, view));
  return false;
}

function propertyOf(key: string): ConnectionPropertyName {
  return key.split('|')[0] as ConnectionPropertyName;
}

function canHave(key: string, wanted: unknown, view: View): boolean {
  const shown = view.properties[propertyOf(key)];
  if (shown === undefined) return false;
  // Only equality can be judged by a list of values; anything else is asked of values that are not listed.
  if (shown === true || key.includes('|')) return true;
  return [wanted].flat().some((value) => shown.some((each) => each === String(value ?? '')));
}
