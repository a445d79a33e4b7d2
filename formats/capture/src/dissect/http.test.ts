import { writeChallenge, writeNegotiate } from '@winmedic/ntlm/messages';
import { MECHANISM_OID, writeSpnegoToken } from '@winmedic/spnego/messages';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HTTP } from './http.ts';
import { bytesOf, converse, random, type Said } from './test-stream.ts';
import type { HttpRequestMessage, HttpResponseMessage, Message } from './types.ts';

const requests = (messages: readonly Message[]) =>
  messages.filter((message): message is HttpRequestMessage => message.layer === 'http' && message.kind === 'request');
const responses = (messages: readonly Message[]) =>
  messages.filter((message): message is HttpResponseMessage => message.layer === 'http' && message.kind === 'response');
const http = (said: readonly Said[], options = {}) => converse(HTTP, said, options).messages;
const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64');
const post = (headers = '', body = ''): string =>
  `POST /wsman HTTP/1.1\r\nHost: hv01:5985\r\nUser-Agent: Microsoft WinRM Client\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
const answer = (status: string, headers = '', body = ''): string =>
  `HTTP/1.1 ${status}\r\n${headers}Server: Microsoft-HTTPAPI/2.0\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const ntlm1 = writeNegotiate({ flags: 0xe2088237 });

describe('requests and answers', () => {
  it('are read with what decides, and paired', () => {
    const [asked, answered] = http([
      ['client', post()],
      ['server', answer('401 ', 'WWW-Authenticate: Negotiate\r\nWWW-Authenticate: Basic realm="WSMAN"\r\n')],
    ]);
    expect(asked).toMatchObject({
      kind: 'request',
      from: 'client',
      frame: 1,
      at: 1000n,
      method: 'POST',
      target: '/wsman',
      version: '1.1',
      host: 'hv01:5985',
      userAgent: 'Microsoft WinRM Client',
      body: { declaredBytes: 0, seenBytes: 0, state: 'none', kind: 'empty' },
    });
    expect(asked).not.toHaveProperty('partial');
    expect(answered).toMatchObject({
      kind: 'response',
      frame: 2,
      status: 401,
      reason: '',
      server: 'Microsoft-HTTPAPI/2.0',
      requestFrame: 1,
      challenges: [
        { scheme: 'Negotiate', proxy: false, tokenChars: 0 },
        { scheme: 'Basic', realm: 'WSMAN' },
      ],
    });
  });

  it('count the frame of the last byte and all bytes of a message', () => {
    const text = post('', '0123456789');
    const [asked] = http([
      ['client', text.slice(0, 20)],
      ['client', text.slice(20, -3)],
      ['client', text.slice(-3)],
    ]);
    expect(asked).toMatchObject({
      frame: 3,
      bytes: text.length,
      body: { declaredBytes: 10, seenBytes: 10, state: 'clear', kind: 'other' },
    });
  });

  it('pipelined, and with interim answers, are paired in order', () => {
    const said: Said[] = [
      ['client', `${post()}GET /a HTTP/1.1\r\n\r\nHEAD /b HTTP/1.1\r\n\r\nGET /c HTTP/1.1\r\n\r\n`],
      ['server', `HTTP/1.1 100 Continue\r\n\r\n${answer('200 OK')}HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n`],
      ['server', `HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n`],
    ];
    expect(responses(http(said)).map(({ status, requestFrame, partial }) => [status, requestFrame, partial])).toEqual([
      [100, 1, undefined],
      [200, 1, undefined],
      [304, 1, undefined],
      [200, 1, undefined],
      [204, 1, undefined],
    ]);
  });

  it('may end their lines with LF alone, fold headers and have empty lines before them', () => {
    const [asked] = requests(
      http([['client', '\r\n\nPOST /wsman HTTP/1.1\nHost: a\nX-Long: one\n\ttwo\n  three\nContent-Length: 2\n\nok']]),
    );
    expect(asked?.headers).toEqual([
      ['Host', 'a'],
      ['X-Long', 'one two three'],
      ['Content-Length', '2'],
    ]);
    expect(asked?.body.seenBytes).toBe(2);
  });

  it('with an unknown method are found by the whole line', () => {
    expect(requests(http([['client', 'X-PLUS-WHATEVER /x HTTP/1.1\r\n\r\n']]))).toMatchObject([
      { method: 'X-PLUS-WHATEVER', target: '/x' },
    ]);
  });

  it('that come before what they answer, because of late packets, are put together afterwards', () => {
    const dissector: Message[] = [];
    const stream = HTTP.open({
      client: { address: '', port: 1 },
      server: { address: '', port: 80 },
      emit: (message) => dissector.push(message),
      skip: () => undefined,
      become: () => undefined,
      expectRpc: () => undefined,
    });
    stream.data('server', bytesOf(answer('200 OK')), { frame: 5, at: 5n });
    stream.data('client', bytesOf(post()), { frame: 4, at: 4n });
    stream.data('client', bytesOf(post()), { frame: 6, at: 6n });
    stream.data('server', bytesOf(answer('500 ')), { frame: 7, at: 7n });
    expect(responses(dissector).map(({ status, requestFrame }) => [status, requestFrame])).toEqual([
      [200, 4],
      [500, 6],
    ]);
  });

  it('are not paired with a question asked later', () => {
    const messages = http([
      ['server', answer('200 OK')],
      ['client', post()],
    ]);
    expect(responses(messages)[0]).not.toHaveProperty('requestFrame');
  });
});

