import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDurationMs } from './durations.ts';
import type { WsmanError } from './errors.ts';
import { ACTION, DELIVERY_PULL, DIALECT, NS, RESOURCE, wmi } from './namespaces.ts';
import type { Operation, WsmanRequest } from './request.ts';
import { parseRequest } from './request-read.ts';
import { writeRequest } from './request-write.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'é', '漢', '<', '&', '"', "'", ' '), maxLength: 20 }).map((each) => `x${each}x`);
const word = fc.stringMatching(/^[A-Za-z]{1,8}$/);

const OPERATIONS: readonly (readonly [action: string, operation: Operation])[] = [
  [ACTION.get, { kind: 'get' }],
  [ACTION.delete, { kind: 'delete' }],
  [ACTION.put, { kind: 'put', instance: { class: 'Service', resourceUri: 'urn:x', properties: new Map([['A', '1']]) } }],
  [ACTION.create, { kind: 'create', instance: { class: 'Listener', resourceUri: 'urn:x', properties: new Map([['Port', '5985']]) } }],
  [ACTION.enumerate, { kind: 'enumerate', optimize: true, maxElements: 32_000, mode: 'object' }],
  [ACTION.enumerate, { kind: 'enumerate', optimize: false, mode: 'reference' }],
  [
    ACTION.enumerate,
    {
      kind: 'enumerate',
      optimize: true,
      maxElements: 1,
      mode: 'objectAndReference',
      filter: { dialect: DIALECT.wql, text: "a < 'b' & c" },
    },
  ],
  [ACTION.pull, { kind: 'pull', context: 'uuid:1', maxElements: 20 }],
  [ACTION.pull, { kind: 'pull', context: 'uuid:1' }],
  [ACTION.release, { kind: 'release', context: 'uuid:1' }],
  [ACTION.subscribe, { kind: 'subscribe', deliveryMode: DELIVERY_PULL, expires: 'PT60S', heartbeats: 'PT5S' }],
  [ACTION.unsubscribe, { kind: 'unsubscribe', identifier: '885E' }],
  [ACTION.acknowledge, { kind: 'acknowledge', relatesTo: 'uuid:7' }],
  [
    ACTION.create,
    {
      kind: 'createShell',
      shell: {
        inputStreams: 'stdin',
        outputStreams: 'stdout stderr',
        workingDirectory: 'C:\\a b',
        environment: new Map([['_-(){}[]<>*+-/\\?"!@#$^&|;:i,.`~0', "'"]]),
        idleTimeout: 'PT60S',
      },
    },
  ],
  [ACTION.command, { kind: 'command', command: 'cmd.exe', arguments: ['/c', 'echo "<hi>"', ''] }],
  [ACTION.command, { kind: 'command', command: '', arguments: [], commandId: 'C1' }],
  [ACTION.send, { kind: 'send', stream: 'stdin', commandId: 'C1', data: Uint8Array.of(0, 255, 10), end: true }],
  [ACTION.receive, { kind: 'receive', streams: ['stdout', 'stderr'], commandId: 'C1' }],
  [ACTION.signal, { kind: 'signal', commandId: 'C1', code: `${NS.rsp}/signal/terminate` }],
];

const SEND = { action: ACTION.send, selectors: new Map(), options: new Map(), messageId: 'uuid:1' };

