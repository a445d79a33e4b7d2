import { WsmanError } from './errors.ts';
import { LIMITS } from './limits.ts';
import { lookUp, ROOT_SCOPE, type Scope, XML_NAMESPACE, type XmlAttribute, XmlElement } from './xml-element.ts';
import { decodeXml } from './xml-encoding.ts';

const NO_ATTRIBUTES: readonly XmlAttribute[] = [];

/**
 * Reads a document of SOAP's subset of XML 1.0: no document type (refused, so no entities beyond the five and numeric ones, nothing external),
 * namespaces resolved.
 * @param source text, or bytes in UTF-8, or UTF-16 with a byte order mark.
 * @returns the root element.
 * @throws WsmanError `WSMAN_XML` (offset in characters), `WSMAN_XML_DTD`, `WSMAN_XML_LIMIT`, `WSMAN_XML_ENCODING`.
 */
export function parseXml(source: string | Uint8Array): XmlElement {
  if (source.length > LIMITS.envelopeBytes) {
    throw new WsmanError('WSMAN_XML_LIMIT', 'size of a document', { need: LIMITS.envelopeBytes, have: source.length });
  }
  return new Parser(typeof source === 'string' ? source : decodeXml(source)).document();
}

/** An element whose end tag has not come yet. */
interface Open {
  readonly qname: string;
  readonly name: string;
  readonly namespace: string;
  readonly attributes: readonly XmlAttribute[];
  readonly nodes: (XmlElement | string)[];
  readonly scope: Scope;
}

