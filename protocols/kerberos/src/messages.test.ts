import { Buffer } from 'node:buffer';
import { der } from '@winmedic/bytes';
import { describe, expect, it } from 'vitest';
import { frame, TOKEN } from './gss-framing.ts';
import {
  etypeName,
  KerberosError,
  kerberosTcpFrame,
  kerberosTcpMessages,
  krbErrorName,
  readGssKerberosToken,
  readKerberosMessage,
  readPerMessageToken,
} from './messages.ts';
import { MESSAGE } from './numbers.ts';
import { readWire } from './wire.ts';
import {
  writeApReply,
  writeApRequest,
  writeError,
  writeEtypeInfo2,
  writeExtendedError,
  writePaData,
  writeReply,
  writeRequest,
  writeRequestBody,
  writeSkewRecovery,
  writeTicket,
} from './write-wire.ts';

const secret = Uint8Array.from({ length: 33 }, (_, i) => 0xa0 + i);
const encrypted = { etype: 18, kvno: 3, cipher: secret };
const krbtgt = { type: 2, parts: ['krbtgt', 'CORP.EXAMPLE'] };
const alice = { type: 1, parts: ['alice'] };
const time = Date.UTC(2026, 10, 21, 12, 34, 56);
const ticket = writeTicket('CORP.EXAMPLE', { type: 2, parts: ['HTTP', 'host.corp.example'] }, encrypted);
const body = writeRequestBody({
  options: 0x0001_0000,
  client: alice,
  realm: 'CORP.EXAMPLE',
  service: krbtgt,
  till: time,
  nonce: 0x7fff_fff0,
  etypes: [18, 17, 23],
});
const apRequest = writeApRequest(0x2000_0000, ticket, encrypted);
const error = (data?: Uint8Array, number = 25) =>
  writeError({
    error: number,
    serverTime: time + 123,
    clientTime: undefined,
    clientRealm: 'CORP.EXAMPLE',
    client: alice,
    realm: 'CORP.EXAMPLE',
    service: krbtgt,
    text: 'free text',
    data,
  });
const samples: ReadonlyMap<string, Uint8Array> = new Map([
  ['AS-REQ', writeRequest(MESSAGE.asReq, [{ type: 128, value: der.sequence(der.field(0, der.boolean(true))) }], body)],
  ['TGS-REQ', writeRequest(MESSAGE.tgsReq, [{ type: 1, value: apRequest }], body)],
  [
    'AS-REP',
    writeReply({ messageType: MESSAGE.asRep, preAuthentication: [], clientRealm: 'CORP.EXAMPLE', client: alice, ticket, encrypted }),
  ],
  ['AP-REQ', apRequest],
  ['AP-REP', writeApReply(encrypted)],
  ['KRB-ERROR', error(writePaData([{ type: 19, value: writeEtypeInfo2([{ etype: 18, salt: 'CORP.EXAMPLEalice', iterations: 4096 }]) }]))],
]);

describe('a message', () => {
  it('of each kind is read', () => {
    for (const [kind, bytes] of samples) expect(readKerberosMessage(bytes).kind).toBe(kind);
  });

  it('tells names, times, flags and lengths', () => {
    expect(readKerberosMessage(samples.get('AS-REQ')!)).toMatchObject({
      client: alice,
      realm: 'CORP.EXAMPLE',
      service: krbtgt,
      till: time,
      nonce: 0x7fff_fff0,
      options: 0x0001_0000,
      etypes: [18, 17, 23],
      preAuthentication: [{ type: 128, name: 'PA-PAC-REQUEST', includePac: true }],
    });
    expect(readKerberosMessage(samples.get('TGS-REQ')!)).toMatchObject({
      apRequest: { mutualRequired: true, useSessionKey: false, ticket: { encrypted: { etype: 18, kvno: 3, length: 33 } } },
    });
    expect(readKerberosMessage(samples.get('KRB-ERROR')!)).toMatchObject({
      error: 25,
      errorName: 'KDC_ERR_PREAUTH_REQUIRED',
      serverTime: time + 123,
      text: 'free text',
      preAuthentication: [{ type: 19, etypes: [{ etype: 18, salt: 'CORP.EXAMPLEalice', iterations: 4096 }] }],
    });
  });

  it('without its application tag is told by its type', () => {
    for (const [kind, bytes] of samples) {
      const inner = bytes.subarray(bytes.findIndex((byte, at) => at > 0 && byte === 0x30));
      expect(readKerberosMessage(inner).kind).toBe(kind);
    }
  });

  it('shows no ciphertext', () => {
    for (const bytes of samples.values()) {
      const shown = JSON.stringify(readKerberosMessage(bytes), (_, value: unknown) =>
        value instanceof Uint8Array ? `bytes ${value.length}` : value,
      );
      expect(shown).not.toContain('bytes ');
    }
  });

  it('with a number of another kind than its tag is refused', () => {
    const changed = Uint8Array.from(samples.get('AP-REP')!);
    changed[0] = 0x6e;
    expect(() => readKerberosMessage(changed)).toThrow(expect.objectContaining({ code: 'KERBEROS_MESSAGE' }));
  });

  it('larger than any ticket is refused before it is read', () => {
    expect(() => readKerberosMessage(new Uint8Array(256 * 1024 + 1))).toThrow(expect.objectContaining({ need: 262_144, have: 262_145 }));
  });
});

