import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  ACTION,
  type HttpRequest,
  type HttpResponse,
  type HttpTransport,
  instantOf,
  isTime,
  NS,
  parseEnvelope,
  parseRequest,
  parseXml,
  RESOURCE,
  readEnumerationPage,
  readEventPage,
  readFault,
  readShellOutput,
  readSubscribed,
  textOf,
  valuesOf,
  WsmanClient,
  WsmanError,
  type WsmanInstance,
  WsmanSession,
  wmi,
  writeRequest,
  type XmlElement,
} from '@winmedic/wsman';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

/** Recorded exchanges of real hosts: each parses, and the client, answered from them, comes to the same end. */
const folder = join(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), 'winrm');
const ready = existsSync(folder);
if (!ready) console.log(`skipped: no recordings at ${folder} (set WINMEDIC_CORPUS)`);

interface Recorded {
  readonly request: string;
  readonly response: string | null;
  readonly http_error?: boolean;
  readonly transport_error?: { readonly code: number };
}

const read = (path: string) => readFileSync(join(folder, path), 'utf8');
const list = (path: string, pattern: RegExp) => (ready ? readdirSync(join(folder, path)).filter((name) => pattern.test(name)) : []);
const recording = (name: string) => (parse(read(`pypsrp/${name}`)) as { messages: Recorded[] }).messages;
const pypsrp = list('pypsrp', /\.yml$/);
const zenoss = ['server_2003', 'server_2008', 'server_2012'].flatMap((server) =>
  list(`zenoss/${server}`, /\.xml$/).map((name) => `zenoss/${server}/${name}`),
);

/** Answers from recordings: the next one whose action is that of the request. */
class Replay implements HttpTransport {
  readonly secure = true;
  readonly requests: HttpRequest[] = [];
  readonly #messages: Recorded[];

  constructor(messages: readonly Recorded[]) {
    this.#messages = [...messages];
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    this.requests.push(request);
    const { action } = parseEnvelope(request.body);
    const index = this.#messages.findIndex((each) => parseEnvelope(each.request).action === action);
    const [message] = index < 0 ? [] : this.#messages.splice(index, 1);
    if (message === undefined) throw new Error(`nothing recorded for ${action}`);
    const status = message.http_error === true ? 401 : (message.transport_error?.code ?? 200);
    return {
      status,
      statusText: '',
      headers: [['Content-Type', 'application/soap+xml;charset=UTF-8']],
      body: Buffer.from(message.response ?? ''),
    };
  }

  close(): void {}
}

async function replay(messages: readonly Recorded[]) {
  const transport = new Replay(messages);
  const session = new WsmanSession(transport);
  await session.login();
  return { transport, client: new WsmanClient(session, { sleep: async () => {}, timeoutRepeats: 5 }) };
}

async function all(instances: AsyncIterable<WsmanInstance>): Promise<WsmanInstance[]> {
  const result: WsmanInstance[] = [];
  for await (const each of instances) result.push(each);
  return result;
}

