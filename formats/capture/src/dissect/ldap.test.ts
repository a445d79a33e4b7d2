import { DER, der, joinBytes, writeDer } from '@winmedic/bytes';
import { MECHANISM_OID, writeSpnegoToken } from '@winmedic/spnego/messages';
import { describe, expect, it } from 'vitest';
import { LDAP } from './ldap.ts';
import { bytesOf, converse, random, type Said } from './test-stream.ts';

const ntlm = (type: number): Uint8Array => Uint8Array.of(...bytesOf('NTLMSSP\0'), type, 0, 0, 0, ...new Uint8Array(56));
const spnego = writeSpnegoToken({ kind: 'init', mechTypes: [MECHANISM_OID.ntlm], mechToken: ntlm(1) });
const octets = (text: string): Uint8Array => der.octets(bytesOf(text));
const enumerated = (value: number): Uint8Array => der.integer(value, DER.enumerated);
/** An LDAPMessage. */
const message = (id: number, operation: number, ...fields: readonly Uint8Array[]): Uint8Array =>
  der.sequence(der.integer(id), writeDer(operation, fields, 'application'));
const bind = (id: number, name: string, auth: Uint8Array): Uint8Array => message(id, 0, der.integer(3), octets(name), auth);
const sasl = (mechanism: string, credentials: Uint8Array): Uint8Array =>
  writeDer(3, [octets(mechanism), der.octets(credentials)], 'context');
const raw = (tag: number, content: Uint8Array): Uint8Array => joinBytes(Uint8Array.of(0x80 | tag, content.length), content);
const answer = (id: number, code: number, diagnostic = '', ...more: readonly Uint8Array[]): Uint8Array =>
  message(id, 1, enumerated(code), octets(''), octets(diagnostic), ...more);
const DIAGNOSTIC = '80090308: LdapErr: DSID-0C090446, comment: AcceptSecurityContext error, data 52e, v4563';

const exchange: readonly Said[] = [
  ['client', bind(1, 'CN=svc,DC=corp', raw(0, bytesOf('S3cret!pass')))],
  ['server', answer(1, 49, `${DIAGNOSTIC}\0`)],
  ['client', bind(2, '', sasl('GSS-SPNEGO', spnego))],
  ['server', answer(2, 14, '', raw(7, ntlm(2)))],
  ['client', message(3, 3, octets('DC=corp'), new Uint8Array(300).fill(4))],
  ['server', message(3, 4, octets('CN=x'), new Uint8Array(200).fill(4))],
];

