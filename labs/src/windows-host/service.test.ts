import {
  ACTION,
  DELIVERY_PULL,
  DIALECT,
  type EnumerationMode,
  isInstance,
  parseEnvelope,
  RESOURCE,
  readCommandId,
  readCreated,
  readEnumerationPage,
  readEventPage,
  readIdentity,
  readInstance,
  readInstanceAnswer,
  readShellOutput,
  readSubscribed,
  textOf,
  valuesOf,
  type WsmanInstance,
  wmi,
} from '@winmedic/wsman';
import { describe, expect, it } from 'vitest';
import type { WsmanService } from './service.ts';
import { ask, callerOf, faultOf, requestOf, serviceOf } from './test-ask.ts';

interface Asked {
  readonly namespace?: string;
  readonly max?: number;
  readonly mode?: EnumerationMode;
  readonly optimize?: boolean;
  readonly size?: number;
}

function enumerate(query: string, { namespace = 'root/cimv2', max = 32_000, mode = 'object', optimize = true, size }: Asked = {}): string {
  const filter = { dialect: DIALECT.wql, text: query };
  const more = size === undefined ? {} : { maxEnvelopeSize: size };
  return requestOf(ACTION.enumerate, wmi(namespace, '*'), { kind: 'enumerate', optimize, maxElements: max, filter, mode }, more);
}

function pull(context: string, max = 32_000): string {
  return requestOf(ACTION.pull, wmi('root/cimv2', '*'), { kind: 'pull', context, maxElements: max });
}

async function rows(service: WsmanService, query: string, asked: Asked = {}): Promise<readonly WsmanInstance[]> {
  const page = readEnumerationPage(await ask(service, enumerate(query, asked)));
  expect(page.end).toBe(true);
  return page.items;
}