describe.skipIf(!ready)('recordings of pypsrp (Windows 2008 R2 and later)', () => {
  it('are there', () => {
    expect(pypsrp).toHaveLength(27);
  });

  it.each(pypsrp)('%s: every request and answer parses, and requests are written again as they were', (name) => {
    for (const { request, response } of recording(name)) {
      const { body, notUnderstood, ...parsed } = parseRequest(request);
      expect(notUnderstood).toEqual([]);
      expect(parsed.operation.kind === 'invoke' ? parsed.action : '').not.toMatch(/transfer|enumeration/);
      expect(parsed).toMatchObject({
        maxEnvelopeSize: expect.any(Number),
        messageId: expect.stringMatching(/^uuid:/),
      });
      // Shells of PowerShell carry creation XML of their own, which no shell of this client writes.
      if (body?.child('creationXml') === undefined) {
        const { body: _, notUnderstood: __, ...again } = parseRequest(writeRequest(parsed));
        expect(again).toEqual(parsed);
      }
      if (response === null || response === '') continue;
      const envelope = parseEnvelope(response);
      expect(envelope.relatesTo).toMatch(/^uuid:/);
      const fault = readFault(envelope);
      if (fault === undefined) expect(envelope.action).toBe(`${parsed.action}Response`);
      else expect(envelope.action).toMatch(/fault$/);
      if (fault !== undefined)
        expect(fault).toMatchObject({ wsmanCode: expect.any(Number), machine: expect.any(String), text: expect.stringMatching(/./) });
    }
  });

  it.each([
    ['test_winrs_operation_timeout.yml', [0x80338029, 'Receiver', 'TimedOut']],
    ['test_winrs_fail_poll_process.yml', [87, 'Sender', 'InvalidParameter']],
    ['test_winrs_no_cmd_shell.yml', [0x80070002, 'Receiver', 'InternalError']],
    ['test_psrp_is_alive_invalid_selectors.yml', [0x8033805b, 'Sender', 'InvalidSelectors']],
  ] as const)('%s holds the fault %j', (name, [code, soapCode, soapSubcode]) => {
    const faults = recording(name).flatMap(({ response }) =>
      response === null || response === '' ? [] : (readFault(parseEnvelope(response)) ?? []),
    );
    expect(faults[0]).toMatchObject({ wsmanCode: code, soapCode, soapSubcode });
  });

  it.each([
    ['150', '150'],
    ['500', '500'],
    ['4096', '4096'],
  ])('the configuration tells MaxEnvelopeSizekb %s', async (name, expected) => {
    const { client } = await replay(recording(`test_wsman_update_envelope_size_${name}.yml`));
    const config = await client.get({ resourceUri: RESOURCE.config });
    expect([config.class, config.resourceUri, textOf(config, 'MaxEnvelopeSizekb')]).toEqual(['Config', NS.cfg, expected]);
    const service = config.properties.get('Service') as WsmanInstance;
    expect(textOf(service, 'AllowUnencrypted')).toBe('false');
    expect(textOf(service.properties.get('Auth') as WsmanInstance, 'CbtHardeningLevel')).toBe('Relaxed');
  });

  it.each([
    'test_winrs_standard.yml',
    'test_winrs_operation_timeout.yml',
    'test_winrs_unicode.yml',
    'test_winrs_stderr_rc.yml',
    'test_winrs_send.yml',
  ])('%s replays: a shell from creation to deletion, with the output the host sent', async (name) => {
    const messages = recording(name);
    const { client, transport } = await replay(messages);
    const shell = await client.openShell();
    const command = await shell.command('cmd');
    for (const { request } of messages) {
      const { operation } = parseRequest(request);
      if (operation.kind === 'send') await shell.send(command, operation.data, operation.end);
    }
    const output: Buffer[] = [];
    for (;;) {
      const { pieces, state } = await shell.receive(command);
      output.push(...pieces.map(({ data }) => Buffer.from(data)));
      if (state === 'Done') break;
    }
    await shell.signal(command);
    await shell.delete();
    // Independently of this package's reader: the base64 texts of all Stream elements.
    const expected = messages.flatMap(({ response }) =>
      [...(response ?? '').matchAll(/<rsp:Stream [^>]*>([^<]+)<\/rsp:Stream>/g)].map(([, text]) => Buffer.from(text ?? '', 'base64')),
    );
    expect(Buffer.concat(output)).toEqual(Buffer.concat(expected));
    expect(Buffer.concat(output).length).toBeGreaterThan(0);
    expect(transport.requests).toHaveLength(messages.length);
    const timeouts = messages.filter(({ response }) => response?.includes('Code="2150858793"')).length;
    expect(client.counters.timeoutRepeats).toBe(timeouts);
  });

  it('a command that does not exist ends with the code of Windows, not with a text', async () => {
    const { client } = await replay(recording('test_winrs_no_cmd_shell.yml').slice(0, 2));
    const shell = await client.openShell();
    const error = await shell.command('x').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WsmanError);
    expect((error as WsmanError).fault?.wsmanCode).toBe(0x80070002);
  });

  it('an answer without a body is an error with its status', async () => {
    const [failed] = recording('test_psrp_is_alive_http_error.yml').filter(({ http_error }) => http_error);
    const { client } = await replay([failed!]);
    await expect(client.get({ resourceUri: RESOURCE.config })).rejects.toMatchObject({ code: 'WSMAN_UNAUTHORIZED', status: 401 });
  });
});

