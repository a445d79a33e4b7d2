import { describe, expect, it } from 'vitest';
import { Secret } from './index.ts';
import { chooseScheme } from './scheme-choice.ts';

const kerberos = {
  realm: 'R',
  servicePrincipalName: 'HTTP/h',
  otherService: false,
  user: 'u',
  costs: true,
  context: () => Promise.reject(new Error('not here')),
};
const not = { not: { en: 'no', ja: 'なし' } };
const password = { kind: 'password', typed: 'u', password: () => new Secret('') } as const;
const cache = { kind: 'ticket-cache' } as const;

describe('choice of the scheme', () => {
  it.each([
    ['auto', ['Negotiate', 'Kerberos'], kerberos, password, ['Negotiate/kerberos', 'Negotiate/ntlm'], true],
    ['auto', ['Negotiate'], not, password, ['Negotiate/ntlm'], true],
    ['auto', ['Kerberos'], kerberos, password, ['Kerberos/kerberos'], true],
    ['auto', ['Basic', 'CredSSP'], kerberos, password, [], false],
    ['auto', ['Negotiate'], kerberos, cache, ['Negotiate/kerberos'], true],
    ['auto', ['NTLM'], not, password, ['NTLM/ntlm'], true],
    ['Negotiate', ['Kerberos'], kerberos, password, [], false],
    ['Kerberos', ['negotiate', 'kerberos'], kerberos, password, ['Kerberos/kerberos'], true],
    ['Kerberos', ['Negotiate'], kerberos, password, ['Negotiate/kerberos'], true],
    ['NTLM', ['Negotiate', 'Kerberos'], undefined, password, ['Negotiate/ntlm'], true],
    ['NTLM', ['Kerberos'], undefined, password, [], false],
    ['CredSSP', ['Negotiate', 'CredSSP'], undefined, password, ['CredSSP/ntlm'], true],
    ['Basic', ['Negotiate'], undefined, password, [], false],
    ['Basic', ['Basic'], undefined, password, ['Basic/basic'], true],
  ] as const)('%s of %j', (auth, offered, plan, credential, ways, usable) => {
    const choice = chooseScheme({ auth, credential }, offered, plan, false);
    expect(choice.ways.map(({ scheme, mechanism }) => `${scheme}/${mechanism}`)).toEqual(ways);
    expect(choice.usable).toBe(usable);
  });

  it('uses a client certificate over TLS alone, whatever is offered', () => {
    const credential = { kind: 'certificate', certificate: '', key: () => new Secret('') } as const;
    expect(chooseScheme({ credential }, [], undefined, true).ways).toEqual([{ scheme: 'Certificate', mechanism: 'certificate' }]);
    expect(chooseScheme({ credential }, ['Negotiate'], undefined, false)).toMatchObject({ ways: [], usable: false });
  });
});
