import { WsmanError } from './errors.ts';
import { LIMITS } from './limits.ts';
import { lookUp, ROOT_SCOPE, type Scope, XML_NAMESPACE, type XmlAttribute, XmlElement } from './xml-element.ts';
import { decodeXml } from './xml-encoding.ts';

const NO_ATTRIBUTES: readonly XmlAttribute[] = [];
const NO_NODES: readonly (XmlElement | string)[] = [];

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

/** An element whose end tag has not come yet. There is one record for each depth, used again and again. */
class Open {
  qname = '';
  name = '';
  namespace = '';
  attributes: readonly XmlAttribute[] = NO_ATTRIBUTES;
  /** Made with the first child: an array that grows from nothing takes room for many, and most elements have one child. */
  nodes: (XmlElement | string)[] | undefined;
  scope: Scope = ROOT_SCOPE;

  add(element: XmlElement): void {
    if (this.nodes === undefined) this.nodes = [element];
    else this.nodes.push(element);
  }

  /** Adjacent texts are one. */
  append(text: string): void {
    if (text === '') return;
    if (this.nodes === undefined) {
      this.nodes = [text];
      return;
    }
    const last = this.nodes.length - 1;
    const before = this.nodes[last];
    if (typeof before === 'string') this.nodes[last] = before + text;
    else this.nodes.push(text);
  }

  element(): XmlElement {
    return new XmlElement(this.name, this.namespace, this.attributes, this.nodes ?? NO_NODES, this.scope);
  }
}

/** An attribute as written. */
interface RawAttribute {
  readonly qname: string;
  readonly value: string;
  readonly at: number;
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
/** Characters XML 1.0 does not have (section 2.2, Char). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

class Parser {
  readonly #text: string;
  #at = 0;
  #elements = 0;
  /** Namespaces and local names come in long runs: one split per distinct name. */
  readonly #names = new Map<string, { readonly prefix: string; readonly local: string }>();
  /** What the whole document has nowhere is not looked for in each of its texts. */
  readonly #returns: boolean;
  readonly #references: boolean;
  readonly #sectionEnds: boolean;

  constructor(text: string) {
    this.#text = text;
    this.#returns = text.includes('\r');
    this.#references = text.includes('&');
    this.#sectionEnds = text.includes(']]>');
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
    let depth = 0;
    for (;;) {
      // Here: at a '<'.
      const parent = depth > 0 ? stack[depth - 1] : undefined;
      const next = text.charCodeAt(this.#at + 1);
      let done: XmlElement | undefined;
      if (next === SLASH) {
        this.#endTag(parent);
        done = parent?.element();
        depth--;
      } else if (next === BANG) this.#bang(parent);
      else if (next === QUESTION) this.#skipPast('?>', 'processing instruction');
      else {
        let open = stack[depth];
        if (open === undefined) {
          open = new Open();
          stack.push(open);
        }
        if (this.#startTag(open, parent?.scope ?? ROOT_SCOPE)) done = open.element();
        else if (depth++ >= LIMITS.depth) this.#limit('nested elements', LIMITS.depth);
      }
      const within = depth > 0 ? stack[depth - 1] : undefined;
      if (done !== undefined) {
        if (within === undefined) return done;
        within.add(done);
      }
      const to = text.indexOf('<', this.#at);
      if (to < 0) this.#fail('end tag', text.length);
      if (to > this.#at) within?.append(this.#decode(text.slice(this.#at, to), this.#at));
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
    parent?.append(normaliseLines(this.#text.slice(from, this.#at - 3)));
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

  #endTag(open: Open | undefined): void {
    this.#at += 2;
    const from = this.#at;
    // Nearly all end tags: the name and '>'.
    if (open !== undefined && this.#text.charCodeAt(from + open.qname.length) === GT && this.#text.startsWith(open.qname, from)) {
      this.#at += open.qname.length + 1;
      return;
    }
    const name = this.#name('end tag');
    this.#space();
    if (open === undefined || name !== open.qname) this.#fail('matching end tag', from);
    if (this.#text.charCodeAt(this.#at) !== GT) this.#fail('end of an end tag');
    this.#at++;
  }

  /** Reads a start tag into `open`. @returns is the element empty? */
  #startTag(open: Open, outer: Scope): boolean {
    if (++this.#elements > LIMITS.elements) this.#limit('elements', LIMITS.elements);
    const from = this.#at++;
    const qname = this.#name('element name');
    let scope = outer;
    let raw: RawAttribute[] | undefined;
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
      else {
        raw ??= [];
        raw.push({ qname: name, value, at });
      }
    }
    const { prefix, local } = this.#split(qname, from);
    const namespace = lookUp(scope, prefix);
    if (namespace === undefined) this.#fail('declared prefix of an element', from);
    open.qname = qname;
    open.name = local;
    open.namespace = namespace;
    open.attributes = raw === undefined ? NO_ATTRIBUTES : this.#attributes(raw, scope);
    open.nodes = undefined;
    open.scope = scope;
    const empty = this.#text.charCodeAt(this.#at) === SLASH;
    if (empty && this.#text.charCodeAt(++this.#at) !== GT) this.#fail('end of an empty element');
    this.#at++;
    return empty;
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

  #attributes(raw: readonly RawAttribute[], scope: Scope): XmlAttribute[] {
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
    // White space becomes blanks (XML 1.0 section 3.3.3).
    const blanks = (this.#returns ? normaliseLines(value) : value).replace(/[\t\n]/g, ' ');
    return this.#references ? this.#dereference(blanks, from) : blanks;
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
    // Letters, '_', ':' and everything above ASCII start a name (the exact ranges of XML 1.0 decide nothing here).
    if (at === from || text.charCodeAt(from) < COLON) this.#fail(what, from);
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

  /** References of a text replaced, line ends normalised (XML 1.0 section 2.11). */
  #decode(raw: string, at: number): string {
    if (this.#sectionEnds && raw.includes(']]>')) this.#fail('text without ]]>', at);
    const text = this.#returns ? normaliseLines(raw) : raw;
    return this.#references ? this.#dereference(text, at) : text;
  }

  #dereference(text: string, at: number): string {
    if (!text.includes('&')) return text;
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
