import { CredsspError, type CredsspInitiator, credsspInitiator } from '@winmedic/credssp';
import { channelBindingHash, type PasswordCredential, type SecurityContext, tlsServerEndPoint } from '@winmedic/gss';
import { KerberosError, type KerberosInitiator } from '@winmedic/kerberos';
import type { Localized } from '@winmedic/knowledge/model';
import { type NtlmInitiator, ntlmInitiator } from '@winmedic/ntlm';
import { MECHANISM_OID, SpnegoError, spnegoInitiator } from '@winmedic/spnego';
import { ConnectionLost, type HttpLogin, type LoginResult, WsmanSession } from '@winmedic/wsman';
import { noteSkew, setClock } from './clock.ts';
import type { CheckOutcome, CredentialLease } from './credential-budget.ts';
import type { SocketTransport } from './http-transport.ts';
import type { Ladder } from './ladder.ts';
import { noteNtlmToken, noteResult } from './login-properties.ts';
import type { ConnectCredential, ConnectOptions, ConnectTimes } from './options.ts';
import type { LoginWay } from './scheme-choice.ts';
import { saySoap } from './soap-words.ts';
import { say } from './text.ts';
import type { UserNameChoice } from './user-name-forms.ts';
import type { Way } from './way.ts';

/** A login that was made, or not. */
export interface LoginEnd {
  readonly result?: LoginResult;
  /** Accepted: the session to go on with. */
  readonly session?: WsmanSession;
  /** Kerberos got no ticket: the exchange with the KDC failed, and nothing went to the host. */
  readonly noTicket?: KerberosError;
  readonly outcome: CheckOutcome;
}

/** What a login needs. */
export interface LoginParts {
  readonly ladder: Ladder;
  readonly way: Way;
  readonly options: ConnectOptions;
  readonly times: ConnectTimes;
}

/** As Windows clients since May 2018 (KB4093492): below it the host's key is not proven against CVE-2018-0886, and the password would follow. */
const CREDSSP_MINIMUM = 5;

/**
 * What a challenge must offer: 128-bit keys, since messages are encrypted with the keys of the login, and extended session security, without which
 * one key stream serves both directions and signatures are CRC-32 (MS-NLMP 3.4.4.1). The defaults of Windows (NtlmMinClientSec 0x20080000); level 0
 * does without the second by its definition.
 */
export function ntlmStrength({ ntlmLevel }: Pick<ConnectOptions, 'ntlmLevel'>): {
  readonly require128: true;
  readonly requireEss: boolean;
} {
  return { require128: true, requireEss: ntlmLevel !== 0 };
}

/** KRB-ERRORs after which the account is not to be tried in another way: policy, locked or disabled, must change the password, wrong password. */
const ACCOUNT_ERRORS: ReadonlySet<number> = new Set([12, 18, 23, 24]);

/**
 * Logs in once, on a connection of its own.
 * @param choice what goes into which field; not for Kerberos, whose plan knows, nor for certificates.
 * @param lease leave for one check, absent where none is caused.
 */
export async function logIn(
  parts: LoginParts,
  by: LoginWay,
  choice: UserNameChoice | undefined,
  lease: CredentialLease | undefined,
): Promise<LoginEnd> {
  const { ladder, way, options } = parts;
  if (by.mechanism === 'kerberos') return kerberosLogin(parts, by, lease);
  let transport: SocketTransport;
  try {
    transport = await way.connect();
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    noteDropped(ladder, by);
    return { result: { outcome: 'dropped', steps: [], offered: [], error }, outcome: 'unsent' };
  }
  const bindings = bindingsOf(transport, options);
  let ntlm: NtlmInitiator | undefined;
  let credssp: CredsspInitiator | undefined;
  const credential = choice === undefined ? undefined : await passwordCredential(ladder, options.credential, choice);
  const ntlmContext = (): SecurityContext => {
    ntlm = ntlmInitiator({
      credential: credential as PasswordCredential,
      ...(by.scheme === 'CredSSP' || bindings === undefined ? {} : { channelBindings: bindings }),
      ...(options.ntlmLevel === undefined ? {} : { level: options.ntlmLevel }),
      ...ntlmStrength(options),
      servicePrincipalName: `HTTP/${ladder.target.host}`,
    });
    return ntlm;
  };
  const spnego = () => spnegoInitiator({ mechanisms: [{ oid: MECHANISM_OID.ntlm, context: ntlmContext }] });
  const login: HttpLogin =
    by.scheme === 'Certificate'
      ? { scheme: 'Certificate' }
      : by.scheme === 'Basic'
        ? { scheme: 'Basic', authorization: () => basicHeader(ladder, credential as PasswordCredential) }
        : by.scheme === 'CredSSP'
          ? {
              scheme: 'CredSSP',
              context: () => {
                credssp = credsspInitiator({
                  credential: credential as PasswordCredential,
                  context: spnego,
                  minimumVersion: CREDSSP_MINIMUM,
                });
                return credssp;
              },
            }
          : { scheme: by.scheme, context: by.scheme === 'NTLM' ? ntlmContext : spnego };
  if (lease !== undefined && !lease.take()) {
    transport.close();
    return { outcome: 'unsent' };
  }
  const session = makeSession(parts, transport, login);
  const result = await session.login();
  const sent =
    by.scheme === 'Basic'
      ? result.steps.length > 0 || result.outcome === 'dropped'
      : by.scheme === 'Certificate' || ntlm?.sent !== undefined;
  const outcome = outcomeOf(result, sent);
  lease?.settle(outcome);
  if (ntlm?.sent !== undefined && ladder.account !== undefined) ladder.account.sent = ntlm.sent;
  else if (by.scheme === 'Basic' && choice !== undefined && ladder.account !== undefined)
    ladder.account.sent = { user: choice.user, domain: choice.domain };
  noteResult(ladder, result, by, { lastStepSent: sent, ...(credssp === undefined ? {} : { credssp }) });
  noteNtlmToken(ladder, result);
  return finish(session, result, outcome);
}

