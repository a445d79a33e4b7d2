import { describe, expect, it } from 'vitest';
import { BodyReader } from './body.ts';
import { KeptBytes } from './body-bytes.ts';
import { readEnvelope } from './envelope.ts';
import { bytesOf } from './test-stream.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (contentType: string, body: string | Uint8Array, encoding = '') => {
  const reader = new BodyReader(contentType, encoding);
  const bytes = typeof body === 'string' ? utf8(body) : body;
  reader.add(bytes);
  return reader.finish(bytes.length, true);
};
const S = 'http://www.w3.org/2003/05/soap-envelope';
const A = 'http://schemas.xmlsoap.org/ws/2004/08/addressing';
const W = 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd';
const soap = (header: string, body: string): string =>
  `<s:Envelope xmlns:s="${S}" xmlns:a="${A}" xmlns:w="${W}"><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;
const asked = soap(
  '<a:To>http://hv01:5985/wsman</a:To><w:ResourceURI>http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service</w:ResourceURI>' +
    '<a:Action>http://schemas.xmlsoap.org/ws/2004/09/transfer/Get</a:Action><a:MessageID>uuid:1</a:MessageID><a:RelatesTo>uuid:0</a:RelatesTo>' +
    '<w:OperationTimeout>PT60.000S</w:OperationTimeout><w:MaxEnvelopeSize>512000</w:MaxEnvelopeSize>' +
    '<w:SelectorSet><w:Selector Name="Name">secretvalue</w:Selector><w:Selector Name="Key2">x</w:Selector></w:SelectorSet>',
  '<x/>',
);

describe('envelopes', () => {
  it('give what decides, and no values', () => {
    const { body } = read('application/soap+xml;charset=UTF-8', asked);
    expect(body).toMatchObject({ state: 'clear', kind: 'soap', type: 'application/soap+xml' });
    expect(body.envelope).toEqual({
      action: 'http://schemas.xmlsoap.org/ws/2004/09/transfer/Get',
      resourceUri: 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service',
      messageId: 'uuid:1',
      relatesTo: 'uuid:0',
      to: 'http://hv01:5985/wsman',
      selectors: ['Name', 'Key2'],
      operationTimeoutMs: 60_000,
      maxEnvelopeBytes: 512_000,
      body: 'x',
    });
  });

  it('with a fault give its codes', () => {
    const fault = soap(
      '',
      `<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>w:AccessDenied</s:Value></s:Subcode></s:Code><s:Detail>` +
        '<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="5" Machine="hv01"/></s:Detail></s:Fault>',
    );
    expect(read('application/soap+xml', fault).body.envelope?.fault).toMatchObject({
      wsmanCode: 5,
      codes: [5],
      soapCode: 'Sender',
      soapSubcode: 'AccessDenied',
    });
  });

  it('of Identify name the product', () => {
    const id = 'http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd';
    const answer = soap(
      '',
      `<i:IdentifyResponse xmlns:i="${id}"><i:ProtocolVersion>${W}</i:ProtocolVersion><i:ProductVendor>Microsoft Corporation</i:ProductVendor>` +
        '<i:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0</i:ProductVersion></i:IdentifyResponse>',
    );
    expect(read('application/soap+xml', answer).body.envelope).toMatchObject({
      body: 'IdentifyResponse',
      identity: { vendor: 'Microsoft Corporation', product: 'OS: 0.0.0 SP: 0.0 Stack: 3.0', protocol: W },
    });
  });

  it('in UTF-16, with a byte order mark or with the charset alone', () => {
    const utf16 = Uint8Array.from(Buffer.from(asked, 'utf16le'));
    expect(read('application/soap+xml;charset=UTF-16', utf16).body.envelope?.body).toBe('x');
    expect(read('application/soap+xml', Uint8Array.of(0xff, 0xfe, ...utf16)).body.envelope?.body).toBe('x');
  });

  it('of SOAP 1.1 as well', () => {
    const fault = `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Client</faultcode><faultstring>no
      way</faultstring></e:Fault></e:Body></e:Envelope>`;
    expect(read('text/xml', fault).body).toMatchObject({
      kind: 'soap',
      envelope: { body: 'Fault', fault: { soapCode: 'Client', text: 'no way', codes: [] } },
    });
  });

  it('that cannot be read are told with the code of the reader only', () => {
    expect(read('application/soap+xml', '<s:Envelope>secret')).toEqual({
      body: { declaredBytes: 18, seenBytes: 18, type: 'application/soap+xml', state: 'clear', kind: 'soap' },
      damages: [{ code: 'CAPTURE_HTTP_ENVELOPE', offset: 0, what: 'envelope', have: 'WSMAN_XML' }],
    });
    expect(readEnvelope(bytesOf('<!DOCTYPE a [<!ENTITY b "c">]><a/>'), '')).toEqual({ error: 'WSMAN_XML_DTD' });
  });

  it('larger than 256 KiB are counted only', () => {
    const reader = new BodyReader('application/soap+xml', '');
    for (let i = 0; i < 300; i++) reader.add(new Uint8Array(1024).fill(0x61));
    expect(reader.indifferent).toBe(true);
    expect(reader.finish(300 * 1024, true)).toMatchObject({ body: { kind: 'soap', seenBytes: 300 * 1024 }, damages: [] });
  });
});

describe('kinds of bodies', () => {
  it.each([
    ['text/html; charset=us-ascii', '<HTML>', { state: 'clear', kind: 'html', type: 'text/html' }],
    ['', '\r\n <!DOCTYPE  HTML PUBLIC>', { state: 'clear', kind: 'html', type: '' }],
    ['text/plain', 'hello', { state: 'clear', kind: 'other' }],
    ['application/xml', '<a/>', { state: 'clear', kind: 'other' }],
  ])('%j %j', (type, text, expected) => {
    expect(read(type, text).body).toMatchObject(expected);
  });

  it('compressed ones are not undone', () => {
    expect(read('application/soap+xml', 'xxxx', 'gzip').body).toMatchObject({ state: 'compressed', kind: 'soap' });
    expect(read('text/plain', 'xxxx', 'identity').body).toMatchObject({ state: 'clear' });
  });

  it.each([
    ['a TAB before part headers', '\t', 'Encrypted Boundary', 'multipart/encrypted'],
    ['none', '', 'Encrypted Boundary', 'multipart/encrypted'],
    ['several pieces', '\t', 'b', 'multipart/x-multi-encrypted'],
  ])('sealed with %s', (_, tab, boundary, type) => {
    const body = `--${boundary}\r\n${tab}Content-Type: application/HTTP-SPNEGO-session-encrypted\r\n${tab}OriginalContent: type=application/soap+xml;charset=UTF-8;Length=1519\r\n--${boundary}\r\n${tab}Content-Type: application/octet-stream\r\n\x10\0\0\0xxxx--${boundary}--\r\n`;
    expect(read(`${type};protocol="application/HTTP-SPNEGO-session-encrypted";boundary="${boundary}"`, body).body).toEqual({
      declaredBytes: body.length,
      seenBytes: body.length,
      type,
      state: 'sealed',
      kind: 'soap',
      sealedBy: 'application/HTTP-SPNEGO-session-encrypted',
      original: { type: 'application/soap+xml;charset=UTF-8', lengthBytes: 1519 },
    });
  });

  it('sealed, but with nothing that says so inside', () => {
    const { body } = read('multipart/encrypted;protocol="x"', 'rubbish');
    expect(body).toMatchObject({ state: 'sealed', kind: 'other', sealedBy: 'x' });
    expect(body).not.toHaveProperty('original');
  });
});

describe('bytes put together', () => {
  it('stay within their cap, and come out as they went in', () => {
    const kept = new KeptBytes(300);
    let text = '';
    for (let i = 0; i < 40; i++) {
      const piece = `piece ${i};`;
      const fits = kept.add(bytesOf(piece));
      expect(fits).toBe(Math.min(piece.length, 300 - text.length));
      text += piece.slice(0, fits);
    }
    expect(String.fromCharCode(...kept.bytes)).toBe(text);
    kept.drop(10);
    expect(String.fromCharCode(...kept.take())).toBe(text.slice(10));
    expect(kept.length).toBe(0);
  });

  it('of all readers together stay within 64 MiB, and room comes back', () => {
    const piece = new Uint8Array(8 << 20);
    const many = Array.from({ length: 12 }, () => new KeptBytes(16 << 20));
    const fits = many.map((kept) => kept.add(piece));
    expect(fits.filter((count) => count === piece.length).length).toBeGreaterThanOrEqual(7);
    expect(fits.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(64 << 20);
    for (const kept of many) kept.clear();
    const again = new KeptBytes(16 << 20);
    expect(again.add(piece)).toBe(piece.length);
    again.clear();
  });
});
