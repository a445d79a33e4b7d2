import { encodeUtf16, joinBytes } from '@winmedic/bytes';
import { NDR, PFC, type RpcPdu, writePdu } from '@winmedic/dcerpc/messages';
import { MECHANISM_OID, writeSpnegoToken } from '@winmedic/spnego/messages';
import { describe, expect, it } from 'vitest';
import { SMB } from './smb.ts';
import { bytesOf, type Conversing, converse, random, type Said } from './test-stream.ts';

const ntlm = (type: number): Uint8Array => Uint8Array.of(...bytesOf('NTLMSSP\0'), type, 0, 0, 0, ...new Uint8Array(56));
const offer = writeSpnegoToken({ kind: 'init', mechTypes: [MECHANISM_OID.ntlm], mechToken: ntlm(1) });
const SERVICE = { uuid: '{367abb81-9844-35f1-ad32-98f038001003}', major: 2, minor: 0 };
const head = { flags: PFC.first | PFC.last, callId: 1, littleEndian: true } as const;
const bind = writePdu({
  type: 'bind',
  ...head,
  maxTransmit: 4280,
  maxReceive: 4280,
  group: 0,
  contexts: [{ id: 0, abstract: SERVICE, transfers: [NDR] }],
} as RpcPdu);
const bindAck = writePdu({
  type: 'bind_ack',
  ...head,
  maxTransmit: 4280,
  maxReceive: 4280,
  group: 0,
  secondaryAddress: '\\pipe\\ntsvcs',
  results: [{ result: 0, reason: 0, transfer: NDR }],
});
const request = writePdu({ type: 'request', ...head, allocHint: 0, contextId: 0, opnum: 15, body: new Uint8Array(40) });
const response = writePdu({ type: 'response', ...head, allocHint: 0, contextId: 0, cancelCount: 0, body: new Uint8Array(24) });

/** A session packet around messages. */
function session(...messages: readonly Uint8Array[]): Uint8Array {
  const body = joinBytes(...messages);
  return joinBytes(Uint8Array.of(0, body.length >> 16, (body.length >> 8) & 0xff, body.length & 0xff), body);
}

interface Smb2 {
  readonly command: number;
  readonly id: number;
  readonly response?: boolean;
  readonly status?: number;
  readonly next?: number;
  readonly tree?: number;
}

/** A message of SMB 2: numbers at their offsets behind the header, and bytes behind the fixed part. */
function smb2(what: Smb2, fields: Readonly<Record<number, number>>, size: number, ...buffer: readonly Uint8Array[]): Uint8Array {
  const body = joinBytes(...buffer);
  const bytes = new Uint8Array(64 + size + body.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0xfe, 0x53, 0x4d, 0x42, 64]);
  view.setUint32(8, what.status ?? 0, true);
  view.setUint16(12, what.command, true);
  view.setUint32(16, what.response ? 1 : 0, true);
  view.setUint32(20, what.next ?? 0, true);
  view.setUint32(24, what.id, true);
  view.setUint32(36, what.tree ?? 5, true);
  view.setUint32(40, 7, true);
  for (const [at, value] of Object.entries(fields)) {
    if (value > 0xffff) view.setUint32(64 + Number(at), value, true);
    else view.setUint16(64 + Number(at), value, true);
  }
  bytes.set(body, 64 + size);
  return bytes;
}

const FILE = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
const path = encodeUtf16('\\\\HV01\\IPC$');
const name = encodeUtf16('svcctl');
const TRANSCEIVE = 0x0011c017;

