import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeFault } from './fault-write.ts';
import { sealBody } from './multipart.ts';
import { ACTION, DIALECT, wmi } from './namespaces.ts';
import { writeRequest } from './request-write.ts';
import { writeEnumerateAnswer } from './response-write.ts';
import { toyProtection } from './test-context.ts';
import { fuzzEnvelope, fuzzSealed } from './test-touch.ts';
import type { WsmanValue } from './values.ts';

const context = { request: { action: ACTION.enumerate, messageId: 'uuid:1' }, messageId: 'uuid:2' };
const time = { kind: 'datetime', text: '2013-03-09T02:57:32Z' } as const;
const properties = new Map<string, WsmanValue>([
  ['Name', 'HV01'],
  ['InstallDate', time],
  ['Roles', ['a', 'b']],
  ['Nothing', null],
  ['Inner', { class: 'Y', resourceUri: 'urn:y', properties: new Map([['A', '1']]) }],
  ['Other', { address: 'x', resourceUri: 'urn:y', selectors: new Map([['K', 'v']]) }],
]);
const SEEDS: readonly (readonly [name: string, source: string, readAs: string])[] = [
  [
    'request',
    writeRequest({
      action: ACTION.enumerate,
      resourceUri: wmi('root/cimv2', '*'),
      selectors: new Map([['K', 'v']]),
      options: new Map([['O', 'w']]),
      messageId: 'uuid:1',
      maxEnvelopeSize: 512_000,
      operationTimeoutMs: 20_000,
      operation: {
        kind: 'enumerate',
        optimize: true,
        maxElements: 7,
        mode: 'object',
        filter: { dialect: DIALECT.wql, text: 'select * from X' },
      },
    }),
    'request',
  ],
  [
    'answer',
    writeEnumerateAnswer(context, {
      items: [{ class: 'X', resourceUri: wmi('root/cimv2', 'X'), properties }, { properties }],
      mode: 'object',
      context: 'c',
      end: false,
    }),
    'page',
  ],
  [
    'fault',
    writeFault(context, {
      shape: 'wsman',
      soapCode: 'Sender',
      subcode: ['w', 'InvalidSelectors'],
      code: 0x8033805b,
      machine: 'HV01',
      text: 'x',
      provider: { name: 'p', path: 'q', code: 5 },
    }),
    'envelope',
  ],
];

describe('whatever comes', () => {
  it.each(SEEDS)('a %s is read', (_, source, readAs) => {
    expect(fuzzEnvelope(Buffer.from(source))).toContain(readAs);
  });

  it.each(SEEDS)('a changed %s is read, or refused with a code', (_, source) => {
    const pieces = [
      ...source.split(/(?=<)|(?<=>)/),
      '<',
      '>',
      '"',
      '&',
      'xmlns=""',
      '<a:EndpointReference/>',
      '9'.repeat(40),
      '\ud800',
      '__proto__',
    ];
    fc.assert(
      fc.property(fc.nat(source.length), fc.nat(20), fc.constantFrom(...pieces), (at, cut, piece) => {
        fuzzEnvelope(Buffer.from(source.slice(0, at) + piece + source.slice(at + cut)));
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['ntlm', 'aes', 'rc4', 'tls'] as const)('a changed sealed body (%s) is refused with a code', (shape) => {
    const scheme = shape === 'tls' ? 'CredSSP' : shape === 'ntlm' ? 'Negotiate' : 'Kerberos';
    const { contentType, body } = sealBody(toyProtection('client', shape), scheme, Buffer.from('hello, hello'));
    expect(fuzzSealed(contentType, body, shape)).toBe('unsealed');
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.nat(255), fc.nat(body.length), (at, value, length) => {
        const changed = Uint8Array.from(body.subarray(0, length));
        if (at < length) changed[at] = value;
        fuzzSealed(contentType, changed, shape);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes time in proportion to its length', () => {
    const ms = (source: string) => {
      const bytes = Buffer.from(source);
      const from = performance.now();
      fuzzEnvelope(bytes);
      return performance.now() - from;
    };
    const size = 400_000;
    const hostile = ['<a ', '&amp;', '<a>', '"', '<!--', '<![CDATA[', ']]', '<a xmlns:a="u" '].map((piece) =>
      piece.repeat(Math.floor(size / piece.length)),
    );
    hostile.push(`<a>${'<b k="v"/>'.repeat(size / 10)}</a>`, `<a>${'&amp;'.repeat(size / 5)}</a>`, `<a k="${' '.repeat(size)}"/>`);
    // A quadratic reader needs minutes for these; seconds are the room of a busy machine.
    for (const source of hostile) expect(ms(source)).toBeLessThan(5000);
  });
});
