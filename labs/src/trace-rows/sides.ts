import { ROW_HOST } from '../connection-rows/common.ts';
import { type Message, soapSteps } from './soap.ts';
import type { TraceStep } from './types.ts';

/** Who was let in, as event 1295 tells it. */
export interface Login {
  readonly user: string;
  readonly mechanism: 'Negotiate' | 'Kerberos' | 'Basic' | 'CredSSP';
}

/** Names of the two login events: Windows 10 and later, Windows 7. */
const AUTHENTICATED = { now: 1295, windows7: 169 } as const;

/** On the server: a request arrives, its sender is let in, it is carried out or refused. */
export const server = {
  /** A 401 and the connection is closed: the end of every login that failed. Nothing says why, nor which mechanism it was. */
  unauthorized: (activity: number): TraceStep[] => [{ id: 1294, activity }],
  authenticated: ({ user, mechanism }: Login, activity: number): TraceStep[] => [
    { id: AUTHENTICATED.now, activity, values: { username: user, authenticationMechanism: mechanism } },
  ],
  /** A request that is allowed; a fault as its answer comes with 1025. */
  request: (message: Message, activity: number, chunkLength?: number): TraceStep[] => [
    { id: 788, activity, values: { operationName: message.operation } },
    ...soapSteps(772, message.request, activity, chunkLength),
    { id: 1536, activity },
    { id: 1537, activity },
    { id: 789, activity, values: { operation: message.operation, resourceURI: message.resourceUri } },
    { id: 790, activity, values: { operation: message.operation } },
    ...server.answer(message, activity, chunkLength),
  ],
  /** A request whose sender may not: 192 with the error, then the fault. */
  denied: (message: Message, errorCode: number, activity: number): TraceStep[] => [
    { id: 788, activity, values: { operationName: message.operation } },
    ...soapSteps(772, message.request, activity),
    { id: 1536, activity },
    { id: 192, activity, values: { errorCode } },
    ...server.answer(message, activity),
  ],
  answer: (message: Message, activity: number, chunkLength?: number): TraceStep[] => [
    ...(message.actionUri.endsWith('/fault') ? [{ id: 1025, activity, values: { actionUri: message.actionUri } }] : []),
    ...soapSteps(1027, message.answer, activity, chunkLength),
    { id: 1050, activity, values: { operationName: message.operation } },
  ],
  /** The same on Windows 7 and 2008 R2: other events for the arrival and the login, and 192 has no code. */
  deniedWindows7: (message: Message, login: Login, activity: number): TraceStep[] => [
    { id: AUTHENTICATED.windows7, activity, values: { username: login.user, authenticationMechanism: login.mechanism } },
    { id: 770, activity, values: { operation: message.operation } },
    ...soapSteps(772, message.request, activity),
    { id: 192, activity },
    { id: 1025, activity, values: { actionUri: message.actionUri } },
    ...soapSteps(1027, message.answer, activity),
  ],
} as const;

/** On a Windows client: a session is made, an operation is started, sent and ends. */
export const client = {
  session: (): TraceStep[] => [
    { id: 2 },
    { id: 29 },
    { id: 6, values: { connection: `${ROW_HOST}/wsman?PSVersion=5.1.20348.558` }, activity: 1 },
    { id: 31, activity: 1 },
  ],
  /** Operation begins; nothing is on the wire yet. */
  start: (message: Message, activity: number): TraceStep[] => [
    { id: 145, activity, values: { operationName: message.operation, resourceUri: message.resourceUri } },
  ],
  /** The request goes out to a host and port. */
  send: (message: Message, activity: number, port = 5985): TraceStep[] => [
    ...soapSteps(771, message.request, activity),
    { id: 787, activity, values: { operationName: message.operation, url: ROW_HOST, port } },
  ],
  mechanism: (name: string, activity: number): TraceStep[] => [
    { id: 1297, activity, values: { authentication: name } },
    { id: 1293, activity, values: { auth: name } },
  ],
  /** The answer of the service came, and the operation ended well. */
  succeeded: (message: Message, activity: number): TraceStep[] => [
    { id: 1045, activity },
    ...soapSteps(1026, message.answer, activity),
    { id: 132, activity, values: { operationName: message.operation } },
  ],
  /** The service answered with a fault. WinRM sends it with HTTP 500. */
  faulted: (message: Message, code: number, activity: number): TraceStep[] => [
    { id: 1051, activity, values: { status: 500 } },
    ...soapSteps(1026, message.answer, activity),
    ...client.failed(message, code, activity),
  ],
  status: (status: number, activity: number): TraceStep[] => [{ id: 1051, activity, values: { status } }],
  failed: (message: Message, code: number, activity: number): TraceStep[] => [
    { id: 142, activity, values: { operationName: message.operation, errorCode: code } },
  ],
} as const;
