import type { EvtxQuery, FieldCondition } from '@winmedic/evtx';
import type { EventPattern } from '@winmedic/knowledge/model';
import { conditionsOf } from './interest-conditions.ts';

/** Records of these providers and ids are kept from a log; everything else is passed over and only counted. */
export interface Interest {
  readonly providers: readonly string[];
  /** Absent: every id. */
  readonly ids?: readonly number[];
  readonly where?: readonly FieldCondition[];
}

const equals = (field: string, ...values: string[]): FieldCondition => ({ field, op: 'equals', values });
const SECURITY = ['Microsoft-Windows-Security-Auditing'];
/** Logons with a person in front: 2 console, 7 unlock, 10 remote desktop, 11 and 12 the same with cached credentials. */
const INTERACTIVE = equals('LogonType', '2', '7', '10', '11', '12');

/** Storage port and miniport drivers that report a reset of the device as 129. */
// biome-ignore format: a list of names
const STORPORT = [
  'storport', 'storahci', 'stornvme', 'storvsc', 'vmstor', 'vhdmp', 'pvscsi', 'LSI_SAS', 'LSI_SAS2', 'LSI_SAS3', 'LSI_SCSI', 'megasas',
  'megasas2', 'MegaSR', 'percsas2i', 'percsas3i', 'iaStorA', 'iaStorAC', 'iaStorAV', 'iaStorAVC', 'iaStorE', 'iaStorV', 'iaStorVD',
  'HpCISSs2', 'HpCISSs3', 'SmartPqi', 'arcsas', 'vioscsi', 'viostor', 'xenvbd', 'nvme', 'ebdrv', 'elxstor', 'elxfc', 'ql2300', 'ql2300i',
  'qlfcoe', 'qla4xxx', 'bxois', 'msiscsi', 'iScsiPrt', 'mpio', 'amdsata', 'amdsbs', 'amdxata', 'nvstor', 'AWSNVMe',
];