describe.skipIf(!ready)('recorded answers of WMI (Windows 2003, 2008, 2012)', () => {
  it('are there', () => {
    expect(zenoss).toHaveLength(70);
  });

  it.each(zenoss)('%s: every instance has its class (or is a row), every element its value', (path) => {
    const source = read(path);
    const page = readEnumerationPage(parseEnvelope(source));
    const items = itemsOf(parseXml(source));
    expect(page.items).toHaveLength(items.length);
    expect(items.length).toBeGreaterThan(0);
    const star = path.includes('_star_');
    const [, className = ''] = /\/([A-Za-z0-9]+(?:_[A-Za-z0-9]+)?)_(?:all|star)_/.exec(path) ?? [];
    page.items.forEach((item, index) => {
      expect([item.class, item.namespace]).toEqual(star ? [className, 'root/cimv2'] : [undefined, undefined]);
      const elements = items[index]!.elements;
      const values = [...item.properties.keys()].flatMap((name) => (item.properties.get(name) === null ? [null] : valuesOf(item, name)));
      expect(values).toHaveLength(elements.length);
      for (const name of ['InstallDate', 'LastBootUpTime', 'LocalDateTime']) {
        const value = item.properties.get(name);
        if (value === undefined || value === null) continue;
        expect(isTime(value) && instantOf(value)).toBeGreaterThan(1_000_000_000n * 1_000_000_000n);
      }
    });
  });

  it('say the same as typed instances and as rows of a column list', () => {
    for (const server of ['server_2003', 'server_2008', 'server_2012']) {
      const [typed] = readEnumerationPage(parseEnvelope(read(`zenoss/${server}/Win32_OperatingSystem_star_000.xml`))).items;
      const [row] = readEnumerationPage(parseEnvelope(read(`zenoss/${server}/Win32_OperatingSystem_all_000.xml`))).items;
      for (const name of ['BuildNumber', 'Caption', 'CSName', 'InstallDate', 'OSArchitecture', 'SerialNumber', 'Version']) {
        expect([name, row!.properties.get(name)]).toEqual([name, typed!.properties.get(name)]);
      }
    }
  });

  it.each(['server_2008', 'server_2012'])('%s: pages of services replay as one enumeration', async (server) => {
    const names = list(`zenoss/${server}`, /^Win32_Service_all_/).toSorted();
    const messages = names.map((name, index): Recorded => {
      const action = index === 0 ? ACTION.enumerate : ACTION.pull;
      const operation =
        index === 0 ? ({ kind: 'enumerate', optimize: true, mode: 'object' } as const) : ({ kind: 'pull', context: 'x' } as const);
      const request = writeRequest({
        action,
        resourceUri: wmi('root/cimv2', '*'),
        selectors: new Map(),
        options: new Map(),
        messageId: 'uuid:1',
        operation,
      });
      return { request, response: read(`zenoss/${server}/${name}`) };
    });
    const { client, transport } = await replay(messages);
    const services = await all(client.query('root/cimv2', 'select Name from Win32_Service'));
    expect(services).toHaveLength(messages.reduce((sum, { response }) => sum + (response?.split('<w:XmlFragment').length ?? 1) - 1, 0));
    expect(transport.requests).toHaveLength(messages.length);
    // Windows gives a new context with every answer.
    const contexts = messages.map(({ response }) => /EnumerationContext>([^<]+)</.exec(response!)?.[1]);
    const pulls = transport.requests.slice(1).map(({ body }) => parseRequest(body).operation);
    expect(pulls.map((operation) => operation.kind === 'pull' && operation.context)).toEqual(contexts.slice(0, -1));
    expect(services.some((service) => textOf(service, 'Name') === 'WinRM')).toBe(true);
  });

  it('a subscription gives its event and its bookmark', () => {
    expect(readSubscribed(parseEnvelope(read('zenoss/data_subscribe/subscribe_resp.xml')))).toEqual({
      identifier: '885E9924-235C-44EB-9834-B3440B7DCD38',
      context: 'uuid:00A69F40-AF0D-4E6D-93BD-EFE6AADC3F51',
    });
    const page = readEventPage(parseEnvelope(read('zenoss/data_subscribe/pull_resp_01.xml')));
    expect(page.events[0]?.child('System')?.child('EventRecordID')?.text).toBe('3847');
    expect(parseXml(page.bookmark!).child('BookmarkList')?.child('Bookmark')?.attribute('RecordId')).toBe('3847');
    expect(readEventPage(parseEnvelope(read('zenoss/data_subscribe/pull_resp_02.xml')))).toMatchObject({ events: [], end: false });
  });

  it('a full host says so by its code', () => {
    expect(readFault(parseEnvelope(read('zenoss/data_error/max_concurrent.xml')))).toMatchObject({
      wsmanCode: 0x803381a6,
      soapSubcode: 'InternalError',
    });
  });

  it('output of a command comes in pieces', () => {
    const first = readShellOutput(parseEnvelope(read('zenoss/data_shell/receive_resp_01.xml')));
    const last = readShellOutput(parseEnvelope(read('zenoss/data_shell/receive_resp_02.xml')));
    expect([first.state, first.pieces.length, last.state, last.exitCode]).toEqual(['Running', 3, 'Done', 0]);
  });
});

function itemsOf(root: XmlElement): readonly XmlElement[] {
  const [answer] = root.child('Body', NS.s)!.elements;
  return answer!.child('Items')!.elements;
}

describe.skipIf(!ready)('recorded faults of three generations', () => {
  it.each([
    ['soap_fault_v1.xml', { wsmanCode: 0x8033801a, soapSubcode: 'CannotProcessFilter', provider: { code: 0x8033801a } }],
    ['soap_fault_v2.xml', { wsmanCode: 0x8033801a, machine: 'localhost', provider: { name: 'WMI Provider', code: 0x8033801a } }],
    ['soap_fault_omi.xml', { codes: [], soapSubcode: 'InternalError' }],
    ['wmi_error_v2.xml', { wsmanCode: 0x803381a5, hresult: 0x803381a5, cimStatus: 27, soapSubcode: 'QuotaLimit' }],
  ])('%s', (name, expected) => {
    expect(readFault(parseEnvelope(read(`winrb/${name}`)))).toMatchObject(expected);
  });

  it.each(list('winrb', /\.xml$/))('%s parses', (name) => {
    expect(parseEnvelope(read(`winrb/${name}`)).content).toBeDefined();
  });

  it('the sample requests of another client are read', () => {
    const sources = [...read('masterzen/sample_requests.txt').matchAll(/<env:Envelope[\s\S]*?<\/env:Envelope>/g)].map(([source]) => source);
    expect(sources.length).toBeGreaterThan(3);
    const requests = sources.map(parseRequest);
    expect(requests.map(({ operation }) => operation.kind)).toEqual(expect.arrayContaining(['createShell', 'command', 'receive']));
    expect(requests[0]?.options.get('WINRS_CODEPAGE')).toBe('65001');
  });
});