describe('where a body ends', () => {
  it('chunks, with extensions and trailers', () => {
    const said: Said[] = [
      ['client', 'GET / HTTP/1.1\r\n\r\n'],
      [
        'server',
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nX-Late: yes\r\n\r\nHTTP/1.1 204 \r\n\r\n',
      ],
    ];
    const [first, second] = responses(http(said));
    expect(first).toMatchObject({ body: { declaredBytes: 15, seenBytes: 15 }, headers: expect.arrayContaining([['X-Late', 'yes']]) });
    expect(second?.status).toBe(204);
  });

  it('chunks that cannot be followed are told, and the next message is found', () => {
    const said: Said[] = [
      ['server', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\njunk\r\nHTTP/1.1 500 \r\nContent-Length: 0\r\n\r\n'],
    ];
    const [first, second] = responses(http(said));
    expect(first).toMatchObject({ partial: true, damages: [{ code: 'CAPTURE_HTTP_CHUNK' }] });
    expect(first?.body).not.toHaveProperty('declaredBytes');
    expect(second?.status).toBe(500);
  });

  it('the end of the connection', () => {
    const said: Said[] = [
      ['client', 'GET / HTTP/1.0\r\n\r\n'],
      ['server', 'HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>'],
      ['server', 'more'],
    ];
    expect(responses(http(said))).toMatchObject([
      { frame: 4, body: { declaredBytes: 10, seenBytes: 10, kind: 'html', type: 'text/html' } },
    ]);
    const [cut] = responses(http(said, { how: 'end-of-capture' }));
    expect(cut).toMatchObject({ frame: 3, partial: true, body: { seenBytes: 10 } });
    expect(cut?.body).not.toHaveProperty('declaredBytes');
  });

  it('two lengths, as OMI sends them: what follows tells which holds', () => {
    const both = 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 752\r\nContent-Length: 0\r\nWWW-Authenticate: Negotiate\r\n\r\n';
    const [empty, next] = responses(
      http([
        ['client', post() + post()],
        ['server', both],
        ['server', answer('200 OK')],
      ]),
    );
    expect(empty).toMatchObject({
      status: 401,
      frame: 2,
      body: { declaredBytes: 0, state: 'none' },
      damages: [{ code: 'CAPTURE_HTTP_LENGTH', have: '752 and 0' }],
    });
    expect(next?.status).toBe(200);
    expect(
      responses(
        http([
          ['client', post()],
          ['server', both],
        ]),
      )[0],
    ).toMatchObject({ body: { declaredBytes: 0 } });
    const [full, after] = responses(
      http([
        ['client', post() + post()],
        ['server', `${both}${'x'.repeat(752)}${answer('200 OK')}`],
      ]),
    );
    expect(full).toMatchObject({ body: { declaredBytes: 752, seenBytes: 752 } });
    expect(after?.status).toBe(200);
  });

  it('an answer to a request that is not in the capture may be that to a HEAD', () => {
    const [head, next] = responses(
      http([['server', 'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nHTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n']]),
    );
    expect([head?.status, next?.status]).toEqual([200, 302]);
  });

  it('a body cut by the end of the capture is partial', () => {
    const [asked] = requests(http([['client', post('', 'x'.repeat(50)).slice(0, -20)]], { how: 'end-of-capture' }));
    expect(asked).toMatchObject({ partial: true, body: { declaredBytes: 50, seenBytes: 30, kind: 'other', state: 'clear' } });
  });

  it('large bodies that decide nothing pass unseen, others do not', () => {
    const large = 'x'.repeat(500_000);
    const said: Said[] = [
      ['client', 'GET / HTTP/1.1\r\n\r\n'],
      ['server', 'HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n'],
      ['server', large],
      ['server', answer('404 Not Found')],
    ];
    const { messages, skipped } = converse(HTTP, said, { piece: () => 1460 });
    expect(skipped.server).toBeGreaterThan(490_000);
    expect(responses(messages)).toMatchObject([{ frame: 3, body: { declaredBytes: 500_000, seenBytes: 500_000 } }, { status: 404 }]);
    expect(converse(HTTP, said, { noSkip: true }).messages).toEqual(messages);
  });
});

describe('other protocols', () => {
  it('follow CONNECT and Upgrade', () => {
    const proxy = converse(HTTP, [
      ['client', 'CONNECT hv01:5986 HTTP/1.1\r\n\r\n'],
      ['server', 'HTTP/1.1 200 Connection established\r\n\r\n'],
    ]);
    expect(proxy.became).toEqual(['tls']);
    expect(responses(proxy.messages)).toHaveLength(1);
    const upgrade = (name: string) =>
      converse(HTTP, [
        ['client', `GET / HTTP/1.1\r\nUpgrade: ${name}\r\n\r\n`],
        ['server', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
        ['server', 'GET / HTTP/1.1\r\n\r\n'],
      ]);
    expect(upgrade('TLS/1.0').became).toEqual(['tls']);
    expect(upgrade('websocket')).toMatchObject({ became: [], skipped: { server: 18 } });
    expect(upgrade('websocket').messages).toHaveLength(2);
    expect(
      converse(HTTP, [
        ['client', 'CONNECT hv01:5986 HTTP/1.1\r\n\r\n'],
        ['server', 'HTTP/1.1 407 \r\nProxy-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n'],
      ]),
    ).toMatchObject({ became: [], messages: [{}, { challenges: [{ scheme: 'NTLM', proxy: true }] }] });
  });

  it.each([
    ['SSH-2.0-OpenSSH_9.2p1\r\n', 'ssh'],
    ['220 mail.example.test ESMTP\r\n', 'smtp'],
    ['220 FTP server ready\r\n', 'ftp'],
    ['RFB 003.008\n', 'vnc'],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'http2'],
    ['\x15\x03\x03\x00\x02\x02\x28', 'tls'],
    ['\x01\x02\x03\x04\x05', ''],
  ])('%j on a port of HTTP is told as what it is', (text, other) => {
    const messages = http([
      ['client', 'GET / HTTP/1.1\r\n\r\n'],
      ['server', text],
    ]);
    expect(messages.at(-1)).toMatchObject({ kind: 'not-this', looksLike: other, from: 'server', bytes: text.length });
  });

  it('comes to an end with a side of empty lines', () => {
    const lines = '\r\n'.repeat(100);
    expect(http([['server', lines]])).toMatchObject([{ kind: 'not-this', looksLike: '', bytes: lines.length }]);
    expect(http([['client', `${lines}GET / HTTP/1.1\r\nHost: a\r\n\r\n`]])).toMatchObject([{ kind: 'request', target: '/' }]);
  });

  it('are recognised by their first bytes', () => {
    const ask = (text: string, server = 49_152, side: 'client' | 'server' = 'client') =>
      HTTP.recognise(side, bytesOf(text), { client: 50_000, server });
    expect(ask('GET / HTTP/1.1\r\n')).toBe('yes');
    expect(ask('PO')).toBe('more');
    expect(ask('POST /a/very/long/target/that/does/not/end/within/sixty/four/bytes')).toBe('yes');
    expect(ask('HTTP/1.1 200 OK', 49_152, 'server')).toBe('yes');
    expect(ask('HTTP/1.1 200 OK')).toBe('no');
    expect(ask('GET / HTTP/1.1\r\n', 49_152, 'server')).toBe('no');
    expect(ask('OPTIONS sip:a@b SIP/2.0\r\n')).toBe('no');
    expect(ask('OPTIONS rtsp://a/b RTSP/1.0\r\n')).toBe('no');
    expect(ask('SSH-2.0-OpenSSH_9')).toBe('no');
    expect(ask('SSH-2.0-OpenSSH_9', 5985)).toBe('yes');
    expect(ask('\x16\x03\x01\x00\x50\x01', 5985)).toBe('no');
  });
});

describe('captures with holes', () => {
  const envelope = '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><a/></s:Body></s:Envelope>';
  const soap = 'Content-Type: application/soap+xml\r\n';

  it('a hole inside a body is counted, and the next message is read', () => {
    const whole = answer('200 OK', soap, envelope);
    const messages = http([
      ['client', post() + post()],
      ['server', whole.slice(0, -60)],
      ['server', { missing: 40 }],
      ['server', whole.slice(-20) + answer('401 ')],
    ]);
    const [holed, next] = responses(messages);
    expect(holed).toMatchObject({ partial: true, body: { declaredBytes: envelope.length, seenBytes: envelope.length - 40, kind: 'soap' } });
    expect(holed?.body).not.toHaveProperty('envelope');
    expect(next).toMatchObject({ status: 401, requestFrame: 1 });
    expect(next).not.toHaveProperty('partial');
  });

  it('a hole inside a head ends the message, and the next one is found', () => {
    const messages = http([
      ['client', 'POST /wsman HTTP/1.1\r\nHost: hv01\r\nAuthor'],
      ['client', { missing: 500 }],
      ['client', 'ent-Length: 0\r\n\r\nGET /next HTTP/1.1\r\n\r\n'],
    ]);
    expect(requests(messages)).toMatchObject([{ target: '/wsman', host: 'hv01', partial: true }, { target: '/next' }]);
  });

  it('answers in a hole are not taken for later ones', () => {
    const messages = http([
      ['client', post()],
      ['server', { missing: 300 }],
      ['client', post()],
      ['server', answer('401 ')],
    ]);
    expect(responses(messages)).toMatchObject([{ status: 401, requestFrame: 3 }]);
  });

  it('a capture that starts inside a body goes on with the next message and claims nothing', () => {
    const messages = http([
      ['server', { missing: 100 }],
      ['server', `rest of a body\r\nwith HTTP/1.1 in it\r\n${'\0'.repeat(100)}\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`],
    ]);
    expect(messages).toMatchObject([{ kind: 'response', status: 200 }]);
    expect(
      http([
        ['server', { missing: 100 }],
        ['server', 'rest of a body'],
      ]),
    ).toEqual([]);
  });
});

describe('authentication', () => {
  const login = (value: string, name = 'Authorization') => requests(http([['client', post(`${name}: ${value}\r\n`)]]))[0];
  const challenged = (...lines: string[]) =>
    responses(http([['server', answer('401 ', lines.map((line) => `${line}\r\n`).join(''))]]))[0]?.challenges;

  it('NTLM, bare and in SPNEGO', () => {
    const spnego = writeSpnegoToken({ kind: 'init', mechTypes: [MECHANISM_OID.ntlm], mechToken: ntlm1 });
    const bare = login(`NTLM ${base64(ntlm1)}`)?.authorization;
    expect(bare).toMatchObject({ scheme: 'NTLM', proxy: false, tokenChars: base64(ntlm1).length });
    expect(bare?.token).toMatchObject({ kind: 'ntlm', ntlm: { kind: 'negotiate', flags: 0xe2088237 } });
    expect(login(`Negotiate ${base64(spnego)}`)?.authorization?.token).toMatchObject({
      kind: 'spnego',
      spnego: { kind: 'init' },
      ntlm: { kind: 'negotiate' },
    });
    const ntlm2 = writeChallenge({ flags: 0xe28a8235, targetName: 'CORP', serverChallenge: new Uint8Array(8).fill(7) });
    expect(challenged(`WWW-Authenticate: Negotiate ${base64(ntlm2)}`)?.[0]?.token?.ntlm).toMatchObject({ targetName: 'CORP' });
  });

  it('of proxies stands apart', () => {
    expect(login('Negotiate AAAA', 'Proxy-Authorization')?.authorization).toMatchObject({ proxy: true });
    const both = requests(http([['client', post('Proxy-Authorization: Basic YTpi\r\nAuthorization: Kerberos AAAA\r\n')]]))[0];
    expect(both?.authorization).toMatchObject({ scheme: 'Kerberos', proxy: false });
  });

  it('Basic keeps the name and nothing of the password', () => {
    const asked = login(`Basic ${base64('CORP\\Jörg:pass:word')}`);
    expect(asked?.authorization).toEqual({ scheme: 'Basic', proxy: false, basicUser: 'CORP\\Jörg', tokenChars: 28 });
    expect(asked?.headers.find(([name]) => name === 'Authorization')).toEqual(['Authorization', '']);
    expect(JSON.stringify(asked, (_, value) => (typeof value === 'bigint' ? 0 : value))).not.toMatch(/pass|Q09SU/);
    expect(login(`Basic ${Buffer.from('J\xf6rg:x', 'latin1').toString('base64')}`)?.authorization?.basicUser).toBe('Jörg');
    expect(login(`Basic ${base64('nocolonsecret')}`)?.authorization).not.toHaveProperty('basicUser');
    expect(login('Digest username="joe \\"x\\"", realm="a,b", response="0123"')?.authorization).toEqual({
      scheme: 'Digest',
      proxy: false,
      tokenChars: 0,
      basicUser: 'joe "x"',
    });
  });

  it('cookies are not kept', () => {
    const [asked] = requests(http([['client', 'GET / HTTP/1.1\r\nCookie: session=topsecret\r\n\r\n']]));
    expect(asked?.headers).toEqual([['Cookie', '']]);
  });

  it('several challenges in one header and in many, each with its own parameters', () => {
    expect(
      challenged(
        'WWW-Authenticate: Basic realm="a, b", charset="UTF-8", Negotiate, Kerberos',
        'WWW-Authenticate: CredSSP',
        'WWW-Authenticate: Digest qop="auth",realm="r"',
      ),
    ).toEqual([
      { scheme: 'Basic', proxy: false, tokenChars: 0, realm: 'a, b' },
      { scheme: 'Negotiate', proxy: false, tokenChars: 0 },
      { scheme: 'Kerberos', proxy: false, tokenChars: 0 },
      { scheme: 'CredSSP', proxy: false, tokenChars: 0 },
      { scheme: 'Digest', proxy: false, tokenChars: 0, realm: 'r' },
    ]);
  });

  it('CredSSP shows the TLS record inside, and an alert in clear', () => {
    const hello = Uint8Array.of(22, 3, 1, 0, 2, 1, 0);
    expect(login(`CredSSP ${base64(hello)}`)?.authorization).toMatchObject({ tls: { contentType: 22, version: 'TLSv1.0' } });
    const alert = Uint8Array.of(21, 3, 3, 0, 2, 2, 48);
    expect(challenged(`WWW-Authenticate: CredSSP ${base64(alert)}`)).toMatchObject([
      { tls: { contentType: 21, version: 'TLSv1.2', alert: { level: 2, description: 48 } } },
    ]);
  });

  it('tokens that are no base64, or no token, are told without their content', () => {
    const asked = login('Negotiate %%%secret%%%');
    expect(asked).toMatchObject({ damages: [{ code: 'CAPTURE_HTTP_TOKEN', have: 12 }] });
    expect(JSON.stringify(asked, (_, value) => (typeof value === 'bigint' ? 0 : value))).not.toContain('secret');
    expect(login('Negotiate YAAA')?.authorization?.token).toMatchObject({ kind: 'unknown' });
    expect(login(`NTLM ${base64('NTLMSSP\0\x09\0\0\0')}`)?.authorization?.token).toMatchObject({ kind: 'ntlm', error: 'NTLM_BAD_MESSAGE' });
    expect(login('Negotiate oQMEAQI=')?.authorization?.token).toMatchObject({ kind: 'spnego', error: 'SPNEGO_TOKEN' });
  });
});

describe('hostile heads', () => {
  it('keep 256 headers and 64 KiB, and where the body ends', () => {
    const many = Array.from({ length: 400 }, (_, i) => `X-${i}: v\r\n`).join('');
    const [asked, next] = requests(http([['client', post(many, 'body') + post()]]));
    expect(asked).toMatchObject({ damages: [{ code: 'CAPTURE_HTTP_HEAD_LIMIT' }], body: { seenBytes: 4 } });
    expect(asked?.headers).toHaveLength(257);
    expect(next).not.toHaveProperty('damages');
    const lengths = requests(http([['client', post(`${many}${'Content-Length: 0\r\n'.repeat(5000)}`)]]))[0];
    expect(lengths?.headers.length).toBeLessThan(300);
    const [long] = requests(http([['client', post(`X-Long: ${'a'.repeat(200_000)}\r\n`, 'body')]]));
    expect(long).toMatchObject({ damages: [{ code: 'CAPTURE_HTTP_HEAD_LIMIT' }], body: { seenBytes: 4 } });
    expect(long?.headers.map(([name]) => name)).not.toContain('X-Long');
  });

  it('lines that are no headers are left out and told', () => {
    expect(requests(http([['client', post('no colon here\r\n: no name\r\n')]]))[0]).toMatchObject({
      damages: [{ code: 'CAPTURE_HTTP_HEAD' }],
      headers: [
        ['Host', 'hv01:5985'],
        ['User-Agent', 'Microsoft WinRM Client'],
        ['Content-Length', '0'],
      ],
    });
  });

  it('byte by byte take time in proportion to their size', () => {
    const time = (bytes: number): number => {
      const said: Said[] = [['client', `GET / HTTP/1.1\r\nX: ${'a'.repeat(bytes)}\r\n\r\n`]];
      const from = performance.now();
      converse(HTTP, said, { piece: () => 1 });
      return performance.now() - from;
    };
    time(20_000);
    // Quadratic work would be hundreds of times more.
    expect(time(1_000_000)).toBeLessThan(20 * time(100_000) + 500);
  });

  it('any bytes give no error', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('client', 'server'), fc.uint8Array({ maxLength: 200 })), { maxLength: 6 }),
        (pieces) => {
          http(pieces as Said[]);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('any cut of the bytes into pieces', () => {
  const envelope = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><Text>${'y'.repeat(3000)}</Text></s:Body></s:Envelope>`;
  const said: Said[] = [
    [
      'client',
      post(`Authorization: Negotiate ${base64(ntlm1)}\r\n`, envelope).replace('\r\nUser', '\r\nContent-Type: application/soap+xml\r\nUser'),
    ],
    ['server', 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 752\r\nContent-Length: 0\r\nWWW-Authenticate: Basic realm="x"\r\n\r\n'],
    ['client', 'GET /a HTTP/1.1\r\n\r\nHEAD /b HTTP/1.1\n\nOPTIONS * HTTP/1.1\r\n\r\n'],
    ['server', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n${'z'.repeat(4096)}\r\n3\r\nabc\r\n0\r\n\r\n`],
    ['server', `HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n${envelope}`],
  ];
  const whole = http(said);

  it('is read at all', () => {
    expect(whole.map((message) => ('method' in message ? message.method : 'status' in message ? message.status : ''))).toEqual([
      'POST',
      401,
      'GET',
      'HEAD',
      'OPTIONS',
      200,
      200,
      200,
    ]);
    expect(responses(whole).at(-1)?.body).toMatchObject({ kind: 'soap', envelope: { body: 'Text' } });
  });

  it.each(Array.from({ length: 40 }, (_, i) => i))('gives the same messages (%i)', (seed) => {
    const next = random(seed);
    const most = seed % 4 === 0 ? 2 : seed % 4 === 1 ? 20 : 2000;
    expect(http(said, { piece: () => 1 + Math.floor(next() * most), noSkip: seed % 2 === 0 })).toEqual(whole);
  });
});