/** Events the timeline and the diagnosis look at. Packs of the user add theirs (`CollectOptions.patterns`). */
export const INTEREST: readonly Interest[] = [
  { providers: ['User32'], ids: [1073, 1074, 1075, 1076] },
  { providers: ['EventLog'], ids: [6005, 6006, 6008, 6009, 6011, 6013] },
  { providers: ['Microsoft-Windows-Eventlog'], ids: [104, 108, 1100, 1102] },
  { providers: ['Microsoft-Windows-Kernel-Power'], ids: [41, 42, 86, 88, 105, 107, 109, 142, 187, 524, 577] },
  { providers: ['Microsoft-Windows-Kernel-General'], ids: [1, 12, 13, 18, 24] },
  { providers: ['Microsoft-Windows-Kernel-Boot'], ids: [18, 20, 27, 29, 32] },
  { providers: ['Microsoft-Windows-Power-Troubleshooter'], ids: [1] },
  { providers: ['Microsoft-Windows-WER-SystemErrorReporting'], ids: [1001, 1018, 1019] },
  { providers: ['BugCheck'], ids: [1001] },
  { providers: ['volmgr'], ids: [45, 46, 49, 161, 162] },
  { providers: ['Microsoft-Windows-WindowsUpdateClient'], ids: [19, 20, 21, 22, 27, 43, 44] },
  { providers: ['Microsoft-Windows-Servicing'], ids: [1, 2, 3, 4] },
  { providers: ['Microsoft-Windows-Winlogon'], ids: [7001, 7002, 1101, 1102, 1103, 4005] },
  { providers: ['Microsoft-Windows-Wininit'], ids: [1015] },
  { providers: SECURITY, ids: [4608, 4609, 4616, 4625, 4647, 4697, 4719, 4778, 4779, 4825] },
  { providers: SECURITY, ids: [4624, 4634], where: [INTERACTIVE] },
  {
    providers: SECURITY,
    ids: [4657],
    where: [{ field: 'ObjectValueName', op: 'equals', values: ['ShutdownWithoutLogon', 'UserAuthentication', 'SecurityLayer'] }],
  },
  { providers: SECURITY, ids: [4688], where: [{ field: 'NewProcessName', op: 'endswith', values: ['\\shutdown.exe'] }] },
  { providers: ['Microsoft-Windows-TerminalServices-LocalSessionManager'], ids: [21, 22, 23, 24, 25, 39, 40, 41, 42, 54] },
  { providers: ['Microsoft-Windows-TerminalServices-RemoteConnectionManager'], ids: [258, 261, 1149, 1158] },
  { providers: ['Microsoft-Windows-RemoteDesktopServices-RdpCoreTS'], ids: [65, 66, 68, 98, 102, 103, 104, 131, 139, 140] },
  { providers: ['TermDD'], ids: [50, 56] },
  { providers: ['Service Control Manager'], ids: [7000, 7009, 7011, 7023, 7024, 7031, 7034, 7043, 7045] },
  { providers: ['Microsoft-Windows-WHEA-Logger'] },
  { providers: ['disk'], ids: [7, 11, 51, 52, 153, 154, 157] },
  { providers: ['Ntfs', 'Microsoft-Windows-Ntfs'], ids: [50, 55, 98, 130, 140] },
  { providers: STORPORT, ids: [129] },
  { providers: ['Microsoft-Windows-Resource-Exhaustion-Detector'], ids: [2004] },
  { providers: ['srv', 'Server'], ids: [2017, 2018, 2019, 2020, 2021] },
  { providers: ['Microsoft-Windows-FailoverClustering'], ids: [1069, 1135, 1146, 1177, 1230, 1564, 5120] },
  {
    providers: ['Microsoft-Windows-Hyper-V-Worker'],
    ids: [
      18500, 18502, 18504, 18508, 18510, 18512, 18514, 18515, 18516, 18518, 18524, 18526, 18528, 18539, 18540, 18550, 18560, 18570, 18571,
      18572, 18573, 18580, 18590, 18602, 18604, 18608, 18620,
    ],
  },
  { providers: ['Microsoft-Windows-Hyper-V-Chipset'], ids: [18600, 18601, 18602, 18603, 18604, 18605, 18606] },
  { providers: ['Microsoft-Windows-Hyper-V-VMMS'], ids: [14070, 14094, 16050, 16060, 18304, 19070, 20144, 20400] },
  { providers: ['Microsoft-Windows-Hyper-V-Hypervisor'], ids: [1, 2, 41] },
  { providers: ['Microsoft-Windows-TaskScheduler'], ids: [106, 140, 200, 201] },
  {
    providers: ['Microsoft-Windows-PowerShell'],
    ids: [4104],
    where: [{ field: 'ScriptBlockText', op: 'contains', values: ['Restart-Computer', 'Stop-Computer'] }],
  },
  { providers: ['MsiInstaller'], ids: [1005, 1033, 1038, 1042] },
  { providers: ['Application Error'], ids: [1000] },
  { providers: ['Microsoft-Windows-UserPnp'], ids: [20001, 20003] },
  { providers: ['Microsoft-Windows-Time-Service'], ids: [35, 36, 37, 50, 134] },
  { providers: ['Microsoft-Windows-GroupPolicy'], ids: [1129, 1500, 1501, 1502, 1503] },
  { providers: ['Microsoft-Windows-WinRM'], ids: [6, 91, 137, 138, 139, 142, 161, 162, 163, 164, 169, 172, 192] },
  { providers: ['Microsoft-Windows-WMI-Activity'], ids: [5858, 5859, 5860, 5861] },
  { providers: ['Microsoft-Windows-DistributedCOM'], ids: [10028, 10036] },
  { providers: ['NETLOGON'], ids: [3210, 5719, 5722, 5805] },
];

/** Queries for the reader: the built-in interest, then what the patterns of causes ask for beyond it. */
export function interestQueries(patterns: readonly EventPattern[] = []): EvtxQuery[] {
  const queries: EvtxQuery[] = INTEREST.map(({ providers, ids, where }) => ({ providers, ...(ids && { ids }), ...(where && { where }) }));
  const known = new Set<string>();
  for (const p of patterns) {
    const where = conditionsOf(p.where ?? {});
    for (const provider of [p.provider].flat()) {
      const ids = [p.id].flat().filter((id) => !isBuiltIn(provider, id));
      if (ids.length === 0) continue;
      const query: EvtxQuery = { providers: [provider], ids, ...(where.length > 0 && { where }) };
      const key = JSON.stringify(query);
      if (!known.has(key)) queries.push(query);
      known.add(key);
    }
  }
  return queries;
}

/** Is every record of this provider and id kept by the built-in interest, whatever its fields? */
export function isBuiltIn(provider: string, id: number): boolean {
  const name = provider.toLowerCase();
  return INTEREST.some(
    (i) => i.where === undefined && i.providers.some((p) => p.toLowerCase() === name) && (i.ids === undefined || i.ids.includes(id)),
  );
}
