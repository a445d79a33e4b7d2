import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { converse, random, type Said } from './test-stream.ts';
import { TLS } from './tls.ts';
import { tlsVersionName } from './tls-records.ts';
import type { Message } from './types.ts';

const u16 = (value: number): number[] => [value >> 8, value & 0xff];
const u24 = (value: number): number[] => [value >> 16, (value >> 8) & 0xff, value & 0xff];
const text = (value: string): number[] => Array.from(value, (character) => character.charCodeAt(0));
const extension = (type: number, value: readonly number[]): number[] => [...u16(type), ...u16(value.length), ...value];
const record = (type: number, body: readonly number[], version = 0x0303): Uint8Array =>
  Uint8Array.of(type, ...u16(version), ...u16(body.length), ...body);
const handshake = (type: number, body: readonly number[]): number[] => [type, ...u24(body.length), ...body];
const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

interface Hello {
  readonly name?: string;
  readonly versions?: readonly number[];
  readonly alpn?: readonly string[];
  readonly bare?: boolean;
}
function clientHello({ name, versions, alpn, bare }: Hello = {}): number[] {
  const extensions = [
    ...extension(0x0a0a, []),
    ...(name === undefined ? [] : extension(0, [...u16(name.length + 3), 0, ...u16(name.length), ...text(name)])),
    ...(versions === undefined ? [] : extension(43, [2 * versions.length, ...versions.flatMap(u16)])),
    ...(alpn === undefined
      ? []
      : extension(16, [...u16(alpn.join('').length + alpn.length), ...alpn.flatMap((each) => [each.length, ...text(each)])])),
  ];
  const fixed = [...u16(0x0303), ...new Array<number>(32).fill(1), 0, ...u16(6), ...u16(0x1301), ...u16(0xc02f), ...u16(0x002f), 1, 0];
  return handshake(1, bare ? fixed : [...fixed, ...u16(extensions.length), ...extensions]);
}
function serverHello(version: number, retry = false): number[] {
  const random32 = retry
    ? [...Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex')]
    : new Array<number>(32).fill(2);
  const chosen = version >= 0x0304 ? extension(43, u16(version)) : [];
  return handshake(2, [...u16(Math.min(version, 0x0303)), ...random32, 0, ...u16(0x1301), 0, ...u16(chosen.length), ...chosen]);
}
const certificate = (...ders: readonly (readonly number[])[]): number[] => {
  const list = ders.flatMap((der) => [...u24(der.length), ...der]);
  return handshake(11, [...u24(list.length), ...list]);
};
const tls = (said: readonly Said[], options = {}): Message[] => converse(TLS, said, { ...options, serverPort: 5986 }).messages;

describe('hellos', () => {
  it('of clients: names, versions, protocols, suites', () => {
    const hello = clientHello({ name: 'hv01.corp.example', versions: [0x1a1a, 0x0304, 0x0303], alpn: ['h2', 'http/1.1', '\x2a\x2a'] });
    expect(tls([['client', record(22, hello, 0x0301)]])).toEqual([
      {
        layer: 'tls',
        kind: 'client-hello',
        frame: 1,
        at: 1000n,
        from: 'client',
        bytes: hello.length,
        version: 'TLSv1.3',
        versions: ['TLSv1.3', 'TLSv1.2'],
        serverName: 'hv01.corp.example',
        alpn: ['h2', 'http/1.1'],
        cipherSuites: [0x1301, 0xc02f, 0x002f],
      },
    ]);
    expect(tls([['client', record(22, clientHello({ bare: true }))]])).toMatchObject([
      { version: 'TLSv1.2', versions: ['TLSv1.2'], serverName: '' },
    ]);
  });

  it('of servers: the version chosen, and a request for another hello', () => {
    const said: Said[] = [
      ['client', record(22, clientHello({ versions: [0x0304] }))],
      ['server', join(record(22, serverHello(0x0304, true)), record(20, [1]))],
      ['client', join(record(20, [1]), record(22, clientHello({ name: 'again', versions: [0x0304] })))],
      ['server', record(22, serverHello(0x0304))],
    ];
    expect(tls(said)).toMatchObject([
      { kind: 'client-hello' },
      { kind: 'server-hello', version: 'TLSv1.3', helloRetry: true, cipherSuite: 0x1301 },
      { kind: 'client-hello', serverName: 'again' },
      { kind: 'server-hello', helloRetry: false },
    ]);
  });

  it('of SSL 2 form', () => {
    const body = [1, ...u16(0x0301), ...u16(6), ...u16(0), ...u16(16), 0, 0, 0x2f, 1, 0, 0x80, ...new Array<number>(16).fill(3)];
    const hello = Uint8Array.of(0x80, body.length, ...body);
    expect(TLS.recognise('client', hello, { client: 1, server: 2 })).toBe('yes');
    expect(tls([['client', join(hello, record(22, certificate()))]])).toMatchObject([
      { kind: 'client-hello', version: 'TLSv1.0', cipherSuites: [0x2f, 0x010080], bytes: hello.length },
      { kind: 'certificate', chain: [] },
    ]);
  });

  it('have versions by name', () => {
    expect([0x0002, 0x0300, 0x0301, 0x0303, 0x0304, 0x7f10, 0x0505].map(tlsVersionName)).toEqual([
      'SSLv2',
      'SSLv3',
      'TLSv1.0',
      'TLSv1.2',
      'TLSv1.3',
      'TLSv1.3-draft16',
      '0x0505',
    ]);
  });
});

describe('handshakes up to TLS 1.2', () => {
  const flight = [
    ...serverHello(0x0303),
    ...certificate([0x30, 1, 2], [0x30, 3]),
    ...handshake(13, [1, 64, 0, 0, 0, 0]),
    ...handshake(14, []),
  ];

  it('show certificates and the request for one, however they are cut into records', () => {
    const parts = Array.from({ length: Math.ceil(flight.length / 7) }, (_, i) => record(22, flight.slice(7 * i, 7 * i + 7)));
    for (const server of [record(22, flight), join(...parts)]) {
      const messages = tls([['server', server]]);
      expect(messages).toMatchObject([
        { kind: 'server-hello', version: 'TLSv1.2' },
        { kind: 'certificate' },
        { kind: 'certificate-request' },
      ]);
      expect(messages[1]).toMatchObject({ chain: [Uint8Array.of(0x30, 1, 2), Uint8Array.of(0x30, 3)] });
    }
  });

  it('end with encrypted messages that are not read', () => {
    const encrypted = handshake(11, [0, 0, 3, 0, 0, 0]);
    const said: Said[] = [
      ['client', record(22, clientHello())],
      ['server', record(22, flight)],
      ['client', join(record(20, [1]), record(22, encrypted), record(23, [1, 2, 3]), record(21, new Array<number>(26).fill(9)))],
      ['server', join(record(20, [1]), record(22, encrypted), record(23, [1]), record(23, [2]))],
    ];
    const messages = tls(said).slice(4);
    expect(messages).toMatchObject([
      { kind: 'application-data', from: 'client' },
      { kind: 'alert', from: 'client', encrypted: true },
      { kind: 'application-data', from: 'server' },
    ]);
  });

  it('with a chain that never ends are cut off', () => {
    const endless = [...serverHello(0x0303), 11, ...u24(900_000), ...u24(899_997), ...u24(3), 0x30, 1, 2];
    const more = new Array<number>(16_000).fill(0);
    const messages = tls([
      ['server', join(record(22, endless), ...Array.from({ length: 60 }, () => record(22, more)), record(21, [2, 40]))],
    ]);
    expect(messages).toMatchObject([
      { kind: 'server-hello' },
      { kind: 'certificate', partial: true, damages: [{ code: 'CAPTURE_TLS_LIMIT', have: 900_004 }] },
      { kind: 'alert', description: 40 },
    ]);
    const many = certificate(...Array.from({ length: 40 }, () => [0x30]));
    expect(tls([['server', record(22, [...serverHello(0x0303), ...many])]])[1]).toMatchObject({ partial: true, chain: { length: 16 } });
  });
});

describe('alerts', () => {
  it('in clear, alone or beside others; encrypted ones by their length', () => {
    expect(tls([['server', record(21, [2, 48])]])).toMatchObject([
      { kind: 'alert', level: 2, description: 48, encrypted: false, frame: 1 },
    ]);
    expect(tls([['server', join(record(22, serverHello(0x0303)), record(21, [1, 112, 2, 40]))]])).toMatchObject([
      {},
      { level: 1, description: 112 },
      { level: 2, description: 40 },
    ]);
    expect(tls([['server', record(21, new Array<number>(32).fill(7))]])).toMatchObject([{ encrypted: true, level: 0, description: 0 }]);
  });

  it('in clear after TLS 1.3 switched its keys', () => {
    const said: Said[] = [
      ['client', record(22, clientHello({ versions: [0x0304] }))],
      ['server', join(record(22, serverHello(0x0304)), record(20, [1]), record(23, new Array<number>(900).fill(1)))],
      ['client', join(record(20, [1]), record(21, [2, 48]))],
    ];
    expect(tls(said).map(({ kind }) => kind)).toEqual(['client-hello', 'server-hello', 'application-data', 'alert']);
  });

  it('without number are counted to sixteen', () => {
    expect(tls([['server', join(...Array.from({ length: 100 }, () => record(21, [1, 0])))]])).toHaveLength(16);
  });
});

describe('what is not in clear', () => {
  it('passes unseen, and after 256 KiB of application data the side is left', () => {
    const data = record(23, new Array<number>(16_000).fill(5));
    const { messages, skipped } = converse(TLS, [['server', join(...Array.from({ length: 60 }, () => data))]], { piece: () => 1448 });
    expect(messages).toMatchObject([{ kind: 'application-data' }]);
    expect(skipped.server).toBeGreaterThan(800_000);
  });

  it('other protocols are told when they are recognised', () => {
    const said: Said[] = [
      ['client', record(22, clientHello())],
      ['server', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ];
    expect(tls(said)[1]).toMatchObject({ layer: 'tls', kind: 'not-this', looksLike: 'http', from: 'server' });
    expect(tls([said[0]!, ['server', new Uint8Array(100).fill(0x99)]])).toHaveLength(1);
  });

  it('tells which end is the client', () => {
    const ask = (side: 'client' | 'server', bytes: Uint8Array) => TLS.recognise(side, bytes, { client: 1, server: 2 });
    expect(ask('client', record(22, clientHello()))).toBe('yes');
    expect(ask('server', record(22, clientHello()))).toBe('no');
    expect(ask('client', record(22, serverHello(0x0303)))).toBe('no');
    expect(ask('client', record(23, [1]))).toBe('yes');
    expect(ask('client', Uint8Array.of(22, 3))).toBe('more');
    expect(ask('client', Uint8Array.of(22, 3, 9, 0, 5))).toBe('no');
    expect(ask('client', Uint8Array.of(22, 3, 3, 0xff, 0xff))).toBe('no');
    expect(ask('client', new Uint8Array())).toBe('more');
  });
});

describe('holes', () => {
  it('cut a hello: what stands before is told as partial', () => {
    const hello = record(22, clientHello({ name: 'hv01', versions: [0x0304], alpn: ['http/1.1'] }));
    const messages = tls([
      ['client', hello.subarray(0, 50)],
      ['client', { missing: hello.length - 50 }],
      ['client', record(21, [2, 48])],
    ]);
    expect(messages).toMatchObject([{ kind: 'client-hello', partial: true, cipherSuites: [0x1301, 0xc02f] }, { kind: 'alert' }]);
  });

  it('inside of data that are not needed change nothing', () => {
    const data = record(23, new Array<number>(100).fill(1));
    expect(
      tls([
        ['server', data.subarray(0, 20)],
        ['server', { missing: 85 }],
        ['server', record(21, [1, 0])],
      ]),
    ).toMatchObject([{ kind: 'application-data' }, { kind: 'alert' }]);
  });

  it('are not confused with bytes that nobody wanted to skip', () => {
    const messages: Message[] = [];
    const stream = TLS.open({
      client: { address: '', port: 1 },
      server: { address: '', port: 443 },
      emit: (message) => messages.push(message),
      skip: () => undefined,
      become: () => undefined,
      expectRpc: () => undefined,
    });
    const hello = record(22, clientHello({ name: 'hv01' }));
    const place = { frame: 1, at: 1n };
    stream.data('client', hello.subarray(0, 60), place);
    stream.skipped?.('client', 500, place);
    stream.data('client', hello.subarray(60), place);
    expect(messages).toMatchObject([{ kind: 'client-hello', serverName: 'hv01' }]);
  });

  it('before encrypted records invent no handshake', () => {
    const noise = random(1);
    const messages = tls(
      Array.from({ length: 300 }, () => [
        ['client', { missing: 10 }] as Said,
        [
          'client',
          record(
            22,
            Array.from({ length: 60 }, () => Math.floor(noise() * 256)),
          ),
        ] as Said,
      ]).flat(),
    );
    expect(messages).toEqual([]);
  });
});

describe('any cut of the bytes into pieces', () => {
  const said: Said[] = [
    ['client', record(22, clientHello({ name: 'hv01', versions: [0x0303] }))],
    [
      'server',
      join(record(22, [...serverHello(0x0303), ...certificate(new Array<number>(3000).fill(0x30))]), record(22, handshake(14, []))),
    ],
    ['client', join(record(22, handshake(16, [1, 2, 3])), record(20, [1]), record(22, new Array<number>(40).fill(8)), record(23, [1, 2]))],
    [
      'server',
      join(
        record(20, [1]),
        record(22, new Array<number>(40).fill(8)),
        record(23, new Array<number>(5000).fill(1)),
        record(21, new Array<number>(26).fill(1)),
      ),
    ],
  ];
  const whole = tls(said);

  it.each(Array.from({ length: 30 }, (_, i) => i))('gives the same messages (%i)', (seed) => {
    const next = random(seed);
    expect(whole.map(({ kind }) => kind)).toEqual([
      'client-hello',
      'server-hello',
      'certificate',
      'application-data',
      'application-data',
      'alert',
    ]);
    const pieces = tls(said, { piece: () => 1 + Math.floor(next() * (seed % 3 === 0 ? 2 : 700)), noSkip: seed % 2 === 0 });
    expect(pieces).toEqual(whole);
  });

  it('and any bytes at all give no error', () => {
    const start = fc.constantFrom<readonly number[]>(
      [22, 3, 1, 0, 40, 1, 0, 0, 36, 3, 3],
      [22, 3, 3, 0, 60, 11, 0, 0, 50, 0, 0, 47],
      [21, 3, 3],
      [0x80, 46, 1, 3, 1],
      [],
    );
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 300 }), fc.constantFrom('client', 'server'), (head, bytes, side) => {
        tls([[side as 'client', Uint8Array.of(...head, ...bytes)]]);
      }),
      { numRuns: 500 },
    );
  });
});