describe('LDAP', () => {
  it('is known by its envelope', () => {
    const ports = { client: 1, server: 389 };
    expect(LDAP.recognise('client', bind(1, '', raw(0, new Uint8Array())), ports)).toBe('yes');
    expect(LDAP.recognise('client', Uint8Array.of(0x30, 0x84, 0, 0), ports)).toBe('more');
    expect(LDAP.recognise('client', Uint8Array.of(0x30, 0x0c, 0xa0, 3), ports)).toBe('no');
    expect(LDAP.recognise('client', bytesOf('GET / HTTP/1.1'), ports)).toBe('no');
  });

  it('tells binds and their results', () => {
    expect(converse(LDAP, exchange).messages).toMatchObject([
      { kind: 'bind-request', mechanism: 'simple', name: 'CN=svc,DC=corp', from: 'client', frame: 1 },
      { kind: 'bind-response', resultCode: 49, diagnostic: DIAGNOSTIC, from: 'server' },
      { kind: 'bind-request', mechanism: 'GSS-SPNEGO', token: { kind: 'spnego', ntlm: { kind: 'negotiate' } } },
      { kind: 'bind-response', resultCode: 14, token: { kind: 'ntlm', ntlm: { kind: 'challenge' } } },
    ]);
  });

  it('keeps no password, neither of a simple bind nor of SASL', () => {
    const said: Said[] = [...exchange, ['client', bind(9, '', sasl('PLAIN', bytesOf('\0svc\0S3cret!pass')))]];
    const { messages } = converse(LDAP, said);
    expect(messages.at(-1)).toMatchObject({ mechanism: 'PLAIN' });
    expect(messages.at(-1)).not.toHaveProperty('token');
    const everything = JSON.stringify(messages, (_, value) => (typeof value === 'bigint' ? 0 : value));
    expect(everything).not.toContain('S3cret');
    expect(everything).not.toContain(bytesOf('S3cret!pass').join(','));
  });

  it('reads the binds of Sicily', () => {
    const messages = converse(LDAP, [
      ['client', bind(1, 'NTLM', raw(10, ntlm(1)))],
      ['server', message(1, 1, enumerated(0), der.octets(ntlm(2)), octets(''))],
      ['client', bind(2, '', raw(11, ntlm(3)))],
    ]).messages;
    expect(messages).toMatchObject([
      { mechanism: 'sicily', name: 'NTLM', token: { ntlm: { kind: 'negotiate' } } },
      { resultCode: 0, token: { ntlm: { kind: 'challenge' } } },
      { mechanism: 'sicily', token: { ntlm: { kind: 'authenticate' } } },
    ]);
  });

  it('passes over sealed buffers', () => {
    const sealed = joinBytes(Uint8Array.of(0, 0, 0, 200), new Uint8Array(200).fill(0x30));
    expect(
      converse(LDAP, [
        ['client', sealed],
        ['server', sealed],
        ['server', answer(1, 0)],
      ]).messages,
    ).toMatchObject([{ resultCode: 0 }]);
  });

  it('becomes TLS when the server agrees', () => {
    const start = message(1, 23, raw(0, bytesOf('1.3.6.1.4.1.1466.20037')));
    const agreed = message(1, 24, enumerated(0), octets(''), octets(''));
    expect(
      converse(LDAP, [
        ['client', start],
        ['server', agreed],
      ]).became,
    ).toEqual(['tls']);
    const refused = message(1, 24, enumerated(52), octets(''), octets(''));
    expect(
      converse(LDAP, [
        ['client', start],
        ['server', refused],
      ]).became,
    ).toEqual([]);
    const other = message(1, 23, raw(0, bytesOf('1.3.6.1.4.1.4203.1.11.3')));
    expect(
      converse(LDAP, [
        ['client', other],
        ['server', agreed],
      ]).became,
    ).toEqual([]);
  });

  it('skips large results and goes on behind holes', () => {
    const large = message(3, 4, octets('CN=x'), der.octets(new Uint8Array(200_000)));
    const skipped = converse(
      LDAP,
      [
        ['server', large],
        ['server', answer(1, 0)],
      ],
      { piece: () => 1460 },
    );
    expect(skipped.messages).toMatchObject([{ resultCode: 0 }]);
    expect(skipped.skipped.server).toBeGreaterThan(90_000);
    const holes = converse(LDAP, [
      ['server', large.subarray(0, 500)],
      ['server', { missing: 900_000 }],
      ['server', answer(1, 49)],
    ]);
    expect(holes.messages).toMatchObject([{ resultCode: 49 }]);
  });

  it('tells what it can of a bind that cannot be read', () => {
    const [broken] = converse(LDAP, [['client', message(1, 0, der.integer(3), octets('x'))]]).messages;
    expect(broken).toMatchObject({ kind: 'bind-request', damages: [{ code: 'CAPTURE_LDAP_BIND' }] });
    const cut = answer(1, 49, DIAGNOSTIC);
    expect(converse(LDAP, [['server', cut.subarray(0, 40)]]).messages).toMatchObject([{ kind: 'bind-response', partial: true }]);
  });

  it('tells the same however the bytes come, and survives anything', () => {
    const whole = converse(LDAP, exchange).messages;
    const next = random(2);
    for (let run = 0; run < 60; run++) {
      const size = 1 + Math.floor(next() * 60);
      expect(converse(LDAP, exchange, { piece: () => 1 + Math.floor(next() * size), noSkip: run % 2 === 0 }).messages).toEqual(whole);
      const broken = exchange.map(([side, what]): Said => {
        const changed = (what as Uint8Array).slice();
        for (let i = 0; i < 3; i++) changed[Math.floor(next() * changed.length)] = Math.floor(next() * 256);
        return [side, changed];
      });
      expect(() => converse(LDAP, broken)).not.toThrow();
    }
  });
});
