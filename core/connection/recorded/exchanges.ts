import type { AuthToken, HttpAuth, HttpRequestMessage, HttpResponseMessage } from '@winmedic/capture';
import type { KerberosMessage } from '@winmedic/kerberos/messages';
import type { NtlmAuthenticate, NtlmChallenge, NtlmMessage } from '@winmedic/ntlm/messages';
import type { LoginSchemeName } from '../../model/connection.ts';
import { hasHoles, type Talk } from './place.ts';

/** A request with its answer, as far as each is in the capture. */
export interface Exchange {
  readonly talk: Talk;
  readonly request?: HttpRequestMessage;
  readonly response?: HttpResponseMessage;
}

/** Requests of one connection with their answers, in order. Interim answers (1xx) answer nothing. */
export function exchangesOf(talk: Talk): Exchange[] {
  const out: { talk: Talk; request?: HttpRequestMessage; response?: HttpResponseMessage }[] = [];
  const waiting: { talk: Talk; request?: HttpRequestMessage; response?: HttpResponseMessage }[] = [];
  for (const message of talk.conversation.messages) {
    if (message.layer !== 'http' || message.kind === 'not-this') continue;
    if (message.kind === 'request') {
      const exchange = { talk, request: message };
      out.push(exchange);
      waiting.push(exchange);
      continue;
    }
    if (message.status < 200 && message.status !== 101) continue;
    const at = message.requestFrame === undefined ? 0 : waiting.findIndex(({ request }) => request?.frame === message.requestFrame);
    const asked = waiting.splice(0, at + 1).at(-1);
    if (asked === undefined) out.push({ talk, response: message });
    else asked.response = message;
  }
  return out;
}

/** How a login ended, as the property `login.result`; `open`: the capture does not show its end. */
export type LoginOutcome = 'accepted' | 'rejected' | 'refused-scheme' | 'dropped' | 'failed' | 'open';

/** A login as the wire shows it. */
export interface LoginSeen {
  readonly talk: Talk;
  readonly scheme: LoginSchemeName;
  /** Absent when it is hidden (CredSSP). */
  readonly mechanism?: 'ntlm' | 'kerberos' | 'basic';
  readonly outcome: LoginOutcome;
  readonly step?: 'first' | 'last' | 'tls';
  /** Requests of it, in order. */
  readonly exchanges: readonly Exchange[];
  /** The answer that ended it. */
  readonly answer?: HttpResponseMessage;
  /** That answer carried a token of the scheme. */
  readonly answerToken: boolean;
  readonly challenge?: { readonly message: NtlmChallenge; readonly in: HttpResponseMessage };
  readonly authenticate?: { readonly message: NtlmAuthenticate; readonly in: HttpRequestMessage };
  /** First Kerberos token: where it stands and its length as sent. */
  readonly kerberos?: { readonly in: HttpRequestMessage; readonly headerLength: number; readonly message?: KerberosMessage };
  /** KRB-ERROR of the host, or the status a token of it names. */
  readonly kerberosError?: { readonly message: Extract<KerberosMessage, { kind: 'KRB-ERROR' }>; readonly in: HttpResponseMessage };
  readonly basicUser?: string;
  /** Checks of a credential it caused: type 3 messages, Basic headers, Kerberos tokens have none. */
  readonly checks: number;
}

/** What one connection shows, split into what came before a login, logins, and operations after it. */
export interface HttpTalk {
  readonly talk: Talk;
  readonly free: readonly Exchange[];
  readonly logins: readonly LoginSeen[];
  /** After a login that was accepted, or sealed: operations. The request of the last token is one when it has a body. */
  readonly operations: readonly Exchange[];
}

const SCHEMES: ReadonlyMap<string, LoginSchemeName> = new Map([
  ['basic', 'Basic'],
  ['negotiate', 'Negotiate'],
  ['kerberos', 'Kerberos'],
  ['ntlm', 'NTLM'],
  ['credssp', 'CredSSP'],
]);

/** The service itself answered, as in a live login: 200, or 500 because of what was in the request. */
function served(status: number): boolean {
  return (status >= 200 && status < 300) || status === 500;
}

interface Open {
  scheme: LoginSchemeName;
  exchanges: Exchange[];
  mechanism?: 'ntlm' | 'kerberos' | 'basic';
  challenge?: LoginSeen['challenge'];
  authenticate?: LoginSeen['authenticate'];
  kerberos?: LoginSeen['kerberos'];
  basicUser?: string;
  checks: number;
  /** The proof went out: what the server says now decides. */
  proven: boolean;
  /** CredSSP: only handshake records so far. */
  tlsOnly: boolean;
}

