import { createHash } from 'node:crypto';
import { credsspAcceptor } from '@winmedic/credssp';
import type { SecurityContext } from '@winmedic/gss';
import { KerberosError } from '@winmedic/kerberos';
import { recogniseToken, writeSpnegoToken } from '@winmedic/spnego';
import { MUTUAL_PROFILE, type SealingScheme } from '@winmedic/wsman';
import { type Account, type Accounts, NTSTATUS } from './accounts.ts';
import type { Caller } from './caller.ts';
import type { ResolvedSpec } from './resolved.ts';
import type { HostSecurity } from './security.ts';

/** What the login needs to know of its connection. */
export interface LoginConnection {
  readonly secure: boolean;
  readonly address: string;
  /** The listener's certificate, DER: channel bindings. */
  readonly certificate: Uint8Array | undefined;
  /** The client's certificate, DER, when it sent one. */
  readonly clientCertificate: () => Uint8Array | undefined;
  /** Key and certificate of CredSSP's own TLS. */
  readonly credSspTls: () => { readonly key: string; readonly cert: string };
}

/** A connection that is logged in. */
export interface LoggedIn {
  readonly caller: Caller;
  /** The scheme and context that seal; absent for Basic and certificates. */
  readonly sealing?: { readonly scheme: SealingScheme; readonly context: SecurityContext };
  /** Basic: the header that was accepted, so that the same one is not checked again. */
  readonly header?: string;
}

/** What came of an Authorization header. */
export type LoginOutcome =
  /** Nothing, or nothing that can be used: 401 with the list of schemes. With a token: the refusal in the scheme's own form. */
  | { readonly kind: 'refused'; readonly challenge?: string }
  /** 401 with this challenge. */
  | { readonly kind: 'continue'; readonly challenge: string }
  | { readonly kind: 'accepted'; readonly login: LoggedIn; readonly challenge?: string };

const REFUSED: LoginOutcome = { kind: 'refused' };

/** The login of one TCP connection (MS-WSMV 3.1.4.1.29.2): one exchange at a time, kept until the connection ends or another one begins. */
export class ConnectionLogin {
  readonly #spec: ResolvedSpec;
  readonly #accounts: Accounts;
  readonly #security: HostSecurity;
  readonly #connection: LoginConnection;
  #running: { readonly scheme: SealingScheme; readonly context: SecurityContext; readonly form: 'raw' | 'spnego' } | undefined;
  current: LoggedIn | undefined;

  constructor(spec: ResolvedSpec, accounts: Accounts, security: HostSecurity, connection: LoginConnection) {
    this.#spec = spec;
    this.#accounts = accounts;
    this.#security = security;
    this.#connection = connection;
  }

  /** Schemes of WWW-Authenticate, one line each. */
  offered(): string[] {
    const { auth } = this.#spec;
    return [
      ...(auth.negotiate ? ['Negotiate'] : []),
      ...(auth.kerberos ? ['Kerberos'] : []),
      ...(auth.basic ? ['Basic realm="WSMAN"'] : []),
      ...(auth.credSsp ? ['CredSSP'] : []),
    ];
  }

  /** Takes an Authorization header; never rejects for what a client sends. */
  async take(header: string): Promise<LoginOutcome> {
    const { auth } = this.#spec;
    if (header.trim() === MUTUAL_PROFILE) return auth.certificate ? this.#certificate() : REFUSED;
    const blank = header.indexOf(' ');
    const scheme = (blank < 0 ? header : header.slice(0, blank)).toLowerCase();
    const rest = blank < 0 ? '' : header.slice(blank + 1).trim();
    if (scheme === 'basic' && auth.basic) return this.#basic(rest);
    const name = SCHEMES.get(scheme);
    const enabled = { Negotiate: auth.negotiate, Kerberos: auth.kerberos, CredSSP: auth.credSsp };
    if (name === undefined || !enabled[name]) return REFUSED;
    return this.#token(name, new Uint8Array(Buffer.from(rest, 'base64')));
  }

  async #token(scheme: 'Negotiate' | 'Kerberos' | 'CredSSP', token: Uint8Array): Promise<LoginOutcome> {
    if (this.#running?.scheme !== scheme) {
      this.current = undefined;
      const context = this.#context(scheme);
      if (context === undefined) return REFUSED;
      this.#running = { scheme, context, form: recogniseToken(token) === 'spnego' ? 'spnego' : 'raw' };
    }
    const { context, form } = this.#running;
    if (scheme === 'CredSSP' && this.#stops(context)) return this.#fail();
    try {
      const answer = await context.step(token);
      const challenge = answer === undefined ? undefined : challengeOf(scheme, answer);
      if (!context.complete) return challenge === undefined ? this.#fail() : { kind: 'continue', challenge };
      this.#running = undefined;
      const caller = this.#callerOf(context);
      if (caller === undefined) return REFUSED;
      this.current = { caller, sealing: { scheme, context } };
      return { kind: 'accepted', login: this.current, ...(challenge === undefined ? {} : { challenge }) };
    } catch (error) {
      this.#fail();
      return refusalOf(error, scheme, form);
    }
  }

