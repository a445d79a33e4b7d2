import {
  ENDPOINT_MAPPER,
  EPM_OPNUM,
  HRESULT,
  NDR,
  NDR64,
  NULL_EPT_HANDLE,
  PFC,
  type RpcPdu,
  SCM_ACTIVATOR,
  SCM_OPNUM,
  writeCreateInstance,
  writeCreateInstanceReply,
  writeMapReply,
  writeMapRequest,
  writePdu,
} from '@winmedic/dcerpc/messages';
import { describe, expect, it } from 'vitest';
import { RPC } from './rpc.ts';
import { bytesOf, converse, random, type Said } from './test-stream.ts';
import type { RpcMessage } from './types.ts';

const WHOLE = PFC.first | PFC.last;
const SERVICE = { uuid: '{367abb81-9844-35f1-ad32-98f038001003}', major: 2, minor: 0 };
const REM_UNKNOWN = { uuid: '{00000131-0000-0000-c000-000000000046}', major: 0, minor: 0 };
const common = { flags: WHOLE, callId: 1, littleEndian: true } as const;
const limits = { maxTransmit: 5840, maxReceive: 5840, group: 0 } as const;

const bind = (abstract: typeof SERVICE, transfers = [NDR], extra: object = {}): Uint8Array =>
  writePdu({
    type: 'bind',
    ...common,
    ...limits,
    contexts: transfers.map((transfer, id) => ({ id, abstract, transfers: [transfer] })),
    ...extra,
  } as RpcPdu);
const ack = (results: readonly { result: number; reason: number; transfer: typeof NDR }[], extra: object = {}): Uint8Array =>
  writePdu({ type: 'bind_ack', ...common, ...limits, secondaryAddress: '135', results, ...extra } as RpcPdu);
const request = (opnum: number, body: Uint8Array, extra: object = {}): Uint8Array =>
  writePdu({ type: 'request', ...common, allocHint: body.length, contextId: 0, opnum, body, ...extra } as RpcPdu);
const response = (body: Uint8Array, extra: object = {}): Uint8Array =>
  writePdu({ type: 'response', ...common, allocHint: body.length, contextId: 0, cancelCount: 0, body, ...extra } as RpcPdu);
const accepted = { result: 0, reason: 0, transfer: NDR };
const rpc = (said: readonly Said[]): RpcMessage[] => converse(RPC, said).messages as RpcMessage[];

const tower = { interface: SERVICE, transfer: NDR, sequence: 'ncacn_ip_tcp', port: 49_683, address: '192.0.2.9' } as const;
const mapRequest = writeMapRequest({ tower: { ...tower, port: 0, address: '0.0.0.0' }, handle: NULL_EPT_HANDLE, maxTowers: 4 });
const mapReply = writeMapReply({ handle: NULL_EPT_HANDLE, towers: [tower], status: 0 }, 4);
const createInstance = writeCreateInstance({
  version: { major: 5, minor: 7 },
  cid: '{11111111-2222-3333-4444-555555555555}',
  properties: {
    clsid: '{8bc3f05e-d86b-11d0-a075-00c04fb68820}',
    iids: ['{f309ad18-d86a-11d0-a075-00c04fb68820}'],
    version: { major: 5, minor: 7 },
    contextId: '{11111111-2222-3333-4444-555555555556}',
  },
});
const created = writeCreateInstanceReply({
  hresult: 0,
  properties: {
    interfaces: [{ iid: '{f309ad18-d86a-11d0-a075-00c04fb68820}', hresult: 0 }],
    oxid: 1n,
    bindings: {
      strings: [
        { tower: 7, address: 'HV01[49700]' },
        { tower: 7, address: '192.0.2.9[49700]' },
        { tower: 15, address: '\\\\HV01[\\pipe\\x]' },
      ],
      security: [],
    },
    ipidRemUnknown: '{11111111-2222-3333-4444-555555555557}',
    authnHint: 5,
    version: { major: 5, minor: 7 },
  },
});

/** An exchange with everything in it. */
const exchange: readonly Said[] = [
  ['client', bind(ENDPOINT_MAPPER)],
  ['server', ack([accepted])],
  ['client', request(EPM_OPNUM.map, mapRequest)],
  ['server', response(mapReply)],
  [
    'client',
    writePdu({ type: 'alter_context', ...common, callId: 2, ...limits, contexts: [{ id: 1, abstract: SCM_ACTIVATOR, transfers: [NDR] }] }),
  ],
  ['server', writePdu({ type: 'alter_context_resp', ...common, callId: 2, ...limits, secondaryAddress: '', results: [accepted] })],
  ['client', request(SCM_OPNUM.remoteCreateInstance, createInstance.subarray(0, 256), { callId: 3, contextId: 1, flags: PFC.first })],
  ['client', request(SCM_OPNUM.remoteCreateInstance, createInstance.subarray(256), { callId: 3, contextId: 1, flags: PFC.last })],
  ['server', response(created.subarray(0, 128), { callId: 3, contextId: 1, flags: PFC.first })],
  ['server', response(created.subarray(128), { callId: 3, contextId: 1, flags: PFC.last })],
];