const LT = 0x3c;
const SLASH = 0x2f;
const GT = 0x3e;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const EQUALS = 0x3d;
const BANG = 0x21;
const QUESTION = 0x3f;
const COLON = 0x3a;
/** What can start a name: letters, `_`, `:`, and everything above ASCII (the exact ranges of XML 1.0 decide nothing here). */
const NAME_START = /[A-Za-z_:\u0080-\u{10ffff}]/u;
/** Characters XML 1.0 does not have (section 2.2, Char). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

class Parser {
  readonly #text: string;
  #at = 0;
  #elements = 0;
  /** Namespaces and local names come in long runs: one split per distinct name. */
  readonly #names = new Map<string, { readonly prefix: string; readonly local: string }>();

  constructor(text: string) {
    this.#text = text;
  }

  document(): XmlElement {
    const forbidden = FORBIDDEN.exec(this.#text);
    if (forbidden !== null) this.#fail('a character XML does not have', forbidden.index);
    if (this.#text.charCodeAt(0) === 0xfeff) this.#at = 1;
    this.#misc(true);
    if (this.#text.charCodeAt(this.#at) !== LT) this.#fail('start of the document element');
    const root = this.#tree();
    this.#misc(false);
    if (this.#at < this.#text.length) this.#fail('end of the document');
    return root;
  }

  /** White space, comments and processing instructions around the document element. */
  #misc(prolog: boolean): void {
    for (;;) {
      this.#space();
      if (this.#text.startsWith('<?', this.#at)) this.#skipPast('?>', 'processing instruction');
      else if (this.#text.startsWith('<!--', this.#at)) this.#comment();
      else if (prolog && this.#text.startsWith('<!', this.#at))
        throw new WsmanError('WSMAN_XML_DTD', 'document type', { offset: this.#at });
      else return;
    }
  }

  #tree(): XmlElement {
    const text = this.#text;
    const stack: Open[] = [];
    let scope = ROOT_SCOPE;
    for (;;) {
      // Here: at a '<'.
      const next = text.charCodeAt(this.#at + 1);
      let done: XmlElement | undefined;
      if (next === SLASH) done = this.#endTag(stack.pop());
      else if (next === BANG) this.#bang(stack.at(-1));
      else if (next === QUESTION) this.#skipPast('?>', 'processing instruction');
      else {
        const { open, empty } = this.#startTag(scope);
        if (empty) done = new XmlElement(open.name, open.namespace, open.attributes, [], open.scope);
        else {
          if (stack.length >= LIMITS.depth) this.#limit('nested elements', LIMITS.depth);
          stack.push(open);
        }
      }
      const parent = stack.at(-1);
      if (done !== undefined) {
        if (parent === undefined) return done;
        parent.nodes.push(done);
      }
      scope = parent?.scope ?? ROOT_SCOPE;
      const to = text.indexOf('<', this.#at);
      if (to < 0) this.#fail('end tag', text.length);
      if (to > this.#at && parent !== undefined) append(parent.nodes, this.#decode(text.slice(this.#at, to), this.#at, false));
      this.#at = to;
    }
  }

  #bang(parent: Open | undefined): void {
    if (this.#text.startsWith('<!--', this.#at)) {
      this.#comment();
      return;
    }
    if (!this.#text.startsWith('<![CDATA[', this.#at)) throw new WsmanError('WSMAN_XML_DTD', 'declaration', { offset: this.#at });
    const from = this.#at + 9;
    this.#skipPast(']]>', 'CDATA section');
    if (parent !== undefined) append(parent.nodes, normaliseLines(this.#text.slice(from, this.#at - 3)));
  }

  #comment(): void {
    const from = this.#at;
    this.#at += 4;
    const end = this.#text.indexOf('--', this.#at);
    if (end < 0 || this.#text.charCodeAt(end + 2) !== GT) this.#fail('end of a comment', from);
    this.#at = end + 3;
  }

  #skipPast(mark: string, what: string): void {
    const end = this.#text.indexOf(mark, this.#at + 2);
    if (end < 0) this.#fail(`end of a ${what}`);
    this.#at = end + mark.length;
  }

  #endTag(open: Open | undefined): XmlElement {
    this.#at += 2;
    const from = this.#at;
    // Nearly all end tags: the name and '>'.
    if (open !== undefined && this.#text.charCodeAt(from + open.qname.length) === GT && this.#text.startsWith(open.qname, from)) {
      this.#at += open.qname.length + 1;
      return new XmlElement(open.name, open.namespace, open.attributes, open.nodes, open.scope);
    }
    const name = this.#name('end tag');
    this.#space();
    if (open === undefined || name !== open.qname) this.#fail('matching end tag', from);
    if (this.#text.charCodeAt(this.#at) !== GT) this.#fail('end of an end tag');
    this.#at++;
    return new XmlElement(open.name, open.namespace, open.attributes, open.nodes, open.scope);
  }

  #startTag(outer: Scope): { open: Open; empty: boolean } {
    if (++this.#elements > LIMITS.elements) this.#limit('elements', LIMITS.elements);
    const from = this.#at++;
    const qname = this.#name('element name');
    let scope = outer;
    const raw: { qname: string; value: string; at: number }[] = [];
    let count = 0;
    for (;;) {
      const spaced = this.#space();
      const code = this.#text.charCodeAt(this.#at);
      if (code === GT || code === SLASH) break;
      if (!spaced) this.#fail('blank before an attribute');
      if (++count > LIMITS.attributes) this.#limit('attributes of an element', LIMITS.attributes);
      const at = this.#at;
      const name = this.#name('attribute name');
      const value = this.#attributeValue();
      if (name === 'xmlns') scope = this.#within('', value, scope);
      else if (name.startsWith('xmlns:')) scope = this.#declare(name.slice(6), value, scope, at);
      else raw.push({ qname: name, value, at });
    }
    const { prefix, local } = this.#split(qname, from);
    const namespace = lookUp(scope, prefix);
    if (namespace === undefined) this.#fail('declared prefix of an element', from);
    const attributes = raw.length === 0 ? NO_ATTRIBUTES : this.#attributes(raw, scope);
    const empty = this.#text.charCodeAt(this.#at) === SLASH;
    if (empty && this.#text.charCodeAt(++this.#at) !== GT) this.#fail('end of an empty element');
    this.#at++;
    return { open: { qname, name: local, namespace, attributes, nodes: [], scope }, empty };
  }

  #declare(prefix: string, uri: string, outer: Scope, at: number): Scope {
    if (prefix === '' || uri === '' || prefix === 'xmlns' || (prefix === 'xml') !== (uri === XML_NAMESPACE)) {
      this.#fail('namespace declaration', at);
    }
    return this.#within(prefix, uri, outer);
  }

  #within(prefix: string, uri: string, outer: Scope): Scope {
    if (outer.count >= LIMITS.namespaces) this.#limit('namespaces in force', LIMITS.namespaces);
    return { prefix, uri, outer, count: outer.count + 1 };
  }

  #attributes(raw: readonly { qname: string; value: string; at: number }[], scope: Scope): XmlAttribute[] {
    const result: XmlAttribute[] = [];
    for (const { qname, value, at } of raw) {
      const { prefix, local } = this.#split(qname, at);
      const namespace = prefix === '' ? '' : lookUp(scope, prefix);
      if (namespace === undefined) this.#fail('declared prefix of an attribute', at);
      if (result.some((other) => other.name === local && other.namespace === namespace)) this.#fail('attribute once', at);
      result.push({ name: local, namespace, value });
    }
    return result;
  }

  #split(qname: string, at: number): { readonly prefix: string; readonly local: string } {
    let known = this.#names.get(qname);
    if (known === undefined) {
      const colon = qname.indexOf(':');
      if (colon === 0 || colon === qname.length - 1 || (colon > 0 && qname.includes(':', colon + 1))) this.#fail('qualified name', at);
      known = colon < 0 ? { prefix: '', local: qname } : { prefix: qname.slice(0, colon), local: qname.slice(colon + 1) };
      this.#names.set(qname, known);
    }
    return known;
  }

  #attributeValue(): string {
    this.#space();
    if (this.#text.charCodeAt(this.#at) !== EQUALS) this.#fail('= of an attribute');
    this.#at++;
    this.#space();
    const quote = this.#text.charCodeAt(this.#at);
    if (quote !== QUOTE && quote !== APOSTROPHE) this.#fail('quote of an attribute');
    const from = this.#at + 1;
    const end = this.#text.indexOf(quote === QUOTE ? '"' : "'", from);
    if (end < 0) this.#fail('end of an attribute');
    const value = this.#text.slice(from, end);
    if (value.includes('<')) this.#fail('attribute value without <', from);
    this.#at = end + 1;
    return this.#decode(value, from, true);
  }

  /** A name up to white space, `=`, `/`, `>` or `<`. */
  #name(what: string): string {
    const text = this.#text;
    const from = this.#at;
    let at = from;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code <= 0x20 || code === EQUALS || code === SLASH || code === GT || code === LT) break;
      const plain = (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39) || code >= 0x80;
      if (!plain && code !== COLON && code !== 0x5f && code !== 0x2d && code !== 0x2e) this.#fail(what, at);
    }
    const name = text.slice(from, at);
    if (name.length > LIMITS.nameLength) this.#limit('characters of a name', LIMITS.nameLength);
    if (!NAME_START.test(name.charAt(0))) this.#fail(what, from);
    this.#at = at;
    return name;
  }

  /** Skips white space. */
  #space(): boolean {
    const from = this.#at;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return this.#at > from;
      this.#at++;
    }
  }

  /** References replaced, line ends normalised (XML 1.0 section 2.11); in attributes white space becomes blanks (section 3.3.3). */
  #decode(raw: string, at: number, attribute: boolean): string {
    let text = normaliseLines(raw);
    if (attribute) text = text.replace(/[\t\n]/g, ' ');
    else if (text.includes(']]>')) this.#fail('text without ]]>', at);
    return text.includes('&') ? this.#references(text, at) : text;
  }

  #references(text: string, at: number): string {
    const parts = text.split('&');
    for (let index = 1; index < parts.length; index++) {
      const part = parts[index]!;
      const end = part.indexOf(';');
      // '#x10FFFF' is the longest reference.
      const value = end < 1 || end > 8 ? undefined : reference(part.slice(0, end));
      if (value === undefined) this.#fail('known reference', at);
      parts[index] = value + part.slice(end + 1);
    }
    return parts.join('');
  }

  #fail(what: string, offset = this.#at): never {
    throw new WsmanError('WSMAN_XML', what, { offset });
  }

  #limit(what: string, need: number): never {
    throw new WsmanError('WSMAN_XML_LIMIT', what, { offset: this.#at, need, have: 'more' });
  }
}

function append(nodes: (XmlElement | string)[], text: string): void {
  const last = nodes.length - 1;
  const before = nodes[last];
  if (typeof before === 'string') nodes[last] = before + text;
  else if (text !== '') nodes.push(text);
}

function normaliseLines(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

function reference(name: string): string | undefined {
  if (!name.startsWith('#')) return ENTITIES.get(name);
  const hexadecimal = name.startsWith('#x');
  const digits = name.slice(hexadecimal ? 2 : 1);
  if (!(hexadecimal ? /^[0-9A-Fa-f]+$/ : /^[0-9]+$/).test(digits)) return undefined;
  const code = Number.parseInt(digits, hexadecimal ? 16 : 10);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  const character = String.fromCodePoint(code);
  return FORBIDDEN.test(character) ? undefined : character;
}
