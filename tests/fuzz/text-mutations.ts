import type { Mutated } from './kind.ts';
import type { Random } from './random.ts';

/** Pieces that break readers of XML, HTTP headers and settings files. */
const ODD = [
  '\0',
  '\ufeff',
  '\ud800',
  '\u202e',
  '\r',
  '\n',
  '\r\n',
  '\t',
  '"',
  "'",
  '=',
  ':',
  ';',
  ',',
  '<',
  '>',
  '</',
  '/>',
  '<!--',
  '-->',
  '<![CDATA[',
  ']]>',
  '<?x ?>',
  '<!DOCTYPE x [<!ENTITY a "b">]>',
  '&a;',
  '&#0;',
  '&#x110000;',
  '&#99999999999;',
  '&amp;',
  '__proto__',
  'constructor',
  'xmlns:a="urn:a"',
  'xmlns=""',
  'xsi:nil="true"',
  '{',
  '}',
  '-1',
  '1e309',
  '99999999999999999999',
  'P1Y',
  'PT-1S',
  '%00',
  '９',
];

/** Changes a text, given as UTF-8; characters outside of it become U+FFFD. */
export function mutateText(bytes: Uint8Array, random: Random): Mutated {
  let text = Buffer.from(bytes).toString('latin1');
  const names: string[] = [];
  for (let n = 1 + random.below(4); n > 0; n--) {
    const [name, changed] = change(text, random);
    names.push(name);
    text = changed;
  }
  return { bytes: Buffer.from(text, 'latin1'), names };
}

function change(text: string, random: Random): [string, string] {
  const at = random.below(text.length + 1);
  const latin1 = (odd: string): string => Buffer.from(odd, 'utf8').toString('latin1');
  switch (random.below(9)) {
    case 0:
    case 1:
      return ['odd text', text.slice(0, at) + latin1(random.pick(ODD)) + text.slice(at)];
    case 2:
      return ['delete a part', text.slice(0, at) + text.slice(at + 1 + random.below(60))];
    case 3:
      return [
        'repeat a part',
        text.slice(0, at) + text.slice(Math.max(0, at - random.below(80)), at).repeat(1 + random.below(100)) + text.slice(at),
      ];
    case 4:
      return [
        'digits',
        text.replace(/\d+/g, (digits) => (random.below(4) ? digits : String(random.pick([0, -1, 2 ** 31, 2 ** 53, 4294967296, 1e21])))),
      ];
    case 5:
      return ['cut', text.slice(0, at)];
    case 6:
      return ['byte', text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1)];
    case 7: {
      // A tag or a line again somewhere else.
      const parts = text.match(/<[^<>]{1,200}>|[^\n]{1,200}\n/g);
      return ['part of another place', text.slice(0, at) + (parts === null ? '' : random.pick(parts)) + text.slice(at)];
    }
    default: {
      const names = text.match(/(?<=<\/?)[\w.:-]+|(?<=\n)[\w-]+(?=:)/g);
      return [
        'other name',
        names === null ? text : text.replaceAll(random.pick(names), random.below(2) ? latin1(random.pick(ODD)) : random.pick(names)),
      ];
    }
  }
}
