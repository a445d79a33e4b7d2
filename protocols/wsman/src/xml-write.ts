import { WsmanError } from './errors.ts';

/** Attributes as `[qualified name, value]`; `undefined` values are left out. */
export type XmlAttributeList = readonly (readonly [qname: string, value: string | undefined])[];

// biome-ignore lint/suspicious/noControlCharactersInRegex: the characters XML 1.0 does not have (section 2.2)
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const SPECIAL = /[&<>"'\r\n\t]/;
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};
const NAME = /^[A-Za-z_][\w.-]*(:[A-Za-z_][\w.-]*)?$/;

/**
 * Text as it may stand in an element or attribute; line ends and tabs survive as references.
 * @throws WsmanError `WSMAN_VALUE` for characters XML does not have.
 */
export function escapeXml(text: string): string {
  if (FORBIDDEN.test(text) || !text.isWellFormed()) throw new WsmanError('WSMAN_VALUE', 'text with characters XML does not have');
  return SPECIAL.test(text) ? text.replace(/[&<>"'\r\n\t]/g, (character) => ESCAPES[character] ?? character) : text;
}

/** Writes elements in order. Names are checked, texts escaped; namespaces are the caller's. */
export class XmlWriter {
  readonly #parts: string[] = [];
  readonly #open: string[] = [];

  /** Start tag. @throws WsmanError `WSMAN_VALUE` for what is no name. */
  open(qname: string, attributes: XmlAttributeList = []): this {
    this.#tag(qname, attributes, '>');
    this.#open.push(qname);
    return this;
  }

  /** End tag of the element opened last. */
  close(): this {
    const qname = this.#open.pop();
    if (qname === undefined) throw new WsmanError('WSMAN_VALUE', 'end tag without a start tag');
    this.#parts.push(`</${qname}>`);
    return this;
  }

  text(text: string): this {
    this.#parts.push(escapeXml(text));
    return this;
  }

  /** An element with text, or an empty one. */
  leaf(qname: string, text?: string, attributes: XmlAttributeList = []): this {
    if (text === undefined || text === '') {
      this.#tag(qname, attributes, '/>');
      return this;
    }
    this.#tag(qname, attributes, '>');
    this.#parts.push(escapeXml(text), `</${qname}>`);
    return this;
  }

  /** Markup made by another writer, as it is. */
  markup(xml: string): this {
    this.#parts.push(xml);
    return this;
  }

  /** @throws WsmanError `WSMAN_VALUE` when an element is still open. */
  toString(): string {
    if (this.#open.length > 0) throw new WsmanError('WSMAN_VALUE', 'document with an open element');
    return this.#parts.join('');
  }

  #tag(qname: string, attributes: XmlAttributeList, end: string): void {
    if (!NAME.test(qname)) throw new WsmanError('WSMAN_VALUE', 'element name');
    this.#parts.push('<', qname);
    for (const [name, value] of attributes) {
      if (value === undefined) continue;
      if (!NAME.test(name)) throw new WsmanError('WSMAN_VALUE', 'attribute name');
      this.#parts.push(' ', name, '="', escapeXml(value), '"');
    }
    this.#parts.push(end);
  }
}
