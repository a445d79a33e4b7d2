import {
  type Envelope,
  NS,
  parseDurationMs,
  parseEnvelope,
  parseXml,
  readFault,
  readIdentity,
  WsmanError,
  type WsmanErrorCode,
  type WsmanFault,
  type XmlElement,
} from '@winmedic/wsman/messages';
import type { EnvelopeView } from './types.ts';

/** Characters kept of one value: addresses, resource URIs and texts of faults are far shorter. */
const MAX_TEXT = 4096;
/** Selectors whose names are kept: WMI keys have up to ten. */
const MAX_SELECTORS = 64;
/** Namespace of SOAP 1.1 (section 3). */
const SOAP_11 = 'http://schemas.xmlsoap.org/soap/envelope/';
/** WS-Addressing as Windows speaks it, and its final version. */
const ADDRESSING: readonly string[] = [NS.a, 'http://www.w3.org/2005/08/addressing'];

/** What {@link readEnvelope} gives: the view, or the code of the parser's error. */
export type EnvelopeReading = { readonly view: EnvelopeView } | { readonly error: WsmanErrorCode };

/**
 * Reads what decides in a SOAP envelope of WS-Management (DSP0226, MS-WSMV 2.2.4); SOAP 1.1 as well, which other servers speak.
 * @param bytes the whole body. @param charset parameter of the media type, lower case: needed only for UTF-16 without a byte order mark.
 */
export function readEnvelope(bytes: Uint8Array, charset: string): EnvelopeReading {
  try {
    const source = utf16WithoutMark(bytes, charset) ?? bytes;
    return { view: detached(isSoap11(source) ? viewOf11(parseXml(source)) : viewOf12(parseEnvelope(source))) };
  } catch (error) {
    if (error instanceof WsmanError) return { error: error.code };
    throw error;
  }
}

function utf16WithoutMark(bytes: Uint8Array, charset: string): string | undefined {
  if (!charset.startsWith('utf-16') || bytes[0] === 0xff || bytes[0] === 0xfe) return undefined;
  return new TextDecoder(bytes[0] === 0 ? 'utf-16be' : 'utf-16le').decode(bytes);
}

/** SOAP 1.2 is never refused because of this: the namespace is looked for only to choose the reader. */
function isSoap11(source: string | Uint8Array): boolean {
  const head = typeof source === 'string' ? source.slice(0, 2048) : new TextDecoder().decode(source.subarray(0, 2048));
  return head.includes(SOAP_11) && !head.includes(NS.s);
}

function viewOf12(envelope: Envelope): EnvelopeView {
  const fault = readFault(envelope);
  const identity = identityOf(envelope);
  return {
    ...headersOf(envelope.headers),
    body: envelope.content?.name ?? '',
    ...(fault === undefined ? {} : { fault }),
    ...(identity === undefined ? {} : { identity }),
  };
}

function viewOf11(root: XmlElement): EnvelopeView {
  const body = root.child('Body', SOAP_11);
  if (root.name !== 'Envelope' || body === undefined) throw new WsmanError('WSMAN_ENVELOPE', 'SOAP 1.1 envelope with a body');
  const [content] = body.elements;
  const fault = content?.name === 'Fault' && content.namespace === SOAP_11 ? faultOf11(content) : undefined;
  return {
    ...headersOf(root.child('Header', SOAP_11)?.elements ?? []),
    body: content?.name ?? '',
    ...(fault === undefined ? {} : { fault }),
  };
}

/** SOAP 1.1 section 4.4: a qualified code and a text; codes of Windows have no place in it. */
function faultOf11(fault: XmlElement): WsmanFault {
  const code = fault.child('faultcode')?.text.trim() ?? '';
  const text = fault.child('faultstring')?.text.replace(/\s+/g, ' ').trim() ?? '';
  return { codes: [], soapCode: code.slice(code.indexOf(':') + 1), soapSubcode: '', ...(text === '' ? {} : { text }) };
}

function headersOf(headers: readonly XmlElement[]) {
  const find = (name: string, namespaces: readonly string[]) =>
    headers.find((element) => element.name === name && namespaces.includes(element.namespace));
  const addressing = (name: string): string => find(name, ADDRESSING)?.text.trim() ?? '';
  const timeout = parseDurationMs(find('OperationTimeout', [NS.w])?.text ?? '');
  const size = find('MaxEnvelopeSize', [NS.w])?.text.trim() ?? '';
  const selectors = find('SelectorSet', [NS.w])?.childrenOf('Selector', NS.w) ?? [];
  return {
    action: addressing('Action'),
    resourceUri: find('ResourceURI', [NS.w])?.text.trim() ?? '',
    messageId: addressing('MessageID'),
    relatesTo: addressing('RelatesTo'),
    to: addressing('To'),
    selectors: selectors.slice(0, MAX_SELECTORS).map((selector) => selector.attribute('Name') ?? ''),
    ...(timeout === undefined ? {} : { operationTimeoutMs: timeout }),
    ...(/^\d{1,10}$/.test(size) ? { maxEnvelopeBytes: Number(size) } : {}),
  };
}

function identityOf(envelope: Envelope): EnvelopeView['identity'] {
  if (envelope.content?.name !== 'IdentifyResponse' || envelope.content.namespace !== NS.id) return undefined;
  const { productVendor = '', productVersion = '', protocolVersion = '' } = readIdentity(envelope);
  return { vendor: productVendor, product: productVersion, protocol: protocolVersion };
}

/** A copy with texts of bounded length that stand alone: parts of the envelope's text would keep the whole of it in memory. */
function detached<T>(value: T): T {
  if (typeof value === 'string') return copyOf(value) as T;
  if (Array.isArray(value)) return value.map(detached) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, detached(each)])) as T;
}

function copyOf(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text.slice(0, MAX_TEXT)));
}
