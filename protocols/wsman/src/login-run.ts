import { WsmanError } from './errors.ts';
import { schemesOf, tokenOf } from './http-auth.ts';
import { LIMITS } from './limits.ts';
import type { HttpLogin, LoginResult, LoginStep } from './login.ts';
import type { SealingScheme } from './multipart.ts';
import { MUTUAL_PROFILE } from './namespaces.ts';
import { toBase64, toLatin1 } from './octets.ts';
import { ConnectionLost, type HttpResponse } from './transport.ts';

/** What a login needs of its session. */
export interface LoginLink {
  readonly secure: boolean;
  readonly allowCleartext: boolean;
  readonly firstTokenAtOnce: boolean;
  /** Sends an empty POST. */
  send(authorization: string | undefined, step: (response: HttpResponse, ms: number) => LoginStep): Promise<HttpResponse>;
}

type SealingLogin = Extract<HttpLogin, { context: unknown }>;
/** The context of an accepted login, for sealing. */
export type AcceptedContext = ReturnType<SealingLogin['context']>;

/** Runs one login: one credential, never repeated. */
export async function runLogin(link: LoginLink, login: HttpLogin): Promise<{ result: LoginResult; context?: AcceptedContext }> {
  const run = new LoginRun(link, login);
  try {
    const result = await run.run();
    return run.context !== undefined && result.outcome === 'accepted' ? { result, context: run.context } : { result };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { result: run.end(error instanceof ConnectionLost ? 'dropped' : 'failed', { error }) };
  }
}

class LoginRun {
  readonly #link: LoginLink;
  readonly #login: HttpLogin;
  readonly #steps: LoginStep[] = [];
  context: AcceptedContext | undefined;

  constructor(link: LoginLink, login: HttpLogin) {
    this.#link = link;
    this.#login = login;
  }

  async run(): Promise<LoginResult> {
    const login = this.#login;
    if (login.scheme === 'Basic' && !this.#link.secure && !this.#link.allowCleartext) {
      throw new WsmanError('WSMAN_CLEARTEXT', 'password of Basic over plain HTTP');
    }
    if (login.scheme === 'Certificate' && !this.#link.secure) throw new WsmanError('WSMAN_CLEARTEXT', 'client certificate over plain HTTP');
    // The certificate was given in the TLS handshake; nobody is asked for schemes.
    if (login.scheme === 'Certificate') return this.#single(MUTUAL_PROFILE);
    if (!this.#link.firstTokenAtOnce) {
      const early = await this.#askSchemes();
      if (early !== undefined) return early;
    }
    return login.scheme === 'Basic' ? this.#single(login.authorization()) : this.#exchange(login);
  }

  end(outcome: LoginResult['outcome'], more: { status?: number; error?: Error } = {}): LoginResult {
    const last = this.#steps.at(-1);
    const status = more.status ?? last?.status;
    return {
      outcome,
      ...(status === undefined ? {} : { status }),
      steps: this.#steps,
      // The last answer that named any: an accepted one names none.
      offered: this.#steps.findLast((step) => step.offered.length > 0)?.offered ?? [],
      ...(more.error === undefined ? {} : { error: more.error }),
    };
  }

  /** An empty request without credentials: which schemes? Nothing is spent when ours is not among them. */
  async #askSchemes(): Promise<LoginResult | undefined> {
    const response = await this.#send(undefined);
    if (response.status !== 401) return this.end('unexpected');
    const { scheme } = this.#login;
    return schemesOf(response).some((each) => each.toLowerCase() === scheme.toLowerCase()) ? undefined : this.end('not-offered');
  }

  /** Basic and Certificate: one request decides. */
  async #single(authorization: string): Promise<LoginResult> {
    const response = await this.#send(authorization);
    if (response.status !== 401) return this.end(served(response.status) ? 'accepted' : 'unexpected');
    const offered = schemesOf(response).some((each) => each.toLowerCase() === this.#login.scheme.toLowerCase());
    return this.end(this.#login.scheme === 'Certificate' || offered ? 'rejected' : 'not-offered');
  }

  async #exchange(login: SealingLogin): Promise<LoginResult> {
    const context = login.context();
    this.context = context;
    let token = await context.step();
    for (let count = 0; token !== undefined && count < LIMITS.loginSteps; count++) {
      const response = await this.#send(`${login.scheme} ${toBase64(token)}`, login.scheme, token);
      const received = tokenOf(response, login.scheme);
      if (response.status === 401) {
        if (received === undefined) return this.end(count === 0 && opens(token, login.scheme) ? 'not-offered' : 'rejected');
        try {
          token = await context.step(received);
        } catch (error) {
          if (error instanceof Error && refusedByPeer(error)) return this.end('rejected', { error });
          throw error;
        }
        // The context has nothing more to say, and the server still answers 401.
        if (token === undefined) return this.end('rejected');
        continue;
      }
      if (!served(response.status)) return this.end('unexpected');
      token = received === undefined ? undefined : await context.step(received);
      if (context.complete) return this.end('accepted');
    }
    throw new WsmanError('WSMAN_LOGIN_INCOMPLETE', 'complete login', { have: `${this.#steps.length} requests` });
  }

  #send(authorization: string | undefined, scheme?: SealingScheme, sent?: Uint8Array): Promise<HttpResponse> {
    return this.#link.send(authorization, (response, ms) => {
      const received = scheme === undefined ? undefined : tokenOf(response, scheme);
      const step: LoginStep = {
        scheme: this.#login.scheme,
        ...(sent === undefined ? {} : { sent }),
        ...(received === undefined ? {} : { received }),
        headerLength: authorization?.length ?? 0,
        status: response.status,
        offered: schemesOf(response),
        ms,
      };
      this.#steps.push(step);
      return step;
    });
  }
}

/** The service itself answered: 200 to the empty request, or 500 because there was nothing in it. Other statuses come from http.sys or a proxy. */
function served(status: number): boolean {
  return (status >= 200 && status < 300) || status === 500;
}

const NTLM_NEGOTIATE = 'NTLMSSP\0\x01\0\0\0';

/** Does this first token only open an exchange (NTLM negotiate, TLS hello of CredSSP), without a proof in it as a Kerberos ticket is? */
function opens(token: Uint8Array, scheme: SealingScheme): boolean {
  return scheme === 'CredSSP' || toLatin1(token).includes(NTLM_NEGOTIATE);
}

/** Error codes of contexts for a refusal by the peer, as opposed to one of our own. */
function refusedByPeer(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && /_(REJECTED|REFUSED|ERROR_CODE|AP_ERROR)$/.test(error.code);
}
