import { joinBytes } from '@winmedic/bytes';
import { describe, expect, it } from 'vitest';
import { DNS, DNS_UDP, NETBIOS_NAMES } from './dns.ts';
import { bytesOf, converse, random, type Said } from './test-stream.ts';

const place = { frame: 1, at: 0n };
const labels = (name: string): Uint8Array =>
  joinBytes(...name.split('.').map((label) => joinBytes(Uint8Array.of(label.length), bytesOf(label))), new Uint8Array(1));
const u16 = (value: number): number[] => [value >> 8, value & 0xff];
const header = (flags: number, questions: number, answers: number): Uint8Array =>
  Uint8Array.of(0x12, 0x34, ...u16(flags), ...u16(questions), ...u16(answers), 0, 0, 0, 0);
const question = (name: string, type: number): Uint8Array => joinBytes(labels(name), Uint8Array.of(...u16(type), 0, 1));
/** A record whose owner is a pointer to the question. */
const record = (type: number, data: Uint8Array): Uint8Array =>
  joinBytes(Uint8Array.of(0xc0, 12, ...u16(type), 0, 1, 0, 0, 0, 60, ...u16(data.length)), data);
const ask = joinBytes(header(0x0100, 1, 0), question('hv01.corp.example', 1));
const read = (bytes: Uint8Array) => DNS_UDP.read(bytes, 'server', place);

describe('DNS', () => {
  it('tells questions and answers', () => {
    expect(DNS_UDP.read(ask, 'client', place)).toMatchObject({
      kind: 'question',
      id: 0x1234,
      name: 'hv01.corp.example',
      type: 1,
      from: 'client',
    });
    const v6 = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    const srv = joinBytes(Uint8Array.of(0, 0, 0, 100, 0x01, 0x85), labels('dc1.corp.example'));
    const answer = joinBytes(
      header(0x8180, 1, 5),
      question('hv01.corp.example', 1),
      // CNAME whose end is a pointer to `corp.example` in the question.
      record(5, Uint8Array.of(3, ...bytesOf('dc1'), 0xc0, 17)),
      record(1, Uint8Array.of(192, 0, 2, 9)),
      record(28, v6),
      record(33, srv),
      record(16, bytesOf('not shown')),
    );
    expect(read(answer)).toMatchObject({
      kind: 'answer',
      rcode: 0,
      answers: [
        { name: 'hv01.corp.example', type: 5, value: 'dc1.corp.example' },
        { type: 1, value: '192.0.2.9' },
        { type: 28, value: '2001:db8::1' },
        { type: 33, value: '0 100 389 dc1.corp.example' },
      ],
    });
    expect(read(joinBytes(header(0x8183, 1, 0), question('nix.corp.example', 1)))).toMatchObject({ rcode: 3, answers: [] });
  });

  it('never goes round', () => {
    const loops = [
      joinBytes(header(0x0100, 1, 0), Uint8Array.of(0xc0, 12, 0, 1, 0, 1)),
      joinBytes(header(0x0100, 1, 0), Uint8Array.of(1, 0x61, 0xc0, 12, 0, 1, 0, 1)),
      joinBytes(header(0x0100, 1, 0), Uint8Array.of(0xc0, 14, 0xc0, 12, 0, 1, 0, 1)),
    ];
    for (const loop of loops) expect(read(loop)).toBeUndefined();
    const long = joinBytes(
      header(0x0100, 1, 0),
      ...Array.from({ length: 10 }, () => joinBytes(Uint8Array.of(63), new Uint8Array(63).fill(0x61))),
      new Uint8Array(5),
    );
    expect(read(long)).toBeUndefined();
  });

  it('shows what is no letter as a number', () => {
    expect(read(joinBytes(header(0x0100, 1, 0), question('a\x1b[2Jb c', 1)))).toMatchObject({ name: 'a\\027[2Jb\\032c' });
  });

  it('tells as much of an answer as is there', () => {
    const cut = joinBytes(header(0x8180, 1, 9), question('x.y', 1), record(1, Uint8Array.of(1, 2, 3, 4)), Uint8Array.of(0xc0));
    expect(read(cut)).toMatchObject({ answers: [{ value: '1.2.3.4' }] });
    expect(read(ask.subarray(0, 20))).toBeUndefined();
    expect(read(bytesOf('no DNS at all'))).toBeUndefined();
    // Updates and notifications are no questions.
    expect(read(joinBytes(header(0x2800, 1, 0), question('x', 6)))).toBeUndefined();
  });

  it('decodes NetBIOS names', () => {
    const encoded = [...'HV01'.padEnd(15), '\0']
      .map((c) => String.fromCharCode(65 + (c.charCodeAt(0) >> 4), 65 + (c.charCodeAt(0) & 15)))
      .join('');
    const asked = joinBytes(header(0x0110, 1, 0), question(encoded, 32));
    expect(NETBIOS_NAMES.read(asked, 'client', place)).toMatchObject({ kind: 'question', name: 'HV01<00>', type: 32 });
    const answered = joinBytes(header(0x8500, 0, 1), labels(encoded), Uint8Array.of(0, 32, 0, 1, 0, 0, 0, 60, 0, 6, 0, 0, 192, 0, 2, 7));
    expect(NETBIOS_NAMES.read(answered, 'server', place)).toMatchObject({ name: 'HV01<00>', answers: [{ value: '192.0.2.7' }] });
  });

  it('over TCP tells the same however the bytes come', () => {
    const framed = (bytes: Uint8Array): Uint8Array => joinBytes(Uint8Array.of(...u16(bytes.length)), bytes);
    const said: Said[] = [
      ['client', framed(ask)],
      ['server', framed(joinBytes(header(0x8183, 1, 0), question('nix', 1)))],
    ];
    const whole = converse(DNS, said).messages;
    expect(whole).toMatchObject([{ kind: 'question' }, { kind: 'answer', rcode: 3 }]);
    const next = random(9);
    for (let run = 0; run < 40; run++) expect(converse(DNS, said, { piece: () => 1 + Math.floor(next() * 8) }).messages).toEqual(whole);
    expect(DNS.recognise('client', framed(ask), { client: 1, server: 53 })).toBe('yes');
    expect(DNS.recognise('client', framed(ask), { client: 1, server: 80 })).toBe('no');
  });

  it('survives anything', () => {
    const next = random(10);
    for (let run = 0; run < 2000; run++) {
      const bytes = Uint8Array.from({ length: 12 + Math.floor(next() * 80) }, () => Math.floor(next() * 256));
      bytes.set([0x81, 0x80, 0, 1, 0, 3], 2);
      expect(() => [read(bytes), NETBIOS_NAMES.read(bytes, 'client', place)]).not.toThrow();
    }
  });
});
