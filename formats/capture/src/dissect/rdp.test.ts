import { writeConnectionConfirm, writeConnectionRequest } from '@winmedic/rdp/messages';
import { describe, expect, it } from 'vitest';
import { RDP } from './rdp.ts';
import { bytesOf, converse, random, type Said } from './test-stream.ts';

const request = writeConnectionRequest({ cookie: 'alice', negotiation: { flags: 1, protocols: 0xb } });
const selected = (protocol: number): Uint8Array => writeConnectionConfirm({ kind: 'confirm', selected: { flags: 0x1f, protocol } });

describe('RDP', () => {
  it('is known by its first packet', () => {
    const ports = { client: 1, server: 2 };
    expect(RDP.recognise('client', request, ports)).toBe('yes');
    expect(RDP.recognise('server', selected(2), ports)).toBe('yes');
    expect(RDP.recognise('server', request, ports)).toBe('no');
    expect(RDP.recognise('client', request.subarray(0, 5), ports)).toBe('more');
    expect(RDP.recognise('client', Uint8Array.of(0x16, 3, 1), ports)).toBe('no');
  });

  it('tells what was asked for and chosen, and becomes TLS', () => {
    const { messages, became } = converse(RDP, [
      ['client', request],
      ['server', selected(2)],
    ]);
    expect(messages).toMatchObject([
      { kind: 'request', cookie: 'alice', protocols: 0xb, flags: 1, from: 'client' },
      { kind: 'confirm', selected: 2, flags: 0x1f, from: 'server' },
    ]);
    expect(became).toEqual(['tls']);
  });

  it('ends with Standard RDP Security, a failure and an old server', () => {
    const ends: readonly (readonly [Uint8Array, object])[] = [
      [selected(0), { selected: 0 }],
      [writeConnectionConfirm({ kind: 'confirm', failure: 5 }), { failure: 5 }],
      [writeConnectionConfirm({ kind: 'confirm' }), { kind: 'confirm' }],
    ];
    for (const [confirm, fields] of ends) {
      const { messages, became } = converse(RDP, [
        ['client', request],
        ['server', confirm],
        ['client', bytesOf('\x03\x00\x00\x0c whatever comes')],
        ['server', request],
      ]);
      expect(messages).toHaveLength(2);
      expect(messages[1]).toMatchObject(fields);
      expect(became).toEqual([]);
    }
    const old = converse(RDP, [['server', writeConnectionConfirm({ kind: 'confirm' })]]).messages[0];
    for (const name of ['selected', 'failure']) expect(old).not.toHaveProperty(name);
  });

  it('makes no old server out of a confirm that cannot be read', () => {
    const broken = selected(2);
    broken[11] = 9;
    expect(converse(RDP, [['server', broken]]).messages).toEqual([]);
    expect(converse(RDP, [['server', selected(2).subarray(0, 12)]]).messages).toEqual([]);
    expect(converse(RDP, [['client', request.subarray(0, 12)]]).messages).toMatchObject([{ kind: 'request', partial: true }]);
    const asked = request.slice();
    asked[4] = 1;
    expect(converse(RDP, [['client', asked]]).messages).toMatchObject([
      { kind: 'request', damages: [{ code: 'CAPTURE_RDP_NEGOTIATION' }] },
    ]);
  });

  it('says when the server speaks something else, unless its beginning is lost', () => {
    const { messages } = converse(RDP, [
      ['client', request],
      ['server', bytesOf('SSH-2.0-x')],
    ]);
    expect(messages[1]).toMatchObject({ layer: 'rdp', kind: 'not-this', from: 'server', looksLike: '' });
    expect(
      converse(RDP, [
        ['client', request],
        ['server', Uint8Array.of(0x16, 3, 3)],
      ]).messages[1],
    ).toMatchObject({ looksLike: 'tls' });
    expect(
      converse(RDP, [
        ['client', request],
        ['server', { missing: 9 }],
        ['server', bytesOf('rest')],
      ]).messages,
    ).toHaveLength(1);
  });

  it('tells the same however the bytes come, and survives anything', () => {
    const said: Said[] = [
      ['client', request],
      ['server', selected(1)],
    ];
    const whole = converse(RDP, said);
    const next = random(6);
    for (let run = 0; run < 60; run++) {
      expect(converse(RDP, said, { piece: () => 1 + Math.floor(next() * 9), noSkip: run % 2 === 0 })).toEqual(whole);
      const broken = said.map(([side, what]): Said => {
        const changed = (what as Uint8Array).slice();
        changed[Math.floor(next() * changed.length)] = Math.floor(next() * 256);
        return [side, changed];
      });
      expect(() => converse(RDP, broken)).not.toThrow();
    }
  });
});
