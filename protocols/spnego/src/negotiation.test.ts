import { describe, expect, it } from 'vitest';
import {
  MECHANISM_OID,
  type NegTokenInit,
  type NegTokenResp,
  parseSpnegoToken,
  type SpnegoContext,
  spnegoAcceptor,
  spnegoInitiator,
  writeSpnegoToken,
} from './index.ts';
import { exchangeSealed, ntlm, talk, toy } from './test-mechanism.ts';

const A = '1.2.3.4';
const B = '1.2.3.5';
const toys = (side: 'initiator' | 'acceptor', ...oids: string[]) => ({
  mechanisms: oids.map((oid) => ({ oid, context: () => toy(oid, side) })),
});
const initiator = (...oids: string[]): SpnegoContext => spnegoInitiator(toys('initiator', ...oids));
const acceptor = (...oids: string[]): SpnegoContext => spnegoAcceptor(toys('acceptor', ...oids));
const NTLM = { oid: MECHANISM_OID.ntlm, context: ntlm.initiator };
const ntlmHost = (allowRaw = false, password?: string) =>
  spnegoAcceptor({ mechanisms: [{ oid: MECHANISM_OID.ntlm, context: () => ntlm.acceptor(password) }], allowRaw });
const answer = (token: Omit<NegTokenResp, 'kind'>): Uint8Array => writeSpnegoToken({ kind: 'response', ...token });

describe('negotiation', () => {
  it('takes the first mechanism at once, without mechListMIC', async () => {
    const [client, host] = [initiator(A, B), acceptor(B, A)];
    const tokens = await talk(client, host);
    expect(tokens.map(parseSpnegoToken)).toEqual([
      expect.objectContaining({ kind: 'init', mechTypes: [A, B], mechToken: Uint8Array.from(Buffer.from(`${A} request`)) }),
      { kind: 'response', negState: 'accept-completed', supportedMech: A, responseToken: Uint8Array.from(Buffer.from(`${A} answer`)) },
    ]);
    expect([client.complete, host.complete, client.chosen?.oid, host.chosen?.oid]).toEqual([true, true, A, A]);
    expect(host.peer).toEqual({ user: 'toy', domain: A });
    expect(host.offered).toEqual([A, B]);
    exchangeSealed(client, host);
  });

  it('goes over to what the host has, with mechListMIC both ways', async () => {
    const [client, host] = [initiator(A, B), acceptor(B)];
    const tokens = (await talk(client, host)).map((token) => parseSpnegoToken(token) as NegTokenResp);
    expect(tokens[1]).toEqual({ kind: 'response', negState: 'request-mic', supportedMech: B });
    expect(tokens.at(-1)?.mechListMIC).toBeDefined();
    expect([client.complete, host.complete, client.chosen?.oid]).toEqual([true, true, B]);
    expect(client.attempts).toEqual([{ oid: A, name: A, why: 'not-chosen' }]);
    exchangeSealed(client, host);
  });

  it('begins with the next mechanism when the first cannot start, and says why', async () => {
    const error = new Error('no ticket');
    const broken = {
      oid: A,
      context: () => {
        throw error;
      },
    };
    const client = spnegoInitiator({ mechanisms: [broken, ...toys('initiator', B).mechanisms] });
    const host = acceptor(A, B);
    await talk(client, host);
    expect(client.attempts).toEqual([{ oid: A, name: A, why: 'cannot-start', error }]);
    expect([client.complete, host.complete, host.offered]).toEqual([true, true, [B]]);
    await expect(spnegoInitiator({ mechanisms: [broken] }).step()).rejects.toMatchObject({ code: 'SPNEGO_NO_MECHANISM', cause: error });
  });

  it('writes the identifier of Kerberos as the initiator did', async () => {
    const host = acceptor(MECHANISM_OID.kerberos);
    const token = Buffer.from(`${MECHANISM_OID.kerberos} request`);
    const said = await host.step(writeSpnegoToken({ kind: 'init', mechTypes: [MECHANISM_OID.kerberosMicrosoft], mechToken: token }));
    expect(parseSpnegoToken(said as Uint8Array)).toMatchObject({
      negState: 'accept-completed',
      supportedMech: MECHANISM_OID.kerberosMicrosoft,
    });
  });

  it('lets the host speak first, with hints', async () => {
    const host = acceptor(B);
    const hello = (await host.step()) as Uint8Array;
    expect(parseSpnegoToken(hello)).toMatchObject({ mechTypes: [B], negHints: { hintName: 'not_defined_in_RFC4178@please_ignore' } });
    const client = initiator(A, B);
    const first = (await client.step(hello)) as Uint8Array;
    expect(client.attempts).toEqual([{ oid: A, name: A, why: 'not-offered' }]);
    await client.step(await host.step(first));
    expect([client.complete, host.complete]).toEqual([true, true]);
  });

  it('refuses a host without a common mechanism', async () => {
    await expect(talk(initiator(A), acceptor(B))).rejects.toMatchObject({ code: 'SPNEGO_NO_MECHANISM' });
    await expect(acceptor(B).step(writeSpnegoToken({ kind: 'init', mechTypes: [] }))).rejects.toMatchObject({
      code: 'SPNEGO_NO_MECHANISM',
    });
  });
});

