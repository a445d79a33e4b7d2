import { mutateRange } from './binary-mutations.ts';
import type { Mutated } from './kind.ts';
import type { Random } from './random.ts';

/** An element as the mutations see it: children where its content can be read as elements. */
interface Element {
  tag: number;
  content: Uint8Array;
  children: Element[] | undefined;
}

/** Elements that are taken apart at most; the rest stays as bytes. */
const MAX_ELEMENTS = 5000;

function readAll(bytes: Uint8Array, budget: { left: number }): Element[] | undefined {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at]!;
    let length = bytes[at + 1];
    let start = at + 2;
    if (length === undefined || (tag & 0x1f) === 0x1f || budget.left-- <= 0) return undefined;
    if (length >= 0x80) {
      const size = length & 0x7f;
      if (size === 0 || size > 4) return undefined;
      length = bytes.subarray(start, start + size).reduce((sum, byte) => sum * 256 + byte, 0);
      start += size;
    }
    if (start + length > bytes.length) return undefined;
    const content = bytes.subarray(start, start + length);
    // Octet strings often hold DER too: negoTokens, mechTokens, pre-authentication data.
    const looksInside = (tag & 0x20) !== 0 || (tag === 4 && length > 2);
    elements.push({ tag, content, children: looksInside && length > 0 ? readAll(content, budget) : undefined });
    at = start + length;
  }
  return elements;
}

function write(elements: readonly Element[]): Uint8Array {
  return Buffer.concat(
    elements.map(({ tag, content, children }) => {
      const inside = children === undefined ? content : write(children);
      return Buffer.concat([Uint8Array.of(tag, ...lengthOf(inside.length)), inside]);
    }),
  );
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 + bytes.length, ...bytes];
}

function collect(elements: Element[], into: { list: Element[]; at: number }[] = []): { list: Element[]; at: number }[] {
  elements.forEach((element, at) => {
    into.push({ list: elements, at });
    if (element.children !== undefined) collect(element.children, into);
  });
  return into;
}

const TAGS = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x18, 0x1b, 0x30, 0x31, 0x60, 0x7e, 0xa0, 0xa1, 0xa2, 0xa3, 0xbf, 0x00, 0x1f];
const CONTENTS: readonly Uint8Array[] = [
  Uint8Array.of(),
  Uint8Array.of(0),
  Uint8Array.of(0xff),
  Uint8Array.of(0x80, 0, 0, 0),
  Uint8Array.of(0x7f, 0xff, 0xff, 0xff),
  Uint8Array.of(0, 0xff, 0xff, 0xff, 0xff),
  Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
  new Uint8Array(4097).fill(0x7f),
  new Uint8Array(300).fill(0xff),
  Buffer.from('19700101000000Z'),
  Buffer.from('99991332256161Z'),
  Buffer.from('__proto__'),
];

/** Changes a DER message element by element, lengths around it fitting again; sometimes its bytes blindly, sometimes its end. */
export function mutateDer(bytes: Uint8Array, random: Random, from = 0): Mutated {
  const names: string[] = [];
  let out: Uint8Array = bytes.slice();
  for (let n = 1 + random.below(3); n > 0; n--) {
    if (random.below(3) === 0) {
      names.push(mutateRange(out, 0, out.length, random));
      continue;
    }
    const elements = readAll(out.subarray(from), { left: MAX_ELEMENTS });
    if (elements === undefined || elements.length === 0) {
      names.push(mutateRange(out, 0, out.length, random));
      continue;
    }
    names.push(change(elements, random));
    out = Buffer.concat([out.subarray(0, from), write(elements)]);
  }
  if (random.below(8) > 0) return { bytes: out, names };
  const cut = random.below(out.length + 1);
  return { bytes: out.subarray(0, cut), names: [...names, `truncate at ${cut}`] };
}

function change(elements: Element[], random: Random): string {
  const places = collect(elements);
  const { list, at } = random.pick(places);
  const element = list[at]!;
  switch (random.below(8)) {
    case 0:
      element.tag = random.below(2) ? random.pick(TAGS) : random.below(256);
      return 'tag';
    case 1:
      element.children = undefined;
      element.content = random.pick(CONTENTS);
      return 'content';
    case 2:
      list.splice(at, 1);
      return 'leave out';
    case 3: {
      const times = random.below(8) === 0 ? 300 : 1 + random.below(3);
      list.splice(at, 0, ...Array.from({ length: times }, () => element));
      return 'repeat';
    }
    case 4: {
      const other = random.pick(places);
      const copy = { ...other.list[other.at]! };
      list[at] = copy.children === undefined ? copy : { tag: copy.tag, content: write(copy.children), children: undefined };
      return 'element of another place';
    }
    case 5: {
      let inside: Element = { ...element };
      for (let depth = random.below(60); depth > 0; depth--)
        inside = { tag: random.pick([0x30, 0xa0, 0x60]), content: new Uint8Array(), children: [inside] };
      list[at] = inside;
      return 'nest';
    }
    case 6: {
      const raw = element.children === undefined ? element.content.slice() : Uint8Array.from(write(element.children));
      if (raw.length > 0) raw[random.below(raw.length)]! ^= 1 << random.below(8);
      list[at] = { tag: element.tag, content: raw, children: undefined };
      return 'flip a bit inside';
    }
    default: {
      const size = random.pick([1, 127, 128, 255, 256, 4096]);
      list[at] = { tag: element.tag, content: new Uint8Array(size).fill(random.pick([0, 0x30, 0x41, 0x80, 0xff])), children: undefined };
      return 'fill';
    }
  }
}