async function kerberosLogin(
  parts: LoginParts,
  by: Extract<LoginWay, { mechanism: 'kerberos' }>,
  lease: CredentialLease | undefined,
): Promise<LoginEnd> {
  const { ladder, way, options } = parts;
  const { kerberos: plan } = by;
  ladder.set('kerberos.spn', plan.servicePrincipalName);
  ladder.set('kerberos.otherService', plan.otherService);
  if (lease !== undefined && !lease.take()) return { outcome: 'unsent' };
  let transport: SocketTransport;
  try {
    transport = await way.connect();
  } catch (error) {
    lease?.settle('unsent');
    if (!(error instanceof ConnectionLost)) throw error;
    noteDropped(ladder, by);
    return { result: { outcome: 'dropped', steps: [], offered: [], error }, outcome: 'unsent' };
  }
  const context = await plan.context(bindingsOf(transport, options));
  let first: Uint8Array | undefined;
  try {
    // The tickets are got before anything goes to the host, so that each failure has one place.
    first = await context.step();
  } catch (error) {
    transport.close();
    if (!(error instanceof KerberosError)) throw error;
    const outcome = ticketOutcome(error, context);
    lease?.settle(outcome);
    noteKerberos(ladder, context, error);
    return { noTicket: error, outcome };
  }
  lease?.settle(context.credentialChecks > 0 ? 'accepted' : 'unsent', plan.realm);
  noteKerberos(ladder, context, undefined);
  if (ladder.account !== undefined) ladder.account.sent = { user: plan.user, domain: plan.realm };
  const ready = resumed(context, first);
  const login: HttpLogin = {
    scheme: by.scheme,
    context:
      by.scheme === 'Kerberos'
        ? () => ready
        : () => spnegoInitiator({ mechanisms: [{ oid: MECHANISM_OID.kerberos, context: () => ready }] }),
  };
  const session = makeSession(parts, transport, login);
  const result = await session.login();
  noteResult(ladder, result, by, { lastStepSent: true });
  const header = result.steps.find((step) => step.sent !== undefined)?.headerLength;
  if (header !== undefined) ladder.set('kerberos.tokenBytes', header);
  if (result.outcome !== 'accepted') ladder.set('kerberos.stage', 'ap');
  const refusal = kerberosErrorIn(result.error);
  if (refusal !== undefined) noteKerberos(ladder, context, refusal);
  return finish(session, result, result.outcome === 'accepted' ? 'accepted' : 'rejected');
}

/** The connection for the login could not be made: nothing was sent. */
function noteDropped(ladder: Ladder, { mechanism }: LoginWay): void {
  ladder.set('login.result', 'dropped');
  ladder.set('login.step', 'first');
  ladder.set('login.mechanism', mechanism);
}

/** KDC_ERR_C_PRINCIPAL_UNKNOWN (RFC 4120 section 7.5.9): there is no such user; no password was looked at. */
export const UNKNOWN_USER = 6;

/** Is this a failure after which NTLM may be tried? Not when the account itself is the trouble. */
export function mayFallBack(error: KerberosError): boolean {
  if (error.code === 'KERBEROS_PASSWORD') return false;
  return error.stage !== 'as' || error.krbError === undefined || !ACCOUNT_ERRORS.has(error.krbError);
}

function finish(session: WsmanSession, result: LoginResult, outcome: CheckOutcome): LoginEnd {
  if (result.outcome === 'accepted') return { result, session, outcome };
  session.close();
  return { result, outcome };
}

