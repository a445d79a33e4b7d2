import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementMarkup } from './envelope.ts';
import { WsmanError } from './errors.ts';
import { LIMITS } from './limits.ts';
import { parseXml } from './xml.ts';
import { escapeXml, XmlWriter } from './xml-write.ts';

function codeOf(source: string | Uint8Array): string {
  try {
    parseXml(source);
  } catch (error) {
    if (error instanceof WsmanError) return error.code;
    throw error;
  }
  return 'read';
}

describe('a document', () => {
  it('is read with its namespaces, whatever the prefixes are', () => {
    const root = parseXml('<?xml version="1.0"?><!-- a --><a xmlns="urn:1" xmlns:p="urn:2" p:k="v" k="w"><p:b/>t<c xmlns=""/></a>');
    expect([root.name, root.namespace]).toEqual(['a', 'urn:1']);
    expect(root.attribute('k')).toBe('w');
    expect(root.attribute('k', 'urn:2')).toBe('v');
    expect(root.elements.map(({ name, namespace }) => `${namespace} ${name}`)).toEqual(['urn:2 b', ' c']);
    expect(root.text).toBe('t');
    expect(root.resolve('p')).toBe('urn:2');
    expect(root.resolve('q')).toBeUndefined();
  });

  it('forgets a prefix behind the element that declared it', () => {
    expect(codeOf('<a><b xmlns:p="urn:1"/><p:c/></a>')).toBe('WSMAN_XML');
    expect(parseXml('<a xmlns:p="urn:1"><b xmlns:p="urn:2"><p:x/></b><p:y/></a>').elements[1]?.namespace).toBe('urn:1');
  });

  it('holds the five entities, numeric references and CDATA, joined into one text', () => {
    expect(parseXml('<a>&lt;&amp;&gt;&quot;&apos;&#65;&#x1F600;<![CDATA[<&]]><!-- no -->z</a>').nodes).toEqual(['<&>"\'A😀<&z']);
  });

  it('has its line ends normalised, in attributes too', () => {
    const root = parseXml('<a k="1\r\n2\t3&#10;4">x\r\ny\rz&#13;</a>');
    expect(root.text).toBe('x\ny\nz\r');
    expect(root.attribute('k')).toBe('1 2 3\n4');
  });

  it.each([
    ['utf-16le', [0xff, 0xfe]],
    ['utf-16be', [0xfe, 0xff]],
  ])('may be %s with a byte order mark', (encoding, mark) => {
    const text = Buffer.from('<a>é漢</a>', 'utf16le');
    if (encoding === 'utf-16be') text.swap16();
    expect(parseXml(Buffer.concat([Buffer.from(mark), text])).text).toBe('é漢');
  });

  it('may start with the byte order mark of UTF-8', () => {
    expect(parseXml(Buffer.from('\ufeff<a/>')).name).toBe('a');
    expect(parseXml('\ufeff<a/>').name).toBe('a');
  });
});

