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

const CONTEXT = CLASSES.indexOf('context');

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
/** Texts up to this size are put together one character after the other: a decoder takes longer to be called. */
const SHORT_TEXT = 12;
const UTF8 = new TextDecoder();

/** One element: where it stands and what it holds; views of its bytes and its children are made on demand. */
export class DerNode {
  readonly tag: number;
  /** Offset of the tag in the whole input. */
  readonly offset: number;
  /** First byte: class, constructed, short tag. */
  readonly #first: number;
  readonly #bytes: Uint8Array;
  readonly #contentStart: number;
  readonly #end: number;
  readonly #depth: number;
  #content: Uint8Array | undefined;

  constructor(head: Head, bytes: Uint8Array, depth: number) {
    this.tag = head.tag;
    this.#first = head.first;
    this.offset = head.start;
    this.#bytes = bytes;
    this.#contentStart = head.contentStart;
    this.#end = head.end;
    this.#depth = depth;
  }

  get class(): DerClass {
    return CLASSES[this.#first >> 6] as DerClass;
  }

  get constructed(): boolean {
    return (this.#first & 0x20) !== 0;
  }

  /** Bytes of the content. */
  get size(): number {
    return this.#end - this.#contentStart;
  }

  /** Tag, length and content as they stand. */
  get raw(): Uint8Array {
    return this.#bytes.subarray(this.offset, this.#end);
  }

  /** Content without tag and length. */
  get content(): Uint8Array {
    this.#content ??= this.#bytes.subarray(this.#contentStart, this.#end);
    return this.#content;
  }

  /** Elements inside, in order. @throws DerError when the content is no sequence of elements. */
  children(): DerNode[] {
    const nodes: DerNode[] = [];
    this.#walk(nodes);
    return nodes;
  }

  /** This element, when its content is a sequence of elements. @throws DerError as {@link children}. */
  checked(): DerNode {
    this.#walk(undefined);
    return this;
  }

  /** Reads all elements inside. @returns the first with the context tag. */
  #walk(into: DerNode[] | undefined, contextTag = -1): DerNode | undefined {
    if (this.#depth >= MAX_DEPTH)
      throw new DerError('DER_TOO_DEEP', 'nested structure', { offset: this.offset, need: MAX_DEPTH, have: this.#depth + 1 });
    let found: DerNode | undefined;
    let count = 0;
    for (let at = this.#contentStart; at < this.#end; at = HEAD.end) {
      readHead(this.#bytes, at, this.#end, HEAD);
      if (count++ >= MAX_CHILDREN) throw new DerError('DER_VALUE', 'number of elements', { offset: this.offset, need: MAX_CHILDREN });
      if (into !== undefined) into.push(new DerNode(HEAD, this.#bytes, this.#depth + 1));
      else if (found === undefined && HEAD.tag === contextTag && HEAD.first >> 6 === CONTEXT)
        found = new DerNode(HEAD, this.#bytes, this.#depth + 1);
    }
    return found;
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
    return this.#walk(undefined, n)?.only();
  }

  /** The only element inside. @throws DerError when there is none or more than one. */
  only(): DerNode {
    if (this.#contentStart < this.#end && this.#depth < MAX_DEPTH) {
      const head = HEAD;
      readHead(this.#bytes, this.#contentStart, this.#end, head);
      if (head.end === this.#end) return new DerNode(head, this.#bytes, this.#depth + 1);
    }
    // None, several or not readable: which of these it is, the whole list tells.
    const [first, second] = this.children();
    if (first === undefined || second !== undefined) throw new DerError('DER_VALUE', 'one element', { offset: this.offset, need: 1 });
    return first;
  }

  /** INTEGER or ENUMERATED as a number. @throws DerError beyond 2^53. */
  integer(): number {
    const bytes = this.#bytes;
    const start = this.#contentStart;
    const size = this.#end - start;
    if (size > 0 && size <= 6) {
      let small = ((bytes[start] as number) << 24) >> 24;
      for (let i = 1; i < size; i++) small = small * 256 + (bytes[start + i] as number);
      return small;
    }
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
    for (let at = this.#contentStart; at < this.#end; at++) text += String.fromCharCode(this.#bytes[at] as number);
    return text;
  }

  /** Content as UTF-8 text; wrong bytes become U+FFFD. */
  utf8(): string {
    if (this.size <= SHORT_TEXT && isAscii(this.#bytes, this.#contentStart, this.#end)) return this.latin1();
    return UTF8.decode(this.content);
  }

  /** OBJECT IDENTIFIER in dotted form. */
  oid(): string {
    return this.#shortOid() ?? this.#longOid();
  }

  /** Identifier whose arcs have up to six bytes, as all in use but those of UUIDs; `undefined` for any other. */
  #shortOid(): string | undefined {
    const bytes = this.#bytes;
    let text = '';
    let value = 0;
    for (let at = this.#contentStart; at < this.#end; at++) {
      const byte = bytes[at] as number;
      value = value * 128 + (byte & 0x7f);
      if (byte & 0x80) {
        if (value >= 2 ** 35) return undefined;
        continue;
      }
      if (text === '') text = value < 40 ? `0.${value}` : value < 80 ? `1.${value - 40}` : `2.${value - 80}`;
      else text += `.${value}`;
      value = 0;
    }
    return text === '' || (bytes[this.#end - 1] as number) & 0x80 ? undefined : text;
  }

  #longOid(): string {
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

function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if ((bytes[at] as number) > 0x7f) return false;
  return true;
}

/** Tag and length of one element. */
class Head {
  /** First byte: class, constructed, short tag. */
  first = 0;
  tag = 0;
  start = 0;
  contentStart = 0;
  end = 0;
}

/** The element at hand: a node is made of it before the next one is read. */
const HEAD = new Head();

/** Reads tag and length at `start` of content that ends at `limit`. @throws DerError */
function readHead(bytes: Uint8Array, start: number, limit: number, head: Head): void {
  let at = start;
  const first = at < limit ? (bytes[at++] as number) : truncated(start, limit);
  let tag = first & 0x1f;
  if (tag === 0x1f) {
    tag = 0;
    for (let i = 0; ; i++) {
      const byte = at < limit ? (bytes[at++] as number) : truncated(start, limit);
      if (i >= 4) throw new DerError('DER_TAG', 'tag number', { offset: start });
      tag = tag * 128 + (byte & 0x7f);
      if ((byte & 0x80) === 0) break;
    }
  }
  let length = at < limit ? (bytes[at++] as number) : truncated(start, limit);
  if (length === 0x80 || length > 0x84) throw new DerError('DER_LENGTH', 'definite length', { offset: start, have: length });
  if (length > 0x80) {
    let value = 0;
    for (let i = length - 0x80; i > 0; i--) value = value * 256 + (at < limit ? (bytes[at++] as number) : truncated(start, limit));
    length = value;
  }
  if (length > limit - at) throw new DerError('DER_TRUNCATED', 'content', { offset: start, need: length, have: limit - at });
  head.first = first;
  head.tag = tag;
  head.start = start;
  head.contentStart = at;
  head.end = at + length;
}

/** Content ends inside of tag and length. */
function truncated(start: number, limit: number): never {
  throw new DerError('DER_TRUNCATED', 'tag and length', { offset: start, need: limit - start + 1, have: limit - start });
}

/** Reads the element at the start of the bytes; what follows it is left (see {@link DerNode.raw}). @throws DerError */
export function readDer(bytes: Uint8Array, offset = 0): DerNode {
  readHead(bytes, offset, bytes.length, HEAD);
  return new DerNode(HEAD, bytes, 0);
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
