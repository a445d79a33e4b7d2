import { der, joinBytes, memorySource } from '@winmedic/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCapture } from '../file/open.ts';
import { block, description, enhanced, netmon, numbers, option, section } from '../file/test-files.ts';
import { KeepMap } from './keep-map.ts';
import { redactCapture } from './redact.ts';
import { redactSoap } from './soap.ts';
import { capture, frame, pieces, type TestPacket, text } from './test-packets.ts';
import { redactKerberos, redactToken } from './tokens.ts';
import type { RedactOptions } from './types.ts';

function redact(bytes: Uint8Array, options: Partial<RedactOptions> = {}) {
  const parts: Uint8Array[] = [];
  const summary = redactCapture(memorySource(bytes), (part) => parts.push(part), {
    reread: () => memorySource(joinBytes(...parts)),
    ...options,
  });
  return { bytes: joinBytes(...parts), summary };
}

function packetsOf(bytes: Uint8Array) {
  const packets: { bytes: Uint8Array; seconds: number; nanoseconds: number; originalLength: number }[] = [];
  openCapture(memorySource(bytes)).read(({ bytes, start, end, seconds, nanoseconds, originalLength }) => {
    packets.push({ bytes: bytes.slice(start, end), seconds, nanoseconds, originalLength });
  });
  return packets;
}

/** What a side of a redacted conversation says; bytes are put where their sequence numbers say. */
function sideOf(bytes: Uint8Array, from: 'client' | 'server', first: number, length: number, port = 5985): string {
  const out = new Uint8Array(length).fill(0x3f);
  for (const packet of packetsOf(bytes)) {
    const view = new DataView(packet.bytes.buffer);
    if ((view.getUint16(36) === port) !== (from === 'client')) continue;
    const at = (view.getUint32(38) - first) | 0;
    packet.bytes.subarray(54).forEach((byte, i) => {
      if (at + i >= 0 && at + i < length) out[at + i] = byte;
    });
  }
  return String.fromCharCode(...out);
}

/** NTLM AUTHENTICATE with an NTLMv1-sized LM and NT response, a session key and a MIC. */
function authenticate(): Uint8Array {
  const [domain, user, host] = ['LAB', 'alice', 'PC1'].map((name) => Uint8Array.from([...name].flatMap((c) => [c.charCodeAt(0), 0]))) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const secret = (seed: number, length: number) => Uint8Array.from({ length }, (_, i) => ((seed + i * 37) % 255) + 1);
  const fields = [secret(1, 24), secret(2, 24), domain, user, host, secret(3, 16)];
  let at = 88;
  const descriptors = fields.map((field) => {
    at += field.length;
    return numbers(false, [16, field.length], [16, field.length], [32, at - field.length]);
  });
  return joinBytes(
    text('NTLMSSP\0'),
    numbers(false, [32, 3]),
    ...descriptors,
    numbers(false, [32, 0xe2888215], [64, 0x0f000000_45640a00n]),
    secret(4, 16),
    ...fields,
  );
}
const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));

const soap =
  '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Header>' +
  '<a:Action s:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2004/09/transfer/Create</a:Action><w:Selector Name="Key">hunter2</w:Selector></s:Header>' +
  '<s:Body><x:Command secret="hunter2">net user bob hunter2</x:Command><s:Fault><s:Reason>Access is denied.</s:Reason></s:Fault></s:Body></s:Envelope>';