/** Takes a connection apart. */
export function httpTalk(talk: Talk): HttpTalk {
  const free: Exchange[] = [];
  const logins: LoginSeen[] = [];
  const operations: Exchange[] = [];
  let open: Open | undefined;
  let accepted = false;
  for (const exchange of exchangesOf(talk)) {
    const { request, response } = exchange;
    const auth = request?.authorization;
    const scheme = auth === undefined || auth.proxy ? undefined : SCHEMES.get(auth.scheme.toLowerCase());
    const sealed = request?.body.state === 'sealed' || response?.body.state === 'sealed';
    if (request === undefined || auth === undefined || scheme === undefined) {
      // What a connection on which operations were served says after them is about operations too, unless it asks for a login again.
      const goesOn = operations.length > 0 && response !== undefined && response.status !== 401;
      (accepted || sealed || isServed(response) || goesOn ? operations : free).push(exchange);
      continue;
    }
    // Basic and some Kerberos clients prove themselves with every request: the first answer decides, and a 401 later is a new one.
    if (accepted && (open === undefined || open.scheme === scheme) && response?.status !== 401 && hasBody(request)) {
      operations.push(exchange);
      continue;
    }
    if (open === undefined || open.scheme !== scheme || opensAnew(auth)) {
      if (open !== undefined) logins.push(ended(talk, open, 'open', {}));
      open = { scheme, exchanges: [], checks: 0, proven: false, tlsOnly: true };
    }
    open.exchanges.push(exchange);
    takeToken(open, auth, request);
    const answer = takeAnswer(open, response, hasHoles(talk));
    if (answer === undefined) continue;
    logins.push(ended(talk, open, answer.outcome, { ...answer, ...(response === undefined ? {} : { answer: response }) }));
    accepted = answer.outcome === 'accepted';
    if (accepted && hasBody(request)) operations.push(exchange);
    open = undefined;
  }
  if (open !== undefined) logins.push(ended(talk, open, lostHow(talk, open), {}));
  return { talk, free, logins, operations };
}

/** Carried out without a login: an answer of WS-Management that is neither IdentifyResponse nor fault. */
function isServed(response: HttpResponseMessage | undefined): boolean {
  const envelope = response?.body.envelope;
  return (
    response !== undefined &&
    response.status < 300 &&
    envelope !== undefined &&
    envelope.identity === undefined &&
    envelope.fault === undefined
  );
}

function hasBody({ body }: HttpRequestMessage): boolean {
  return body.state !== 'none' && (body.declaredBytes ?? body.seenBytes) > 0;
}

/** A first NTLM message, bare or in SPNEGO. */
function opensAnew({ token }: HttpAuth): boolean {
  return token?.ntlm?.kind === 'negotiate';
}

function takeToken(open: Open, auth: HttpAuth, request: HttpRequestMessage): void {
  const { token } = auth;
  if (open.scheme === 'Basic') {
    open.mechanism = 'basic';
    open.proven = true;
    open.checks++;
    if (auth.basicUser !== undefined) open.basicUser = auth.basicUser;
  }
  if (open.scheme === 'CredSSP') {
    // Handshake and change_cipher_spec records (RFC 8446 section 5.1). A token that is cut off may be anything.
    if (auth.tls === undefined || (auth.tls.contentType !== 22 && auth.tls.contentType !== 20)) open.tlsOnly = false;
    return;
  }
  const ntlm: NtlmMessage | undefined = token?.ntlm;
  if (ntlm !== undefined) open.mechanism = 'ntlm';
  if (ntlm?.kind === 'authenticate') {
    open.authenticate = { message: ntlm, in: request };
    open.proven = true;
    open.checks++;
  }
  if (token?.kerberos !== undefined) {
    open.mechanism = 'kerberos';
    open.proven = true;
    const { message } = token.kerberos;
    open.kerberos ??= {
      in: request,
      headerLength: auth.scheme.length + 1 + auth.tokenChars,
      ...(message === undefined ? {} : { message }),
    };
  }
}