describe('a negotiation somebody tampers with', () => {
  /** Leaves only the last mechanism of the list, as somebody would who wants the weaker one. */
  const strip = (token: Uint8Array, number: number): Uint8Array => {
    const message = parseSpnegoToken(token);
    return number === 0 && message.kind === 'init' ? writeSpnegoToken({ kind: 'init', mechTypes: message.mechTypes.slice(-1) }) : token;
  };

  it('is noticed by the host: the list it saw is not the list that was sent', async () => {
    await expect(talk(initiator(A, B), acceptor(A, B), strip)).rejects.toMatchObject({ code: 'SPNEGO_BAD_MIC' });
  });

  it('is noticed by the client when the mechListMIC is taken out as well', async () => {
    const change = (token: Uint8Array, number: number): Uint8Array => {
      const message = parseSpnegoToken(strip(token, number));
      if (message.kind === 'init') return strip(token, number);
      const { mechListMIC: _, ...rest } = message;
      return writeSpnegoToken(rest);
    };
    await expect(talk(initiator(A, B), acceptor(A, B), change)).rejects.toMatchObject({
      code: expect.stringMatching(/SPNEGO_(BAD_MIC|SEQUENCE)/),
    });
  });

  it('is refused when the host ends without the mechListMIC it owes', async () => {
    const client = initiator(A, B);
    await client.step();
    await client.step(answer({ negState: 'request-mic', supportedMech: B }));
    await expect(client.step(answer({ negState: 'accept-completed', responseToken: Buffer.from(`${B} answer`) }))).rejects.toMatchObject({
      code: 'SPNEGO_BAD_MIC',
    });
    expect(client.complete).toBe(false);
  });
});

describe('what a host may answer', () => {
  const begun = async (): Promise<SpnegoContext> => {
    const client = initiator(A, B);
    await client.step();
    return client;
  };

  it.each<[string, Omit<NegTokenResp, 'kind'>, string]>([
    ['reject', { negState: 'reject' }, 'SPNEGO_REJECTED'],
    ['a mechanism that was not offered', { negState: 'accept-incomplete', supportedMech: '1.2.9' }, 'SPNEGO_SEQUENCE'],
    ['a token of a mechanism that has not begun', { supportedMech: B, responseToken: Buffer.from('x') }, 'SPNEGO_SEQUENCE'],
    ['the end before the mechanism is complete', { negState: 'accept-completed', supportedMech: A }, 'SPNEGO_SEQUENCE'],
    ['nothing of use', { negState: 'accept-incomplete', supportedMech: A }, 'SPNEGO_SEQUENCE'],
    ['a mechListMIC before there are keys', { supportedMech: A, mechListMIC: Buffer.from('x') }, 'SPNEGO_SEQUENCE'],
  ])('%s: it is told', async (_, token, code) => {
    await expect((await begun()).step(answer(token))).rejects.toMatchObject({ code });
  });

  it('reject with a token of the mechanism: its error is the cause', async () => {
    const rejected = (await begun()).step(answer({ negState: 'reject', responseToken: Buffer.from('why') }));
    await expect(rejected).rejects.toMatchObject({ code: 'SPNEGO_REJECTED', cause: new Error(`${A} cannot read why`) });
  });

  it('a supportedMech in a later message, which is ignored (MS-SPNG 3.3.5)', async () => {
    const client = initiator(A, B);
    const host = acceptor(B);
    const request = await host.step(await client.step());
    const said = parseSpnegoToken((await host.step((await client.step(request)) as Uint8Array)) as Uint8Array) as NegTokenResp;
    await client.step(answer({ ...said, supportedMech: A }));
    expect(client.chosen?.oid).toBe(B);
  });

  it('no verdict after the mechanism was complete: nothing is missing', async () => {
    const client = await begun();
    await client.step(answer({ supportedMech: A, responseToken: Buffer.from(`${A} answer`) }));
    expect(client.complete).toBe(true);
    await expect(client.step(answer({}))).rejects.toMatchObject({ code: 'SPNEGO_SEQUENCE' });
    await expect((await begun()).step()).rejects.toMatchObject({ code: 'SPNEGO_SEQUENCE' });
  });

  it('a NegTokenInit, or an answer before the first token: it is told', async () => {
    await expect((await begun()).step(writeSpnegoToken({ kind: 'init', mechTypes: [A] }))).rejects.toMatchObject({
      code: 'SPNEGO_SEQUENCE',
    });
    await expect(initiator(A).step(answer({}))).rejects.toMatchObject({ code: 'SPNEGO_SEQUENCE' });
  });
});

