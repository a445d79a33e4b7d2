import type { BodyKind } from './errors.ts';
import { headerOf } from './http-auth.ts';
import { isSealedType } from './multipart.ts';
import { NS } from './namespaces.ts';
import { toLatin1 } from './octets.ts';
import type { HttpResponse } from './transport.ts';

/** Bytes that are looked at: the namespace of an envelope stands in its first tag. */
const HEAD = 2048;

/** What an answer's body is, by media type and first bytes. */
export function bodyKind(response: Pick<HttpResponse, 'headers' | 'body'>): BodyKind {
  if (response.body.length === 0) return 'empty';
  const contentType = headerOf(response, 'content-type').toLowerCase();
  if (isSealedType(contentType)) return 'sealed';
  const head = toLatin1(response.body.subarray(0, HEAD));
  if (contentType.startsWith('application/soap+xml') || head.includes(NS.s)) return 'soap';
  return contentType.startsWith('text/html') || /^\s*<(!doctype\s+html|html)\b/i.test(head) ? 'html' : 'other';
}
