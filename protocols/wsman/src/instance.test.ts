import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readInstance, writeInstance } from './instance.ts';
import { NS } from './namespaces.ts';
import { cimIntervalNs, instantOf } from './times.ts';
import { isInstance, textOf, valuesOf, type WsmanInstance, type WsmanReference, type WsmanValue } from './values.ts';
import { parseXml } from './xml.ts';
import { XmlWriter } from './xml-write.ts';

const CLASS = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_X';
const DECLARED = `xmlns:xsi="${NS.xsi}" xmlns:cim="${NS.cim}" xmlns:a="${NS.a}" xmlns:w="${NS.w}"`;

const read = (content: string) => readInstance(parseXml(`<p:Win32_X xmlns:p="${CLASS}" ${DECLARED}>${content}</p:Win32_X>`));
function written(instance: WsmanInstance, typed = true): WsmanInstance {
  const writer = new XmlWriter().open('w:Items', [['xmlns:w', NS.w]]);
  writeInstance(writer, instance, { typed });
  return readInstance(parseXml(writer.close().toString()).elements[0]!);
}

describe('an instance', () => {
  it('has its class and namespace from the element', () => {
    expect(read('')).toEqual({ class: 'Win32_X', namespace: 'root/cimv2', resourceUri: CLASS, properties: new Map() });
  });

  it('tells null from empty, and joins repeated elements into arrays', () => {
    const instance = read('<p:A xsi:nil="true"/><p:B></p:B><p:C>1</p:C><p:D>x</p:D><p:C>2</p:C><p:C>3</p:C>');
    expect([...instance.properties]).toEqual([
      ['A', null],
      ['B', ''],
      ['C', ['1', '2', '3']],
      ['D', 'x'],
    ]);
    expect(valuesOf(instance, 'A')).toEqual([]);
    expect(valuesOf(instance, 'D')).toEqual(['x']);
    expect(textOf(instance, 'C')).toBeUndefined();
  });

  it('holds times and intervals, with a namespace or without (rows of a column list)', () => {
    const { properties } = read(
      '<p:A><cim:Datetime>2013-03-09T02:57:32Z</cim:Datetime></p:A><p:B><cim:Interval>P1DT2H</cim:Interval></p:B>',
    );
    expect(properties.get('A')).toEqual({ kind: 'datetime', text: '2013-03-09T02:57:32Z' });
    expect(properties.get('B')).toEqual({ kind: 'interval', text: 'P1DT2H' });
    const row = parseXml(`<w:XmlFragment ${DECLARED}><A><Datetime>2013-03-09T02:57:32Z</Datetime></A><B xsi:nil="true"/></w:XmlFragment>`);
    expect(readInstance(row)).toEqual({
      properties: new Map<string, WsmanValue>([
        ['A', properties.get('A')!],
        ['B', null],
      ]),
    });
  });

  it('holds embedded instances, classed by xsi:type', () => {
    const value = read(`<p:T xsi:type="q:Win32_Y_Type" xmlns:q="${CLASS}Y"><q:N>1</q:N><q:Deep><q:M>2</q:M></q:Deep></p:T>`).properties.get(
      'T',
    );
    expect(isInstance(value) && [value.class, value.resourceUri, value.namespace]).toEqual(['Win32_Y', `${CLASS}Y`, 'root/cimv2']);
    expect(isInstance(value) && textOf(value, 'N')).toBe('1');
  });

  it('holds references, in the older form too', () => {
    const set = '<w:ResourceURI>urn:x</w:ResourceURI><w:SelectorSet><w:Selector Name="K">v</w:Selector></w:SelectorSet>';
    const expected: WsmanReference = { address: 'here', resourceUri: 'urn:x', selectors: new Map([['K', 'v']]) };
    for (const name of ['ReferenceParameters', 'ReferenceProperties']) {
      expect(read(`<p:R><a:Address>here</a:Address><a:${name}>${set}</a:${name}></p:R>`).properties.get('R')).toEqual(expected);
    }
  });

  it('keeps a property called __proto__ where it belongs', () => {
    const instance = read('<p:__proto__>1</p:__proto__><p:constructor>2</p:constructor>');
    expect([...instance.properties.keys()]).toEqual(['__proto__', 'constructor']);
  });
});

