import {
  ACTION,
  type AnswerContext,
  DELIVERY_PULL,
  DIALECT,
  NS,
  type Operation,
  type WsmanInstance,
  type WsmanRequest,
  wmi,
  writeCommandAnswer,
  writeCreated,
  writeEmptyAnswer,
  writeEnumerateAnswer,
  writeEventPage,
  writeFault,
  writeIdentity,
  writeInstanceAnswer,
  writeInvokeAnswer,
  writePullAnswer,
  writeReceiveAnswer,
  writeRequest,
  writeSendAnswer,
  writeSignalAnswer,
  writeSubscribed,
} from '@winmedic/wsman';

const CLASS = wmi('root/cimv2', 'Win32_Service');
const INSTANCE: WsmanInstance = {
  class: 'Win32_Service',
  namespace: 'root/cimv2',
  resourceUri: CLASS,
  properties: new Map<string, WsmanInstance['properties'] extends ReadonlyMap<string, infer Value> ? Value : never>([
    ['Name', 'WinRM'],
    ['Caption', '日本語 <&>'],
    ['Values', ['1', '2', '3']],
    ['Nothing', null],
    ['Inner', { class: 'Msvm_X', properties: new Map([['A', 'b']]) }],
  ]),
};
const CONTEXT: AnswerContext = { request: { action: ACTION.get, messageId: 'uuid:1', resourceUri: CLASS }, messageId: 'uuid:2' };
const PAGE = { items: [INSTANCE, INSTANCE], context: 'uuid:c', end: false, mode: 'object' } as const;
const REFERENCE = { address: 'http://hv01:5985/wsman', resourceUri: CLASS, selectors: new Map([['Name', 'WinRM']]) };

/** Answers of a service by name: what a client must be able to read, whole or broken. */
export const ANSWERS: Readonly<Record<string, string>> = {
  identity: writeIdentity({
    protocolVersion: 'x',
    productVendor: 'Microsoft Corporation',
    productVersion: 'OS: 10.0.20348 SP: 0.0 Stack: 3.0',
    securityProfiles: ['a', 'b'],
  }),
  instance: writeInstanceAnswer(CONTEXT, INSTANCE),
  invoke: writeInvokeAnswer(CONTEXT, 'GetSummaryInformation', new Map([['ReturnValue', '0']])),
  enumerate: writeEnumerateAnswer(CONTEXT, PAGE),
  pull: writePullAnswer(CONTEXT, { ...PAGE, end: true }),
  references: writePullAnswer(CONTEXT, { ...PAGE, items: [{ properties: new Map(), reference: REFERENCE }], mode: 'reference' } as never),
  empty: writeEmptyAnswer(CONTEXT),
  created: writeCreated(CONTEXT, REFERENCE, [['ShellId', 'S1']]),
  command: writeCommandAnswer(CONTEXT, 'C1'),
  receive: writeReceiveAnswer(CONTEXT, 'C1', {
    pieces: [{ stream: 'stdout', data: Buffer.from('hello'), end: true }],
    state: 'Done',
    exitCode: 0,
  }),
  send: writeSendAnswer(CONTEXT),
  signal: writeSignalAnswer(CONTEXT),
  subscribed: writeSubscribed(CONTEXT, { address: 'http://hv01/wsman', identifier: 'I', context: 'uuid:e' }),
  events: writeEventPage(CONTEXT, {
    context: 'uuid:e',
    events: ['<Event xmlns="urn:e"><A>1</A></Event>'],
    bookmark: '<w:Bookmark>b</w:Bookmark>',
  }),
  'fault with code': fault('wsman', 0x80338029, 'TimedOut'),
  'fault of a quota': fault('wsman', 0x803381a6, 'InternalError'),
  'fault of a size': fault('wsman', 0x80338047, 'EncodingLimit'),
  'fault of WMI': fault('wmi', 0x80041010, 'InternalError'),
  'plain fault': fault('plain', 0, 'AccessDenied'),
};

function fault(shape: 'wsman' | 'wmi' | 'plain', code: number, subcode: string): string {
  return writeFault(CONTEXT, {
    shape,
    soapCode: 'Receiver',
    subcode: ['w', subcode],
    code,
    machine: 'HV01',
    text: '説明',
    provider: { name: 'WMI Provider', path: '%systemroot%\\system32\\WsmWmiPl.dll', code: 0x80041010, text: 'x' },
  });
}

const OPERATIONS: readonly (readonly [action: string, operation: Operation])[] = [
  ['', { kind: 'identify' }],
  [ACTION.get, { kind: 'get' }],
  [ACTION.put, { kind: 'put', instance: INSTANCE }],
  [
    ACTION.enumerate,
    {
      kind: 'enumerate',
      optimize: true,
      maxElements: 32_000,
      mode: 'objectAndReference',
      filter: { dialect: DIALECT.wql, text: 'select * from X' },
    },
  ],
  [ACTION.pull, { kind: 'pull', context: 'uuid:1', maxElements: 20 }],
  [ACTION.release, { kind: 'release', context: 'uuid:1' }],
  [ACTION.subscribe, { kind: 'subscribe', deliveryMode: DELIVERY_PULL, expires: 'PT60S', heartbeats: 'PT5S' }],
  [ACTION.unsubscribe, { kind: 'unsubscribe', identifier: '885E' }],
  [
    ACTION.create,
    {
      kind: 'createShell',
      shell: { inputStreams: 'stdin', outputStreams: 'stdout stderr', environment: new Map([['A', 'b']]), idleTimeout: 'PT60S' },
    },
  ],
  [ACTION.command, { kind: 'command', command: 'cmd.exe', arguments: ['/c', 'echo "<hi>"'] }],
  [ACTION.send, { kind: 'send', stream: 'stdin', commandId: 'C1', data: Buffer.from([0, 255, 10]), end: true }],
  [ACTION.receive, { kind: 'receive', streams: ['stdout'], commandId: 'C1' }],
  [ACTION.signal, { kind: 'signal', commandId: 'C1', code: `${NS.rsp}/signal/terminate` }],
  [`${CLASS}/StartService`, { kind: 'invoke', method: 'StartService', parameters: { properties: new Map([['A', '1']]) } }],
];

/** Requests of a client by name: what a service must be able to read. */
export const REQUESTS: Readonly<Record<string, string>> = Object.fromEntries(
  OPERATIONS.map(([action, operation]) => {
    const request: WsmanRequest =
      operation.kind === 'identify'
        ? { action, selectors: new Map(), options: new Map(), operation }
        : {
            action,
            resourceUri: CLASS,
            selectors: new Map([['Name', 'WinRM']]),
            options: new Map([['O', 'v']]),
            to: 'http://hv01:5985/wsman',
            messageId: 'uuid:A',
            maxEnvelopeSize: 153_600,
            operationTimeoutMs: 20_000,
            locale: 'ja-JP',
            operation,
          };
    return [`request ${operation.kind}`, writeRequest(request)];
  }),
);
