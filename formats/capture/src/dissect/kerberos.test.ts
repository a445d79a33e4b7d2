import { DER, der, joinBytes, writeDer } from '@winmedic/bytes';
import { kerberosTcpFrame } from '@winmedic/kerberos/messages';
import { describe, expect, it } from 'vitest';
import { KERBEROS, KERBEROS_UDP } from './kerberos.ts';
import { bytesOf, converse, random, type Said } from './test-stream.ts';

const name = (...parts: readonly string[]): Uint8Array =>
  der.sequence(der.field(0, der.integer(2)), der.field(1, der.sequence(...parts.map((part) => der.text(part)))));
const time = der.text('20261121123456Z', DER.generalizedTime);
const kdcError = (code: number): Uint8Array =>
  der.application(
    30,
    der.sequence(
      der.field(0, der.integer(5)),
      der.field(1, der.integer(30)),
      der.field(4, time),
      der.field(5, der.integer(123_000)),
      der.field(6, der.integer(code)),
      der.field(9, der.text('CORP.EXAMPLE')),
      der.field(10, name('HTTP', 'hv01.corp.example')),
    ),
  );
const apReply = writeDer(
  15,
  [
    der.sequence(
      der.field(0, der.integer(5)),
      der.field(1, der.integer(15)),
      der.field(2, der.sequence(der.field(0, der.integer(18)), der.field(2, der.octets(new Uint8Array(40))))),
    ),
  ],
  'application',
);
/** A message of the password service: version 1, the AP part, the rest. */
function passwordMessage(ap: Uint8Array, rest: Uint8Array): Uint8Array {
  const length = 6 + ap.length + rest.length;
  return joinBytes(Uint8Array.of(length >> 8, length & 0xff, 0, 1, ap.length >> 8, ap.length & 0xff), ap, rest);
}
const place = { frame: 3, at: 5n };

describe('Kerberos', () => {
  it('is known by a message that fills its frame', () => {
    const ports = { client: 1, server: 2 };
    const framed = kerberosTcpFrame(kdcError(7));
    expect(KERBEROS.recognise('server', framed.subarray(0, 64), ports)).toBe('yes');
    expect(KERBEROS.recognise('server', framed.subarray(0, 5), ports)).toBe('more');
    const other = framed.slice();
    other[3] = (other[3] as number) + 1;
    expect(KERBEROS.recognise('server', other, ports)).toBe('no');
    expect(KERBEROS.recognise('client', Uint8Array.of(0, 0, 0, 80, 0xfe, 0x53, 0x4d, 0x42), ports)).toBe('no');
  });

  it('tells errors with the clock of the KDC, over TCP and UDP', () => {
    const message = {
      kind: 'KRB-ERROR',
      error: 37,
      serverTime: Date.UTC(2026, 10, 21, 12, 34, 56) + 123,
      realm: 'CORP.EXAMPLE',
      service: { parts: ['HTTP', 'hv01.corp.example'] },
    };
    expect(converse(KERBEROS, [['server', kerberosTcpFrame(kdcError(37))]]).messages).toMatchObject([
      { kind: 'message', from: 'server', message },
    ]);
    expect(KERBEROS_UDP.read(kdcError(37), 'server', place)).toMatchObject({ frame: 3, at: 5n, from: 'server', message });
  });

  it('reads the clear part of messages of the password service', () => {
    expect(KERBEROS_UDP.read(passwordMessage(apReply, new Uint8Array(30)), 'server', place)).toMatchObject({ message: { kind: 'AP-REP' } });
    expect(KERBEROS_UDP.read(passwordMessage(new Uint8Array(), kdcError(41)), 'server', place)).toMatchObject({ message: { error: 41 } });
    expect(converse(KERBEROS, [['server', kerberosTcpFrame(passwordMessage(apReply, new Uint8Array(30)))]]).messages).toHaveLength(1);
  });

  it('is not what else goes over its port', () => {
    expect(KERBEROS_UDP.read(bytesOf('something else'), 'client', place)).toBeUndefined();
    expect(KERBEROS_UDP.read(new Uint8Array(), 'client', place)).toBeUndefined();
  });

  it('tells the kind of a message that cannot be read', () => {
    const broken = kdcError(7);
    broken[4] = 0x77;
    expect(KERBEROS_UDP.read(broken, 'server', place)).toMatchObject({
      message: { kind: 'OTHER', messageType: 30 },
      damages: [{ code: 'CAPTURE_KERBEROS_MESSAGE' }],
    });
  });

  it('tells the same however the bytes come, goes on behind a hole, survives anything', () => {
    const said: Said[] = [25, 24, 7].map((code) => ['server', kerberosTcpFrame(kdcError(code))]);
    const whole = converse(KERBEROS, said).messages;
    expect(whole).toHaveLength(3);
    const next = random(4);
    for (let run = 0; run < 60; run++) {
      expect(converse(KERBEROS, said, { piece: () => 1 + Math.floor(next() * 50), noSkip: run % 2 === 0 }).messages).toEqual(whole);
      const broken = said.map(([side, what]): Said => {
        const changed = (what as Uint8Array).slice();
        for (let i = 0; i < 3; i++) changed[Math.floor(next() * changed.length)] = Math.floor(next() * 256);
        return [side, changed];
      });
      expect(() => converse(KERBEROS, broken)).not.toThrow();
    }
    const first = said[0]![1] as Uint8Array;
    const holes = converse(KERBEROS, [
      ['server', first.subarray(0, 30)],
      ['server', { missing: 500 }],
      ['server', first.subarray(60)],
      ...said.slice(1),
    ]);
    expect(holes.messages).toMatchObject([{ message: { error: 24 } }, { message: { error: 7 } }]);
  });
});