describe('NTLM inside', () => {
  it('seals in step with the mechListMIC, both ways', async () => {
    const client = spnegoInitiator({ mechanisms: [NTLM] });
    const host = ntlmHost();
    const tokens = await talk(client, host);
    const last = tokens.slice(2).map(parseSpnegoToken) as NegTokenResp[];
    expect(last.map(({ mechListMIC, negState }) => [mechListMIC?.length, negState])).toEqual([
      [16, 'accept-incomplete'],
      [16, 'accept-completed'],
    ]);
    expect(host.peer).toMatchObject({ user: 'alice', domain: 'CORP' });
    exchangeSealed(client, host);
  });

  it('seals in step without extended session security, too', async () => {
    const client = spnegoInitiator({ mechanisms: [NTLM] });
    const withhold = ['NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY'] as const;
    const host = spnegoAcceptor({ mechanisms: [{ oid: MECHANISM_OID.ntlm, context: () => ntlm.acceptor(undefined, { withhold }) }] });
    await talk(client, host);
    exchangeSealed(client, host);
  });

  it('may be used before the host had the last word', async () => {
    const client = spnegoInitiator({ mechanisms: [NTLM] });
    const host = ntlmHost();
    const challenge = await host.step(await client.step());
    expect(client.established).toBe(false);
    expect(() => client.protection).toThrow(expect.objectContaining({ code: 'SPNEGO_NOT_READY' }));
    await host.step(await client.step(challenge));
    expect([client.established, client.complete]).toEqual([true, false]);
    expect(Buffer.from(host.protection.unseal(client.protection.seal(Buffer.from('early')))).toString()).toBe('early');
  });

  it('is complete without the host’s mechListMIC: hosts before Windows Vista send none', async () => {
    const client = spnegoInitiator({ mechanisms: [NTLM] });
    const host = ntlmHost();
    await client.step(await host.step(await client.step()));
    await client.step(answer({ negState: 'accept-completed' }));
    expect(client.complete).toBe(true);
  });

  it('is complete when the host says nothing more at all', async () => {
    const client = spnegoInitiator({ mechanisms: [NTLM] });
    await client.step(await ntlmHost().step(await client.step()));
    await client.step();
    expect(client.complete).toBe(true);
  });

  it('takes a responseToken repeated as mechListMIC for what it is: no mechListMIC', async () => {
    const client = spnegoInitiator({ mechanisms: [NTLM] });
    const host = ntlmHost();
    const challenge = parseSpnegoToken((await host.step(await client.step())) as Uint8Array) as NegTokenResp;
    const out = await client.step(answer({ ...challenge, mechListMIC: challenge.responseToken as Uint8Array }));
    expect(parseSpnegoToken(out as Uint8Array)).toMatchObject({ kind: 'response', negState: 'accept-incomplete' });
  });

  it('rejects with its own error when the password is wrong', async () => {
    const host = ntlmHost(false, 'another');
    await expect(talk(spnegoInitiator({ mechanisms: [NTLM] }), host)).rejects.toMatchObject({ name: 'NtlmError' });
    expect([host.complete, host.peer]).toEqual([false, undefined]);
  });

  it('is taken bare where that is allowed, and only there', async () => {
    const client = ntlm.initiator();
    const host = ntlmHost(true);
    await talk(client, host);
    expect([host.complete, host.chosen?.name]).toEqual([true, 'NTLM']);
    exchangeSealed(client, host);
    await expect(talk(ntlm.initiator(), ntlmHost())).rejects.toMatchObject({ code: 'SPNEGO_TOKEN' });
  });

  it('gets tokens as plain bytes, however they came', async () => {
    const client = spnegoInitiator({ mechanisms: [NTLM] });
    const host = ntlmHost();
    await talk(client, host, (token) => Buffer.from(token));
    expect(host.complete).toBe(true);
  });
});

describe('a host that is spoken to out of turn', () => {
  it('tells a second NegTokenInit, a missing token and a token too many', async () => {
    const init = writeSpnegoToken({ kind: 'init', mechTypes: [A] } satisfies NegTokenInit);
    const host = acceptor(A);
    await host.step(init);
    await expect(host.step(init)).rejects.toMatchObject({ code: 'SPNEGO_SEQUENCE' });
    await expect(host.step()).rejects.toMatchObject({ code: 'SPNEGO_SEQUENCE' });
    await expect(host.step(answer({}))).rejects.toMatchObject({ code: 'SPNEGO_SEQUENCE' });
    await host.step(answer({ responseToken: Buffer.from(`${A} request`) }));
    await expect(host.step(answer({}))).rejects.toMatchObject({ code: 'SPNEGO_SEQUENCE' });
    await expect(acceptor(A).step(answer({}))).rejects.toMatchObject({ code: 'SPNEGO_SEQUENCE' });
  });
});
