import { describe, expect, it } from 'vitest';
import { RpcAcceptor, type RpcAcceptorOptions, type RpcService } from './acceptor.ts';
import { listEndpoints, mapEndpoint, remoteCreateInstance, serverAlive2 } from './calls.ts';
import { type RpcAuth, RpcConnection, type RpcConnectionOptions } from './connection.ts';
import { EPT_NOT_REGISTERED, NULL_EPT_HANDLE, writeLookupReply, writeMapReply } from './endpoint-mapper.ts';
import { PFC, parsePdu, type RpcPdu } from './pdu.ts';
import { ENDPOINT_MAPPER, NDR, NDR64, OBJECT_EXPORTER, type RpcSyntax, SCM_ACTIVATOR } from './syntax.ts';
import { ToyAcceptor, ToyContext } from './test-context.ts';
import type { RpcTransport } from './transport.ts';
import { writePdu } from './write-pdu.ts';

const ECHO: RpcSyntax = { uuid: '{11111111-2222-3333-4444-555555555555}', major: 1, minor: 0 };

/** Answers with what it was given; opnum 9 is a fault, opnum 8 says who called. */
const echo: RpcService = {
  syntax: ECHO,
  call({ opnum, stub, level, peer, object }) {
    if (opnum === 9) return 0x1c010002;
    if (opnum === 8) return Buffer.from(JSON.stringify({ level, user: peer?.user, object }));
    return stub;
  },
};

/** Both ends in one process. `change` may alter what the server sends. */
function pair(
  options: Partial<RpcAcceptorOptions> = {},
  connection: RpcConnectionOptions = {},
  change: (bytes: Uint8Array, count: number) => Uint8Array = (bytes) => bytes,
) {
  const acceptor = new RpcAcceptor({ services: [echo], secondaryAddress: '135', ...options });
  const answers: Uint8Array[] = [];
  const state = { closed: false, count: 0 };
  const transport: RpcTransport = {
    async send(bytes) {
      for (const unit of await acceptor.push(bytes)) answers.push(change(unit, state.count++));
    },
    receive: async () => answers.shift() ?? new Uint8Array(0),
    close() {
      state.closed = true;
    },
  };
  const seen: [string, RpcPdu][] = [];
  const client = new RpcConnection(transport, { ...connection, observe: (direction, pdu) => seen.push([direction, pdu]) });
  return { client, acceptor, seen, state };
}

