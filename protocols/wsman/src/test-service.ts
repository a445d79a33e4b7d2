import { WsmanClient } from './client.ts';
import type { ClientOptions } from './client-types.ts';
import { WsmanError } from './errors.ts';
import type { FaultToWrite } from './fault-write.ts';
import { wmi } from './namespaces.ts';
import type { ReceivedRequest } from './request.ts';
import { parseRequest } from './request-read.ts';
import type { AnswerContext } from './response-write.ts';
import type { SessionApi } from './session-types.ts';
import type { WsmanInstance } from './values.ts';

/** Class of the instances here. */
export const CLASS = wmi('root/cimv2', 'Win32_X');
/** The instance with a number. */
export const instance = (index: number): WsmanInstance => ({
  class: 'Win32_X',
  namespace: 'root/cimv2',
  resourceUri: CLASS,
  properties: new Map([['Index', String(index)]]),
});

/** A service: one request, one envelope. */
export type Answer = (request: ReceivedRequest, context: AnswerContext) => string;

/** A client on a session whose service is a function; sleeps are noted and not slept. */
export function clientOf(answer: Answer, options: ClientOptions = {}) {
  const requests: ReceivedRequest[] = [];
  const sleeps: number[] = [];
  const session: SessionApi = {
    state: 'accepted',
    roundTrips: 0,
    probe: () => Promise.reject(new Error('not here')),
    login: () => Promise.reject(new Error('not here')),
    post: async (envelope) => {
      const request = parseRequest(envelope);
      requests.push(request);
      const written = answer(request, { request, messageId: `uuid:${requests.length}` });
      return { status: written.includes(':Fault>') ? 500 : 200, envelope: Buffer.from(written), sealed: true };
    },
    close: () => {},
  };
  const client = new WsmanClient(session, { sleep: async (ms) => void sleeps.push(ms), random: () => 1, ...options });
  return { client, requests, sleeps, session };
}

/** A fault by its code; 0: without one. */
export const fault = (code: number, subcode = 'InternalError'): FaultToWrite => ({
  shape: code === 0 ? 'plain' : 'wsman',
  soapCode: 'Receiver',
  subcode: ['w', subcode],
  code,
  machine: 'HV01',
  text: '日本語の説明',
});

/** Numbers of all instances. */
export async function indexes(instances: AsyncIterable<WsmanInstance>): Promise<number[]> {
  const result: number[] = [];
  for await (const each of instances) result.push(Number(each.properties.get('Index')));
  return result;
}

/** What a call rejects with. */
export async function errorOf(run: Promise<unknown>): Promise<WsmanError> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof WsmanError) return error;
  throw new Error('no WsmanError', { cause: error });
}