describe('a written instance', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '漢', '😀', '<', '&', ' ', '\n', '"'), maxLength: 12 });
  const name = fc.stringMatching(/^[A-Z][A-Za-z0-9_]{0,8}$/).filter((each) => !['Address', 'EndpointReference'].includes(each));
  const time: fc.Arbitrary<WsmanValue> = fc.record({
    kind: fc.constantFrom('datetime' as const, 'interval' as const, 'dmtf' as const, 'date' as const, 'time' as const),
    text: fc.constantFrom('2013-03-09T02:57:32Z', 'P1D', '20130309025732.000000+000'),
  });
  const reference: fc.Arbitrary<WsmanValue> = fc.record({
    address: fc.constantFrom('http://host/wsman'),
    resourceUri: fc.constantFrom(CLASS),
    selectors: fc.uniqueArray(fc.tuple(name, text), { selector: ([key]) => key, maxLength: 3 }).map((each) => new Map(each)),
  });
  const scalar = fc.oneof(text, fc.constant(null), time, reference);
  const properties = (value: fc.Arbitrary<WsmanValue>) =>
    fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, minLength: 1, maxLength: 5 }).map((each) => new Map(each));
  const embedded: fc.Arbitrary<WsmanValue> = properties(scalar.filter((each) => typeof each === 'string')).map((inside) => ({
    class: 'Win32_Y',
    namespace: 'root/cimv2',
    resourceUri: `${CLASS.slice(0, -1)}Y`,
    properties: inside,
  }));
  const array = fc.array(fc.oneof(text, embedded), { minLength: 2, maxLength: 4 });

  it('is read back as it was', () => {
    fc.assert(
      fc.property(properties(fc.oneof(scalar, embedded, array)), fc.boolean(), (inside, typed) => {
        const instance = { class: 'Win32_X', namespace: 'root/cimv2', resourceUri: CLASS, properties: inside };
        expect(written(instance, typed)).toEqual(instance);
      }),
    );
  });

  it('without a class is a row', () => {
    const row = {
      properties: new Map<string, WsmanValue>([
        ['A', { kind: 'datetime', text: '2013-03-09T02:57:32Z' }],
        ['B', ['1', '2']],
      ]),
    };
    expect(written(row)).toEqual(row);
  });

  it('has an empty array as null, and no array inside an array', () => {
    expect(written({ class: 'X', resourceUri: CLASS, properties: new Map([['A', []]]) }).properties.get('A')).toBeNull();
    expect(() => written({ class: 'X', properties: new Map([['A', [['1']]]]) })).toThrow('WSMAN_VALUE');
  });
});

describe('times', () => {
  it.each([
    ['2013-03-09T02:57:32Z', 1_362_797_852n * 1_000_000_000n],
    ['2013-03-09T02:57:32.5Z', 1_362_797_852_500_000_000n],
    ['2013-03-09T03:57:32+01:00', 1_362_797_852n * 1_000_000_000n],
    ['20130309025732.000001+000', 1_362_797_852_000_001_000n],
    ['20130309035732.000000+060', 1_362_797_852n * 1_000_000_000n],
    ['20130308215732.000000-300', 1_362_797_852n * 1_000_000_000n],
  ])('%s', (text, instant) => {
    expect(instantOf(text)).toBe(instant);
    expect(instantOf({ kind: 'datetime', text })).toBe(instant);
  });

  it.each([
    '',
    'P1D',
    '2013-02-30T00:00:00Z',
    '2013-03-09T24:00:00Z',
    '201303090257**.000000+000',
    '00000001020304.000000:000',
    'x'.repeat(100),
  ])('%j is none', (text) => {
    expect(instantOf(text)).toBeUndefined();
  });

  it('an interval is a length', () => {
    expect(cimIntervalNs('00000001020304.000005:000')).toBe(93_784_000_005_000n);
    expect(cimIntervalNs('20130309025732.000000+000')).toBeUndefined();
  });
});
