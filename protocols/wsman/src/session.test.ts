import { describe, expect, it } from 'vitest';
import { WsmanError } from './errors.ts';
import { challengesOf, schemesOf, tokenOf } from './http-auth.ts';
import { LIMITS } from './limits.ts';
import type { HttpLogin } from './login.ts';
import { sealBody, unsealBody } from './multipart.ts';
import { MUTUAL_PROFILE } from './namespaces.ts';
import { parseRequest } from './request-read.ts';
import { writeIdentity } from './response-write.ts';
import { WsmanSession } from './session.ts';
import type { Exchange, SessionOptions } from './session-types.ts';
import { toyInitiator, toyProtection } from './test-context.ts';
import { base64, type FakeAnswer, FakeTransport, SOAP_TYPE, sentToken } from './test-transport.ts';
import { ConnectionLost, type HttpRequest } from './transport.ts';

const OFFER = ['Negotiate', 'Kerberos', 'Basic realm="WSMAN"'];
const negotiate = (password: string, more: Parameters<typeof toyInitiator>[1] = {}): HttpLogin => ({
  scheme: 'Negotiate',
  context: () => toyInitiator(password, more),
});
const basic: HttpLogin = { scheme: 'Basic', authorization: () => `Basic ${base64('u:p')}` };
const ENVELOPE = '<hello/>';

/** A host that takes the proof `right`, then echoes what it unseals (or what comes clear). */
class Host {
  checks = 0;
  readonly clear: string[] = [];
  readonly transport: FakeTransport;
  readonly #protection = toyProtection('server');
  #accepted = false;