const login: readonly Said[] = [
  ['client', session(smb2({ command: 0, id: 0 }, { 0: 36, 4: 1 }, 38))],
  ['server', session(smb2({ command: 0, id: 0, response: true }, { 0: 65, 2: 3, 4: 0x311, 56: 128, 58: offer.length }, 64, offer))],
  ['client', session(smb2({ command: 1, id: 1 }, { 0: 25, 12: 88, 14: offer.length }, 24, offer))],
  ['server', session(smb2({ command: 1, id: 1, response: true, status: 0xc0000016 }, { 0: 9, 4: 72, 6: 68 }, 8, ntlm(2)))],
  ['client', session(smb2({ command: 1, id: 2 }, { 0: 25, 12: 88, 14: 68 }, 24, ntlm(3)))],
  ['server', session(smb2({ command: 1, id: 2, response: true, status: 0xc000006d }, { 0: 9 }, 8))],
];
const tree: readonly Said[] = [
  ['client', session(smb2({ command: 3, id: 3, tree: 0 }, { 0: 9, 4: 72, 6: path.length }, 8, path))],
  ['server', session(smb2({ command: 3, id: 3, response: true }, { 0: 16 }, 16))],
  ['client', session(smb2({ command: 5, id: 4 }, { 0: 57, 44: 120, 46: name.length }, 56, name))],
  ['server', session(smb2({ command: 5, id: 4, response: true }, { 0: 89 }, 64, FILE, new Uint8Array(8)))],
];
const ioctlRequest = (id: number, pdu: Uint8Array, code = TRANSCEIVE): Uint8Array => {
  const message = smb2({ command: 11, id }, { 0: 57, 4: code, 24: 120, 28: pdu.length }, 56, pdu);
  message.set(FILE, 72);
  return message;
};
const ioctlResponse = (id: number, pdu: Uint8Array, status = 0): Uint8Array => {
  const message = smb2({ command: 11, id, response: true, status }, { 0: 49, 4: TRANSCEIVE, 32: 112, 36: pdu.length }, 48, pdu);
  message.set(FILE, 72);
  return message;
};
const write = (id: number, data: Uint8Array): Uint8Array => {
  const message = smb2({ command: 9, id }, { 0: 49, 2: 112, 4: data.length }, 48, data);
  message.set(FILE, 80);
  return message;
};
const read = (id: number): Uint8Array => {
  const message = smb2({ command: 8, id }, { 0: 49 }, 49);
  message.set(FILE, 80);
  return message;
};
const readAnswer = (id: number, data: Uint8Array, status = 0): Uint8Array =>
  smb2({ command: 8, id, response: true, status }, { 0: 17, 2: 80, 4: data.length }, 16, data);

const smb = (said: readonly Said[], options?: Conversing): object[] => converse(SMB, said, { serverPort: 445, ...options }).messages;