function makeSession({ ladder, options, times }: LoginParts, transport: SocketTransport, login: HttpLogin): WsmanSession {
  return new WsmanSession(transport, {
    login,
    path: ladder.target.path,
    firstTokenAtOnce: true,
    ...(options.withoutSealing ? { seal: 'never' } : {}),
    allowCleartext: options.allowCleartext === true,
    observer: { exchange: (exchange) => saySoap(ladder, exchange) },
    timeouts: { loginMs: times.answerMs, headerMs: 3 * times.answerMs, totalMs: 6 * times.answerMs },
  });
}

/** What came of a check at the host. Until the last token nothing was checked. */
function outcomeOf(result: LoginResult, sent: boolean): CheckOutcome {
  if (result.outcome === 'accepted') return 'accepted';
  if (!sent) return 'unsent';
  if (result.outcome === 'rejected') return 'rejected';
  // CredSSP and SPNEGO say in their own tokens that the login was refused.
  if (result.error instanceof CredsspError)
    return result.error.code === 'CREDSSP_ERROR_CODE' || result.error.code === 'CREDSSP_REFUSED' ? 'rejected' : 'unknown';
  return result.error instanceof SpnegoError && result.error.code === 'SPNEGO_REJECTED' ? 'rejected' : 'unknown';
}

function ticketOutcome(error: KerberosError, context: KerberosInitiator): CheckOutcome {
  // A service ticket is refused only to who got in: the password was right.
  if (error.stage === 'tgs') return context.credentialChecks > 0 ? 'accepted' : 'unsent';
  if (context.credentialChecks === 0 && error.code !== 'KERBEROS_PASSWORD') return 'unsent';
  return error.code === 'KERBEROS_PASSWORD' || (error.krbError !== undefined && ACCOUNT_ERRORS.has(error.krbError))
    ? 'rejected'
    : 'unknown';
}

function noteKerberos(ladder: Ladder, context: KerberosInitiator, error: KerberosError | undefined): void {
  ladder.set('kerberos.kdc', error?.code === 'KERBEROS_TRANSPORT' ? 'unreachable' : 'ok');
  if (context.skewSeconds !== undefined) {
    setClock(ladder, Date.now() + context.skewSeconds * 1000, 'kerberos');
    // The KDC may disagree with the host; the larger difference is what breaks tickets.
    if (Math.abs(context.skewSeconds) > Number(ladder.get('clock.skewAbs'))) noteSkew(ladder, context.skewSeconds);
  }
  if (error === undefined) return;
  if (error.stage !== undefined) ladder.set('kerberos.stage', error.stage);
  if (error.krbError !== undefined) ladder.set('kerberos.error', error.krbError);
  if (error.ntstatus !== undefined) {
    const status = hex(error.ntstatus);
    ladder.set('kerberos.status', status);
    ladder.set('login.ntstatus', status);
  }
}

function kerberosErrorIn(error: unknown): KerberosError | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) if (at instanceof KerberosError) return at;
  return undefined;
}

/** The context as it stands after its first step, which is handed out once more. */
function resumed(context: SecurityContext, first: Uint8Array | undefined): SecurityContext {
  let begun = false;
  return {
    mechanism: context.mechanism,
    get complete() {
      return context.complete;
    },
    step: async (token) => {
      if (begun) return context.step(token);
      begun = true;
      return first;
    },
    get protection() {
      return context.protection;
    },
  };
}

function bindingsOf(transport: SocketTransport, options: ConnectOptions): Uint8Array | undefined {
  if (transport.certificate === undefined || options.withoutChannelBinding) return undefined;
  const data = tlsServerEndPoint(transport.certificate);
  return data === undefined ? undefined : channelBindingHash(data);
}

async function passwordCredential(
  ladder: Ladder,
  credential: ConnectCredential | undefined,
  choice: UserNameChoice,
): Promise<PasswordCredential> {
  if (credential?.kind !== 'password') throw new TypeError('a password');
  const password = await ladder.time.without(credential.password);
  ladder.sieve.addText(password.reveal());
  return { user: choice.user, domain: choice.domain, password };
}

function basicHeader(ladder: Ladder, { user, domain, password }: PasswordCredential): string {
  const name = domain === '' ? user : `${domain}\\${user}`;
  // UTF-8 (RFC 7617 section 2.1).
  const value = Buffer.from(`${name}:${password.reveal()}`, 'utf8');
  ladder.sieve.addBytes(value);
  return `Basic ${value.toString('base64')}`;
}

/** A status as properties write it. */
export function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

/** Why there was no ticket. */
export function noTicketWords(error: KerberosError): Localized {
  const number = error.krbError === undefined ? error.code : `KRB-ERROR ${error.krbError}`;
  return say(`no Kerberos ticket: ${number}`, `Kerberos チケットを取得できない: ${number}`);
}