describe('answers of a host', () => {
  it('identifies itself, without login without its version', async () => {
    const service = serviceOf();
    expect(readIdentity(parseEnvelope(service.identify(true)))).toMatchObject({
      productVendor: 'Microsoft Corporation',
      productVersion: 'OS: 10.0.20348 SP: 0.0 Stack: 3.0',
    });
    const anonymous = readIdentity(parseEnvelope(service.identify(false)));
    expect(anonymous.productVersion).toBe('OS: 0.0.0 SP: 0.0 Stack: 3.0');
    expect(anonymous.securityProfiles).toEqual([]);
  });

  it('gives typed instances for select * and rows without a class for columns', async () => {
    const service = serviceOf();
    const [typed] = await rows(service, 'select * from Win32_OperatingSystem');
    expect(typed).toMatchObject({ class: 'Win32_OperatingSystem', namespace: 'root/cimv2' });
    expect(typed?.properties.get('LastBootUpTime')).toMatchObject({ kind: 'datetime', text: '2026-02-20T08:00:00Z' });
    expect(typed?.properties.get('CSDVersion')).toBeNull();
    const [row] = await rows(service, 'select buildnumber, CSName from Win32_OperatingSystem');
    expect(row?.class).toBeUndefined();
    expect([...(row?.properties ?? [])]).toEqual([
      ['BuildNumber', '20348'],
      ['CSName', 'HV01'],
    ]);
  });

  it('shows the clock of the host as it is, ahead or not', async () => {
    const [row] = await rows(serviceOf({ clockSkewSeconds: 7200 }), 'select LocalDateTime from Win32_OperatingSystem');
    const at = Date.parse(textOf(row as WsmanInstance, 'LocalDateTime') ?? '');
    expect(Math.abs(at - Date.now() - 7_200_000)).toBeLessThan(60_000);
  });

  it('lists virtual machines with their settings in root/virtualization/v2', async () => {
    const service = serviceOf({ virtualMachines: 3 });
    const v2 = { namespace: 'root/virtualization/v2' };
    const machines = await rows(
      service,
      "select Name, ElementName, EnabledState from Msvm_ComputerSystem where Caption = 'Virtual Machine'",
      v2,
    );
    expect(machines.map((m) => [textOf(m, 'ElementName'), textOf(m, 'EnabledState')])).toEqual([
      ['HV01-VM1', '2'],
      ['HV01-VM2', '3'],
      ['HV01-VM3', '2'],
    ]);
    const id = textOf(machines[0] as WsmanInstance, 'Name') ?? '';
    const settings = await rows(
      service,
      `select BIOSGUID, Notes from Msvm_VirtualSystemSettingData where VirtualSystemIdentifier = '${id}' and VirtualSystemType = 'Microsoft:Hyper-V:System:Realized'`,
      v2,
    );
    expect(settings).toHaveLength(1);
    expect(valuesOf(settings[0] as WsmanInstance, 'Notes')).toEqual(['Web server']);
    const memory = await rows(service, `select VirtualQuantity from Msvm_MemorySettingData where InstanceID like 'Microsoft:${id}%'`, v2);
    expect(textOf(memory[0] as WsmanInstance, 'VirtualQuantity')).toBe('4096');
  });

  it('answers GetSummaryInformation with embedded instances and only what was asked for', async () => {
    const service = serviceOf();
    const uri = wmi('root/virtualization/v2', 'Msvm_VirtualSystemManagementService');
    const request = requestOf(
      `${uri}/GetSummaryInformation`,
      uri,
      {
        kind: 'invoke',
        method: 'GetSummaryInformation',
        parameters: {
          class: 'GetSummaryInformation_INPUT',
          resourceUri: uri,
          properties: new Map([['RequestedInformation', ['0', '1', '100', '107']]]),
        },
      },
      { selectors: new Map([['Name', 'vmms']]) },
    );
    const output = readInstanceAnswer(await ask(service, request));
    expect(textOf(output, 'ReturnValue')).toBe('0');
    const [first, second] = valuesOf(output, 'SummaryInformation').filter(isInstance);
    expect(first).toMatchObject({ class: 'Msvm_SummaryInformation' });
    expect(textOf(first as WsmanInstance, 'ElementName')).toBe('HV01-VM1');
    expect(first?.properties.get('Snapshots')).toMatchObject({ class: 'Msvm_VirtualSystemSettingData' });
    expect(second?.properties.get('Snapshots')).toBeNull();
    expect(first?.properties.has('UpTime')).toBe(false);
  });

  it('has the old namespace, a cluster or neither, as its roles say', async () => {
    const v1 = serviceOf({ roles: ['hyper-v-v1', 'cluster'] });
    const machines = await rows(v1, 'select BIOSGUID, SystemName from Msvm_VirtualSystemSettingData where SettingType = 3', {
      namespace: 'root/virtualization',
    });
    expect(machines).toHaveLength(2);
    expect((await faultOf(v1, enumerate('select Name from Msvm_ComputerSystem', { namespace: 'root/virtualization/v2' }))).wsmanCode).toBe(
      0x8033801a,
    );
    const [resource] = await rows(v1, "select * from MSCluster_Resource where Type = 'Virtual Machine'", { namespace: 'root/MSCluster' });
    expect(resource?.properties.get('PrivateProperties')).toMatchObject({
      properties: new Map([['VmID', expect.stringMatching(/^[0-9a-f-]{36}$/)]]),
    });
    expect((await faultOf(serviceOf(), enumerate('select Name from MSCluster_Node', { namespace: 'root/MSCluster' }))).wsmanCode).toBe(
      0x8033801a,
    );
  });

  it('reads the registry and starts services', async () => {
    const service = serviceOf();
    const call = async (className: string, method: string, properties: Record<string, string>, selectors: Record<string, string> = {}) => {
      const uri = wmi('root/cimv2', className);
      const parameters = { class: `${method}_INPUT`, resourceUri: uri, properties: new Map(Object.entries(properties)) };
      const more = { selectors: new Map(Object.entries(selectors)) };
      return readInstanceAnswer(await ask(service, requestOf(`${uri}/${method}`, uri, { kind: 'invoke', method, parameters }, more)));
    };
    const lsa = { hDefKey: '2147483650', sSubKeyName: 'SYSTEM\\CurrentControlSet\\Control\\Lsa', sValueName: 'LmCompatibilityLevel' };
    expect(textOf(await call('StdRegProv', 'GetDWORDValue', lsa), 'uValue')).toBe('3');
    expect(textOf(await call('StdRegProv', 'GetStringValue', lsa), 'ReturnValue')).toBe('1');
    const keys = await call('StdRegProv', 'EnumKey', { hDefKey: '2147483650', sSubKeyName: 'SYSTEM\\CurrentControlSet\\Services' });
    expect(valuesOf(keys, 'sNames')).toEqual(['vmms', 'WinRM']);
    expect(textOf(await call('StdRegProv', 'EnumKey', { sSubKeyName: 'SOFTWARE\\None' }), 'ReturnValue')).toBe('2');
    const registry = { Name: 'RemoteRegistry' };
    expect(textOf(await call('Win32_Service', 'StartService', {}, registry), 'ReturnValue')).toBe('0');
    expect(textOf(await call('Win32_Service', 'StartService', {}, registry), 'ReturnValue')).toBe('10');
    const [row] = await rows(service, "select State from Win32_Service where Name = 'RemoteRegistry'");
    expect(textOf(row as WsmanInstance, 'State')).toBe('Running');
    expect(textOf(await call('Win32_Service', 'StartService', {}, { Name: 'ClusSvc' }), 'ReturnValue')).toBe('14');
  });

  it('finds an instance by its selectors', async () => {
    const service = serviceOf();
    const get = (selectors: Record<string, string>) =>
      requestOf(ACTION.get, wmi('root/cimv2', 'Win32_Service'), { kind: 'get' }, { selectors: new Map(Object.entries(selectors)) });
    expect(textOf(readInstanceAnswer(await ask(service, get({ Name: 'winrm' }))), 'Name')).toBe('WinRM');
    expect((await faultOf(service, get({ Name: 'none' }))).wsmanCode).toBe(0x80338000);
    expect((await faultOf(service, get({ Naem: 'WinRM' }))).wsmanCode).toBe(0x8033803d);
    expect((await faultOf(service, get({}))).wsmanCode).toBe(0x8033803d);
  });

  it('shows its configuration and takes changes of values it has', async () => {
    const service = serviceOf({ auth: { credSsp: true }, limits: { maxBatchItems: 20 } });
    const read = async () => readInstanceAnswer(await ask(service, requestOf(ACTION.get, RESOURCE.config, { kind: 'get' })));
    const config = await read();
    expect(textOf(config, 'MaxBatchItems')).toBe('20');
    const auth = readInstanceAnswer(await ask(service, requestOf(ACTION.get, `${RESOURCE.config}/service/auth`, { kind: 'get' })));
    expect(textOf(auth, 'CredSSP')).toBe('true');
    const put = (name: string) =>
      requestOf(ACTION.put, RESOURCE.config, {
        kind: 'put',
        instance: { class: 'Config', resourceUri: RESOURCE.config, properties: new Map([[name, '1000']]) },
      });
    await ask(service, put('MaxEnvelopeSizekb'));
    expect(textOf(await read(), 'MaxEnvelopeSizekb')).toBe('1000');
    expect((await faultOf(service, put('Unknown'))).wsmanCode).toBe(0x80338041);
    expect((await faultOf(service, requestOf(ACTION.get, `${RESOURCE.config}/none`, { kind: 'get' }))).wsmanCode).toBe(0x8033803b);
  });

  it('runs a command in a shell of the caller', async () => {
    const service = serviceOf();
    const shell = (action: string, operation: Parameters<typeof requestOf>[2], id?: string) =>
      requestOf(action, RESOURCE.commandShell, operation, id === undefined ? {} : { selectors: new Map([['ShellId', id]]) });
    const create = shell(ACTION.create, { kind: 'createShell', shell: { inputStreams: 'stdin', outputStreams: 'stdout stderr' } });
    const id = String(readCreated(await ask(service, create)).selectors.get('ShellId'));
    const run = async (command: string, ...args: string[]) => {
      const commandId = readCommandId(await ask(service, shell(ACTION.command, { kind: 'command', command, arguments: args }, id)));
      const output = readShellOutput(
        await ask(service, shell(ACTION.receive, { kind: 'receive', streams: ['stdout', 'stderr'], commandId }, id)),
      );
      return { ...output, text: Buffer.concat(output.pieces.map((piece) => piece.data)).toString() };
    };
    expect(await run('cmd.exe', '/c', 'echo', 'one', 'two')).toMatchObject({ text: 'one two\r\n', exitCode: 0, state: 'Done' });
    expect(await run('hostname')).toMatchObject({ text: 'HV01\r\n' });
    expect(await run('ver')).toMatchObject({ text: expect.stringContaining('[Version 10.0.20348.1]') });
    expect(await run('nonsense')).toMatchObject({
      exitCode: 1,
      pieces: expect.arrayContaining([expect.objectContaining({ stream: 'stderr' })]),
    });
    const more = readCommandId(await ask(service, shell(ACTION.command, { kind: 'command', command: 'more', arguments: [] }, id)));
    const waiting = ask(service, shell(ACTION.receive, { kind: 'receive', streams: ['stdout'], commandId: more }, id));
    const data = new Uint8Array(Buffer.from('typed'));
    await ask(service, shell(ACTION.send, { kind: 'send', stream: 'stdin', commandId: more, data, end: true }, id));
    const typed = readShellOutput(await waiting);
    expect([Buffer.from(typed.pieces[0]?.data ?? []).toString(), typed.exitCode]).toEqual(['typed', 0]);
    const foreign = shell(ACTION.command, { kind: 'command', command: 'ver', arguments: [] }, id);
    expect((await faultOf(service, foreign, callerOf('admin', 'CORP\\bob'))).wsmanCode).toBe(0x8033805b);
    await ask(service, shell(ACTION.delete, { kind: 'delete' }, id));
    expect((await faultOf(service, foreign)).wsmanCode).toBe(0x8033805b);
    expect(service.shells.size).toBe(0);
  });

  it('hands out events of the channels asked for, once, with a bookmark', async () => {
    const service = serviceOf();
    const filter = { dialect: DIALECT.eventQuery, text: '<QueryList><Query Path="System"><Select>*</Select></Query></QueryList>' };
    const subscribe = requestOf(ACTION.subscribe, RESOURCE.eventLog, { kind: 'subscribe', deliveryMode: DELIVERY_PULL, filter });
    const { context, identifier } = readSubscribed(await ask(service, subscribe));
    const first = readEventPage(await ask(service, pull(context, 2)));
    const names = first.events.map((event) => event.child('System')?.child('EventID')?.text ?? event.elements[0]?.elements[1]?.text);
    expect(names).toEqual(['6005', '7036']);
    expect(first.bookmark).toContain('RecordId="102"');
    expect(readEventPage(await ask(service, pull(context, 20))).events).toHaveLength(1);
    expect(readEventPage(await ask(service, pull(context, 20))).events).toHaveLength(0);
    await ask(service, requestOf(ACTION.unsubscribe, RESOURCE.eventLog, { kind: 'unsubscribe', identifier }));
    expect((await faultOf(service, pull(context))).soapSubcode).toBe('InvalidEnumerationContext');
  });
});

