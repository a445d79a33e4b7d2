import type { KerberosMessage } from '@winmedic/kerberos/messages';
import { say } from '../text.ts';
import type { AttemptDraft } from './draft.ts';
import { noteKrbError } from './login-rungs.ts';
import { earlier } from './lower-rungs.ts';
import { placeOf, type Talk } from './place.ts';

/** KDC_ERR_PREAUTH_REQUIRED and KRB_ERR_RESPONSE_TOO_BIG: part of every exchange (RFC 4120 sections 3.1.3, 7.2.1). */
const NO_ERRORS: ReadonlySet<number> = new Set([25, 52]);
/** Wrong password, as a KDC says it. */
const WRONG_PASSWORD = 24;
/** Around an attempt, in which a ticket is asked for because of it. */
const AROUND_NS = 60_000_000_000n;
/**
 * After the host named its schemes, in which a client asks for the ticket it needs: at once. Nothing in an AS exchange names the host it is for, and on a
 * computer of many users somebody mistypes a password every few minutes.
 */
const AFTER_NS = 3_000_000_000n;
/** Requests without answer that make a KDC unreachable: one may be lost (RFC 4120 section 7.2.1 leaves repeating to the client). */
const UNANSWERED = 2;

type Request = Extract<KerberosMessage, { kind: 'AS-REQ' | 'TGS-REQ' }>;
type KrbError = Extract<KerberosMessage, { kind: 'KRB-ERROR' }>;

interface KdcExchange {
  readonly talk: Talk;
  readonly request?: { readonly message: Request; readonly at: bigint; readonly frame: number };
  readonly reply?: { readonly message: KerberosMessage; readonly at: bigint; readonly frame: number };
  readonly at: bigint;
}

function exchangesOf(talk: Talk): KdcExchange[] {
  const out: KdcExchange[] = [];
  let open: KdcExchange['request'];
  for (const { layer, ...each } of talk.conversation.messages) {
    if (layer !== 'kerberos' || !('message' in each)) continue;
    const { message, at, frame } = each;
    if (message.kind === 'AS-REQ' || message.kind === 'TGS-REQ') {
      if (open !== undefined) out.push({ talk, request: open, at: open.at });
      open = { message, at, frame };
    } else if (message.kind === 'AS-REP' || message.kind === 'TGS-REP' || message.kind === 'KRB-ERROR') {
      out.push({ talk, ...(open && { request: open }), reply: { message, at, frame }, at });
      open = undefined;
    }
  }
  if (open !== undefined) out.push({ talk, request: open, at: open.at });
  return out;
}

/**
 * What a KDC said because of an attempt: errors about the ticket for this host, and errors about the account while the client, who had been shown the schemes,
 * logged in nowhere. `login.*` is set only when nothing of a login went to the host.
 * @param kdc conversations of the client with KDCs.
 */
export function kerberosBeside(draft: AttemptDraft, kdc: readonly Talk[], shown: bigint | undefined): void {
  const { startedAt, endedAt } = draft.start;
  const all = kdc
    .flatMap(exchangesOf)
    .filter(({ at }) => at >= startedAt - AROUND_NS && at <= endedAt + AROUND_NS)
    .sort(earlier);
  const tgs = all.findLast((each) => isForHost(draft, each));
  const told = tgs ?? accountError(draft, all, shown);
  if (told === undefined) {
    noteUnreachable(draft, all);
    return;
  }
  const error = told.reply?.message.kind === 'KRB-ERROR' ? told.reply.message : undefined;
  if (told.reply !== undefined) draft.see(placeOf(told.talk, told.reply));
  draft.set('kerberos.kdc', 'ok');
  if (error === undefined) return;
  const stage = tgs === undefined ? 'as' : 'tgs';
  // The host's own KRB-ERROR is nearer to the login.
  if (draft.get('kerberos.error') !== undefined) return;
  draft.set('kerberos.stage', stage);
  if (stage === 'tgs') draft.set('kerberos.spn', serviceOf(told).join('/'));
  const before = draft.get('login.ntstatus');
  noteKrbError(draft, error);
  if (draft.get('login.result') !== undefined) {
    // Another login was made: the status of the KDC is not its.
    if (before !== undefined) draft.set('login.ntstatus', before);
    return;
  }
  noteNoTicket(draft, told, error);
}

