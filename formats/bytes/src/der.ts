import { WireError } from './errors.ts';

/** Codes of {@link DerError}. */
export type DerErrorCode = 'DER_TRUNCATED' | 'DER_LENGTH' | 'DER_TAG' | 'DER_VALUE' | 'DER_TOO_DEEP';

/** A DER (or BER with definite lengths) structure that cannot be read. */
export class DerError extends WireError<DerErrorCode> {
  override readonly name = 'DerError';
}

/** Tag classes of X.690 section 8.1.2.2. */
export type DerClass = 'universal' | 'application' | 'context' | 'private';
const CLASSES: readonly DerClass[] = ['universal', 'application', 'context', 'private'];

/** Universal tag numbers that security protocols use (X.680 section 8.6). */
export const DER = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  null: 5,
  oid: 6,
  enumerated: 10,
  utf8String: 12,
  sequence: 16,
  set: 17,
  utcTime: 23,
  generalizedTime: 24,
  generalString: 27,
} as const;

/** Deeper than any security token nests (Kerberos messages reach 12); guards the stack. */
const MAX_DEPTH = 40;
/** Elements of one constructed value; a ticket or certificate has far fewer. */
const MAX_CHILDREN = 20_000;

/** One element: where it stands and what it holds; children are read on demand. */
export class DerNode {
  readonly class: DerClass;
  readonly tag: number;
  readonly constructed: boolean;
  /** Offset of the tag in the whole input. */
  readonly offset: number;
  /** Tag, length and content as they stand. */
  readonly raw: Uint8Array;
  /** Content without tag and length. */
  readonly content: Uint8Array;
  readonly #depth: number;
  readonly #contentOffset: number;

  constructor(head: Head, bytes: Uint8Array, base: number, depth: number) {
    this.class = head.class;
    this.tag = head.tag;
    this.constructed = head.constructed;
    this.offset = base + head.start;
    this.raw = bytes.subarray(head.start, head.end);
    this.content = bytes.subarray(head.contentStart, head.end);
    this.#contentOffset = base + head.contentStart;
    this.#depth = depth;
  }

