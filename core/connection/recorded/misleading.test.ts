import { describe, expect, it } from 'vitest';
import {
  attemptOf,
  auth,
  BODY,
  ntlmLogin,
  offers,
  properties,
  request,
  response,
  SCHEMES,
  soap,
  talk,
  type1,
  type3,
  verdictOf,
} from './test-conversations.ts';

const ALICE = type3('alice', 'CORP');
/** A Negotiate header of which the snap length left the scheme and a length. */
const CUT_TOKEN = { scheme: 'Negotiate', proxy: false, tokenChars: 0 } as const;

describe('messages of a login that are cut off or missing', () => {
  it('a challenge cut off by the snap length is no refusal of the scheme', () => {
    const attempt = attemptOf(
      talk(
        { unknown: ['sliced'] },
        request(auth('Negotiate', type1())),
        response(401, [], BODY.empty, { partial: true }),
        request(CUT_TOKEN, BODY.sealed, { partial: true }),
        response(200, [], BODY.sealed, { partial: true }),
      ),
    );
    expect(properties(attempt)['login.result']).not.toBe('refused-scheme');
    expect(verdictOf(attempt)).toMatchObject({ failed: '', cause: undefined });
  });

  it('a 401 that follows a hole is not the answer to the first token', () => {
    const login = [request(auth('Negotiate', type1())), SCHEMES] as const;
    expect(properties(attemptOf(talk({}, ...login)))['login.result']).toBe('refused-scheme');
    const attempt = attemptOf(talk({ unknown: ['gap'] }, ...login));
    expect(attempt.properties.has('login.result')).toBe(false);
    expect(verdictOf(attempt)).toMatchObject({ failed: '', cause: undefined });
  });

  it('CredSSP tokens that are cut off may be more than handshake', () => {
    const hello = { scheme: 'CredSSP', proxy: false, tokenChars: 8, tls: { contentType: 22, version: 'TLSv1.2' } } as const;
    const { tls: _, ...cut } = hello;
    const end = (last: typeof cut | typeof hello) =>
      properties(attemptOf(talk({}, request(hello), response(401, [hello]), request(last), response(401, offers('CredSSP')))));
    expect(end(hello)).toMatchObject({ 'login.result': 'rejected', 'login.step': 'tls' });
    expect(end(cut)['login.step']).toBeUndefined();
  });

  it('cut headers of a 401 are not a server without schemes', () => {
    const attempt = attemptOf(talk({ unknown: ['sliced'] }, request(undefined, soap()), response(401, [], BODY.empty, { partial: true })));
    expect(attempt.rungs.filter(({ verdict }) => verdict === 'failed')).toEqual([]);
  });
});

describe('answers without what they answer', () => {
  it('a 404 alone says nothing of /wsman', () => {
    expect(verdictOf(attemptOf(talk({ unknown: ['late-start'] }, response(404))))).toMatchObject({ failed: '', cause: undefined });
    expect(verdictOf(attemptOf(talk({}, request(), response(404)))).cause).toBe('winrm-url-prefix');
  });

  it('a denial is one whatever was asked for', () => {
    const denied = soap({ body: 'Fault', fault: { codes: [0x80041003], hresult: 0x80041003, soapCode: 'Sender', soapSubcode: '' } });
    const attempt = attemptOf(
      talk({ unknown: ['client-side-missing'] }, response(200, [], soap({ body: 'EnumerateResponse' })), response(500, [], denied)),
    );
    expect(attempt.rungs.find(({ verdict }) => verdict === 'failed')?.name).toBe('namespace');
    expect(attempt.properties.has('namespace.name')).toBe(false);
  });

  it('a request that was too large is said also where it was not recorded', () => {
    const attempt = attemptOf(talk({ unknown: ['gap'] }, response(200, [], BODY.sealed), response(413)));
    expect(properties(attempt)).toMatchObject({ 'limit.status': '413', 'request.status': '413' });
  });
});

describe('sealed faults', () => {
  const op = (status: number, waitMs = 10) => {
    const [from, message] = response(status, [], BODY.sealed);
    return [request(undefined, BODY.sealed), [from, message, waitMs] as const] as const;
  };
  const failed = (attempt: ReturnType<typeof attemptOf>) => attempt.rungs.find(({ verdict }) => verdict === 'failed')?.name;

  it('one that comes at once after the login is a failure', () => {
    expect(failed(attemptOf(talk({}, ...ntlmLogin(ALICE, response(200)), ...op(500))))).toBe('rights');
  });

  it.each([
    ['one that came after the time an operation waits', [], 60_000],
    ['one in a capture that began later', ['late-start'], 10],
    ['one beside answers that are missing', ['gap'], 10],
  ] as const)('%s may be the time-out of an operation that waits', (_, unknown, waitMs) => {
    const attempt = attemptOf(talk({ unknown }, ...ntlmLogin(ALICE, response(200)), ...op(500, waitMs)));
    expect(failed(attempt)).toBeUndefined();
    expect(attempt.notChecked.map(({ en }) => en).join('\n')).toContain('sealed faults alone');
  });
});