function noteNoTicket(draft: AttemptDraft, { request }: KdcExchange, error: KrbError): void {
  draft.set('login.result', error.error === WRONG_PASSWORD ? 'rejected' : 'failed');
  draft.set('login.step', 'kdc');
  draft.set('login.mechanism', 'kerberos');
  draft.set('login.held', '');
  const user = (request?.message.client ?? error.client)?.parts.join('/') ?? '';
  const realm = request?.message.realm ?? error.realm;
  if (user !== '')
    draft.ladder.account ??= {
      typed: user.includes('@') ? user : `${user}@${realm}`,
      form: 'upn',
      sent: { user, domain: realm },
      mechanism: 'kerberos',
      checks: 0,
    };
  draft.rung('login', {
    verdict: 'failed',
    tried: say('Kerberos', 'Kerberos'),
    observed: say(`no Kerberos ticket: KRB-ERROR ${error.error}`, `Kerberos チケットを取得できない: KRB-ERROR ${error.error}`),
    expected: say('a ticket for the host', 'ホストのチケット'),
  });
}

function serviceOf({ request, reply }: KdcExchange): readonly string[] {
  const asked = request?.message.service?.parts;
  if (asked !== undefined) return asked;
  return reply?.message.kind === 'KRB-ERROR' ? reply.message.service.parts : [];
}

/** Services by which a host is managed. */
const SERVICES: ReadonlySet<string> = new Set(['http', 'wsman', 'host', 'rpcss', 'restrictedkrbhost']);

/** A ticket of this host, or its refusal. Names are compared whole: another host may share the first label. */
function isForHost(draft: AttemptDraft, exchange: KdcExchange): boolean {
  const { reply, request } = exchange;
  if (reply === undefined || (request !== undefined && request.message.kind !== 'TGS-REQ')) return false;
  if (reply.message.kind === 'KRB-ERROR' && NO_ERRORS.has(reply.message.error)) return false;
  if (reply.message.kind !== 'KRB-ERROR' && reply.message.kind !== 'TGS-REP') return false;
  const [service = '', host = ''] = serviceOf(exchange);
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return SERVICES.has(service.toLowerCase()) && (draft.names.has(name) || (draft.start.servers ?? []).includes(name));
}

/** The last error about the account: when all of them are of one account, and it got no ticket in the same minutes. */
function accountError(draft: AttemptDraft, all: readonly KdcExchange[], shown: bigint | undefined): KdcExchange | undefined {
  const errors = all.filter((each) => isForAccount(draft, each, shown));
  const last = errors.at(-1);
  const accounts = new Set(errors.map(accountOf));
  if (last === undefined || accounts.size > 1) return undefined;
  const served = all.some((each) => each.reply?.message.kind === 'AS-REP' && accounts.has(accountOf(each)));
  return served ? undefined : last;
}

/** Name and realm an AS exchange is about. */
function accountOf({ request, reply }: KdcExchange): string {
  const told = reply?.message.kind === 'KRB-ERROR' || reply?.message.kind === 'AS-REP' ? reply.message.client : undefined;
  return ((request?.message.client ?? told)?.parts.join('/') ?? '').toLowerCase();
}

function isForAccount(draft: AttemptDraft, { request, reply, at }: KdcExchange, shown: bigint | undefined): boolean {
  if (request?.message.kind !== 'AS-REQ' || reply?.message.kind !== 'KRB-ERROR' || NO_ERRORS.has(reply.message.error)) return false;
  return (
    shown !== undefined &&
    at >= shown &&
    at <= shown + AFTER_NS &&
    draft.get('login.result') === undefined &&
    draft.get('client.scheme') === undefined
  );
}

/** Requests nobody answered, and none that was answered. */
function noteUnreachable(draft: AttemptDraft, all: readonly KdcExchange[]): void {
  const unanswered = all.filter(({ reply }) => reply === undefined);
  const [first] = unanswered;
  if (
    first?.request === undefined ||
    unanswered.length < UNANSWERED ||
    unanswered.length < all.length ||
    draft.get('login.result') !== undefined
  )
    return;
  if (unanswered.some(({ talk }) => talk.conversation.unknown.some((each) => each !== 'cut'))) return;
  draft.see(placeOf(first.talk, first.request));
  draft.set('kerberos.kdc', 'unreachable');
}