describe('a request', () => {
  it.each(OPERATIONS)('%s is read as it was written', (action, operation) => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(word, text), { selector: ([key]) => key, maxLength: 3 }),
        fc.uniqueArray(fc.tuple(word, text), { selector: ([key]) => key, maxLength: 3 }),
        fc.integer({ min: 1, max: 999_999 }),
        (selectors, options, timeout) => {
          const request: WsmanRequest = {
            action,
            resourceUri: 'urn:x',
            selectors: new Map(selectors),
            options: new Map(options),
            to: 'http://host:5985/wsman',
            messageId: 'uuid:A',
            maxEnvelopeSize: 153_600,
            operationTimeoutMs: timeout,
            locale: 'ja-JP',
            operation,
          };
          const { body: _, notUnderstood, ...again } = parseRequest(writeRequest(request));
          expect(again).toEqual(request);
          expect(notUnderstood).toEqual([]);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('for Identify has no headers', () => {
    const source = writeRequest({ action: '', selectors: new Map(), options: new Map(), operation: { kind: 'identify' } });
    expect(source).toContain('<s:Header></s:Header>');
    expect(parseRequest(source).operation).toEqual({ kind: 'identify' });
  });

  it('to a method carries its parameters under the class', () => {
    const resourceUri = wmi('root\\virtualization\\v2', 'Msvm_X');
    const action = `${resourceUri}/GetSummaryInformation`;
    const parameters = { properties: new Map([['RequestedInformation', ['0', '1', '100']]]) };
    const operation: Operation = { kind: 'invoke', method: 'GetSummaryInformation', parameters };
    const request = parseRequest(
      writeRequest({ action, resourceUri, selectors: new Map(), options: new Map(), messageId: 'uuid:1', operation }),
    );
    expect(request.resourceUri).toBe('http://schemas.microsoft.com/wbem/wsman/1/wmi/root/virtualization/v2/Msvm_X');
    expect(request.operation).toMatchObject({ kind: 'invoke', method: 'GetSummaryInformation', parameters });
    expect(request.body?.name).toBe('GetSummaryInformation_INPUT');
    expect(request.body?.namespace).toBe(resourceUri);
  });

  it('may name an instance by another instance', () => {
    const inner = { address: 'http://host/wsman', resourceUri: 'urn:y', selectors: new Map([['K', 'v']]) };
    const base = { action: ACTION.get, resourceUri: 'urn:x', options: new Map(), messageId: 'uuid:1', operation: { kind: 'get' } as const };
    expect(parseRequest(writeRequest({ ...base, selectors: new Map([['R', inner]]) })).selectors.get('R')).toEqual(inner);
  });

  it('to subscribe takes its query and bookmark as markup', () => {
    const query = '<QueryList><Query Path="System"><Select>*[System[(Level&lt;=2)]]</Select></Query></QueryList>';
    const bookmark = `<w:Bookmark xmlns:w="${NS.w}"><BookmarkList><Bookmark Channel="System" RecordId="7"/></BookmarkList></w:Bookmark>`;
    const operation: Operation = {
      kind: 'subscribe',
      deliveryMode: DELIVERY_PULL,
      filter: { dialect: DIALECT.eventQuery, text: query },
      bookmark,
    };
    const source = writeRequest({
      action: ACTION.subscribe,
      resourceUri: RESOURCE.eventLog,
      selectors: new Map(),
      options: new Map(),
      messageId: 'u',
      operation,
    });
    const again = parseRequest(source).operation;
    expect(again.kind === 'subscribe' && again.filter).toEqual({ dialect: DIALECT.eventQuery, text: query });
    expect(again.kind === 'subscribe' && again.bookmark).toContain('RecordId="7"');
    expect(() => writeRequest({ ...parseRequest(source), operation: { ...operation, bookmark: '<x></y>' } })).toThrow('WSMAN_XML');
  });

  it('from another client is read whatever its prefixes and order are', () => {
    const source = `<E:Envelope xmlns:E="${NS.s}" xmlns:q="${NS.a}" xmlns="${NS.w}"><E:Header>
      <OperationTimeout>P0DT0H1M0.500S</OperationTimeout><q:Action> ${ACTION.pull} </q:Action><MaxEnvelopeSize E:mustUnderstand="1"> 153600 </MaxEnvelopeSize>
      <x:Odd xmlns:x="urn:odd" E:mustUnderstand="true"/><x:Fine xmlns:x="urn:odd"/></E:Header>
      <E:Body><P:Pull xmlns:P="${NS.n}"><P:EnumerationContext> uuid:9 </P:EnumerationContext></P:Pull></E:Body></E:Envelope>`;
    expect(parseRequest(source)).toMatchObject({
      operationTimeoutMs: 60_500,
      maxEnvelopeSize: 153_600,
      notUnderstood: ['Odd'],
      operation: { kind: 'pull', context: 'uuid:9' },
    });
  });

  it.each([
    ['<a/>', 'WSMAN_ENVELOPE'],
    [`<s:Envelope xmlns:s="${NS.s}"><s:Header/></s:Envelope>`, 'WSMAN_ENVELOPE'],
    [`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>`, 'WSMAN_ENVELOPE'],
    [`<s:Envelope xmlns:s="${NS.s}"><s:Header/><s:Body/></s:Envelope>`, 'WSMAN_ENVELOPE'],
    [
      `<s:Envelope xmlns:s="${NS.s}" xmlns:a="${NS.a}"><s:Header><a:Action>${ACTION.pull}</a:Action></s:Header><s:Body/></s:Envelope>`,
      'WSMAN_ENVELOPE',
    ],
    [
      writeRequest({ ...SEND, operation: { kind: 'send', stream: 'stdin', data: Uint8Array.of(1), end: false } }).replace('AQ==', 'A'),
      'WSMAN_ENVELOPE',
    ],
    ['hello', 'WSMAN_XML'],
  ])('that is none is refused: %s', (source, code) => {
    expect(() => parseRequest(source)).toThrow(expect.objectContaining({ code }) as WsmanError);
  });
});

describe('durations', () => {
  it('are written and read', () => {
    fc.assert(fc.property(fc.nat(4_000_000), (ms) => parseDurationMs(formatDuration(ms)) === ms));
    expect(['PT20S', 'P0DT0H1M2S', 'P1D', 'PT0.000S', 'PT7200.000S'].map(parseDurationMs)).toEqual([
      20_000, 62_000, 86_400_000, 0, 7_200_000,
    ]);
  });

  it.each(['', 'P', 'PT', 'P1Y', 'P1M', 'PT1', '20', '-PT1S', 'PT1S1M', `PT${'1'.repeat(80)}S`])('%j is none', (source) => {
    expect(parseDurationMs(source)).toBeUndefined();
  });
});
