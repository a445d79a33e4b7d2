/** An attribute; namespace declarations are not attributes here. */
export interface XmlAttribute {
  readonly name: string;
  /** Namespace URI; empty without a prefix. */
  readonly namespace: string;
  readonly value: string;
}

/** Prefixes in force at an element: a chain, so that an element without declarations costs nothing. */
export interface Scope {
  readonly prefix: string;
  readonly uri: string;
  readonly outer: Scope | undefined;
  /** Declarations up to here. */
  readonly count: number;
}

/** Namespace of the prefix `xml`, always declared. */
export const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
/** What is declared outside of everything. */
export const ROOT_SCOPE: Scope = { prefix: 'xml', uri: XML_NAMESPACE, outer: undefined, count: 0 };

/** An element of a parsed document (Namespaces in XML 1.0). Comments and processing instructions are dropped. */
export class XmlElement {
  /** Local name. */
  readonly name: string;
  /** Namespace URI; empty for none. */
  readonly namespace: string;
  readonly attributes: readonly XmlAttribute[];
  /** Elements and texts in order; adjacent texts are joined. */
  readonly nodes: readonly (XmlElement | string)[];
  readonly #scope: Scope;

  constructor(name: string, namespace: string, attributes: readonly XmlAttribute[], nodes: readonly (XmlElement | string)[], scope: Scope) {
    this.name = name;
    this.namespace = namespace;
    this.attributes = attributes;
    this.nodes = nodes;
    this.#scope = scope;
  }

  /** Child elements. */
  get elements(): XmlElement[] {
    return this.nodes.filter((node): node is XmlElement => typeof node !== 'string');
  }

  /** First child element with this local name; any namespace when none is given. */
  child(name: string, namespace?: string): XmlElement | undefined {
    for (const node of this.nodes) {
      if (typeof node !== 'string' && node.name === name && (namespace === undefined || node.namespace === namespace)) return node;
    }
    return undefined;
  }

  /** All child elements with this local name. */
  childrenOf(name: string, namespace?: string): XmlElement[] {
    return this.elements.filter((node) => node.name === name && (namespace === undefined || node.namespace === namespace));
  }

  /** Text directly inside, as written. */
  get text(): string {
    const { nodes } = this;
    if (nodes.length === 1 && typeof nodes[0] === 'string') return nodes[0];
    return nodes.filter((node) => typeof node === 'string').join('');
  }

  /** Value of an attribute; without a namespace only unprefixed ones are asked. */
  attribute(name: string, namespace = ''): string | undefined {
    for (const attribute of this.attributes) {
      if (attribute.name === name && attribute.namespace === namespace) return attribute.value;
    }
    return undefined;
  }

  /** Namespace a prefix stands for here, for names inside values (`xsi:type`, fault codes); `undefined` when it is not declared. */
  resolve(prefix: string): string | undefined {
    return lookUp(this.#scope, prefix);
  }
}

/** Namespace of a prefix, `''` for the default one where none is declared; `undefined` for an unknown prefix. */
export function lookUp(scope: Scope | undefined, prefix: string): string | undefined {
  for (let at = scope; at !== undefined; at = at.outer) {
    if (at.prefix === prefix) return at.uri;
  }
  return prefix === '' ? '' : undefined;
}
