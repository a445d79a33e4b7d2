import { ACTION, wmi, writeRequest } from '@winmedic/wsman';
import { inOrder, joined, type Side, TcpConversation, type WritePacket } from '../capture-writer/index.ts';
import { ROW_HOST } from '../connection-rows/common.ts';
import { CAPTURE_CLIENT, CAPTURE_SERVER, nameExchange } from './capture-of.ts';

/** When the captures written by hand begin: 2026-02-03 04:05:06 UTC. */
export const CAPTURE_START = BigInt(Date.UTC(2026, 1, 3, 4, 5, 6)) * 1_000_000n;
/** What Windows' own client calls itself, and a Java client that knows NTLM but no encryption of messages. */
export const WINDOWS_CLIENT = 'Microsoft WinRM Client';
export const JAVA_CLIENT = 'Apache-HttpClient/4.5.13 (Java/1.8.0_392)';
/** Media type of an envelope in the clear. */
export const SOAP = 'application/soap+xml;charset=UTF-8';
/** Schemes of a host with defaults. */
const USUAL: readonly string[] = ['Negotiate', 'Kerberos'];

/** Body and headers of one message. */
export interface HttpPart {
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly type?: string;
  readonly body?: Uint8Array | string;
  /** Server header of an answer, default that of http.sys; empty: none. */
  readonly server?: string;
  /** Reason phrase; WinRM's is empty. */
  readonly reason?: string;
}

/** Where an HTTP conversation runs. */
export interface HttpTalkOptions {
  readonly start?: bigint;
  readonly clientPort?: number;
  readonly port?: number;
  readonly userAgent?: string;
  /** Milliseconds until the server accepts, beyond a round trip. */
  readonly slowBy?: number;
}

/** HTTP of one client with the host, request by request. */
export class HttpTalk {
  readonly tcp: TcpConversation;
  readonly #userAgent: string;
  readonly #port: number;
  readonly #start: bigint;

  constructor({ start = CAPTURE_START, clientPort = 50_100, port = 5985, userAgent = WINDOWS_CLIENT, slowBy = 0 }: HttpTalkOptions = {}) {
    this.tcp = new TcpConversation({
      client: { address: CAPTURE_CLIENT, port: clientPort },
      server: { address: CAPTURE_SERVER, port },
      start,
      ttl: { client: 128, server: 128 },
    }).open({ slowBy });
    this.#userAgent = userAgent;
    this.#port = port;
    this.#start = start;
  }

  /** The packets, after the question for the name of the host. */
  get packets(): readonly WritePacket[] {
    return inOrder(nameExchange(this.#start - 3_000_000n), this.tcp.packets);
  }

  /** POST /wsman. */
  ask({ headers = [], type, body = '' }: HttpPart = {}): this {
    const lines = [
      'POST /wsman HTTP/1.1',
      'Connection: Keep-Alive',
      ...(type === undefined ? [] : [`Content-Type: ${type}`]),
      `User-Agent: ${this.#userAgent}`,
      ...headers.map(([name, value]) => `${name}: ${value}`),
    ];
    return this.#send('client', [...lines], body, `Host: ${ROW_HOST}:${this.#port}`);
  }

  /** An answer of the host. */
  answer(status: number, { headers = [], type, body = '', server = 'Microsoft-HTTPAPI/2.0', reason = '' }: HttpPart = {}): this {
    const lines = [
      `HTTP/1.1 ${status} ${reason}`,
      ...(type === undefined ? [] : [`Content-Type: ${type}`]),
      ...(server === '' ? [] : [`Server: ${server}`]),
      ...headers.map(([name, value]) => `${name}: ${value}`),
    ];
    return this.#send('server', lines, body);
  }

  /** 401 that offers schemes, as WinRM writes it. */
  refuse(schemes: readonly string[] = USUAL): this {
    return this.answer(401, { headers: schemes.map((scheme) => ['WWW-Authenticate', scheme]) });
  }

  #send(from: Side, lines: readonly string[], body: Uint8Array | string, host?: string): this {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    const head = [...lines, `Content-Length: ${bytes.length}`, ...(host === undefined ? [] : [host]), '', ''].join('\r\n');
    this.tcp.wait(from === 'server' ? 2 : 1).send(from, joined(new TextEncoder().encode(head), bytes));
    return this;
  }
}

/** A request for the operating system, as WMI clients begin with. */
export const OS_REQUEST = {
  action: ACTION.enumerate,
  resourceUri: wmi('root/cimv2', 'Win32_OperatingSystem'),
  messageId: 'uuid:00000000-0000-4000-8000-000000000001',
} as const;

/** The envelope of a request to enumerate a class. */
export function enumerateEnvelope(resourceUri: string = OS_REQUEST.resourceUri): string {
  return writeRequest({
    ...OS_REQUEST,
    resourceUri,
    selectors: new Map(),
    options: new Map(),
    to: `http://${ROW_HOST}:5985/wsman`,
    maxEnvelopeSize: 512_000,
    operationTimeoutMs: 60_000,
    operation: { kind: 'enumerate', optimize: true, maxElements: 20, mode: 'object' },
  });
}
