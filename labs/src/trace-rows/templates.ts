import type { WriteField } from '../etl-writer/index.ts';

/** An event as the provider describes it: fields in order, keywords, level and opcode. */
export interface EventTemplate {
  readonly fields: readonly WriteField[];
  readonly keyword: bigint;
  readonly level: number;
  readonly opcode: number;
  /** 16 Operational, 17 Analytic: the channel numbers of the manifest begin there. */
  readonly channel: number;
}

const W = (name: string): WriteField => ({ name, type: 'UnicodeString' });
const A = (name: string): WriteField => ({ name, type: 'AnsiString' });
const U32 = (name: string): WriteField => ({ name, type: 'UInt32' });
const U16 = (name: string): WriteField => ({ name, type: 'UInt16' });
const U64 = (name: string): WriteField => ({ name, type: 'UInt64' });
const HEX = (name: string): WriteField => ({ name, type: 'HexInt32' });
const BOOL = (name: string): WriteField => ({ name, type: 'Boolean' });

const KEYWORD = { soap: 1n, client: 2n, server: 4n, security: 8n, quota: 0x10n, transfer: 0x20n, error: 0x40n } as const;
const LEVEL = { error: 2, warning: 3, information: 4 } as const;
const OPCODE = { none: 0, start: 1, stop: 2 } as const;
const CHANNEL = { operational: 16, analytic: 17 } as const;

interface Extra {
  readonly level?: keyof typeof LEVEL;
  readonly opcode?: keyof typeof OPCODE;
  readonly channel?: keyof typeof CHANNEL;
}

function event(
  keyword: bigint,
  fields: readonly WriteField[],
  { level = 'information', opcode = 'none', channel = 'analytic' }: Extra = {},
): EventTemplate {
  return { keyword, fields, level: LEVEL[level], opcode: OPCODE[opcode], channel: CHANNEL[channel] };
}

const { client, server, security } = KEYWORD;
const chunk = (text: WriteField): WriteField[] => [U32('index'), U32('totalChunks'), U32('bytes'), text];
const error: Extra = { level: 'error', channel: 'operational' };

/** Events of Microsoft-Windows-WinRM from Windows 10 1803 on: manifests of 17134 to 28000. */
export const WINRM_EVENTS: ReadonlyMap<number, EventTemplate> = new Map([
  [2, event(client, [], { opcode: 'start' })],
  [29, event(client, [], { opcode: 'stop' })],
  [6, event(client, [W('connection')], { opcode: 'start', channel: 'operational' })],
  [31, event(client, [], { opcode: 'stop', channel: 'operational' })],
  [8, event(client, [], { opcode: 'start', channel: 'operational' })],
  [33, event(client, [], { opcode: 'stop', channel: 'operational' })],
  [85, event(server | KEYWORD.quota, [W('senderName'), U32('concurrentShells')], error)],
  [91, event(server, [W('resourceUri')], { channel: 'operational' })],
  [131, event(client, [W('location')])],
  [132, event(client, [W('operationName')], { opcode: 'stop', channel: 'operational' })],
  [137, event(client, [], { level: 'error' })],
  [138, event(client, [], { level: 'error' })],
  [139, event(client, [], { level: 'error' })],
  [142, event(client, [W('operationName'), U32('errorCode')], { ...error, opcode: 'stop' })],
  [145, event(client, [W('operationName'), W('resourceUri')], { opcode: 'start', channel: 'operational' })],
  [162, event(client | security, [], error)],
  [163, event(client | security, ['authClient', 'authServer1', 'authServer2', 'authServer3', 'authServer4', 'authServer5'].map(W), error)],
  [164, event(client | security, [W('destinationMachine')], error)],
  [
    172,
    event(
      client | security,
      ['machineName', 'port', 'error1', 'error2', 'error3', 'error4', 'error5', 'error6', 'error7', 'error8'].map(W),
      error,
    ),
  ],
  [173, event(security | KEYWORD.error, [W('param1'), W('param2')], error)],
  [192, event(server | security, [U32('errorCode')])],
  [208, event(server, [], { opcode: 'start', channel: 'operational' })],
  [209, event(server, [], { channel: 'operational' })],
  [211, event(server, [], { channel: 'operational' })],
  [212, event(server, [], { channel: 'operational' })],
  [254, event(client | server | KEYWORD.transfer, [])],
  [771, event(KEYWORD.soap | client, chunk(W('SoapDocument')))],
  [772, event(KEYWORD.soap | server, chunk(W('SoapDocument')))],
  [774, event(server | KEYWORD.quota, [W('senderName'), U32('concurrentOperations')], error)],
  [779, event(KEYWORD.soap | client, chunk(A('SoapDocument')))],
  [787, event(client, [W('operationName'), W('url'), U32('port')], { opcode: 'start' })],
  [788, event(server, [W('operationName')])],
  [789, event(server, [W('operation'), W('resourceURI')])],
  [790, event(server, [W('operation')], { opcode: 'stop' })],
  [1025, event(server, [W('actionUri')], { level: 'error' })],
  [1026, event(KEYWORD.soap | client, chunk(W('SoapDocument')))],
  [1027, event(KEYWORD.soap | server, chunk(W('SoapDocument')))],
  [1044, event(KEYWORD.soap | server, chunk(A('SoapDocument')))],
  [1045, event(client, [], { opcode: 'start' })],
  [1048, event(server, [U16('httpStatus'), U32('errorCode'), W('extraErrorInfo1'), W('extraErrorInfo2')], { level: 'error' })],
  [1049, event(server, [W('operationName')])],
  [1050, event(server, [W('operationName')])],
  [1051, event(client, [U32('status')])],
  [1293, event(client | security, [W('auth')])],
  [1294, event(server | security, [], { level: 'error' })],
  [1295, event(server | security, [W('username'), W('authenticationMechanism')])],
  [1297, event(client | security, [W('authentication')])],
  [1536, event(server | security, [])],
  [1537, event(server | security, [])],
  [1843, event(security | KEYWORD.error, [W('clientIP')], { level: 'warning' })],
]);

