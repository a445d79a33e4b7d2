import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HostFault } from './types.ts';

/** What http.sys calls itself. */
export const SERVER = 'Microsoft-HTTPAPI/2.0';

/** Further parts of an answer. */
export interface HttpParts {
  readonly body?: Uint8Array | string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Server header, default {@link SERVER}. */
  readonly server?: string;
  readonly reason?: string;
  readonly close?: boolean;
}

/** Sends an answer as http.sys writes it: empty reason phrase of WinRM, no Keep-Alive header. */
export function send(response: ServerResponse, status: number, parts: HttpParts = {}): void {
  const body = typeof parts.body === 'string' ? Buffer.from(parts.body) : (parts.body ?? new Uint8Array());
  for (const [name, value] of Object.entries(parts.headers ?? {})) response.setHeader(name, value as string | string[]);
  if (parts.contentType !== undefined) response.setHeader('Content-Type', parts.contentType);
  response.setHeader('Server', parts.server ?? SERVER);
  response.setHeader('Content-Length', body.length);
  if (parts.close === true) response.setHeader('Connection', 'close');
  else response.removeHeader('Connection');
  response.writeHead(status, parts.reason ?? '');
  response.end(body);
}

/** An error page of http.sys (English, as it never localises them). */
export function httpSysPage(status: number, title: string, text: string): HttpParts {
  const body = `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN""http://www.w3.org/TR/html4/strict.dtd">\r\n<HTML><HEAD><TITLE>${title}</TITLE>\r\n<META HTTP-EQUIV="Content-Type" Content="text/html; charset=us-ascii"></HEAD>\r\n<BODY><h2>${title}</h2>\r\n<hr><p>HTTP Error ${status}. ${text}</p>\r\n</BODY></HTML>\r\n`;
  return { body, contentType: 'text/html; charset=us-ascii', reason: title };
}

/** The answer to any request of a host whose fault lies in front of WinRM; `undefined` when the fault is another one. */
export function faultAnswer(fault: HostFault | undefined): { readonly status: number; readonly parts: HttpParts } | undefined {
  switch (fault) {
    case 'service-503':
      return { status: 503, parts: { reason: 'Service Unavailable', close: true } };
    case 'not-found-404':
      return { status: 404, parts: httpSysPage(404, 'Not Found', 'The requested resource is not found.') };
    case 'iis-404':
      return {
        status: 404,
        parts: {
          body: '<!DOCTYPE html><html><head><title>404 - File or directory not found.</title></head><body><h1>Server Error</h1></body></html>',
          contentType: 'text/html',
          headers: { 'X-Powered-By': 'ASP.NET' },
          server: 'Microsoft-IIS/10.0',
          reason: 'Not Found',
        },
      };
    case 'proxy-html':
      return {
        status: 503,
        parts: {
          body: '<!DOCTYPE html><html><head><title>Gateway</title></head><body><h1>The requested host cannot be reached</h1></body></html>',
          contentType: 'text/html; charset=utf-8',
          headers: { Via: '1.1 proxy.corp.example (squid/5.7)' },
          server: 'squid/5.7',
          reason: 'Service Unavailable',
          close: true,
        },
      };
    default:
      return undefined;
  }
}

/** TLS alert record: level fatal, handshake_failure (RFC 5246 section 7.2). */
const HANDSHAKE_FAILURE = Uint8Array.of(21, 3, 3, 0, 2, 2, 40);

/**
 * Applies the faults of a raw connection.
 * @returns true when the connection is dealt with and nothing else may use it.
 */
export function breakSocket(socket: Socket, fault: HostFault | undefined, secure: boolean): boolean {
  switch (fault) {
    case 'reset-after-accept':
      socket.resetAndDestroy();
      return true;
    case 'silent':
      socket.resume();
      return true;
    case 'tls-reset':
      if (!secure) return false;
      socket.once('data', () => socket.resetAndDestroy());
      return true;
    case 'tls-alert':
      if (!secure) return false;
      socket.once('data', () => socket.end(HANDSHAKE_FAILURE));
      return true;
    default:
      return false;
  }
}
