import { WsmanError } from './errors.ts';

/**
 * Text of an XML document: UTF-16 when a byte order mark says so, else UTF-8 (the two that XML 1.0 section 4.3.3 and MS-WSMV 2.2.9.1.1.2.1 name).
 * @throws WsmanError `WSMAN_XML_ENCODING` for bytes that are neither.
 */
export function decodeXml(bytes: Uint8Array): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new WsmanError('WSMAN_XML_ENCODING', `text in ${encoding}`, { cause });
  }
}
