import { text } from '../connection-rows/common.ts';
import { row } from './row.ts';
import type { TraceRow, TraceStep } from './types.ts';

/** One operation of WMI as its client asked for it. */
interface WmiOperation {
  readonly number: number;
  readonly namespace: string;
  readonly query: string;
  readonly user: string;
  /** HRESULT; 0 when it worked. */
  readonly result: number;
}

const MACHINE = 'MGR01';

/** 11 it begins, 12 the provider, 13 it ends; 5858 when it failed. */
function operation({ number, namespace, query, user, result }: WmiOperation): TraceStep[] {
  const said = `Start IWbemServices::ExecQuery - ${namespace} : ${query}`;
  const failed: TraceStep[] = [
    {
      id: 5858,
      activity: number,
      values: {
        Id: `{00000000-0000-0000-0000-00000000000${number}}`,
        ClientMachine: MACHINE,
        User: user,
        ClientProcessId: 7316,
        Component: 'Unknown',
        Operation: said,
        ResultCode: result,
        PossibleCause: 'Unknown',
      },
    },
  ];
  return [
    {
      id: 11,
      activity: number,
      values: {
        CorrelationId: `{00000000-0000-0000-0000-00000000000${number}}`,
        GroupOperationId: number * 10,
        OperationId: number * 10 + 1,
        Operation: said,
        ClientMachine: MACHINE,
        ClientMachineFQDN: `${MACHINE.toLowerCase()}.corp.example`,
        User: user,
        ClientProcessId: 7316,
        ClientProcessCreationTime: 134_195_000_000_000_000n,
        NamespaceName: `\\\\.\\${namespace}`,
        IsLocal: false,
      },
    },
    ...(result === 0
      ? [
          {
            id: 12,
            activity: number,
            values: {
              GroupOperationId: number * 10,
              Operation: 'Provider::ExecQueryAsync',
              HostId: 4120,
              ProviderName: 'CIMWin32',
              ProviderGuid: '{d63a5850-8f16-11cf-9f47-00aa00bf345c}',
              Path: '%systemroot%\\system32\\wbem\\cimwin32.dll',
            },
          },
        ]
      : failed),
    { id: 13, activity: number, values: { OperationId: number * 10 + 1, ResultCode: result } },
  ];
}

const os = { number: 1, namespace: 'root\\cimv2', query: 'SELECT * FROM Win32_OperatingSystem' } as const;
const machines = { number: 2, namespace: 'root\\virtualization\\v2', query: 'SELECT * FROM Msvm_ComputerSystem' } as const;

/** Rows as WMI-Activity on the host shows them: operations that reached WMI, whichever way they came. */
export const WMI_ROWS: readonly TraceRow[] = [
  row({
    row: 0,
    id: 'wmi-healthy',
    side: 'wmi',
    how: text('two queries from another computer, both carried out', '別のコンピューターからの 2 つのクエリ。どちらも成功'),
    steps: [
      {
        id: 5857,
        values: {
          ProviderName: 'CIMWin32',
          Code: 0,
          HostProcess: 'wmiprvse.exe',
          ProcessID: 4120,
          ProviderPath: '%systemroot%\\system32\\wbem\\cimwin32.dll',
        },
      },
      ...operation({ ...os, user: 'CORP\\alice', result: 0 }),
      ...operation({ ...machines, user: 'CORP\\alice', result: 0 }),
    ],
    shows: { 'login.result': 'accepted', failedRung: '', 'request.result': 'ok', 'namespace.result': 'ok' },
    expected: 'no-fault',
  }),
  row({
    row: 0,
    id: 'wmi-subscriptions',
    side: 'wmi',
    how: text('programs of the host itself wait for events of WMI', 'ホスト自身のプログラムが WMI のイベントを待機'),
    steps: [
      {
        id: 5860,
        values: {
          NamespaceName: 'root\\cimv2',
          Query: 'SELECT * FROM Win32_ProcessStartTrace',
          User: 'NT AUTHORITY\\SYSTEM',
          processid: 1288,
          MachineName: 'HV01',
          PossibleCause: 'Temporary',
        },
      },
      {
        id: 5861,
        values: {
          Namespace: '//./root/subscription',
          ESS: 'SCM Event Log Filter',
          CONSUMER: 'NTEventLogEventConsumer="SCM Event Log Consumer"',
          PossibleCause: 'Permanent',
        },
      },
    ],
    shows: {},
    expected: 'no-fault',
  }),
  row({
    row: 18,
    id: 'wmi-namespace-denied',
    side: 'wmi',
    how: text(
      '5858: root\\virtualization\\v2 is refused with 0x80041003, root\\cimv2 is not',
      '5858: root\\virtualization\\v2 を 0x80041003 で拒否。root\\cimv2 は成功',
    ),
    steps: [
      ...operation({ ...os, user: 'CORP\\reader', result: 0 }),
      ...operation({ ...machines, user: 'CORP\\reader', result: 0x80041003 }),
    ],
    shows: {
      'login.result': 'accepted',
      failedRung: 'namespace',
      'request.result': 'ok',
      'namespace.name': 'root/virtualization/v2',
      'namespace.result': 'denied',
      'namespace.wmi': '0x80041003',
      'fault.wmi': '0x80041003',
      'namespace.cimv2': 'ok',
    },
    expected: { cause: 'wmi-namespace-denied', grade: 'confirmed' },
  }),
  row({
    row: 19,
    id: 'wmi-namespace-missing',
    side: 'wmi',
    how: text('5858: root\\MSCluster is not there, 0x8004100e', '5858: root\\MSCluster が存在しない、0x8004100e'),
    steps: [
      ...operation({ ...os, user: 'CORP\\alice', result: 0 }),
      ...operation({
        number: 2,
        namespace: 'root\\MSCluster',
        query: 'SELECT * FROM MSCluster_Cluster',
        user: 'CORP\\alice',
        result: 0x8004100e,
      }),
    ],
    shows: {
      'login.result': 'accepted',
      failedRung: '',
      'request.result': 'ok',
      'namespace.name': 'root/MSCluster',
      'namespace.result': 'missing',
      'namespace.wmi': '0x8004100e',
      'fault.wmi': '0x8004100e',
    },
    expected: { cause: 'namespace-missing', grade: 'confirmed' },
  }),
  row({
    row: 19,
    id: 'wmi-broken',
    side: 'wmi',
    how: text('5858: WMI itself fails with 0x80041014', '5858: WMI 自体が 0x80041014 で失敗'),
    steps: operation({ ...os, user: 'CORP\\alice', result: 0x80041014 }),
    shows: {
      'login.result': 'accepted',
      failedRung: 'rights',
      'request.result': 'fault',
      'request.wmi': '0x80041014',
      'fault.wmi': '0x80041014',
    },
    expected: { cause: 'wmi-broken', grade: 'likely' },
  }),
];