describe('enumerations', () => {
  const ALL = 'select Name from Win32_Service';

  it('go on by Pull, and end with Release or their last item', async () => {
    const service = serviceOf({ services: 25 });
    const started = readEnumerationPage(await ask(service, enumerate(ALL, { optimize: false })));
    expect([started.items.length, service.enumerations.size]).toEqual([0, 1]);
    const one = readEnumerationPage(await ask(service, pull(started.context as string, 10)));
    expect([one.items.length, one.end]).toEqual([10, false]);
    const rest = readEnumerationPage(await ask(service, pull(started.context as string)));
    expect([rest.items.length, rest.end, service.enumerations.size]).toEqual([15, true, 0]);
    const again = readEnumerationPage(await ask(service, enumerate(ALL, { max: 5 })));
    expect((await faultOf(service, pull(again.context as string), callerOf('admin', 'CORP\\bob'))).soapSubcode).toBe(
      'InvalidEnumerationContext',
    );
    await ask(service, requestOf(ACTION.release, wmi('root/cimv2', '*'), { kind: 'release', context: again.context as string }));
    expect((await faultOf(service, pull(again.context as string))).wsmanCode).toBe(0x8033801b);
  });

  it('never give more than MaxBatchItems, nor more than fits', async () => {
    const small = readEnumerationPage(await ask(serviceOf({ services: 60, limits: { maxBatchItems: 20 } }), enumerate(ALL)));
    expect(small.items).toHaveLength(20);
    const service = serviceOf({ services: 300 });
    const answer = await service.answer(Buffer.from(enumerate('select * from Win32_Service', { size: 32_768 })), callerOf(), false);
    expect(Buffer.byteLength(answer.xml)).toBeLessThanOrEqual(32_768);
    const page = readEnumerationPage(parseEnvelope(answer.xml));
    expect(page.items.length).toBeGreaterThan(5);
    expect(page.end).toBe(false);
    const next = readEnumerationPage(await ask(service, pull(page.context as string)));
    expect(page.items.length + next.items.length).toBe(300);
  });

  it('refuse one instance that does not fit at all', async () => {
    const big = serviceOf({ limits: { maxAnswerKb: 2 } });
    const fault = await faultOf(big, enumerate('select * from Win32_OperatingSystem'));
    expect([fault.wsmanCode, fault.soapSubcode]).toEqual([0x80338049, 'EncodingLimit']);
    expect((await faultOf(serviceOf(), enumerate(ALL, { size: 500 }))).wsmanCode).toBe(0x80338047);
  });

  it('give references, or instances with references', async () => {
    const service = serviceOf();
    const [reference] = await rows(service, 'select * from Win32_LogicalDisk', { mode: 'reference' });
    expect(reference?.properties.size).toBe(0);
    expect([...(reference?.reference?.selectors ?? [])]).toEqual([
      ['__cimnamespace', 'root/cimv2'],
      ['DeviceID', 'C:'],
    ]);
    const [both] = await rows(service, 'select * from Win32_LogicalDisk', { mode: 'objectAndReference' });
    expect(textOf(both as WsmanInstance, 'VolumeName')).toBe('OS');
    expect(both?.reference?.resourceUri).toBe(wmi('root/cimv2', 'Win32_LogicalDisk'));
  });

  it('are forgotten after EnumerationTimeoutms', async () => {
    const service = serviceOf({ limits: { enumerationTimeoutMs: 20 } });
    const page = readEnumerationPage(await ask(service, enumerate(ALL, { max: 1 })));
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(service.enumerations.size).toBe(0);
    expect((await faultOf(service, pull(page.context as string))).wsmanCode).toBe(0x8033801b);
  });

  it('are limited for each user', async () => {
    const service = serviceOf({ limits: { maxConcurrentOperationsPerUser: 2 } });
    for (let i = 0; i < 2; i++) await ask(service, enumerate(ALL, { max: 1 }));
    const fault = await faultOf(service, enumerate(ALL));
    expect([fault.wsmanCode, fault.soapSubcode]).toEqual([0x803381a6, 'InternalError']);
    expect((await rows(serviceOf(), ALL)).length).toBeGreaterThan(0);
    expect(readEnumerationPage(await ask(service, enumerate(ALL), callerOf('admin', 'CORP\\bob'))).end).toBe(true);
  });

  it.each([
    ['select Name from Nothing', 0x80041010],
    ['select Nothing from Win32_Service', 0x80041017],
    ['select Name from Win32_Service where Nothing = 1', 0x80041017],
    ['no query', 0x80041017],
  ])('%s is a filter that cannot be processed; the second shape of faults tells the HRESULT', async (query, hresult) => {
    expect(await faultOf(serviceOf(), enumerate(query))).toMatchObject({ wsmanCode: 0x8033801a, soapSubcode: 'CannotProcessFilter' });
    const shaped = await faultOf(serviceOf({ faultShape: 'wmi' }), enumerate(query));
    expect(shaped.codes).toContain(hresult);
  });
});

