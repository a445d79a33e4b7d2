import { WsmanError } from './errors.ts';
import { type NamespacePrefix, NS } from './namespaces.ts';
import { parseXml } from './xml.ts';
import { XML_NAMESPACE, type XmlElement } from './xml-element.ts';
import { XmlWriter } from './xml-write.ts';

/** A SOAP 1.2 envelope, read. */
export interface Envelope {
  /** Header elements in order. */
  readonly headers: readonly XmlElement[];
  /** Body element. */
  readonly body: XmlElement;
  /** First element of the body, when there is one. */
  readonly content?: XmlElement;
  readonly action?: string;
  readonly messageId?: string;
  readonly relatesTo?: string;
}

/**
 * Reads an envelope, request or answer.
 * @throws WsmanError what {@link parseXml} throws; `WSMAN_ENVELOPE` when it is no SOAP 1.2 envelope with a body.
 */
export function parseEnvelope(source: string | Uint8Array): Envelope {
  const root = parseXml(source);
  if (root.name !== 'Envelope' || root.namespace !== NS.s) throw new WsmanError('WSMAN_ENVELOPE', 'SOAP 1.2 envelope');
  const body = root.child('Body', NS.s);
  if (body === undefined) throw new WsmanError('WSMAN_ENVELOPE', 'body of an envelope');
  const headers = root.child('Header', NS.s)?.elements ?? [];
  const [content] = body.elements;
  const header = (name: string) => headers.find((element) => element.name === name && element.namespace === NS.a)?.text.trim();
  const action = header('Action');
  const messageId = header('MessageID');
  const relatesTo = header('RelatesTo');
  return {
    headers,
    body,
    ...(content === undefined ? {} : { content }),
    ...(action === undefined ? {} : { action }),
    ...(messageId === undefined ? {} : { messageId }),
    ...(relatesTo === undefined ? {} : { relatesTo }),
  };
}

/** Writes an envelope whose prefixes are those of NS. */
export function writeEnvelope(
  prefixes: readonly NamespacePrefix[],
  header: (writer: XmlWriter) => void,
  body: (writer: XmlWriter) => void,
  language?: string,
): string {
  const writer = new XmlWriter();
  const declared = new Set<NamespacePrefix>(['s', ...prefixes]);
  writer.open('s:Envelope', [...[...declared].map((prefix) => [`xmlns:${prefix}`, NS[prefix]] as const), ['xml:lang', language]]);
  writer.open('s:Header');
  header(writer);
  writer.close().open('s:Body');
  body(writer);
  return writer.close().close().toString();
}

/** An element with everything inside as markup of its own, namespaces declared again: for bookmarks, queries and other parts passed on. */
export function elementMarkup(element: XmlElement): string {
  const writer = new XmlWriter();
  writeElement(writer, element, '');
  return writer.toString();
}

function writeElement(writer: XmlWriter, element: XmlElement, outer: string): void {
  const prefixes = new Map<string, string>();
  const attributes = element.attributes.map(({ name, namespace, value }) => {
    if (namespace === '') return [name, value] as const;
    if (namespace === XML_NAMESPACE) return [`xml:${name}`, value] as const;
    const prefix = prefixes.get(namespace) ?? `q${prefixes.size}`;
    prefixes.set(namespace, prefix);
    return [`${prefix}:${name}`, value] as const;
  });
  writer.open(element.name, [
    ['xmlns', element.namespace === outer ? undefined : element.namespace],
    ...[...prefixes].map(([uri, prefix]) => [`xmlns:${prefix}`, uri] as const),
    ...attributes,
  ]);
  for (const node of element.nodes) {
    if (typeof node === 'string') writer.text(node);
    else writeElement(writer, node, element.namespace);
  }
  writer.close();
}
