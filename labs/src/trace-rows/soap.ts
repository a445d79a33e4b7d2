import {
  ACTION,
  DIALECT,
  RESOURCE,
  type Selectors,
  type WsmanRequest,
  wmi,
  writeEnumerateAnswer,
  writeReceiveAnswer,
  writeRequest,
} from '@winmedic/wsman';
import { ROW_HOST } from '../connection-rows/common.ts';
import { faultEnvelope, Refusal } from '../windows-host/soap/faults.ts';
import type { TraceStep } from './types.ts';

/** A request as both sides see it, with its answer. */
export interface Message {
  /** Name of the operation in events: Enumerate, Receive … */
  readonly operation: string;
  readonly resourceUri: string;
  readonly request: string;
  readonly answer: string;
  readonly actionUri: string;
}

const NONE: Selectors = new Map();
const uuid = (kind: number, number: number): string => `uuid:${kind}0000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;

function base(action: string, resourceUri: string, number: number): Omit<WsmanRequest, 'operation'> {
  return {
    action,
    resourceUri,
    selectors: NONE,
    options: new Map(),
    to: `http://${ROW_HOST}:5985/wsman`,
    messageId: uuid(1, number),
    maxEnvelopeSize: 512_000,
    operationTimeoutMs: 60_000,
    locale: 'en-US',
  };
}

function answered(
  request: WsmanRequest,
  operation: string,
  number: number,
  refusal: Refusal | undefined,
  ok: (context: AnswerOf) => string,
): Message {
  const context = { request, messageId: uuid(2, number) };
  const answer = refusal ? faultEnvelope(context, refusal.parts, refusal.parts.provider ? 'wmi' : 'wsman', ROW_HOST) : ok(context);
  const actionUri = /<a:Action[^>]*>([^<]*)</.exec(answer)?.[1] ?? '';
  return { operation, resourceUri: request.resourceUri ?? '', request: writeRequest(request), answer, actionUri };
}
type AnswerOf = Parameters<typeof writeEnumerateAnswer>[0];

/** A WQL query of a namespace; with a refusal it is answered by a fault. */
export function query(number: number, namespace: string, text: string, refusal?: Refusal): Message {
  const request: WsmanRequest = {
    ...base(ACTION.enumerate, wmi(namespace, '*'), number),
    operation: { kind: 'enumerate', optimize: true, maxElements: 20, mode: 'object', filter: { dialect: DIALECT.wql, text } },
  };
  return answered(request, 'Enumerate', number, refusal, (context) =>
    writeEnumerateAnswer(context, { context: '', items: [], end: true, mode: 'object' }),
  );
}

/** Output of a command of a remote shell. */
export function receive(number: number, refusal?: Refusal): Message {
  const request: WsmanRequest = {
    ...base(ACTION.receive, RESOURCE.commandShell, number),
    selectors: new Map([['ShellId', '11111111-2222-4333-8444-555555555555']]),
    operation: { kind: 'receive', streams: ['stdout', 'stderr'], commandId: '22222222-2222-4333-8444-555555555555' },
  };
  return answered(request, 'Receive', number, refusal, (context) =>
    writeReceiveAnswer(context, '22222222-2222-4333-8444-555555555555', { pieces: [] }),
  );
}

/**
 * The events of an envelope: one a chunk, counted from 1. How large Windows makes a chunk was not seen; what counts is that a reader puts them together.
 * @param bytes size of a chunk as the event tells it: that of its UTF-16 text, an assumption
 */
export function soapSteps(id: number, envelope: string, activity: number, chunkLength = 16_000): TraceStep[] {
  const total = Math.max(1, Math.ceil(envelope.length / chunkLength));
  return Array.from({ length: total }, (_, index) => {
    const part = envelope.slice(index * chunkLength, (index + 1) * chunkLength);
    return { id, activity, values: { index: index + 1, totalChunks: total, bytes: part.length * 2, SoapDocument: part } };
  });
}

/** Remote access is switched off (Disable-PSRemoting): ERROR_WSMAN_SERVICE_REMOTE_ACCESS_DISABLED. */
export const REMOTE_ACCESS_DISABLED = new Refusal({
  code: 0x803381dd,
  soapCode: 'Receiver',
  subcode: ['w', 'InternalError'],
  text: 'The WS-Management service does not accept remote requests. ',
});
