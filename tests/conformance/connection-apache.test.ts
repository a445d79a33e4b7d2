import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionCase, SessionResult } from './clients/sessions.ts';
import { ACCESS, APACHE, apacheObstacles, startApacheLab } from './labs/apache-lab.ts';
import type { Lab } from './labs/lab.ts';

/** Our NTLM login against Apache with mod_auth_gssapi: another HTTP server's idea of a login that belongs to a connection. */
const obstacles = apacheObstacles();
const skipped = obstacles.length > 0 ? ` (skipped: ${obstacles.join(', ')})` : '';

const CASES = {
  'NTLM within SPNEGO': { spnego: true },
  'NTLM bare': { spnego: false },
  'NTLM bare, level 5': { spnego: false, level: 5 },
  'wrong password within SPNEGO': { spnego: true, password: 'wrong' },
  'wrong password, bare': { spnego: false, password: 'wrong' },
  'unknown user': { spnego: true, user: 'nobody' },
  'another domain': { spnego: false, domain: 'OTHER' },
} satisfies Record<string, Partial<SessionCase>>;
type Name = keyof typeof CASES;

describe.skipIf(obstacles.length > 0)(`our login and mod_auth_gssapi${skipped}`, () => {
  let lab: Lab;
  let results: readonly SessionResult[];
  const resultOf = (name: Name): SessionResult => results[Object.keys(CASES).indexOf(name)] as SessionResult;

  beforeAll(async () => {
    lab = await startApacheLab();
    const { user, password, domain, port, path } = APACHE;
    const base = { host: 'localhost', port, path, scheme: 'Negotiate', mechanisms: ['ntlm'], user, domain, password, messages: [] };
    results = lab.client('tests/conformance/clients/sessions.ts', [], {
      input: JSON.stringify(Object.values(CASES).map((asked) => ({ ...base, ...asked }))),
    });
  });
  afterAll(() => lab?.close());

  it.each(['NTLM within SPNEGO', 'NTLM bare', 'NTLM bare, level 5'] as const)('%s: accepted in two requests', (name) => {
    expect(resultOf(name)).toMatchObject({ outcome: 'accepted', status: 200, steps: 2 });
  });

  it('lets Apache see the user, and nobody else', () => {
    const users = lab
      .log(ACCESS)
      .split('\n')
      .flatMap((line) => (line.startsWith('200 ') ? [line.slice(4).replace(/\0|\\x00/g, '')] : []));
    expect(users).toEqual(Array(3).fill(`${APACHE.domain}\\\\${APACHE.user}`));
  });

  it.each(['wrong password within SPNEGO', 'wrong password, bare', 'unknown user', 'another domain'] as const)('%s: rejected', (name) => {
    expect(resultOf(name)).toMatchObject({ outcome: 'rejected', status: 401, steps: 2 });
  });
});