describe('SMB 2', () => {
  it('is known by its mark', () => {
    const ports = { client: 1, server: 2 };
    expect(SMB.recognise('client', session(smb2({ command: 0, id: 0 }, {}, 36)), ports)).toBe('yes');
    expect(SMB.recognise('client', Uint8Array.of(0, 0, 0, 80, 0xfe), ports)).toBe('more');
    expect(SMB.recognise('client', Uint8Array.of(0, 0, 0, 80, 0x6a), ports)).toBe('no');
    expect(SMB.recognise('client', Uint8Array.of(0x81, 0, 0, 68), { client: 1, server: 139 })).toBe('yes');
    expect(SMB.recognise('client', Uint8Array.of(0x81, 0, 0, 68), ports)).toBe('no');
  });

  it('tells dialect, logins and their status', () => {
    expect(smb(login)).toMatchObject([
      { kind: 'request', command: 0, dialect: 2, signingRequired: false },
      { kind: 'response', dialect: 3, dialectRevision: 0x311, signingRequired: true, token: { kind: 'spnego' } },
      { kind: 'request', command: 1, token: { kind: 'spnego', ntlm: { kind: 'negotiate' } } },
      { kind: 'response', command: 1, status: 0xc0000016, token: { kind: 'ntlm', ntlm: { kind: 'challenge' } } },
      { kind: 'request', token: { ntlm: { kind: 'authenticate' } } },
      { kind: 'response', status: 0xc000006d },
    ]);
  });

  it('reads RPC in a pipe, by transactions', () => {
    expect(smb([...tree, ['client', session(ioctlRequest(5, bind))], ['server', session(ioctlResponse(5, bindAck))]])).toMatchObject([
      { command: 3, path: '\\\\HV01\\IPC$' },
      { command: 3, status: 0, path: '\\\\HV01\\IPC$' },
      { command: 5, path: 'svcctl' },
      { command: 5, status: 0, path: 'svcctl' },
      { layer: 'rpc', pipe: 'svcctl', kind: 'bind', frame: 5, from: 'client' },
      { layer: 'rpc', pipe: 'svcctl', kind: 'bind-ack', frame: 6, from: 'server' },
    ]);
  });

  it('reads RPC in a pipe, by writes and reads, an answer in two parts', () => {
    const messages = smb([
      ...tree,
      ['client', session(write(5, bind))],
      ['server', session(smb2({ command: 9, id: 5, response: true }, { 0: 17 }, 16))],
      ['client', session(read(6))],
      ['server', session(readAnswer(6, new Uint8Array(), 0x103))],
      ['server', session(readAnswer(6, bindAck))],
      ['client', session(ioctlRequest(7, request))],
      ['server', session(ioctlResponse(7, response.subarray(0, 30), 0x80000005))],
      ['client', session(read(8))],
      ['server', session(readAnswer(8, response.subarray(30)))],
    ]);
    expect(messages.slice(4)).toMatchObject([
      { layer: 'rpc', kind: 'bind' },
      { layer: 'smb', status: 0x103 },
      { layer: 'rpc', kind: 'bind-ack' },
      { layer: 'rpc', kind: 'request', opnum: 15, interfaceId: SERVICE.uuid },
      { layer: 'smb', status: 0x80000005 },
      { layer: 'rpc', kind: 'response', opnum: 15, frame: 13 },
    ]);
  });

  it('takes data of files for no RPC, even when they look so', () => {
    const share = encodeUtf16('\\\\HV01\\data');
    const messages = smb([
      ['client', session(smb2({ command: 3, id: 3, tree: 0 }, { 0: 9, 4: 72, 6: share.length }, 8, share))],
      ...tree.slice(1),
      ['client', session(write(5, bind))],
    ]);
    expect(messages).toHaveLength(4);
  });

  it('reads RPC of a pipe that was opened before the capture began', () => {
    expect(smb([['client', session(write(5, bind))]])).toMatchObject([{ layer: 'rpc', pipe: '', kind: 'bind' }]);
    expect(smb([['client', session(write(5, bytesOf('a file that is written, longer than a header')))]])).toEqual([]);
  });

  it('reads chains of messages; related ones use the file of the first', () => {
    const create = smb2({ command: 5, id: 4, next: 136 }, { 0: 57, 44: 120, 46: name.length }, 56, name, new Uint8Array(4));
    const related = write(5, bind);
    related.fill(0xff, 80, 96);
    const answer = smb2({ command: 5, id: 4, response: true, next: 152 }, { 0: 89 }, 64, FILE, new Uint8Array(8));
    const failed = smb2({ command: 14, id: 6, response: true, status: 0xc000000f }, { 0: 9 }, 9);
    const messages = smb([...tree, ['client', session(create, related)], ['server', session(answer, failed)]]);
    expect(messages.slice(4)).toMatchObject([
      { command: 5, path: 'svcctl', bytes: 136 },
      { command: 5, status: 0 },
      { command: 14, status: 0xc000000f },
    ]);
  });

  it('skips the payload of large writes and goes on behind it', () => {
    const { messages, skipped } = converse(
      SMB,
      [...tree.slice(0, 2), ['client', session(write(5, new Uint8Array(300_000)))], ...login.slice(0, 1)],
      { serverPort: 445, piece: () => 1460 },
    );
    expect(messages.at(-1)).toMatchObject({ command: 0, frame: 4 });
    expect(skipped.client).toBeGreaterThan(200_000);
  });

  it('passes over what is encrypted or compressed', () => {
    const sealed = session(Uint8Array.of(0xfd, 0x53, 0x4d, 0x42, ...new Uint8Array(100)));
    const small = session(Uint8Array.of(0xfc, 0x53, 0x4d, 0x42, ...new Uint8Array(100)));
    expect(smb([['client', sealed], ['client', small], ...login.slice(0, 1)])).toMatchObject([{ command: 0 }]);
  });

  it('tells the same however the bytes come', () => {
    const all: Said[] = [...login, ...tree, ['client', session(write(5, bind))], ['client', session(write(6, new Uint8Array(70_000)))]];
    const whole = smb(all);
    const next = random(11);
    for (let run = 0; run < 40; run++) {
      const size = 1 + Math.floor(next() * 400);
      expect(smb(all, { piece: () => 1 + Math.floor(next() * size), noSkip: run % 2 === 0 })).toEqual(whole);
    }
  });

  it('goes on behind a hole', () => {
    const cut = login[2]![1] as Uint8Array;
    expect(smb([['client', cut.subarray(0, 90)], ['client', { missing: 2000 }], ...login.slice(0, 1)])).toMatchObject([
      { command: 1, partial: true },
      { command: 0 },
    ]);
  });
});