/** @param holes messages may be missing: which token an answer belongs to is then only known of a proof that was seen. */
function takeAnswer(
  open: Open,
  response: HttpResponseMessage | undefined,
  holes: boolean,
): { outcome: LoginOutcome; step?: LoginSeen['step']; answerToken: boolean; kerberosError?: LoginSeen['kerberosError'] } | undefined {
  if (response === undefined) return undefined;
  const given = response.challenges.find(({ scheme, proxy, tokenChars }) => !proxy && tokenChars > 0 && same(scheme, open.scheme));
  const token = given?.token;
  if (token?.ntlm?.kind === 'challenge') open.challenge = { message: token.ntlm, in: response };
  const answerToken = given !== undefined;
  const krb = krbErrorIn(token);
  const kerberosError = krb === undefined ? {} : { kerberosError: { message: krb, in: response } };
  const last = open.proven ? 'last' : 'first';
  if (response.status === 401) {
    // Headers that are cut off may hold a token, and what was sent before may have been more than is shown.
    if (!answerToken && (response.partial === true || (holes && !open.proven))) return { outcome: 'open', answerToken };
    if (open.scheme === 'CredSSP') {
      if (answerToken) return undefined;
      if (open.exchanges.length === 1) return { outcome: 'refused-scheme', step: 'tls', answerToken };
      return { outcome: 'rejected', ...(open.tlsOnly ? { step: 'tls' as const } : {}), answerToken };
    }
    if (!answerToken) return { outcome: notOffered(open, response) ? 'refused-scheme' : 'rejected', step: last, answerToken };
    if (krb !== undefined || isReject(token)) return { outcome: 'rejected', step: last, answerToken, ...kerberosError };
    // NTLM has nothing to say after the last message; Kerberos may go on.
    return open.authenticate === undefined ? undefined : { outcome: 'rejected', step: 'last', answerToken };
  }
  if (!served(response.status)) return { outcome: 'failed', step: last, answerToken };
  if (open.scheme === 'CredSSP') return answerToken ? undefined : { outcome: 'accepted', answerToken };
  // Nothing was proven yet: another login of the same connection, made before the capture began, still holds.
  if (open.mechanism === 'ntlm' && !open.proven) return { outcome: 'open', answerToken };
  // A Kerberos host may answer 200 with more to come; what counts is that it serves.
  return { outcome: 'accepted', answerToken };
}

/** The scheme is not among those offered, or the first token of NTLM got none back. */
function notOffered(open: Open, response: HttpResponseMessage): boolean {
  const offered = response.challenges.filter(({ proxy }) => !proxy);
  if (open.scheme === 'Basic') return response.partial !== true && !offered.some(({ scheme }) => same(scheme, 'Basic'));
  return !open.proven && open.exchanges.length === 1;
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function isReject(token: AuthToken | undefined): boolean {
  return token?.spnego?.kind === 'response' && token.spnego.negState === 'reject';
}

function krbErrorIn(token: AuthToken | undefined) {
  const message = token?.kerberos?.message;
  return message?.kind === 'KRB-ERROR' ? message : undefined;
}

/** The connection ended before the answer. */
function lostHow({ conversation: { tcp, unknown } }: Talk, { exchanges }: Open): LoginOutcome {
  if (exchanges.at(-1)?.response !== undefined || tcp === undefined || unknown.length > 0) return 'open';
  return tcp.rst.server > 0 || tcp.fin.server > 0 ? 'dropped' : 'open';
}

function ended(
  talk: Talk,
  open: Open,
  outcome: LoginOutcome,
  more: { step?: LoginSeen['step']; answer?: HttpResponseMessage; answerToken?: boolean; kerberosError?: LoginSeen['kerberosError'] },
): LoginSeen {
  const step = outcome === 'accepted' ? undefined : (more.step ?? (outcome === 'dropped' ? (open.proven ? 'last' : 'first') : undefined));
  return {
    talk,
    scheme: open.scheme,
    outcome,
    exchanges: open.exchanges,
    answerToken: more.answerToken ?? false,
    checks: open.checks,
    ...(open.mechanism && { mechanism: open.mechanism }),
    ...(step && { step }),
    ...(more.answer && { answer: more.answer }),
    ...(open.challenge && { challenge: open.challenge }),
    ...(open.authenticate && { authenticate: open.authenticate }),
    ...(open.kerberos && { kerberos: open.kerberos }),
    ...(more.kerberosError && { kerberosError: more.kerberosError }),
    ...(open.basicUser !== undefined && { basicUser: open.basicUser }),
  };
}