describe('a hostile document', () => {
  it.each([
    '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    '<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    '<a><!ELEMENT b></a>',
  ])('with declarations is refused: %s', (source) => {
    expect(codeOf(source)).toBe('WSMAN_XML_DTD');
  });

  it.each([
    '',
    'text',
    '<a',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<a/>text',
    '<a>&unknown;</a>',
    '<a>&#0;</a>',
    '<a>&#xD800;</a>',
    '<a>&#x110000;</a>',
    '<a>& </a>',
    '<a k="1" k="2"/>',
    '<a xmlns:p="u" xmlns:q="u" p:k="1" q:k="2"/>',
    '<a k=1/>',
    '<a k="1"l="2"/>',
    '<a k="<"/>',
    '<p:a/>',
    '<a p:k="1"/>',
    '<a xmlns:p=""/>',
    '<a xmlns:xml="urn:other"/>',
    '<a:b:c xmlns:a="u"/>',
    '<1/>',
    '<a><!-- -- --></a>',
    '<a>]]></a>',
    '<a><![CDATA[</a>',
    '<a>\u0001</a>',
    '<a>\uffff</a>',
    '<a/ >',
    '<>',
    '<a><?x</a>',
  ])('that is not well-formed is refused: %j', (source) => {
    expect(codeOf(source)).toBe('WSMAN_XML');
  });

  it('deeper than the cap is refused, at the cap it is read', () => {
    const nested = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth);
    expect(codeOf(nested(LIMITS.depth))).toBe('read');
    expect(codeOf(nested(LIMITS.depth + 1))).toBe('WSMAN_XML_LIMIT');
  });

  it('with too many attributes or a too long name is refused', () => {
    const attributes = Array.from({ length: LIMITS.attributes + 1 }, (_, index) => `k${index}=""`).join(' ');
    expect(codeOf(`<a ${attributes}/>`)).toBe('WSMAN_XML_LIMIT');
    expect(codeOf(`<${'a'.repeat(LIMITS.nameLength + 1)}/>`)).toBe('WSMAN_XML_LIMIT');
  });

  it('with more namespaces in force than are looked through is refused', () => {
    const nested = (depth: number) => {
      const open = Array.from(
        { length: depth },
        (_, level) => `<a ${Array.from({ length: 8 }, (_, at) => `xmlns:p${level}-${at}="u"`).join(' ')}>`,
      );
      return open.join('') + '</a>'.repeat(depth);
    };
    expect(codeOf(nested(LIMITS.namespaces / 8))).toBe('read');
    expect(codeOf(nested(LIMITS.namespaces / 8 + 1))).toBe('WSMAN_XML_LIMIT');
    // Those of siblings do not add up.
    expect(codeOf(`<r>${'<a xmlns:p="u"/>'.repeat(LIMITS.namespaces + 1)}</r>`)).toBe('read');
  });

  it('larger than the cap is refused unread', () => {
    expect(codeOf(new Uint8Array(LIMITS.envelopeBytes + 1))).toBe('WSMAN_XML_LIMIT');
  });

  it('in another encoding is refused', () => {
    expect(codeOf(Buffer.from([0x3c, 0x61, 0x3e, 0xe9, 0x3c, 0x2f, 0x61, 0x3e]))).toBe('WSMAN_XML_ENCODING');
  });

  it('has no way into prototypes', () => {
    const root = parseXml('<a __proto__="x" constructor="y"><__proto__>1</__proto__></a>');
    expect(root.attribute('__proto__')).toBe('x');
    expect(root.child('__proto__')?.text).toBe('1');
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it('never makes the parser fail otherwise', () => {
    const pieces = fc.constantFrom(
      '<a',
      '</a',
      '>',
      '/>',
      ' k="',
      "'",
      '"',
      '&',
      '&lt;',
      ';',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      'x',
      ':',
      ' ',
      'xmlns',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => typeof codeOf(`<a>${parts.join('')}</a>`) === 'string'),
      { numRuns: 3000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => typeof codeOf(bytes) === 'string'));
  });
});

describe('written XML', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((each) => {
    try {
      escapeXml(each);
      return true;
    } catch {
      return false;
    }
  });

  it('is read back as it was', () => {
    fc.assert(
      fc.property(text, text, (value, content) => {
        const root = parseXml(
          new XmlWriter()
            .leaf('p:a', content, [
              ['xmlns:p', 'urn:1'],
              ['k', value],
            ])
            .toString(),
        );
        expect([root.attribute('k'), root.text]).toEqual([value, content]);
      }),
    );
  });

  it('keeps everything of an element that is passed on', () => {
    const source = '<b:x xmlns:b="urn:1" xmlns="urn:2" k="1" b:k="2" xml:lang="ja"> <y/>t<b:z>&amp;</b:z></b:x>';
    const markup = elementMarkup(parseXml(source));
    const again = parseXml(`<outer xmlns="urn:9">${markup}</outer>`).elements[0]!;
    expect([again.name, again.namespace, again.attribute('k'), again.attribute('k', 'urn:1')]).toEqual(['x', 'urn:1', '1', '2']);
    expect(again.elements.map((each) => [each.name, each.namespace, each.text])).toEqual([
      ['y', 'urn:2', ''],
      ['z', 'urn:1', '&'],
    ]);
    expect(elementMarkup(again)).toBe(markup);
  });

  it.each(['\u0000', '\u001f', '\ufffe', '\ud800'])('has no character %j', (character) => {
    expect(() => escapeXml(character)).toThrow(WsmanError);
  });

  it.each(['a b', '', 'a>', '1', 'a:b:c', '"'])('has no element called %j', (name) => {
    expect(() => new XmlWriter().open(name)).toThrow('WSMAN_VALUE');
  });
});