interface Smb1 {
  readonly command: number;
  readonly id: number;
  readonly response?: boolean;
  readonly status?: number;
  readonly tree?: number;
}

/** A message of SMB 1 with its words and bytes. */
function smb1(what: Smb1, words: number, fields: Readonly<Record<number, number>>, ...data: readonly Uint8Array[]): Uint8Array {
  const body = joinBytes(...data);
  const bytes = new Uint8Array(32 + 1 + words * 2 + 2 + body.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0xff, 0x53, 0x4d, 0x42, what.command]);
  view.setUint32(5, what.status ?? 0, true);
  view.setUint8(9, what.response ? 0x80 : 0);
  view.setUint16(10, 0xc801, true);
  view.setUint16(24, what.tree ?? 3, true);
  view.setUint16(30, what.id, true);
  view.setUint8(32, words);
  for (const [at, value] of Object.entries(fields)) {
    if (value > 0xffff) view.setUint32(33 + Number(at), value, true);
    else view.setUint16(33 + Number(at), value, true);
  }
  view.setUint16(33 + words * 2, body.length, true);
  bytes.set(body, 35 + words * 2);
  return bytes;
}

describe('SMB 1', () => {
  const offset = (words: number): number => 35 + words * 2;

  it('tells logins, shares and RPC in pipes', () => {
    const messages = smb([
      ['client', session(smb1({ command: 0x72, id: 1 }, 0, {}, bytesOf('\x02NT LM 0.12\0')))],
      ['server', session(smb1({ command: 0x72, id: 1, response: true }, 17, { 2: 0x0f, 19: 0x8000_0000 }, new Uint8Array(16), offer))],
      ['client', session(smb1({ command: 0x73, id: 2 }, 12, { 0: 0xff, 14: 68 }, ntlm(1)))],
      ['server', session(smb1({ command: 0x73, id: 2, response: true, status: 0xc0000016 }, 4, { 0: 0xff, 6: 68 }, ntlm(2)))],
      [
        'client',
        session(smb1({ command: 0x75, id: 3 }, 4, { 0: 0xff, 6: 1 }, new Uint8Array(1), path, new Uint8Array(2), bytesOf('?????\0'))),
      ],
      ['server', session(smb1({ command: 0x75, id: 3, response: true }, 3, { 0: 0xff }, bytesOf('IPC\0')))],
      ['client', session(smb1({ command: 0xa2, id: 4 }, 24, { 0: 0xff, 5: name.length }, new Uint8Array(1), name))],
      ['server', session(smb1({ command: 0xa2, id: 4, response: true }, 34, { 0: 0xff, 5: 0x4001 }))],
      ['client', session(smb1({ command: 0x2f, id: 5 }, 14, { 0: 0xff, 4: 0x4001, 20: bind.length, 22: offset(14) }, bind))],
      ['client', session(smb1({ command: 0x2e, id: 6 }, 12, { 0: 0xff, 4: 0x4001 }))],
      ['server', session(smb1({ command: 0x2e, id: 6, response: true }, 12, { 0: 0xff, 10: bindAck.length, 12: offset(12) }, bindAck))],
      ['client', session(smb1({ command: 0x25, id: 7 }, 16, { 22: request.length, 24: offset(16), 26: 2, 28: 0x26, 30: 0x4001 }, request))],
      ['server', session(smb1({ command: 0x25, id: 7, response: true }, 10, { 12: response.length, 14: offset(10) }, response))],
      ['client', session(smb1({ command: 0x04, id: 8 }, 3, { 0: 0x4001 }))],
      ['server', session(smb1({ command: 0x04, id: 8, response: true, status: 0xc0000008 }, 0, {}))],
    ]);
    expect(messages).toMatchObject([
      { kind: 'request', dialect: 1, command: 0x72 },
      { kind: 'response', status: 0, signingRequired: true, token: { kind: 'spnego' } },
      { command: 0x73, token: { ntlm: { kind: 'negotiate' } } },
      { command: 0x73, status: 0xc0000016, token: { ntlm: { kind: 'challenge' } } },
      { command: 0x75, path: '\\\\HV01\\IPC$' },
      { command: 0x75, status: 0 },
      { command: 0xa2, path: 'svcctl' },
      { command: 0xa2, path: 'svcctl' },
      { layer: 'rpc', pipe: 'svcctl', kind: 'bind' },
      { layer: 'rpc', pipe: 'svcctl', kind: 'bind-ack' },
      { layer: 'rpc', kind: 'request', opnum: 15, interfaceId: SERVICE.uuid },
      { layer: 'rpc', kind: 'response', opnum: 15 },
      { command: 0x04, status: 0xc0000008 },
    ]);
  });

  it('takes no token from a login without extended security: its words hold password hashes', () => {
    const hash = ntlm(3);
    const messages = smb([['client', session(smb1({ command: 0x73, id: 2 }, 13, { 0: 0xff, 14: 24 }, hash))]]);
    expect(messages).toMatchObject([{ command: 0x73 }]);
    expect(messages[0]).not.toHaveProperty('token');
  });

  it('reads chained commands and leaves a chain that goes back', () => {
    const second = smb1({ command: 0x75, id: 1 }, 4, { 0: 0xff, 6: 1 }, new Uint8Array(1), path, new Uint8Array(2)).subarray(32);
    const first = smb1({ command: 0x73, id: 1 }, 12, { 0: 0x75, 14: 68 }, ntlm(1), new Uint8Array(1));
    new DataView(first.buffer).setUint16(35, first.length, true);
    expect(smb([['client', session(first, second)]])).toMatchObject([{ command: 0x73 }, { command: 0x75 }]);
    new DataView(first.buffer).setUint16(35, 32, true);
    expect(smb([['client', session(first)]])).toHaveLength(1);
  });

  it('gives no status for errors of DOS', () => {
    const message = smb1({ command: 0x73, id: 1, response: true, status: 0x00050001 }, 0, {});
    new DataView(message.buffer).setUint16(10, 0x8001, true);
    const [answer] = smb([['server', session(message)]]);
    expect(answer).toMatchObject({ command: 0x73 });
    expect(answer).not.toHaveProperty('status');
  });

  it('survives anything, in both dialects', () => {
    const next = random(5);
    for (let run = 0; run < 400; run++) {
      const said = [...login, ...tree, ['client', session(smb1({ command: 0x73, id: 2 }, 12, { 0: 0x75, 14: 68 }, ntlm(1)))] as Said].map(
        ([side, what]): Said => {
          const changed = (what as Uint8Array).slice();
          for (let i = 0; i < 4; i++) changed[4 + Math.floor(next() * (changed.length - 4))] = Math.floor(next() * 256);
          return [side, next() < 0.1 ? { missing: 1 + Math.floor(next() * 300) } : changed];
        },
      );
      expect(() => smb(said, { piece: () => 1 + Math.floor(next() * 300) })).not.toThrow();
    }
  });
});
