import { randomUUID } from 'node:crypto';
import { ANONYMOUS, NS, XmlWriter } from '@winmedic/wsman';

/** Prefixes WinRM declares on its answers (recorded exchanges: Windows Server 2012 and later). */
const DECLARED = ['s', 'a', 'x', 'e', 'n', 'w', 'p'] as const;

/** What an answer is made of. */
export interface AnswerParts {
  readonly action: string;
  /** MessageID of the request. */
  readonly relatesTo: string | undefined;
  /** Inside `s:Body`, prefixes s, a, x, e, n, w, p declared. */
  readonly body: string;
  /** Further headers as markup. */
  readonly headers?: string;
}

/** An answer envelope with the headers in WinRM's order. */
export function answerEnvelope(parts: AnswerParts): string {
  const xml = new XmlWriter();
  xml.open('s:Envelope', [['xml:lang', 'en-US'], ...DECLARED.map((prefix) => [`xmlns:${prefix}`, NS[prefix]] as const)]);
  xml.open('s:Header').leaf('a:Action', parts.action).leaf('a:MessageID', messageId()).leaf('a:To', ANONYMOUS);
  if (parts.headers !== undefined) xml.markup(parts.headers);
  if (parts.relatesTo !== undefined) xml.leaf('a:RelatesTo', parts.relatesTo);
  xml.close().open('s:Body').markup(parts.body).close().close();
  return xml.toString();
}

/** `uuid:…`, upper case as WinRM writes it. */
export function messageId(): string {
  return `uuid:${randomUUID().toUpperCase()}`;
}

/** A shell's or command's identifier. */
export function newGuid(): string {
  return randomUUID().toUpperCase();
}