function auth(type: RpcAuth['type'], level: RpcAuth['level'], legs = 3, password = 'right'): RpcAuth {
  return { context: new ToyContext('client', legs, password), type, level };
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe('a connection without a login', () => {
  it('binds and calls', async () => {
    const { client, state } = pair();
    expect(await client.bind(ECHO)).toMatchObject({ secondaryAddress: '135', headerSigning: false, level: undefined });
    expect(text(await client.call(1, Buffer.from('hello')))).toBe('hello');
    expect(text(await client.call(1, new Uint8Array(0)))).toBe('');
    client.close();
    expect(state.closed).toBe(true);
    await expect(client.call(1, new Uint8Array(0))).rejects.toMatchObject({ code: 'DCERPC_CLOSED' });
  });

  it('binds a second interface with alter_context', async () => {
    const other: RpcService = { syntax: NDR64, call: () => Buffer.from('other') };
    const { client, seen } = pair({ services: [echo, other] });
    await client.bind(ECHO);
    await client.bind(NDR64);
    expect(text(await client.call(0, Buffer.from('x')))).toBe('other');
    expect(seen.map(([, { type }]) => type)).toEqual(['bind', 'bind_ack', 'alter_context', 'alter_context_resp', 'request', 'response']);
  });

  it('sends an object identifier along', async () => {
    const { client } = pair();
    await client.bind(ECHO);
    expect(JSON.parse(text(await client.call(8, new Uint8Array(0), { object: NDR.uuid })))).toEqual({ level: 1, object: NDR.uuid });
  });

  it('cuts what does not fit a fragment and joins what comes in fragments', async () => {
    const { client, seen } = pair({}, { fragmentBytes: 1432 });
    await client.bind(ECHO);
    const large = Buffer.from(Array.from({ length: 10_000 }, (_, i) => i % 251));
    expect(Buffer.from(await client.call(1, large)).equals(large)).toBe(true);
    const requests = seen.filter(([, { type }]) => type === 'request');
    expect(requests.length).toBeGreaterThan(7);
    expect(requests.map(([, { flags }]) => flags)).toEqual([PFC.first, ...requests.slice(2).map(() => 0), PFC.last]);
    expect(seen.filter(([, { type }]) => type === 'response')).toHaveLength(requests.length);
  });

  it('tells a rejected interface, a bind_nak and a fault apart, each with its number', async () => {
    await expect(pair().client.bind(NDR64)).rejects.toMatchObject({ code: 'DCERPC_REJECTED', status: 1 });
    await expect(pair({ nakReason: 2 }).client.bind(ECHO)).rejects.toMatchObject({ code: 'DCERPC_BIND_NAK', status: 2 });
    const { client } = pair();
    await client.bind(ECHO);
    await expect(client.call(9, new Uint8Array(0))).rejects.toMatchObject({ code: 'DCERPC_FAULT', status: 0x1c010002 });
    expect(text(await client.call(1, Buffer.from('still there')))).toBe('still there');
  });

  it('tells when the server closes and when a call comes before a bind', async () => {
    const silent: RpcTransport = { send: () => undefined, receive: async () => new Uint8Array(0), close: () => undefined };
    await expect(new RpcConnection(silent).bind(ECHO)).rejects.toMatchObject({ code: 'DCERPC_CLOSED' });
    await expect(new RpcConnection(silent).call(0, new Uint8Array(0))).rejects.toMatchObject({ code: 'DCERPC_USAGE' });
  });

  it('refuses an answer to another call and one of another kind', async () => {
    const renumbered = pair({}, {}, (bytes) => writePdu({ ...parsePdu(bytes), callId: 99 }));
    await expect(renumbered.client.bind(ECHO)).rejects.toMatchObject({ code: 'DCERPC_UNEXPECTED' });
    const turned = pair({}, {}, (bytes, count) =>
      count === 0 ? bytes : writePdu({ type: 'shutdown', flags: 3, callId: 2, littleEndian: true }),
    );
    await turned.client.bind(ECHO);
    await expect(turned.client.call(1, new Uint8Array(0))).rejects.toMatchObject({ code: 'DCERPC_UNEXPECTED' });
  });

  it('stops a response that never ends', async () => {
    const { client } = pair({}, {}, (bytes, count) => {
      if (count === 0) return bytes;
      const first = { ...parsePdu(bytes), flags: PFC.first };
      const more = writePdu({ ...first, flags: 0 });
      return Buffer.concat([writePdu(first), ...Array.from({ length: 8192 }, () => more)]);
    });
    await client.bind(ECHO);
    await expect(client.call(1, Buffer.from('x'))).rejects.toMatchObject({ code: 'DCERPC_LIMIT' });
  });
});

describe('a login', () => {
  const login = (legs: number) => ({ login: () => new ToyAcceptor(legs) });

  it.each(['packet', 'integrity', 'privacy'] as const)('protects every unit at level %s, with fragments', async (level) => {
    const { client, seen } = pair(login(3), { fragmentBytes: 1432 });
    expect(await client.bind(ECHO, auth('ntlm', level))).toMatchObject({ level, headerSigning: true });
    const large = Buffer.from(Array.from({ length: 5003 }, (_, i) => i % 241));
    expect(Buffer.from(await client.call(1, large)).equals(large)).toBe(true);
    expect(JSON.parse(text(await client.call(8, new Uint8Array(0), { object: NDR.uuid })))).toMatchObject({ user: 'tester' });
    const bodies = seen.flatMap(([, pdu]) => (pdu.type === 'request' || pdu.type === 'response' ? [pdu] : []));
    expect(bodies.every(({ auth: trailer, body }) => trailer !== undefined && body.length % 16 === 0)).toBe(true);
    const clear = Buffer.concat(bodies.map(({ body }) => body)).includes(large.subarray(0, 64));
    expect(clear).toBe(level !== 'privacy');
  });

  it('of three legs ends with auth3, of an even number with alter_context', async () => {
    const types = (seen: readonly [string, RpcPdu][]) => seen.map(([, { type }]) => type);
    const three = pair(login(3));
    await three.client.bind(ECHO, auth('ntlm', 'privacy'));
    expect(types(three.seen)).toEqual(['bind', 'bind_ack', 'auth3']);
    const four = pair(login(4));
    await four.client.bind(ECHO, auth('spnego', 'privacy', 4));
    expect(types(four.seen)).toEqual(['bind', 'bind_ack', 'alter_context', 'alter_context_resp']);
    expect(text(await four.client.call(1, Buffer.from('sealed')))).toBe('sealed');
    const kerberos = pair(login(3));
    await kerberos.client.bind(ECHO, auth('kerberos', 'integrity'));
    expect(types(kerberos.seen)).toEqual(['bind', 'bind_ack', 'alter_context', 'alter_context_resp']);
    expect(text(await kerberos.client.call(1, Buffer.from('signed')))).toBe('signed');
  });

  it('works without header signing when the server does not take part', async () => {
    const dropFlag = (bytes: Uint8Array): Uint8Array => {
      const copy = Uint8Array.from(bytes);
      copy[3] = copy[3]! & ~PFC.headerSign;
      return copy;
    };
    const { client, acceptor } = pair(login(4), {}, (bytes, count) => (count === 0 ? dropFlag(bytes) : bytes));
    expect(await client.bind(ECHO, auth('spnego', 'privacy', 4))).toMatchObject({ headerSigning: false });
    expect(acceptor.peer).toEqual({ user: 'tester', domain: 'LAB' });
    // The two ends now cover different bytes: the server must refuse what it cannot verify.
    await expect(client.call(1, Buffer.from('x'))).rejects.toMatchObject({ code: 'DCERPC_FAULT', status: 0x721 });
  });

  it('at level connect proves who calls and signs nothing', async () => {
    const { client, seen } = pair(login(3));
    expect(await client.bind(ECHO, auth('ntlm', 'connect'))).toMatchObject({ level: 'connect', headerSigning: false });
    expect(JSON.parse(text(await client.call(8, new Uint8Array(0))))).toEqual({ level: 2, user: 'tester' });
    expect(seen.find(([, { type }]) => type === 'request')?.[1].auth).toBeUndefined();
  });

  it('that fails in auth3 shows as access denied at the first call', async () => {
    const { client } = pair({ login: () => failsAtThird() });
    await client.bind(ECHO, auth('ntlm', 'privacy'));
    await expect(client.call(1, new Uint8Array(0))).rejects.toMatchObject({ code: 'DCERPC_FAULT', status: 5 });
  });

  it('that fails in the first leg is a bind_nak, in alter_context a fault', async () => {
    await expect(pair(login(3)).client.bind(ECHO, auth('ntlm', 'privacy', 3, 'wrong'))).rejects.toMatchObject({
      code: 'DCERPC_BIND_NAK',
      status: 9,
    });
    const later = pair({ login: () => failsAtThird() });
    await expect(later.client.bind(ECHO, auth('spnego', 'privacy', 4))).rejects.toMatchObject({ code: 'DCERPC_FAULT', status: 5 });
  });

  it('of a kind the server does not know is a bind_nak of its own reason', async () => {
    await expect(pair().client.bind(ECHO, auth('ntlm', 'privacy'))).rejects.toMatchObject({ code: 'DCERPC_BIND_NAK', status: 8 });
  });

  it('refused by the context on this side keeps its cause', async () => {
    const broken: RpcAuth = {
      type: 'ntlm',
      level: 'privacy',
      context: { ...auth('ntlm', 'privacy').context, step: () => Promise.reject(new Error('no ticket')) },
    };
    await expect(pair(login(3)).client.bind(ECHO, broken)).rejects.toMatchObject({
      code: 'DCERPC_LOGIN',
      cause: expect.objectContaining({ message: 'no ticket' }),
    });
  });

  it('that ends without keys is refused where the level needs them', async () => {
    const context = new ToyContext('client', 3);
    Object.defineProperty(context, 'protection', {
      get() {
        throw new Error('no sealing agreed');
      },
    });
    await expect(pair(login(3)).client.bind(ECHO, { type: 'ntlm', level: 'privacy', context })).rejects.toMatchObject({
      code: 'DCERPC_LOGIN',
    });
  });

  it('happens once per connection', async () => {
    const { client } = pair(login(3));
    await client.bind(ECHO, auth('ntlm', 'privacy'));
    await expect(client.bind(ECHO, auth('ntlm', 'privacy'))).rejects.toMatchObject({ code: 'DCERPC_USAGE' });
  });

  it.each([
    ['a changed body', 24],
    ['a changed header', 16],
    ['a changed trailer', -24],
    ['a changed signature', -1],
  ])('does not let %s of an answer pass', async (_, at) => {
    for (const level of ['integrity', 'privacy'] as const) {
      const { client } = pair(login(3), {}, (bytes, count) => {
        if (count === 0) return bytes;
        const copy = Uint8Array.from(bytes);
        const index = at < 0 ? copy.length + at : at;
        copy[index] = copy[index]! ^ 1;
        return copy;
      });
      await client.bind(ECHO, auth('ntlm', level));
      await expect(client.call(1, Buffer.from('0123456789abcdef'))).rejects.toMatchObject({ code: 'DCERPC_BAD_MIC' });
    }
  });

  it('does not let an answer without a signature pass', async () => {
    const { client } = pair(login(3), {}, (bytes, count) => {
      const pdu = parsePdu(bytes);
      if (count === 0 || pdu.type !== 'response') return bytes;
      const { auth: _, ...bare } = pdu;
      return writePdu(bare);
    });
    await client.bind(ECHO, auth('ntlm', 'integrity'));
    await expect(client.call(1, Buffer.from('x'))).rejects.toMatchObject({ code: 'DCERPC_BAD_MIC' });
  });
});

/** Takes the first token and refuses the next one, as a server does that hears the password is wrong. */
function failsAtThird() {
  const context = new ToyAcceptor(3);
  let count = 0;
  const first = context.step.bind(context);
  context.step = (token) => (count++ === 0 ? first(token) : Promise.reject(new Error('wrong password')));
  return context;
}

describe('the calls of this package', () => {
  const tower = { interface: SCM_ACTIVATOR, transfer: NDR, sequence: 'ncacn_ip_tcp', port: 49668, address: '10.0.0.1' } as const;

  it('find where an interface listens, or that it does not', async () => {
    const mapper = (found: boolean): RpcService => ({
      syntax: ENDPOINT_MAPPER,
      call: () => writeMapReply({ handle: NULL_EPT_HANDLE, towers: found ? [tower] : [], status: found ? 0 : EPT_NOT_REGISTERED }, 16),
    });
    expect(await mapEndpoint(pair({ services: [mapper(true)] }).client, SCM_ACTIVATOR)).toEqual([tower]);
    expect(await mapEndpoint(pair({ services: [mapper(false)] }).client, SCM_ACTIVATOR)).toEqual([]);
  });

  it('read a server of the other byte order', async () => {
    const { client } = pair(
      {
        services: [
          { syntax: ENDPOINT_MAPPER, call: () => writeMapReply({ handle: NULL_EPT_HANDLE, towers: [tower], status: 0 }, 16, false) },
        ],
      },
      {},
      (bytes) => writePdu({ ...parsePdu(bytes), littleEndian: false }),
    );
    expect(await mapEndpoint(client, SCM_ACTIVATOR)).toEqual([tower]);
    expect(client.littleEndian).toBe(false);
  });

  it('walk through the whole endpoint map and end with it', async () => {
    const entry = { object: '{00000000-0000-0000-0000-000000000000}', tower, annotation: 'x' };
    let round = 0;
    const more = new Uint8Array(20).fill(7);
    const mapper: RpcService = {
      syntax: ENDPOINT_MAPPER,
      call: () => writeLookupReply({ handle: round++ < 2 ? more : NULL_EPT_HANDLE, entries: [entry], status: 0 }, 500),
    };
    expect(await listEndpoints(pair({ services: [mapper] }).client)).toHaveLength(3);
    const endless: RpcService = {
      syntax: ENDPOINT_MAPPER,
      call: () => writeLookupReply({ handle: more, entries: [entry], status: 0 }, 500),
    };
    await expect(listEndpoints(pair({ services: [endless] }).client)).rejects.toMatchObject({ code: 'DCERPC_LIMIT' });
  });

  it('say what is wrong with data a server made up', async () => {
    const liar: RpcService = { syntax: OBJECT_EXPORTER, call: () => Uint8Array.of(1, 2, 3) };
    await expect(serverAlive2(pair({ services: [liar] }).client)).rejects.toMatchObject({ code: 'DCERPC_BAD_DATA' });
    await expect(remoteCreateInstance(pair().client, { clsid: ECHO.uuid, iids: [] })).rejects.toMatchObject({ code: 'DCERPC_USAGE' });
  });
});

describe('the server end', () => {
  const bytes = (pdu: RpcPdu): Uint8Array => writePdu(pdu);
  const head = { flags: 3, callId: 1, littleEndian: true } as const;
  const bind = (transfers: readonly RpcSyntax[], abstract = ECHO): RpcPdu => ({
    type: 'bind',
    ...head,
    maxTransmit: 5840,
    maxReceive: 5840,
    group: 0,
    contexts: transfers.map((transfer, id) => ({ id, abstract, transfers: [transfer] })),
  });

  it('takes NDR, refuses NDR64 and answers bind time features, as Windows clients offer them', async () => {
    const features: RpcSyntax = { uuid: '{6cb71c2c-9812-4540-0300-000000000000}', major: 1, minor: 0 };
    const [answer] = await new RpcAcceptor({ services: [echo], secondaryAddress: '135' }).push(bytes(bind([NDR, NDR64, features])));
    const ack = parsePdu(answer!);
    if (ack.type !== 'bind_ack') throw new Error(ack.type);
    expect(ack.results.map(({ result, reason }) => [result, reason])).toEqual([
      [0, 0],
      [2, 2],
      [3, 2],
    ]);
  });

  it('refuses calls of a context that was not negotiated and fragments without a beginning', async () => {
    const acceptor = new RpcAcceptor({ services: [echo], secondaryAddress: '135' });
    await acceptor.push(bytes(bind([NDR])));
    const request = (contextId: number, flags: number): RpcPdu => ({
      type: 'request',
      ...head,
      flags,
      callId: 2,
      allocHint: 0,
      contextId,
      opnum: 1,
      body: Uint8Array.of(1),
    });
    const status = async (pdu: RpcPdu) => {
      const [answer] = await acceptor.push(bytes(pdu));
      const parsed = parsePdu(answer!);
      return parsed.type === 'fault' ? parsed.status : parsed.type;
    };
    expect(await status(request(5, 3))).toBe(0x1c00001c);
    expect(await status(request(0, PFC.last))).toBe(0x1c01000b);
    expect(await status(request(0, 3))).toBe('response');
  });

  it('gives up a connection whose bytes are no RPC or out of order', async () => {
    const fresh = () => new RpcAcceptor({ services: [echo], secondaryAddress: '135' });
    await expect(fresh().push(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).rejects.toMatchObject({ code: 'DCERPC_BAD_PDU' });
    const auth3: RpcPdu = { type: 'auth3', ...head, auth: { type: 10, level: 6, padLength: 0, contextId: 1, token: Uint8Array.of(1) } };
    await expect(fresh().push(bytes(auth3))).rejects.toMatchObject({ code: 'DCERPC_UNEXPECTED' });
    const twice = fresh();
    await twice.push(bytes(bind([NDR])));
    await expect(twice.push(bytes(bind([NDR])))).rejects.toMatchObject({ code: 'DCERPC_UNEXPECTED' });
  });

  it('takes clients of the other byte order', async () => {
    const acceptor = new RpcAcceptor({ services: [echo], secondaryAddress: '135' });
    const [answer] = await acceptor.push(bytes({ ...bind([NDR]), littleEndian: false }));
    expect(parsePdu(answer!).type).toBe('bind_ack');
  });
});