  /** Is this where CredSSP of this host gives no answer any more? */
  #stops(context: SecurityContext): boolean {
    const { credSspStops } = this.#spec.auth;
    return credSspStops === 'tls' || (credSspStops === 'negotiate' && 'tunnel' in context && context.tunnel !== undefined);
  }

  #fail(): LoginOutcome {
    this.#running = undefined;
    this.current = undefined;
    return REFUSED;
  }

  #context(scheme: 'Negotiate' | 'Kerberos' | 'CredSSP'): SecurityContext | undefined {
    const { certificate } = this.#connection;
    if (scheme === 'Kerberos') return this.#security.kerberos({ certificate });
    if (scheme === 'Negotiate') return this.#security.negotiate({ certificate });
    const version = this.#spec.auth.credSspVersion as 2 | 3 | 4 | 5 | 6;
    let status: number = NTSTATUS.logonFailure;
    // Inside the tunnel there is no binding to the outer channel: the public key of the tunnel is proved instead.
    const context = (): SecurityContext => this.#security.negotiate({ onStatus: (seen) => (status = seen) });
    return credsspAcceptor({ context, tls: this.#connection.credSspTls(), version, statusOf: () => toldStatus(status) });
  }

  #callerOf(context: SecurityContext): Caller | undefined {
    const { peer } = context;
    if (peer === undefined || peer.user === '') return undefined;
    if (isKerberos(context)) {
      const account = this.#accounts.principal(peer.user, peer.domain);
      this.#accounts.record({ user: peer.user, domain: peer.domain, scheme: 'Kerberos', status: NTSTATUS.ok, checked: false }, account);
      // Any user of the domain gets a ticket; who has no account here has no right either.
      return account === undefined ? this.#caller(`${this.#spec.domain}\\${peer.user}`, 'none') : this.#callerFor(account);
    }
    const account = this.#accounts.find(peer.user, peer.domain);
    return account === undefined ? undefined : this.#callerFor(account);
  }

  /** Basic: local accounts only (win32 documentation of WinRM authentication), over HTTP only when clear text is allowed. */
  #basic(encoded: string): LoginOutcome {
    if (this.current?.header === encoded) return { kind: 'accepted', login: this.current };
    this.#fail();
    if (!this.#connection.secure && !this.#spec.auth.allowUnencrypted) return REFUSED;
    const text = Buffer.from(encoded, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    if (colon < 0) return REFUSED;
    const [user, domain] = splitName(text.slice(0, colon));
    const local = domain === '' || domain === '.' || domain.toLowerCase() === this.#spec.name.toLowerCase();
    const account = local ? this.#accounts.local(user) : undefined;
    const status = this.#accounts.checkPassword(account, text.slice(colon + 1));
    this.#accounts.record({ user, domain, scheme: 'Basic', status, checked: true }, account);
    if (account === undefined || status !== NTSTATUS.ok) return REFUSED;
    this.current = { caller: this.#callerFor(account), header: encoded };
    return { kind: 'accepted', login: this.current };
  }

  #certificate(): LoginOutcome {
    const der = this.#connection.clientCertificate();
    if (der === undefined) return REFUSED;
    const account = this.#accounts.ofCertificate(createHash('sha256').update(der).digest('hex'));
    const status = account === undefined ? NTSTATUS.noSuchUser : this.#accounts.refusal(account);
    const { user = '', domain = '' } = account?.spec ?? {};
    this.#accounts.record({ user, domain, scheme: 'Certificate', status, checked: false }, account);
    if (account === undefined || status !== NTSTATUS.ok) return REFUSED;
    this.current = { caller: this.#callerFor(account) };
    return { kind: 'accepted', login: this.current };
  }

  #callerFor({ spec }: Account): Caller {
    return this.#caller(`${spec.domain}\\${spec.user}`, spec.rights ?? 'admin');
  }

  #caller(name: string, rights: Caller['rights']): Caller {
    return { name, rights, address: this.#connection.address };
  }
}

const SCHEMES = new Map<string, 'Negotiate' | 'Kerberos' | 'CredSSP'>([
  ['negotiate', 'Negotiate'],
  ['kerberos', 'Kerberos'],
  ['credssp', 'CredSSP'],
]);

/** What a client may know: whether name or password was wrong is for the security log alone (MS-CSSP 2.2.1, errorCode; MS-ERREF). */
function toldStatus(status: number): number {
  return status === NTSTATUS.noSuchUser || status === NTSTATUS.wrongPassword ? NTSTATUS.logonFailure : status;
}

function challengeOf(scheme: string, token: Uint8Array): string {
  return `${scheme} ${Buffer.from(token).toString('base64')}`;
}

/** A refusal of Kerberos tells why with a KRB-ERROR, in SPNEGO's reject when the client spoke SPNEGO; NTLM gets none. */
function refusalOf(error: unknown, scheme: 'Negotiate' | 'Kerberos' | 'CredSSP', form: 'raw' | 'spnego'): LoginOutcome {
  if (!(error instanceof Error)) throw error;
  const token = error instanceof KerberosError ? error.token : undefined;
  if (token === undefined || scheme === 'CredSSP') return REFUSED;
  const whole = form === 'raw' ? token : writeSpnegoToken({ kind: 'response', negState: 'reject', responseToken: token });
  return { kind: 'refused', challenge: challengeOf(scheme, whole) };
}

/** Which mechanism a complete context ran: SPNEGO names the one it chose. */
function isKerberos(context: SecurityContext): boolean {
  const inner = 'inner' in context ? (context.inner as SecurityContext | undefined) : undefined;
  if (inner !== undefined) return isKerberos(inner);
  if ('chosen' in context) {
    const chosen = context.chosen as { readonly context: SecurityContext } | undefined;
    return chosen !== undefined && isKerberos(chosen.context);
  }
  return context.mechanism === 'Kerberos';
}

function splitName(name: string): readonly [user: string, domain: string] {
  const slash = name.indexOf('\\');
  return slash < 0 ? [name, ''] : [name.slice(slash + 1), name.slice(0, slash)];
}
