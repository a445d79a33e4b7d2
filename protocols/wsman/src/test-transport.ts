import type { HttpRequest, HttpResponse, HttpTransport } from './transport.ts';

/** An answer, short to write. */
export interface FakeAnswer {
  readonly status?: number;
  readonly challenges?: readonly string[];
  readonly headers?: readonly (readonly [string, string])[];
  readonly contentType?: string;
  readonly body?: string | Uint8Array;
}

/** A transport whose answers a test makes; an Error is thrown. */
export class FakeTransport implements HttpTransport {
  readonly secure: boolean;
  readonly requests: HttpRequest[] = [];
  closed = false;
  readonly #answer: (request: HttpRequest, count: number) => FakeAnswer | Error | Promise<FakeAnswer>;

  constructor(answer: (request: HttpRequest, count: number) => FakeAnswer | Error | Promise<FakeAnswer>, secure = false) {
    this.#answer = answer;
    this.secure = secure;
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    this.requests.push(request);
    const answer = await this.#answer(request, this.requests.length);
    if (answer instanceof Error) throw answer;
    const headers: (readonly [string, string])[] = (answer.challenges ?? []).map((value) => ['WWW-Authenticate', value]);
    if (answer.contentType !== undefined) headers.push(['Content-Type', answer.contentType]);
    headers.push(...(answer.headers ?? []));
    const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : (answer.body ?? new Uint8Array());
    return { status: answer.status ?? 200, statusText: '', headers, body };
  }

  close(): void {
    this.closed = true;
  }
}

/** Token of an Authorization header as text. */
export function sentToken(request: HttpRequest): string {
  const [, token = ''] = (request.headers['Authorization'] ?? '').split(' ');
  return Buffer.from(token, 'base64').toString('latin1');
}

export const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');
export const SOAP_TYPE = 'application/soap+xml;charset=UTF-8';