describe('rights and quotas', () => {
  const system = enumerate('select Name from Win32_ComputerSystem');
  const machines = enumerate('select Name from Msvm_ComputerSystem', { namespace: 'root/virtualization/v2' });
  const config = requestOf(ACTION.get, RESOURCE.config, { kind: 'get' });

  it.each([
    ['none', [5, 5, 5]],
    ['filtered', [5, 5, 5]],
    ['no-namespace', [0x80338106, 0x80338106, 5]],
    ['no-hyper-v', [undefined, 0x80338105, 5]],
    ['admin', [undefined, undefined, undefined]],
  ] as const)('%s', async (rights, codes) => {
    const seen: (number | undefined)[] = [];
    for (const request of [system, machines, config]) {
      const { status, xml } = await serviceOf().answer(Buffer.from(request), callerOf(rights), false);
      seen.push(status === 200 ? undefined : Number(/ Code="(\d+)"/.exec(xml)?.[1]));
    }
    expect(seen).toEqual(codes);
  });

  it('identify is answered whatever the rights', async () => {
    const identify = requestOf('', '', { kind: 'identify' });
    expect(readIdentity(await ask(serviceOf(), identify, callerOf('none'))).productVersion).toContain('10.0.20348');
  });

  it('shells are limited for each user', async () => {
    const service = serviceOf({ limits: { maxShellsPerUser: 1 } });
    const create = requestOf(ACTION.create, RESOURCE.commandShell, {
      kind: 'createShell',
      shell: { inputStreams: '', outputStreams: 'stdout' },
    });
    await ask(service, create);
    expect((await faultOf(service, create)).wsmanCode).toBe(0x803381a5);
  });

  it.each([
    ['operations-quota', system, 0x803381a6],
    ['wmi-broken', system, 0x80041014],
    ['invalid-namespace', machines, 0x8033801a],
  ] as const)('the fault %s', async (fault, request, code) => {
    expect((await faultOf(serviceOf({ fault }), request)).codes).toContain(code);
  });

  it('the fault operation-timeout ends after two answers', async () => {
    const service = serviceOf({ fault: 'operation-timeout' });
    for (let i = 0; i < 2; i++) expect((await faultOf(service, system)).wsmanCode).toBe(0x80338029);
    expect(readEnumerationPage(await ask(service, system)).end).toBe(true);
  });

  it('a connection without a place gets a fault, and what is no request too', async () => {
    expect((await faultOf(serviceOf(), system, callerOf(), true)).wsmanCode).toBe(0x803381a8);
    expect((await faultOf(serviceOf(), '<not-soap/>')).wsmanCode).toBe(0x80338041);
    expect((await faultOf(serviceOf(), requestOf(ACTION.get, 'http://example.org/none', { kind: 'get' }))).wsmanCode).toBe(0x8033803b);
  });

  it('another dialect, a method that is not there and a header that must be understood are refused', async () => {
    const dialect = { dialect: 'http://example.org/dialect', text: 'x' };
    const uri = wmi('root/cimv2', 'Win32_Service');
    const other = requestOf(ACTION.enumerate, uri, { kind: 'enumerate', optimize: true, filter: dialect, mode: 'object' });
    expect((await faultOf(serviceOf(), other)).wsmanCode).toBe(0x80338019);
    const method = requestOf(`${uri}/Nothing`, uri, { kind: 'invoke', method: 'Nothing', parameters: { properties: new Map() } });
    expect((await faultOf(serviceOf(), method)).wsmanCode).toBe(0x8004102e);
    const header = '<q:Unknown xmlns:q="http://example.org/q" s:mustUnderstand="true"/></s:Header>';
    expect(await faultOf(serviceOf(), config.replace('</s:Header>', header))).toMatchObject({
      wsmanCode: 0x80338010,
      soapCode: 'MustUnderstand',
    });
  });

  it('nothing of the configuration is typed as an instance of WMI', async () => {
    const envelope = await ask(serviceOf(), config);
    expect(readInstance(envelope.content as NonNullable<typeof envelope.content>)).toMatchObject({
      class: 'Config',
      resourceUri: RESOURCE.config,
    });
  });
});