/** What Windows 7 and 2008 R2 (7600) have in their place; other events of the stories are the same there or are not written. */
export const WINRM_EVENTS_7600: ReadonlyMap<number, EventTemplate> = new Map([
  ...[6, 31, 33, 132, 137, 138, 139, 142, 162, 163, 771, 772, 1025, 1026, 1027].map((id) => [id, WINRM_EVENTS.get(id)!] as const),
  [168, event(server | security, [])] as const,
  [169, event(server | security, [W('username'), W('authenticationMechanism')])] as const,
  [192, event(server | security, [])] as const,
  [770, event(server, [W('operation')])] as const,
]);

/** Events of Microsoft-Windows-WMI-Activity from Windows 10 1803 on: manifests of 17134 to 28000. */
export const WMI_EVENTS: ReadonlyMap<number, EventTemplate> = new Map([
  [
    11,
    event(0n, [
      W('CorrelationId'),
      U32('GroupOperationId'),
      U32('OperationId'),
      W('Operation'),
      W('ClientMachine'),
      W('ClientMachineFQDN'),
      W('User'),
      U32('ClientProcessId'),
      U64('ClientProcessCreationTime'),
      W('NamespaceName'),
      BOOL('IsLocal'),
    ]),
  ],
  [12, event(0n, [U32('GroupOperationId'), W('Operation'), U32('HostId'), W('ProviderName'), W('ProviderGuid'), W('Path')])],
  [13, event(0n, [U32('OperationId'), HEX('ResultCode')])],
  [5857, event(0n, [W('ProviderName'), HEX('Code'), W('HostProcess'), U32('ProcessID'), W('ProviderPath')], { channel: 'operational' })],
  [
    5858,
    event(
      0n,
      [
        W('Id'),
        W('ClientMachine'),
        W('User'),
        U32('ClientProcessId'),
        W('Component'),
        W('Operation'),
        HEX('ResultCode'),
        W('PossibleCause'),
      ],
      error,
    ),
  ],
  [
    5860,
    event(0n, [W('NamespaceName'), W('Query'), W('User'), U32('processid'), W('MachineName'), W('PossibleCause')], {
      channel: 'operational',
    }),
  ],
  [5861, event(0n, [W('Namespace'), W('ESS'), W('CONSUMER'), W('PossibleCause')], { channel: 'operational' })],
]);