describe('error data', () => {
  it('with the status of a domain controller is told, as KERB-ERROR-DATA and inside METHOD-DATA', () => {
    const extended = writeExtendedError(0xc000_0072);
    expect(readKerberosMessage(error(extended, 18))).toMatchObject({ ntstatus: 0xc000_0072, errorName: 'KDC_ERR_CLIENT_REVOKED' });
    const value = Uint8Array.from([0x34, 0x02, 0, 0xc0, 0, 0, 0, 0, 1, 0, 0, 0]);
    expect(readKerberosMessage(error(writePaData([{ type: 3, value }]), 18))).toMatchObject({ ntstatus: 0xc000_0234 });
  });

  it('of any other form tells nothing and hides nothing', () => {
    for (const data of [new Uint8Array(), Uint8Array.of(0x30, 0x80), secret, writeSkewRecovery(), der.sequence(der.integer(1))]) {
      expect(readKerberosMessage(error(data, 60))).toMatchObject({ ntstatus: undefined, preAuthentication: [], dataLength: data.length });
    }
  });
});

describe('hostile bytes', () => {
  const onlyOwnErrors = (read: () => unknown): void => {
    try {
      read();
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(KerberosError);
    }
  };

  it('cut or changed anywhere give a message or KerberosError, nothing else', () => {
    for (const bytes of samples.values()) {
      for (let at = 0; at < bytes.length; at++) {
        onlyOwnErrors(() => readKerberosMessage(bytes.subarray(0, at)));
        for (const bit of [0x01, 0x20, 0x80])
          onlyOwnErrors(() => readKerberosMessage(bytes.map((byte, i) => (i === at ? byte ^ bit : byte))));
      }
    }
  });

  it('at random do the same, for tokens as well', () => {
    let state = 7;
    const next = (): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 16;
    };
    for (let round = 0; round < 3000; round++) {
      const bytes = Uint8Array.from({ length: next() % 80 }, () => next());
      bytes[0] = [0x60, 0x6a, 0x7e, 0x30, 5, 4][next() % 6] as number;
      for (const read of [readKerberosMessage, readGssKerberosToken, readPerMessageToken, readWire, kerberosTcpMessages]) {
        onlyOwnErrors(() => read(bytes));
      }
    }
  });

  it('with too many elements are refused', () => {
    const many = writePaData(Array.from({ length: 65 }, () => ({ type: 1000, value: new Uint8Array() })));
    expect(readKerberosMessage(error(many))).toMatchObject({ preAuthentication: [] });
    const long = writeTicket('CORP.EXAMPLE', { type: 1, parts: Array.from({ length: 17 }, () => 'x') }, encrypted);
    expect(() => readKerberosMessage(writeApRequest(0, long, encrypted))).toThrow(expect.objectContaining({ need: 16, have: 17 }));
  });
});

describe('GSS framing', () => {
  it('names mechanism and kind', () => {
    expect(readGssKerberosToken(frame(TOKEN.apReq, apRequest))).toMatchObject({
      framed: true,
      tokenId: 0x0100,
      message: { kind: 'AP-REQ' },
    });
    expect(readGssKerberosToken(apRequest)).toMatchObject({ framed: false, mechanism: undefined, message: { kind: 'AP-REQ' } });
    expect(readGssKerberosToken(frame(TOKEN.tgtReq, Uint8Array.of(1)))).toMatchObject({ tokenId: 0x0400, message: undefined });
  });

  it('of another mechanism or kind is refused', () => {
    const spnego = Uint8Array.from(Buffer.from('6008' + '06062b0601050502', 'hex'));
    for (const token of [spnego, frame(0x0999, apRequest)])
      expect(() => readGssKerberosToken(token)).toThrow(expect.objectContaining({ code: 'KERBEROS_MESSAGE' }));
  });
});

describe('a TCP stream', () => {
  it('is cut into messages, and the rest is left', () => {
    const stream = Uint8Array.from([...kerberosTcpFrame(apRequest), ...kerberosTcpFrame(ticket), 0, 0, 0]);
    expect(kerberosTcpMessages(stream)).toEqual({ messages: [apRequest, ticket], used: stream.length - 3 });
    expect(kerberosTcpMessages(stream.subarray(0, 10))).toEqual({ messages: [], used: 0 });
  });

  it('of another protocol is refused by its first length', () => {
    expect(() => kerberosTcpMessages(Buffer.from('GET / HTTP/1.1'))).toThrow(expect.objectContaining({ code: 'KERBEROS_MESSAGE' }));
  });
});

describe('names of numbers', () => {
  it('are those of the specifications', () => {
    expect([6, 7, 14, 18, 23, 24, 25, 37, 41, 52, 68].map(krbErrorName)).toEqual([
      'KDC_ERR_C_PRINCIPAL_UNKNOWN',
      'KDC_ERR_S_PRINCIPAL_UNKNOWN',
      'KDC_ERR_ETYPE_NOSUPP',
      'KDC_ERR_CLIENT_REVOKED',
      'KDC_ERR_KEY_EXPIRED',
      'KDC_ERR_PREAUTH_FAILED',
      'KDC_ERR_PREAUTH_REQUIRED',
      'KRB_AP_ERR_SKEW',
      'KRB_AP_ERR_MODIFIED',
      'KRB_ERR_RESPONSE_TOO_BIG',
      'KDC_ERR_WRONG_REALM',
    ]);
    expect([etypeName(18), etypeName(999), krbErrorName(999)]).toEqual(['aes256-cts-hmac-sha1-96', undefined, undefined]);
  });
});