  constructor(
    options: {
      secure?: boolean;
      offer?: readonly string[];
      after?: (request: HttpRequest) => FakeAnswer | Error | undefined;
      final?: string;
    } = {},
  ) {
    const offer = options.offer ?? OFFER;
    this.transport = new FakeTransport((request) => {
      const sent = sentToken(request);
      const { Authorization: authorization = '' } = request.headers;
      if (authorization.startsWith('Basic')) return { status: 401, challenges: offer };
      if (sent.startsWith('NTLMSSP')) return { status: 401, challenges: [`Negotiate ${base64('challenge')}`] };
      if (sent !== '') {
        this.checks++;
        this.#accepted = sent === 'right';
        if (!this.#accepted) return { status: 401, challenges: offer };
        return { challenges: options.final === undefined ? [] : [`Negotiate ${base64(options.final)}`] };
      }
      if (!this.#accepted) return { status: 401, challenges: offer };
      const answer = options.after?.(request);
      if (answer !== undefined) return answer;
      const type = request.headers['Content-Type'] ?? '';
      if (!type.startsWith('multipart/')) {
        this.clear.push(Buffer.from(request.body).toString());
        return { contentType: SOAP_TYPE, body: request.body };
      }
      const { contentType, body } = sealBody(this.#protection, 'Negotiate', unsealBody(type, request.body, this.#protection));
      return { contentType, body };
    }, options.secure);
  }
}

async function loggedIn(host: Host, options: SessionOptions = {}): Promise<WsmanSession> {
  const session = new WsmanSession(host.transport, { login: negotiate('right'), ...options });
  expect(await session.login()).toMatchObject({ outcome: 'accepted' });
  return session;
}

async function codeOf(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => 'done',
    (error: unknown) => {
      if (error instanceof WsmanError) return error.code;
      throw error;
    },
  );
}

describe('a login', () => {
  it('asks for the schemes, then exchanges tokens, all with empty bodies', async () => {
    const host = new Host();
    const session = new WsmanSession(host.transport, { login: negotiate('right') });
    const result = await session.login();
    expect(result.outcome).toBe('accepted');
    expect(result.offered).toEqual(['Negotiate']);
    expect(result.steps[0]?.offered).toEqual(['Negotiate', 'Kerberos', 'Basic']);
    expect(result.steps.map(({ status, sent, received }) => [status, sent?.length ?? 0, Buffer.from(received ?? []).toString()])).toEqual([
      [401, 0, ''],
      [401, 12, 'challenge'],
      [200, 5, ''],
    ]);
    expect(host.transport.requests.every(({ body, method }) => body.length === 0 && method === 'POST')).toBe(true);
    expect(host.checks).toBe(1);
  });

  it('can send its first token at once', async () => {
    const host = new Host();
    await loggedIn(host, { firstTokenAtOnce: true });
    expect(host.transport.requests).toHaveLength(2);
  });

  it('with a wrong password is rejected after one check, and never tried again', async () => {
    const host = new Host();
    const session = new WsmanSession(host.transport, { login: negotiate('wrong') });
    expect(await session.login()).toMatchObject({ outcome: 'rejected', status: 401, offered: ['Negotiate', 'Kerberos', 'Basic'] });
    expect(await session.login()).toMatchObject({ outcome: 'rejected' });
    expect(await codeOf(session.post(ENVELOPE))).toBe('WSMAN_NOT_LOGGED_IN');
    expect([host.checks, host.transport.requests.length]).toEqual([1, 3]);
  });

  it('with a scheme that is not offered spends nothing', async () => {
    const host = new Host({ offer: ['Kerberos'] });
    const session = new WsmanSession(host.transport, { login: negotiate('right') });
    expect(await session.login()).toMatchObject({ outcome: 'not-offered', offered: ['Kerberos'] });
    expect([host.checks, host.transport.requests.length]).toEqual([0, 1]);
  });

  it('whose opening token is answered without one is not offered (NTLM blocked); with a ticket in it, rejected', async () => {
    const refuse = () => new FakeTransport(() => ({ status: 401, challenges: ['Negotiate', 'Kerberos'] }));
    const open = new WsmanSession(refuse(), { login: negotiate('right') });
    expect((await open.login()).outcome).toBe('not-offered');
    const ticket = new WsmanSession(refuse(), { login: { scheme: 'Kerberos', context: () => toyInitiator('', { first: 'ticket' }) } });
    expect((await ticket.login()).outcome).toBe('rejected');
  });

  it('that its own context refuses is failed; that the peer refuses by token is rejected', async () => {
    const answer = (code: string) => new FakeTransport(() => ({ status: 401, challenges: [`Negotiate ${base64(`refuse ${code}`)}`] }));
    const own = new WsmanSession(answer('TOY_BAD_MIC'), { login: negotiate('right'), firstTokenAtOnce: true });
    expect(await own.login()).toMatchObject({ outcome: 'failed', error: { code: 'TOY_BAD_MIC' } });
    for (const code of ['SPNEGO_REJECTED', 'CREDSSP_ERROR_CODE', 'KERBEROS_AP_ERROR']) {
      const peer = new WsmanSession(answer(code), { login: negotiate('right'), firstTokenAtOnce: true });
      expect(await peer.login()).toMatchObject({ outcome: 'rejected', error: { code } });
    }
  });

  it('needs the proof of the server when its context does', async () => {
    const mutual = (host: Host) => new WsmanSession(host.transport, { login: negotiate('right', { mutual: true }) }).login();
    expect((await mutual(new Host({ final: 'proof' }))).outcome).toBe('accepted');
    expect(await mutual(new Host())).toMatchObject({ outcome: 'failed', error: { code: 'WSMAN_LOGIN_INCOMPLETE' } });
  });

  it.each([503, 404, 400, 302])('answered with %i is something else', async (status) => {
    const session = new WsmanSession(new FakeTransport(() => ({ status })), { login: negotiate('right') });
    expect(await session.login()).toMatchObject({ outcome: 'unexpected', status });
    const late = new WsmanSession(new FakeTransport((_, count) => (count < 2 ? { status: 401, challenges: OFFER } : { status })), {
      login: negotiate('right'),
    });
    expect(await late.login()).toMatchObject({ outcome: 'unexpected', status });
  });

  it('may end with 500: the service itself complains about the empty request', async () => {
    const host = new Host();
    const transport = new FakeTransport(async (request) => {
      const answer = await host.transport.send(request);
      return { ...answer, status: answer.status === 200 ? 500 : answer.status };
    });
    expect((await new WsmanSession(transport, { login: negotiate('right') }).login()).outcome).toBe('accepted');
  });

  it('whose connection breaks is dropped', async () => {
    const transport = new FakeTransport((_, count) => (count === 1 ? { status: 401, challenges: OFFER } : new ConnectionLost('reset')));
    const session = new WsmanSession(transport, { login: negotiate('right') });
    expect(await session.login()).toMatchObject({ outcome: 'dropped', status: 401, error: { how: 'reset' } });
    expect(session.state).toBe('lost');
  });

  it('with a server that never ends asks a bounded number of times', async () => {
    const transport = new FakeTransport(() => ({ status: 401, challenges: [`Negotiate ${base64('again')}`] }));
    const context = Object.assign(toyInitiator('right', { mutual: true }), { step: async () => Buffer.from('more') });
    const session = new WsmanSession(transport, { login: { scheme: 'Negotiate', context: () => context }, firstTokenAtOnce: true });
    expect(await session.login()).toMatchObject({ outcome: 'failed', error: { code: 'WSMAN_LOGIN_INCOMPLETE' } });
    expect(transport.requests).toHaveLength(LIMITS.loginSteps);
  });
});

describe('Basic and certificates', () => {
  it('Basic over plain HTTP is not sent', async () => {
    const transport = new FakeTransport(() => ({}));
    const session = new WsmanSession(transport, { login: basic });
    expect(await session.login()).toMatchObject({ outcome: 'failed', error: { code: 'WSMAN_CLEARTEXT' } });
    expect(transport.requests).toEqual([]);
  });

  it('Basic over HTTPS goes out only when it is offered, and then with every message', async () => {
    const refused = new FakeTransport(() => ({ status: 401, challenges: ['Negotiate'] }), true);
    expect((await new WsmanSession(refused, { login: basic }).login()).outcome).toBe('not-offered');
    expect(refused.requests.map(({ headers }) => headers['Authorization'])).toEqual([undefined]);
    const wrong = new FakeTransport(() => ({ status: 401, challenges: OFFER }), true);
    expect((await new WsmanSession(wrong, { login: basic }).login()).outcome).toBe('rejected');
    const good = new FakeTransport(
      ({ headers }) =>
        headers['Authorization'] === undefined ? { status: 401, challenges: OFFER } : { contentType: SOAP_TYPE, body: ENVELOPE },
      true,
    );
    const session = new WsmanSession(good, { login: basic });
    expect((await session.login()).outcome).toBe('accepted');
    expect(Buffer.from((await session.post(ENVELOPE)).envelope).toString()).toBe(ENVELOPE);
  });

  it('a certificate is announced as DSP0226 says, only over HTTPS', async () => {
    const transport = new FakeTransport(
      ({ headers }) => (headers['Authorization'] === MUTUAL_PROFILE ? { contentType: SOAP_TYPE, body: ENVELOPE } : { status: 401 }),
      true,
    );
    const session = new WsmanSession(transport, { login: { scheme: 'Certificate' } });
    expect((await session.login()).outcome).toBe('accepted');
    expect((await session.post(ENVELOPE)).sealed).toBe(false);
    const clear = new WsmanSession(new FakeTransport(() => ({})), { login: { scheme: 'Certificate' } });
    expect(await clear.login()).toMatchObject({ outcome: 'failed', error: { code: 'WSMAN_CLEARTEXT' } });
  });
});

describe('messages', () => {
  it('are sealed over HTTP, in order', async () => {
    const host = new Host();
    const session = await loggedIn(host);
    for (const text of ['<a/>', '<b/>', '<c/>']) {
      const answer = await session.post(text);
      expect([Buffer.from(answer.envelope).toString(), answer.sealed]).toEqual([text, true]);
    }
    expect(host.clear).toEqual([]);
    expect(host.transport.requests.slice(3).every(({ body }) => !Buffer.from(body).toString().includes('<a/>'))).toBe(true);
  });

  it('are clear inside TLS unless sealing is demanded', async () => {
    const host = new Host({ secure: true });
    expect((await (await loggedIn(host)).post(ENVELOPE)).sealed).toBe(false);
    expect(host.clear).toEqual([ENVELOPE]);
    expect((await (await loggedIn(new Host({ secure: true }), { seal: 'always' })).post(ENVELOPE)).sealed).toBe(true);
  });

  it('are sealed inside TLS with CredSSP', async () => {
    const server = toyProtection('server', 'tls');
    const transport = new FakeTransport((request, count) => {
      if (count < 3) return { status: 401, challenges: [`CredSSP ${base64('t')}`] };
      if (request.body.length === 0) return {};
      return sealBody(server, 'CredSSP', unsealBody(request.headers['Content-Type'] ?? '', request.body, server));
    }, true);
    const login: HttpLogin = { scheme: 'CredSSP', context: () => toyInitiator('right', { shape: 'tls', first: 'hello' }) };
    const session = new WsmanSession(transport, { login });
    expect((await session.login()).outcome).toBe('accepted');
    const long = `<a>${'x'.repeat(40_000)}</a>`;
    const answer = await session.post(long);
    expect([Buffer.from(answer.envelope).toString() === long, answer.sealed]).toEqual([true, true]);
  });

  it('go out clear over HTTP only when that is allowed', async () => {
    const host = new Host();
    const session = await loggedIn(host, { seal: 'never' });
    expect(await codeOf(session.post(ENVELOPE))).toBe('WSMAN_CLEARTEXT');
    expect(host.transport.requests).toHaveLength(3);
    expect((await (await loggedIn(new Host(), { seal: 'never', allowCleartext: true })).post(ENVELOPE)).sealed).toBe(false);
    const none = new WsmanSession(new FakeTransport(() => ({})));
    await none.login();
    expect(await codeOf(none.post(ENVELOPE))).toBe('WSMAN_CLEARTEXT');
  });

  it('cannot be sealed with a scheme that does not seal', () => {
    expect(() => new WsmanSession(new FakeTransport(() => ({}), true), { login: basic, seal: 'always' })).toThrow('WSMAN_NO_SEALING');
  });

  it.each([
    [{ status: 401, challenges: OFFER }, 'WSMAN_UNAUTHORIZED', 'empty'],
    [{ status: 413 }, 'WSMAN_TOO_LARGE', 'empty'],
    [{ status: 500 }, 'WSMAN_EMPTY', 'empty'],
    [{ status: 200 }, 'WSMAN_EMPTY', 'empty'],
    [{ status: 503 }, 'WSMAN_STATUS', 'empty'],
    [{ status: 404, contentType: 'text/html', body: '<html>' }, 'WSMAN_STATUS', 'html'],
    [{ status: 200, body: ' <!DOCTYPE html>' }, 'WSMAN_NOT_SOAP', 'html'],
    [{ status: 200, body: 'x' }, 'WSMAN_NOT_SOAP', 'other'],
    [{ status: 200, contentType: SOAP_TYPE, body: ENVELOPE }, 'WSMAN_CLEAR_ANSWER', 'soap'],
    [{ status: 500, contentType: SOAP_TYPE, body: ENVELOPE }, 'WSMAN_CLEAR_ANSWER', 'soap'],
    [{ contentType: 'multipart/encrypted;boundary="x"', body: 'x' }, 'WSMAN_LENGTH', undefined],
  ] as const)('answered with %j are the error %s, and the password is not used again', async (answer, code, body) => {
    const host = new Host({ after: () => answer });
    const session = await loggedIn(host);
    const before = host.transport.requests.length;
    const error = await session.post(ENVELOPE).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WsmanError);
    expect(error).toMatchObject({ code, body });
    expect([host.checks, host.transport.requests.length - before]).toEqual([1, 1]);
  });

  it('are lost with the connection, and so is the login', async () => {
    const host = new Host({ after: () => new ConnectionLost('closed') });
    const session = await loggedIn(host);
    expect(await codeOf(session.post(ENVELOPE))).toBe('WSMAN_LOST');
    expect(session.state).toBe('lost');
    const before = host.transport.requests.length;
    expect(await codeOf(session.post(ENVELOPE))).toBe('WSMAN_LOST');
    expect(host.transport.requests.length).toBe(before);
  });

  it('go one at a time', async () => {
    const session = await loggedIn(new Host());
    const [first, second] = await Promise.all([codeOf(session.post('<a/>')), codeOf(session.post('<b/>'))]);
    expect([first, second]).toEqual(['done', 'WSMAN_BUSY']);
  });

  it('end with Connection: close when they are the last', async () => {
    const host = new Host();
    const session = await loggedIn(host);
    await session.post(ENVELOPE, { last: true });
    expect(host.transport.requests.at(-1)?.headers['Connection']).toBe('close');
    expect([host.transport.closed, session.state]).toEqual([true, 'closed']);
    expect(await codeOf(session.post(ENVELOPE))).toBe('WSMAN_LOST');
  });

  it('wait longer than the operation time-out they announce', async () => {
    const host = new Host();
    await (await loggedIn(host)).post(ENVELOPE, { operationTimeoutMs: 120_000 });
    const { headerTimeoutMs, timeoutMs } = host.transport.requests.at(-1)!;
    expect([headerTimeoutMs, timeoutMs >= headerTimeoutMs]).toEqual([130_000, true]);
  });

  it('are told to an observer in clear, logins without Basic', async () => {
    const exchanges: Exchange[] = [];
    const host = new Host();
    const session = await loggedIn(host, { observer: { exchange: (each) => exchanges.push(each) } });
    await session.post(ENVELOPE);
    expect(exchanges.map(({ kind, sealed, response }) => [kind, sealed, response?.status])).toEqual([
      ['login', false, 401],
      ['login', false, 401],
      ['login', false, 200],
      ['message', true, 200],
    ]);
    expect(Buffer.from(exchanges[3]!.envelope!).toString()).toBe(ENVELOPE);
    expect(Buffer.from(exchanges[3]!.answer!).toString()).toBe(ENVELOPE);
    const https = new FakeTransport(() => ({ status: 401, challenges: OFFER }), true);
    const seen: Exchange[] = [];
    await new WsmanSession(https, { login: basic, observer: { exchange: (each) => seen.push(each) } }).login();
    expect(JSON.stringify(seen.map(({ step }) => step))).not.toContain(base64('u:p'));
  });
});

describe('a probe', () => {
  it('asks who is there without any login', async () => {
    const transport = new FakeTransport(() => ({
      contentType: SOAP_TYPE,
      headers: [['Server', 'Microsoft-HTTPAPI/2.0']],
      body: writeIdentity({ productVendor: 'Microsoft Corporation', productVersion: 'OS: 0.0.0 SP: 0.0 Stack: 3.0', securityProfiles: [] }),
    }));
    const probe = await new WsmanSession(transport, { login: negotiate('right') }).probe();
    expect(probe).toMatchObject({
      status: 200,
      server: 'Microsoft-HTTPAPI/2.0',
      body: 'soap',
      identity: { productVendor: 'Microsoft Corporation' },
    });
    const [{ headers, body }] = transport.requests as [HttpRequest];
    expect([headers['WSMANIDENTIFY'], headers['Authorization']]).toEqual(['unauthenticated', undefined]);
    expect(parseRequest(body).operation.kind).toBe('identify');
  });

  it('tells what stands in the way', async () => {
    const transport = new FakeTransport(() => ({
      status: 302,
      contentType: 'Text/HTML; charset=x',
      headers: [
        ['Location', 'http://portal/'],
        ['Via', '1.1 p'],
      ],
      body: '<html>',
    }));
    expect(await new WsmanSession(transport).probe()).toMatchObject({
      status: 302,
      via: '1.1 p',
      location: 'http://portal/',
      contentType: 'text/html',
      body: 'html',
      offered: [],
    });
  });
});

describe('WWW-Authenticate', () => {
  const headers = (...values: string[]) => ({ headers: values.map((value) => ['www-Authenticate', value] as const) });

  it('may be one line or many', () => {
    expect(schemesOf(headers('Negotiate', 'Kerberos', 'Basic realm="a, b"'))).toEqual(['Negotiate', 'Kerberos', 'Basic']);
    expect(schemesOf(headers('Basic realm="a, Fake", Negotiate, negotiate , Kerberos'))).toEqual(['Basic', 'Negotiate', 'Kerberos']);
  });

  it('may carry a token', () => {
    const response = headers(`Negotiate ${base64('token')}, Basic realm="x", charset="UTF-8"`);
    expect(Buffer.from(tokenOf(response, 'negotiate')!).toString()).toBe('token');
    expect(tokenOf(response, 'Basic')).toBeUndefined();
    expect(challengesOf(response).map(({ scheme }) => scheme)).toEqual(['Negotiate', 'Basic']);
  });

  it('is read up to a number of schemes', () => {
    expect(schemesOf(headers(Array.from({ length: 1000 }, (_, index) => `S${index}`).join(',')))).toHaveLength(LIMITS.schemes);
  });
});