  /** Elements inside, in order. @throws DerError when the content is no sequence of elements. */
  children(): DerNode[] {
    if (this.#depth >= MAX_DEPTH)
      throw new DerError('DER_TOO_DEEP', 'nested structure', { offset: this.offset, need: MAX_DEPTH, have: this.#depth + 1 });
    const nodes: DerNode[] = [];
    for (let at = 0; at < this.content.length; ) {
      const head = readHead(this.content, at, this.#contentOffset);
      if (nodes.length >= MAX_CHILDREN) throw new DerError('DER_VALUE', 'number of elements', { offset: this.offset, need: MAX_CHILDREN });
      nodes.push(new DerNode(head, this.content, this.#contentOffset, this.#depth + 1));
      at = head.end;
    }
    return nodes;
  }

  /** Is this the element with that class and tag? */
  is(tag: number, tagClass: DerClass = 'universal'): boolean {
    return this.tag === tag && this.class === tagClass;
  }

  /** This element, when it has the tag. @throws DerError otherwise. */
  expect(tag: number, tagClass: DerClass = 'universal'): DerNode {
    if (!this.is(tag, tagClass)) throw new DerError('DER_TAG', `${tagClass} ${tag}`, { offset: this.offset, need: tag, have: this.tag });
    return this;
  }

  /** The element inside an explicit context tag `[n]` of a sequence, or `undefined`. */
  field(n: number): DerNode | undefined {
    return this.children()
      .find((node) => node.is(n, 'context'))
      ?.only();
  }

  /** The only element inside. @throws DerError when there is none or more than one. */
  only(): DerNode {
    const [first, second] = this.children();
    if (first === undefined || second !== undefined) throw new DerError('DER_VALUE', 'one element', { offset: this.offset, need: 1 });
    return first;
  }

  /** INTEGER or ENUMERATED as a number. @throws DerError beyond 2^53. */
  integer(): number {
    const value = this.bigint();
    if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER))
      throw new DerError('DER_VALUE', 'integer', { offset: this.offset, need: 7, have: this.content.length });
    return Number(value);
  }

  /** INTEGER of any size up to 4096 bytes. */
  bigint(): bigint {
    const { content } = this;
    if (content.length === 0 || content.length > 4096)
      throw new DerError('DER_VALUE', 'integer', { offset: this.offset, need: 1, have: content.length });
    // Shifting byte by byte would take time with the square of the length.
    let digits = '0x';
    for (const byte of content) digits += byte.toString(16).padStart(2, '0');
    const value = BigInt(digits);
    return (content[0] as number) & 0x80 ? value - (1n << BigInt(8 * content.length)) : value;
  }

  /** Content as text, each byte one character (KerberosString, GeneralizedTime). */
  latin1(): string {
    let text = '';
    for (const byte of this.content) text += String.fromCharCode(byte);
    return text;
  }

  /** Content as UTF-8 text; wrong bytes become U+FFFD. */
  utf8(): string {
    return new TextDecoder().decode(this.content);
  }

  /** OBJECT IDENTIFIER in dotted form. */
  oid(): string {
    const { content } = this;
    const arcs: bigint[] = [];
    let value = 0n;
    for (const [i, byte] of content.entries()) {
      value = (value << 7n) | BigInt(byte & 0x7f);
      if (value > 1n << 128n) throw new DerError('DER_VALUE', 'object identifier', { offset: this.offset });
      if (byte & 0x80) {
        if (i === content.length - 1) throw new DerError('DER_TRUNCATED', 'object identifier', { offset: this.offset });
        continue;
      }
      if (arcs.length === 0) {
        const first = value < 40n ? 0n : value < 80n ? 1n : 2n;
        arcs.push(first, value - first * 40n);
      } else arcs.push(value);
      value = 0n;
    }
    if (arcs.length === 0) throw new DerError('DER_VALUE', 'object identifier', { offset: this.offset, need: 1, have: 0 });
    return arcs.join('.');
  }
}

interface Head {
  readonly class: DerClass;
  readonly tag: number;
  readonly constructed: boolean;
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;
}

function readHead(bytes: Uint8Array, start: number, base: number): Head {
  let at = start;
  const next = (): number => {
    const byte = bytes[at++];
    if (byte === undefined)
      throw new DerError('DER_TRUNCATED', 'tag and length', { offset: base + start, need: at - start, have: bytes.length - start });
    return byte;
  };
  const first = next();
  let tag = first & 0x1f;
  if (tag === 0x1f) {
    tag = 0;
    for (let i = 0; ; i++) {
      const byte = next();
      if (i >= 4) throw new DerError('DER_TAG', 'tag number', { offset: base + start });
      tag = tag * 128 + (byte & 0x7f);
      if ((byte & 0x80) === 0) break;
    }
  }
  let length = next();
  if (length === 0x80 || length > 0x84) throw new DerError('DER_LENGTH', 'definite length', { offset: base + start, have: length });
  if (length > 0x80) {
    let value = 0;
    for (let i = length - 0x80; i > 0; i--) value = value * 256 + next();
    length = value;
  }
  if (length > bytes.length - at)
    throw new DerError('DER_TRUNCATED', 'content', { offset: base + start, need: length, have: bytes.length - at });
  return {
    class: CLASSES[first >> 6] as DerClass,
    tag,
    constructed: (first & 0x20) !== 0,
    start,
    contentStart: at,
    end: at + length,
  };
}

/** Reads the element at the start of the bytes; what follows it is left (see {@link DerNode.raw}). @throws DerError */
export function readDer(bytes: Uint8Array, offset = 0): DerNode {
  return new DerNode(readHead(bytes, offset, 0), bytes, 0, 0);
}

/** Writes an element: content is bytes or the parts inside. Tag numbers below 31. */
export function writeDer(tag: number, content: Uint8Array | readonly Uint8Array[], tagClass: DerClass = 'universal'): Uint8Array {
  const parts = content instanceof Uint8Array ? [content] : content;
  const constructed = !(content instanceof Uint8Array) || tagClass === 'application' || tagClass === 'context';
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const length: number[] = [];
  if (size < 0x80) length.push(size);
  else {
    for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
    length.unshift(0x80 + length.length);
  }
  const out = new Uint8Array(1 + length.length + size);
  out[0] = (CLASSES.indexOf(tagClass) << 6) | (constructed ? 0x20 : 0) | tag;
  out.set(length, 1);
  let at = 1 + length.length;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Writers of the common values. `field(n, …)` is an explicit context tag around one element. */
export const der = {
  sequence: (...parts: readonly Uint8Array[]): Uint8Array => writeDer(DER.sequence, parts),
  field: (n: number, part: Uint8Array): Uint8Array => writeDer(n, [part], 'context'),
  application: (n: number, part: Uint8Array): Uint8Array => writeDer(n, [part], 'application'),
  octets: (bytes: Uint8Array): Uint8Array => writeDer(DER.octetString, bytes),
  integer: (value: number | bigint, tag: number = DER.integer): Uint8Array => writeDer(tag, integerBytes(BigInt(value))),
  boolean: (value: boolean): Uint8Array => writeDer(DER.boolean, Uint8Array.of(value ? 0xff : 0)),
  /** Named bits as BIT STRING without unused bits. */
  bits: (bytes: Uint8Array): Uint8Array => writeDer(DER.bitString, Uint8Array.of(0, ...bytes)),
  /** Text of single-byte characters; default GeneralString. */
  text: (value: string, tag: number = DER.generalString): Uint8Array => writeDer(tag, new TextEncoder().encode(value)),
  oid: (dotted: string): Uint8Array => writeDer(DER.oid, oidBytes(dotted)),
} as const;

function integerBytes(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.unshift(Number(rest & 0xffn));
    rest >>= 8n;
  } while (rest !== 0n && rest !== -1n);
  const negative = value < 0n;
  if (((bytes[0] as number) & 0x80) !== (negative ? 0x80 : 0)) bytes.unshift(negative ? 0xff : 0);
  return Uint8Array.from(bytes);
}

function oidBytes(dotted: string): Uint8Array {
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt);
  const bytes: number[] = [];
  for (const arc of [first * 40n + second, ...rest]) {
    const groups = [Number(arc & 0x7fn)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) groups.unshift(Number(left & 0x7fn) | 0x80);
    bytes.push(...groups);
  }
  return Uint8Array.from(bytes);
}