function request(authorization: string, body = '', type = 'application/soap+xml;charset=UTF-8'): string {
  return (
    `POST /wsman?PSVersion=5.1 HTTP/1.1\r\nHost: server\r\nAuthorization: ${authorization}\r\nCookie: session=0123456789abcdef\r\nX-Api-Key: topsecretkey\r\n` +
    `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  );
}

describe('HTTP', () => {
  const ntlm = authenticate();
  const stream = request('Basic YWxpY2U6aHVudGVyMg==') + request(`Negotiate ${base64(ntlm)}`, soap);
  const hidden = ['hunter2', 'YWxpY2U6aHVudGVyMg', '0123456789abcdef', 'topsecretkey', 'net user'];

  function checked(bytes: Uint8Array): string {
    const result = redact(bytes);
    const said = sideOf(result.bytes, 'client', 1000, stream.length);
    const whole = String.fromCharCode(...result.bytes);
    for (const secret of hidden) expect(whole).not.toContain(secret);
    return said;
  }

  it('keeps heads, schemes, names and the fault; passwords, responses and content go', () => {
    const { bytes, summary } = redact(capture(pieces('client', text(stream), []), 5985));
    const said = sideOf(bytes, 'client', 1000, stream.length);
    expect(said).toContain(
      'POST /wsman?PSVersion=5.1 HTTP/1.1\r\nHost: server\r\nAuthorization: Basic xxxxxxxxxxxxxxxxxxxx\r\nCookie: xxxxxxxxxxxxxxxxxxxxxxxx\r\nX-Api-Key: xxxxxxxxxxxx\r\n',
    );
    expect(said).toContain('>http://schemas.xmlsoap.org/ws/2004/09/transfer/Create</a:Action><w:Selector Name="Key">xxxxxxx</w:Selector>');
    expect(said).toContain('<x:Command secret="xxxxxxx">xxx xxxx xxx xxxxxxx</x:Command>');
    expect(said).toContain('Access is denied.');
    const token = Uint8Array.from(atob(/Negotiate (\S+)/.exec(said)?.[1] ?? ''), (c) => c.charCodeAt(0));
    expect(token.length).toBe(ntlm.length);
    expect(token.subarray(0, 72)).toEqual(ntlm.subarray(0, 72));
    expect(String.fromCharCode(...token)).toContain('a\0l\0i\0c\0e\0');
    expect(token.subarray(72, 88).every((byte) => byte === 0)).toBe(true);
    expect(token.subarray(88, 88 + 48).every((byte) => byte === 0)).toBe(true);
    expect(summary).toMatchObject({
      packets: 1,
      changedPackets: 1,
      kept: { 'http-head': 2, token: 1, soap: 1 },
      proof: { found: 0, secretsNotSearched: 0 },
    });
    expect(summary.removed).toMatchObject({ basic: 1, cookie: 2, 'ntlm-session-key': 1, 'ntlm-mic': 1 });
    expect(summary.proof.secretsSearched).toBeGreaterThan(4);
    expect(JSON.stringify(summary)).not.toContain('alice');
  });

  it('of CredSSP keeps what kind of TLS record it is, and nothing more to remove', () => {
    const token = Uint8Array.of(22, 3, 1, 0, 45, ...Array.from({ length: 45 }, (_, i) => 7 * i + 1));
    const asked = request(`CredSSP ${base64(token)}`);
    const once = redact(capture(pieces('client', text(asked), []), 5985));
    const shown = new Uint8Array(token.length);
    shown.set(token.subarray(0, 5));
    expect(sideOf(once.bytes, 'client', 1000, asked.length)).toContain(`CredSSP ${base64(shown)}\r\n`);
    const twice = redact(once.bytes);
    expect(twice.bytes).toEqual(once.bytes);
    expect(twice.summary.proof.secretsSearched).toBe(0);
  });

  it('decides the same however the stream is cut, ordered and repeated', () => {
    const whole = checked(capture(pieces('client', text(stream), []), 5985));
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.nat(6)),
        fc.nat(0xffffffff),
        (sizes, moves, first) => {
          const ordered = pieces('client', text(stream), sizes, first);
          // The first segment says where the stream begins; later ones are moved by a few places and some come twice.
          const [head, ...rest] = ordered as [TestPacket, ...TestPacket[]];
          const keyed = rest.flatMap((packet, i) => {
            const move = moves.next().value as number;
            return move === 6
              ? [
                  { packet, at: i },
                  { packet, at: i + 3 },
                ]
              : [{ packet, at: i + move / 2 }];
          });
          keyed.sort((a, b) => a.at - b.at);
          const bytes = capture([head, ...keyed.map(({ packet }) => packet)], 5985);
          const result = redact(bytes);
          expect(sideOf(result.bytes, 'client', first, stream.length)).toBe(whole);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('takes nothing from a retransmission with other bytes', () => {
    const [one, two] = pieces('client', text(stream), [400]) as [TestPacket, TestPacket];
    const other = { ...one, payload: text('hunter2 '.repeat(50)) };
    expect(checked(capture([one, other, two], 5985))).toContain('POST /wsman');
  });

  it('zeroes what follows a hole until a message begins', () => {
    const all = pieces('client', text(stream), [100]);
    const said = checked(
      capture(
        all.filter((_, i) => i !== 1),
        5985,
      ),
    );
    expect(said.slice(200).replaceAll('\0', '').replaceAll('?', '')).toBe('');
  });

  it('keeps the frame of chunked and sealed bodies', () => {
    const chunked =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7;ext=hunter2\r\nhunter2\r\n0\r\nX-Trailer: hunter2\r\n\r\nHTTP/1.1 401 \r\nWWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n';
    const said = sideOf(redact(capture(pieces('server', text(chunked), []), 5985)).bytes, 'server', 1000, chunked.length);
    expect(said).toBe(
      chunked
        .replace('7;ext=hunter2', '7            ')
        .replace('\r\nhunter2\r\n', '\r\n\0\0\0\0\0\0\0\r\n')
        .replace('X-Trailer: hunter2', 'x'.repeat(18)),
    );
    const sealed =
      '--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=7\r\n' +
      '--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\nhunter2--Encrypted Boundary--\r\n';
    const type = 'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"';
    const message = request('Negotiate', sealed, type);
    const shown = sideOf(redact(capture(pieces('client', text(message), []), 5985)).bytes, 'client', 1000, message.length);
    expect(shown.slice(-sealed.length)).toBe(sealed.replace('hunter2', '\0'.repeat(7)));
  });

  it('masks queries, credentials in targets, Digest and unknown schemes', () => {
    const message =
      'GET http://bob:hunter2@server/a?token=hunter2 HTTP/1.1\r\nProxy-Authorization: Digest username="bob", response="hunter2hunter2"\r\n\r\n';
    const said = sideOf(redact(capture(pieces('client', text(message), []), 80)).bytes, 'client', 1000, message.length, 80);
    expect(said).not.toContain('hunter2');
    expect(said).toContain('GET http://xxxxxxxxxxx@server/a?xxxxxxxxxxxxx HTTP/1.1\r\nProxy-Authorization: Digest xxxxxxxx');
  });
});

describe('a secret that stands where it is not looked for', () => {
  it('takes the whole payload of its packet along', () => {
    const fault = `<s:Fault>alice:hunter2 is wrong</s:Fault>`;
    const answer = `HTTP/1.1 500 \r\nContent-Type: text/xml\r\nContent-Length: ${fault.length}\r\n\r\n${fault}`;
    const asked = pieces('client', text(request('Basic YWxpY2U6aHVudGVyMg==')), []);
    const { bytes, summary } = redact(capture([...asked, ...pieces('server', text(answer), [])], 5985));
    expect(String.fromCharCode(...bytes)).not.toContain('hunter2');
    expect(
      packetsOf(bytes)[1]
        ?.bytes.subarray(54)
        .every((byte) => byte === 0),
    ).toBe(true);
    expect(summary).toMatchObject({ changedPackets: 2, blankedPackets: 1 });
  });
});

describe('other payload', () => {
  it('becomes zero when nothing is known of it, and checksums are made right', () => {
    const payload = text('USER bob\r\nPASS hunter2\r\n');
    const { bytes, summary } = redact(capture([{ from: 'client', payload, sequence: 1, trailer: text('hunter2') }], 110));
    const [packet] = packetsOf(bytes);
    expect(packet?.bytes.subarray(54).every((byte) => byte === 0)).toBe(true);
    expect(packet?.bytes.length).toBe(54 + payload.length + 7);
    // Sum over pseudo header and segment, checksum included, is all ones (RFC 1071).
    const ip = packet?.bytes.subarray(14, 54 + payload.length) as Uint8Array;
    let sum = 6 + (ip.length - 20);
    for (let at = 12; at < ip.length; at += 2) sum += ((ip[at] as number) << 8) | (ip[at + 1] ?? 0);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    expect(sum).toBe(0xffff);
    expect(summary.changedPackets).toBe(1);
  });

  it('leaves a packet without payload as it is, wrong checksum and all', () => {
    const bytes = capture([{ from: 'client', payload: new Uint8Array(), sequence: 1, flags: 2 }], 5985);
    const result = redact(bytes);
    expect(result.bytes).toEqual(bytes);
    expect(result.summary.changedPackets).toBe(0);
  });

  it('of a sliced packet is not told by its checksum', () => {
    const { bytes } = redact(capture([{ from: 'client', payload: text('hunter2 hunter2'), sequence: 1, snap: 60 }], 110));
    const [packet] = packetsOf(bytes);
    expect([...(packet?.bytes.subarray(50, 52) ?? [])]).toEqual([0, 0]);
    expect(packet?.originalLength).toBe(69);
  });

  it('is never anything else for random bytes on any port', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.constantFrom(110, 4444, 6129), (payload, port) => {
        const bytes = Uint8Array.from(payload, (byte) => byte | 0x80);
        const result = redact(capture([{ from: 'client', payload: bytes, sequence: 1 }], port)).bytes;
        expect(
          packetsOf(result)[0]
            ?.bytes.subarray(54)
            .every((byte) => byte === 0),
        ).toBe(true);
      }),
    );
  });

  it('keeps DNS, and of ICMP errors the packet they speak of without its payload', () => {
    const dns = joinBytes(
      numbers(true, [16, 1], [16, 0x0100], [16, 1], [16, 0], [16, 0], [16, 0]),
      text('\x04host\0'),
      numbers(true, [16, 1], [16, 1]),
    );
    const bytes = capture([{ from: 'client', payload: dns, sequence: 0, protocol: 17 }], 53);
    expect(redact(bytes).bytes).toEqual(bytes);
    const inner = frame({ from: 'client', payload: text('hunter2!'), sequence: 1 }, 110).subarray(14);
    const icmp = frame({ from: 'server', payload: new Uint8Array(), sequence: 0, protocol: 17 }, 0).subarray(0, 34);
    icmp[14 + 9] = 1;
    icmp.set(numbers(true, [16, 20 + 8 + inner.length]), 16);
    const packet = joinBytes(icmp, numbers(true, [8, 3], [8, 1], [16, 0], [32, 0]), inner);
    const [shown] = packetsOf(redact(joinBytes(section(), description(1, 0), enhanced(0, 1n, packet))).bytes);
    expect(shown?.bytes.subarray(0, 36)).toEqual(packet.subarray(0, 36));
    expect(shown?.bytes.subarray(42, 42 + 28)).toEqual(inner.subarray(0, 28));
    expect(shown?.bytes.subarray(42 + 28).every((byte) => byte === 0)).toBe(true);
  });
});

describe('RPC, SMB, TLS and RDP', () => {
  const pdu = (type: number, body: Uint8Array, auth = new Uint8Array()) =>
    joinBytes(
      Uint8Array.of(5, 0, type, 3, 0x10, 0, 0, 0),
      numbers(false, [16, 16 + body.length + auth.length], [16, Math.max(0, auth.length - 8)], [32, 9]),
      body,
      auth,
    );

  it('keep an RPC fault, heads and the last four bytes of an answer in clear; stubs go', () => {
    const answer = pdu(2, joinBytes(numbers(false, [32, 12], [16, 0], [16, 0]), text('hunter2!'), numbers(false, [32, 0x80070005])));
    const fault = pdu(3, numbers(false, [32, 0], [16, 0], [16, 0], [32, 5], [32, 0]));
    const sealed = pdu(
      2,
      joinBytes(numbers(false, [32, 12], [16, 0], [16, 0]), text('hunter2!hunt')),
      joinBytes(Uint8Array.of(10, 6, 0, 0, 0, 0, 0, 0), text('signature1234567')),
    );
    const stream = joinBytes(answer, fault, sealed);
    const said = text(sideOf(redact(capture(pieces('server', stream, []), 135)).bytes, 'server', 1000, stream.length, 135));
    const expected = stream.slice();
    expected.fill(0, 24, 32);
    const at = answer.length + fault.length;
    expected.fill(0, at + 24, at + 36);
    expected.fill(0, at + 44);
    expect(said).toEqual(expected);
  });

  it('keep an SMB session set-up with its token taken apart, and nothing of a write', () => {
    const ntlm = authenticate();
    const head = (command: number) =>
      joinBytes(
        Uint8Array.of(0xfe, 0x53, 0x4d, 0x42, 64, 0),
        numbers(false, [16, 0], [32, 0], [16, command]),
        new Uint8Array(34),
        text('SIGNATURE1234567'),
      );
    const message = (body: Uint8Array, command: number) => joinBytes(numbers(true, [32, 64 + body.length]), head(command), body);
    const setup = message(
      joinBytes(numbers(false, [16, 25], [8, 0], [8, 1], [32, 0], [32, 0], [16, 88], [16, ntlm.length], [64, 0]), ntlm),
      1,
    );
    const write = message(text('1hunter2 hunter2 hunter2'), 9);
    const stream = joinBytes(setup, write);
    const { bytes, summary } = redact(capture(pieces('client', stream, [200]), 445));
    const said = text(sideOf(bytes, 'client', 1000, stream.length, 445));
    expect(said.subarray(0, 52)).toEqual(stream.subarray(0, 52));
    expect(said.subarray(52, 68).every((byte) => byte === 0)).toBe(true);
    expect(said.subarray(68, 92 + 72)).toEqual(stream.subarray(68, 92 + 72));
    expect(said.subarray(92 + 72, 92 + 88 + 48).every((byte) => byte === 0)).toBe(true);
    expect(said.subarray(-22).every((byte) => byte === 0)).toBe(true);
    expect(summary.removed).toMatchObject({ 'smb-signature': 2, 'ntlm-session-key': 1 });
  });

  it('keep hellos, alerts and heads of records; application data goes', () => {
    const record = (type: number, body: Uint8Array) => joinBytes(Uint8Array.of(type, 3, 3), numbers(true, [16, body.length]), body);
    const hello = joinBytes(Uint8Array.of(1, 0, 0, 20, 3, 3), text('client-hello-bytes'));
    const exchange = joinBytes(Uint8Array.of(16, 0, 0, 8), text('premastr'));
    const stream = joinBytes(
      record(22, hello),
      record(21, Uint8Array.of(2, 48)),
      record(22, exchange),
      record(20, Uint8Array.of(1)),
      record(22, text('finished')),
      record(23, text('hunter2')),
    );
    const said = text(sideOf(redact(capture(pieces('client', stream, [7]), 5986)).bytes, 'client', 1000, stream.length, 5986));
    const expected = stream.slice();
    const clear = (what: string) => {
      const at = String.fromCharCode(...stream).indexOf(what);
      expected.fill(0, at, at + what.length);
    };
    for (const what of ['premastr', 'finished', 'hunter2']) clear(what);
    expect(said).toEqual(expected);
  });

  it('keep the negotiation of RDP, its user name unless names are masked', () => {
    const cookie = text('Cookie: mstshash=alice\r\n');
    const message = joinBytes(Uint8Array.of(3, 0, 0, 11 + cookie.length, 6 + cookie.length, 0xe0, 0, 0, 0, 0, 0), cookie);
    const bytes = capture(pieces('client', message, []), 3389);
    expect(packetsOf(redact(bytes).bytes)[0]?.bytes.subarray(54)).toEqual(message);
    expect(String.fromCharCode(...redact(bytes, { names: 'mask' }).bytes)).toContain('mstshash=xxxxx\r\n');
  });
});

describe('tokens', () => {
  it('lose the cipher texts of Kerberos and keep who asked for what', () => {
    const encrypted = der.sequence(der.field(0, der.integer(18)), der.field(2, der.octets(text('hunter2-cipher-text'))));
    const paData = (type: number, value: Uint8Array) => der.sequence(der.field(1, der.integer(type)), der.field(2, der.octets(value)));
    const etypes = der.sequence(der.sequence(der.field(0, der.integer(18)), der.field(1, der.text('REALMalice'))));
    const message = der.application(
      10,
      der.sequence(
        der.field(1, der.integer(5)),
        der.field(2, der.integer(10)),
        der.field(3, der.sequence(paData(2, encrypted), paData(19, etypes), paData(149, text('hunter2')))),
      ),
    );
    const shown = redactKerberos(message);
    const said = String.fromCharCode(...shown.bytes);
    expect(shown.bytes.length).toBe(message.length);
    expect(said).not.toContain('hunter2');
    expect(said).toContain('REALMalice');
    expect(shown.removed.map((range) => range.kind)).toEqual(['kerberos-cipher', 'kerberos-cipher']);
  });

  it('of errors lose the cipher text of FAST and keep what the KDC wants', () => {
    const paData = (type: number, value: Uint8Array) => der.sequence(der.field(1, der.integer(type)), der.field(2, der.octets(value)));
    const encrypted = der.sequence(der.field(0, der.integer(18)), der.field(2, der.octets(text('hunter2-cipher-text'))));
    const etypes = der.sequence(der.sequence(der.field(0, der.integer(18)), der.field(1, der.text('REALMalice'))));
    const error = (data: Uint8Array) =>
      der.application(30, der.sequence(der.field(0, der.integer(5)), der.field(1, der.integer(30)), der.field(12, der.octets(data))));
    const methods = der.sequence(
      paData(136, der.field(0, der.sequence(der.field(0, encrypted)))),
      paData(19, etypes),
      paData(3, text('status')),
    );
    const said = String.fromCharCode(...redactKerberos(error(methods)).bytes);
    expect(said).not.toContain('hunter2');
    expect(said).toContain('REALMalice');
    expect(said).toContain('status');
    // KERB-ERROR-DATA of MS-KILE, and bytes that are no DER.
    for (const data of [der.sequence(der.field(1, der.integer(3)), der.field(2, der.octets(text('status')))), text('status')])
      expect(redactKerberos(error(data)).bytes).toEqual(error(data));
  });

  it('become zero when they cannot be read', () => {
    expect(redactToken(text('hunter2')).bytes).toEqual(new Uint8Array(7));
    expect(redactKerberos(Uint8Array.of(0x6a, 0x50, 1, 2, 3)).bytes).toEqual(new Uint8Array(5));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(0x60, 0xa0, 0xa1, 0x6e, 0x4e), (bytes, first) => {
        const token = Uint8Array.from([first, ...bytes]);
        expect(redactToken(token).bytes.length).toBe(token.length);
      }),
    );
  });

  it('in SOAP of other encodings or with tricks become zero from there on', () => {
    expect(redactSoap(text('<a>\0'))).toEqual(new Uint8Array(4));
    const shown = String.fromCharCode(...redactSoap(text('<a>hunter2<!-- <Action>hunter2 --></a>')));
    expect(shown).not.toContain('hunter2');
  });
});

describe('files', () => {
  it('of pcapng lose comments, names, keys and options, and keep interfaces, times and drops', () => {
    const packet = frame({ from: 'client', payload: text('hunter2'), sequence: 1 }, 110);
    const bytes = joinBytes(
      section(true, option(1, text('comment hunter2'), true)),
      description(1, 96, true, option(2, text('eth0'), true), option(9, Uint8Array.of(9), true), option(1, text('hunter2'), true)),
      enhanced(0, 1_600_000_000_123_456_789n, packet, true, packet.length, option(1, text('hunter2'), true)),
      block(10, text('hunter2 keys'), true),
      block(4, text('hunter2 names'), true),
      block(0x0bad, text('hunter2 custom'), true),
      block(3, joinBytes(numbers(true, [32, 90]), packet), true),
      block(5, joinBytes(numbers(true, [32, 0], [64, 0]), option(5, numbers(true, [64, 7]), true), option(1, text('hunter2'), true)), true),
    );
    const result = redact(bytes);
    expect(String.fromCharCode(...result.bytes)).not.toContain('hunter2');
    const [one, two] = packetsOf(result.bytes);
    expect(one).toMatchObject({ seconds: 1_600_000_000, nanoseconds: 123_456_789 });
    expect(two).toMatchObject({ seconds: Number.NaN, originalLength: 90 });
    const summary = openCapture(memorySource(result.bytes)).read(() => undefined);
    expect(summary).toMatchObject({ dropped: 7, comments: [], interfaces: [{ name: 'eth0', snapLength: 96, linkType: 1, packets: 2 }] });
  });

  it('of Network Monitor become pcapng with the same times', () => {
    const packet = frame({ from: 'client', payload: text('hunter2'), sequence: 1 }, 110);
    const { bytes } = redact(
      netmon(3, [
        { media: 1, delta: 0n, data: packet, filetime: 132_355_967_740_007_478n },
        { media: 0xffff, delta: 0n, data: text('hunter2 filter') },
      ]),
    );
    expect(bytes.subarray(0, 4)).toEqual(Uint8Array.of(10, 13, 13, 10));
    expect(packetsOf(bytes)[0]).toMatchObject({ seconds: 1_591_123_174, nanoseconds: 747_800 });
    expect(String.fromCharCode(...bytes)).not.toContain('hunter2');
  });

  it('that still hold a secret fail the proof, without naming it', () => {
    const bytes = capture(pieces('client', text(request('Basic YWxpY2U6aHVudGVyMg==')), []), 5985);
    const prove = () => redact(bytes, { reread: () => memorySource(bytes) });
    expect(prove).toThrow(expect.objectContaining({ code: 'CAPTURE_REDACT_PROOF' }));
    expect(prove).toThrow(/basic|cookie/);
    expect(prove).not.toThrow(/hunter2|YWxp|session=/);
    // Also when the secret lies over the border of two segments.
    const cut = capture(pieces('client', text(request('Basic YWxpY2U6aHVudGVyMg==')), [90]), 5985);
    expect(() => redact(bytes, { reread: () => memorySource(cut) })).toThrow(expect.objectContaining({ code: 'CAPTURE_REDACT_PROOF' }));
  });
});

describe('the map of what is kept', () => {
  it('gives any part of what was put in, and nothing twice', () => {
    const map = new KeepMap({ bytes: 0 });
    expect(map.add(10, text('abc'))).toBe(true);
    expect(map.add(12, text('zzz'))).toBe(false);
    expect(map.add(20, text('def'))).toBe(true);
    const read = (offset: number, length: number) => {
      const out = new Uint8Array(length);
      map.overlay(offset, length, out, 0);
      return String.fromCharCode(...out).replaceAll('\0', '.');
    };
    expect(read(0, 30)).toBe('..........abc.......def.......');
    expect(read(11, 10)).toBe('bc.......d');
    expect(read(23, 4)).toBe('....');
  });
});