describe('RPC', () => {
  it('is known by its header, not by its port', () => {
    const ports = { client: 1, server: 2 };
    expect(RPC.recognise('client', bind(SERVICE), ports)).toBe('yes');
    expect(RPC.recognise('client', bind(SERVICE).subarray(0, 15), ports)).toBe('more');
    expect(RPC.recognise('client', bytesOf('GET / HTTP/1.1\r\n'), ports)).toBe('no');
    // The greeting of a SOCKS proxy begins with the same byte.
    expect(RPC.recognise('client', Uint8Array.of(5, 1, 0), ports)).toBe('no');
  });

  it('tells interfaces, endpoints and activations', () => {
    const { messages, expected } = converse(RPC, exchange, { serverPort: 135 });
    expect(messages).toMatchObject([
      { kind: 'bind', frame: 1, from: 'client', contexts: [{ id: 0, interfaceId: ENDPOINT_MAPPER.uuid, version: '3.0' }] },
      { kind: 'bind-ack', results: [{ result: 0, reason: 0 }], secondaryAddress: '135' },
      { kind: 'request', opnum: 3, interfaceId: ENDPOINT_MAPPER.uuid, map: { interfaceId: SERVICE.uuid } },
      {
        kind: 'response',
        opnum: 3,
        hresult: 0,
        endpoints: [{ interfaceId: SERVICE.uuid, protocol: 'ncacn_ip_tcp', address: '192.0.2.9', port: 49_683 }],
      },
      { kind: 'alter-context', contexts: [{ id: 1, interfaceId: SCM_ACTIVATOR.uuid }] },
      { kind: 'alter-context-ack', results: [{ result: 0 }] },
      {
        kind: 'request',
        frame: 8,
        interfaceId: SCM_ACTIVATOR.uuid,
        stubBytes: createInstance.length,
        activation: { clsid: '{8bc3f05e-d86b-11d0-a075-00c04fb68820}', interfaces: ['{f309ad18-d86a-11d0-a075-00c04fb68820}'] },
      },
      {
        kind: 'response',
        frame: 10,
        hresult: 0,
        stubBytes: created.length,
        activation: { ports: [49_700], bindings: ['HV01[49700]', '192.0.2.9[49700]', '\\\\HV01[\\pipe\\x]'], results: [0] },
      },
    ]);
    expect(expected).toEqual(['192.0.2.2:49683', '192.0.2.9:49683', '192.0.2.2:49700', '192.0.2.2:49700', '192.0.2.9:49700']);
  });

  it('tells the same however the bytes come', () => {
    const whole = converse(RPC, exchange);
    const next = random(7);
    for (let run = 0; run < 60; run++) {
      const size = 1 + Math.floor(next() * 40);
      expect(converse(RPC, exchange, { piece: () => 1 + Math.floor(next() * size), noSkip: run % 2 === 0 })).toMatchObject({
        messages: whole.messages,
        expected: whole.expected,
      });
    }
  });

  it('gives the HRESULT of an activation that was refused', () => {
    const denied = writeCreateInstanceReply({ hresult: HRESULT.accessDenied });
    const [, reply] = rpc([
      ['client', bind(SCM_ACTIVATOR)],
      ['client', request(SCM_OPNUM.remoteCreateInstance, createInstance)],
      ['server', response(denied)],
    ]).slice(1);
    expect(reply).toMatchObject({ kind: 'response', hresult: 0x80070005, sealed: false });
    expect(reply).not.toHaveProperty('activation');
  });

  it('reads the results of QueryInterface, one by one and together', () => {
    const stub = new Uint8Array(8 + 8 + 48 * 2 + 4);
    const view = new DataView(stub.buffer);
    view.setUint32(8, 0x20000, true);
    view.setUint32(12, 2, true);
    view.setUint32(16, 0x80004002, true);
    view.setUint32(16 + 96, 1, true);
    const object = '{11111111-2222-3333-4444-555555555558}';
    const messages = rpc([
      ['client', bind(REM_UNKNOWN)],
      ['client', request(3, new Uint8Array(60), { object, flags: WHOLE | PFC.object })],
      ['server', response(stub)],
    ]);
    expect(messages[2]).toMatchObject({ queryInterface: [0x80004002, 0], hresult: 1 });
  });

  it('reads no result where none must stand', () => {
    const plain = rpc([
      ['client', bind(SERVICE)],
      ['client', request(15, new Uint8Array(16))],
      ['server', response(new Uint8Array(24))],
    ]);
    expect(plain[2]).toMatchObject({ kind: 'response', opnum: 15, interfaceId: SERVICE.uuid });
    expect(plain[2]).not.toHaveProperty('hresult');
    // An object identifier alone makes no ORPC: the answer has to begin as one.
    const object = '{11111111-2222-3333-4444-555555555558}';
    const other = rpc([
      ['client', bind(SERVICE)],
      ['client', request(3, new Uint8Array(60), { object, flags: WHOLE | PFC.object })],
      ['server', response(new Uint8Array(24).fill(0x41))],
    ]);
    expect(other[2]).not.toHaveProperty('hresult');
    const auth = { type: 10, level: 6, padLength: 0, contextId: 0, token: new Uint8Array(16) };
    const sealed = rpc([
      ['client', bind(SCM_ACTIVATOR)],
      ['client', request(4, createInstance, { auth })],
      ['server', response(writeCreateInstanceReply({ hresult: 5 }), { auth })],
    ]);
    expect(sealed.slice(1)).toMatchObject([{ sealed: true }, { sealed: true }]);
    for (const message of sealed) for (const name of ['hresult', 'activation', 'damages']) expect(message).not.toHaveProperty(name);
  });

  it('reads an endpoint map in the encoding the server chose', () => {
    // ept_map's answer in NDR64: pointers and counts of eight bytes (MS-RPCE 2.2.5).
    const octets = writeMapReply({ handle: NULL_EPT_HANDLE, towers: [tower], status: 0 }, 4).subarray(20 + 16 + 4 + 8, -4);
    const length = new DataView(writeMapReply({ handle: NULL_EPT_HANDLE, towers: [tower], status: 0 }, 4).buffer).getUint32(44, true);
    const stub = new Uint8Array(72 + Math.ceil(length / 4) * 4 + 4);
    const view = new DataView(stub.buffer);
    view.setUint32(20, 1, true);
    view.setBigUint64(24, 4n, true);
    view.setBigUint64(40, 1n, true);
    view.setBigUint64(48, 3n, true);
    view.setBigUint64(56, BigInt(length), true);
    view.setUint32(64, length, true);
    stub.set(octets.subarray(0, length), 68);
    const rejected = { result: 2, reason: 2, transfer: { uuid: '{00000000-0000-0000-0000-000000000000}', major: 0, minor: 0 } };
    const messages = rpc([
      ['client', bind(ENDPOINT_MAPPER, [NDR, NDR64])],
      ['server', ack([rejected, { result: 0, reason: 0, transfer: NDR64 }])],
      ['client', request(EPM_OPNUM.map, new Uint8Array(16), { contextId: 1 })],
      ['server', response(stub, { contextId: 1 })],
    ]);
    expect(messages[3]).toMatchObject({ hresult: 0, endpoints: [{ interfaceId: SERVICE.uuid, address: '192.0.2.9', port: 49_683 }] });
    // Lists of the whole map and activations in that encoding are not read, and no number of them is guessed.
    const activation = rpc([
      ['client', bind(SCM_ACTIVATOR, [NDR64])],
      ['server', ack([{ result: 0, reason: 0, transfer: NDR64 }])],
      ['client', request(4, createInstance)],
    ]);
    expect(activation[2]).not.toHaveProperty('activation');
    expect(activation[2]).not.toHaveProperty('damages');
  });

  it('names the reasons of refusals and faults', () => {
    const messages = rpc([
      ['client', bind(SERVICE)],
      ['server', writePdu({ type: 'bind_nak', ...common, reason: 8, versions: [] })],
      ['client', bind(SERVICE)],
      ['server', ack([{ result: 2, reason: 1, transfer: NDR }])],
      ['client', request(4, new Uint8Array(4))],
      ['server', writePdu({ type: 'fault', ...common, contextId: 0, status: 5, extended: false, body: new Uint8Array() })],
    ]);
    expect(messages).toMatchObject([
      {},
      { kind: 'bind-nak', reason: 8 },
      {},
      { kind: 'bind-ack', results: [{ result: 2, reason: 1 }] },
      {},
      { kind: 'fault', status: 5, opnum: 4, interfaceId: SERVICE.uuid },
    ]);
  });

  it('takes login tokens from the units of a login and signatures from none', () => {
    const ntlm = Uint8Array.of(...bytesOf('NTLMSSP\0'), 1, 0, 0, 0, ...new Uint8Array(20));
    const auth = { type: 10, level: 5, padLength: 0, contextId: 0, token: ntlm };
    const messages = rpc([
      ['client', bind(SERVICE, [NDR], { auth })],
      ['client', writePdu({ type: 'auth3', ...common, auth })],
      ['client', request(0, new Uint8Array(4), { auth })],
    ]);
    expect(messages).toMatchObject([
      { auth: { type: 10, level: 5, token: { kind: 'ntlm', ntlm: { kind: 'negotiate' } } } },
      { kind: 'auth3', auth: { token: { kind: 'ntlm' } } },
      { kind: 'request', auth: { type: 10, level: 5 }, stubBytes: 4 },
    ]);
    expect(messages[2]?.auth).not.toHaveProperty('token');
  });

  it('reads both byte orders', () => {
    const messages = rpc([
      ['client', bind(SERVICE, [NDR], { littleEndian: false })],
      ['client', request(15, new Uint8Array(8), { littleEndian: false })],
    ]);
    expect(messages).toMatchObject([{ contexts: [{ interfaceId: SERVICE.uuid }] }, { opnum: 15, interfaceId: SERVICE.uuid, stubBytes: 8 }]);
  });

  it('says of calls whose bind is not there only what they tell themselves', () => {
    expect(rpc([['client', request(4, createInstance)]])).toMatchObject([{ kind: 'request', opnum: 4, interfaceId: '' }]);
    expect(rpc([['server', response(created)]])[0]).not.toHaveProperty('opnum');
  });

  it('says when the answer to a bind is something else', () => {
    expect(
      rpc([
        ['client', bind(SERVICE)],
        ['server', bytesOf('SSH-2.0-x')],
      ]),
    ).toMatchObject([{ kind: 'bind' }, { kind: 'not-this', from: 'server' }]);
    // In the middle of a conversation it may be the middle of a unit.
    expect(
      rpc([
        ['client', request(1, new Uint8Array(4))],
        ['server', bytesOf('SSH-2.0-x')],
      ]),
    ).toMatchObject([{ kind: 'request' }]);
  });

  it('goes on behind a hole', () => {
    const big = request(15, new Uint8Array(400));
    const inside = rpc([
      ['client', bind(SERVICE)],
      ['client', big.subarray(0, 100)],
      ['client', { missing: 200 }],
      ['client', big.subarray(300)],
      ['client', request(16, new Uint8Array(4), { callId: 2 })],
    ]);
    expect(inside.slice(1)).toMatchObject([
      { kind: 'request', opnum: 15, partial: true, interfaceId: SERVICE.uuid },
      { kind: 'request', opnum: 16, callId: 2 },
    ]);
    expect(inside[2]).not.toHaveProperty('partial');
    const beyond = rpc([
      ['client', bind(SERVICE)],
      ['client', big.subarray(0, 100)],
      ['client', { missing: 900 }],
      // The rest of a unit whose beginning is lost: nothing in it may pass for a unit.
      ['client', Uint8Array.of(5, 0, 99, 3, 0x10, 0, 0, 0, 1, 5, 0)],
      ['client', request(16, new Uint8Array(4), { callId: 2 })],
    ]);
    expect(beyond.slice(1)).toMatchObject([
      { opnum: 15, partial: true },
      { opnum: 16, callId: 2 },
    ]);
  });

  it('keeps what it can of a unit that contradicts itself', () => {
    const broken = bind(SERVICE);
    broken[24] = 200;
    expect(rpc([['client', broken]])).toMatchObject([{ kind: 'other', pduType: 11, callId: 1, damages: [{ code: 'CAPTURE_RPC_UNIT' }] }]);
    const stub = mapReply.slice();
    stub.fill(0xff, 20, 28);
    const messages = rpc([
      ['client', bind(ENDPOINT_MAPPER)],
      ['client', request(EPM_OPNUM.map, mapRequest)],
      ['server', response(stub)],
    ]);
    expect(messages[2]).toMatchObject({ kind: 'response', damages: [{ code: 'CAPTURE_RPC_STUB' }] });
    expect(messages[2]).not.toHaveProperty('endpoints');
  });

  it('survives anything', () => {
    const next = random(3);
    const all = exchange.map(([side, what]) => [side, (what as Uint8Array).slice()] as const);
    for (let run = 0; run < 300; run++) {
      const said = all.map(([side, bytes]): Said => {
        const changed = bytes.slice();
        for (let i = 0; i < 3; i++) changed[Math.floor(next() * changed.length)] = Math.floor(next() * 256);
        return [side, next() < 0.1 ? { missing: 1 + Math.floor(next() * 300) } : changed];
      });
      expect(() => converse(RPC, said, { piece: () => 1 + Math.floor(next() * 90) })).not.toThrow();
    }
  });
});
