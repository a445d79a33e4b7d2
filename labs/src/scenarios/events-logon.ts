import type { WindowsBuild } from './builds.ts';
import type { EventShape } from './event.ts';
import { EMPTY_GUID, fields, guid, hex32, hex64, NOBODY_SID, pointer, SYSTEM_SID, sid, str, u32, userData } from './event.ts';

const AUDITING = { provider: 'Microsoft-Windows-Security-Auditing', providerGuid: '{54849625-5478-4994-A5BA-3E3B0328C30D}' } as const;
const EVENTLOG = { provider: 'Microsoft-Windows-Eventlog', providerGuid: '{fc65ddd8-d6ef-4962-83d5-6e5cfe9ce148}' } as const;
const EVENTLOG_NAMESPACE = 'http://manifests.microsoft.com/win/2004/08/windows/eventlog';
const SUCCESS = 0x8020000000000000n;
const FAILURE = 0x8010000000000000n;
const SYSTEM_LOGON_ID = 0x3e7n;
const YES = '%%1842';
const NO = '%%1843';
const IMPERSONATION = '%%1833';
/** The process id that LSASS has in a scenario; audit records name it as their writer. */
const LSASS = { processId: 572, threadId: 3432 } as const;

/** An account of a scenario. */
export interface Account {
  readonly name: string;
  readonly domain: string;
  readonly sid: string;
  readonly administrator?: boolean;
}

function audit(
  eventId: number,
  version: number,
  task: number,
  data: EventShape['data'],
  keywords = SUCCESS,
  activityId?: string,
): EventShape {
  return {
    channel: 'Security',
    system: {
      ...AUDITING,
      eventId,
      version,
      level: 0,
      task,
      opcode: 0,
      keywords,
      ...LSASS,
      ...(activityId === undefined ? {} : { activityId }),
    },
    data,
  };
}

const subjectSystem = (computer: string) =>
  [
    ['SubjectUserSid', sid(SYSTEM_SID)],
    ['SubjectUserName', str(`${computer}$`)],
    ['SubjectDomainName', str('WORKGROUP')],
    ['SubjectLogonId', hex64(SYSTEM_LOGON_ID)],
  ] as const;
const subjectNobody = [
  ['SubjectUserSid', sid(NOBODY_SID)],
  ['SubjectUserName', str('-')],
  ['SubjectDomainName', str('-')],
  ['SubjectLogonId', hex64(0n)],
] as const;

/** How a logon came in. */
export interface LogonWay {
  readonly type: 2 | 3 | 5 | 7 | 10;
  readonly logonProcess: string;
  readonly package: string;
  readonly workstation: string;
  readonly processName: string;
  readonly processId: bigint;
  readonly ip: string;
  readonly port: string;
  readonly lmPackage?: string;
  readonly keyLength?: number;
}

/** Password typed on a logon screen drawn by the server (RDP without NLA): type 10, User32, winlogon.exe. */
export function remoteScreen(computer: string, ip: string, processId: bigint): LogonWay {
  return { ...consoleScreen(computer, processId), type: 10, ip };
}

/** Password typed on the console: type 2, User32, winlogon.exe, 127.0.0.1. */
export function consoleScreen(computer: string, processId: bigint): LogonWay {
  return {
    type: 2,
    logonProcess: 'User32 ',
    package: 'Negotiate',
    workstation: computer,
    processName: 'C:\\Windows\\System32\\winlogon.exe',
    processId,
    ip: '127.0.0.1',
    port: '0',
  };
}

/** NTLM over the network, as NLA, SMB and WinRM log it: type 3, NtLmSsp, no process. */
export function network(workstation: string, ip: string, port: number): LogonWay {
  return {
    type: 3,
    logonProcess: 'NtLmSsp ',
    package: 'NTLM',
    workstation,
    processName: '-',
    processId: 0n,
    ip,
    port: String(port),
    lmPackage: 'NTLM V2',
    keyLength: 128,
  };
}

/** Security 4624 in the version of the build (v1 to 2012 R2, v2 from 2016). */
export function logonSucceeded(
  build: WindowsBuild,
  computer: string,
  account: Account,
  way: LogonWay,
  logonId: bigint,
  activityId?: string,
): EventShape {
  const data = fields(
    ...(way.type === 3 ? subjectNobody : subjectSystem(computer)),
    ['TargetUserSid', sid(account.sid)],
    ['TargetUserName', str(account.name)],
    ['TargetDomainName', str(account.domain)],
    ['TargetLogonId', hex64(logonId)],
    ['LogonType', u32(way.type)],
    ['LogonProcessName', str(way.logonProcess)],
    ['AuthenticationPackageName', str(way.package)],
    ['WorkstationName', str(way.workstation)],
    ['LogonGuid', guid(EMPTY_GUID)],
    ['TransmittedServices', str('-')],
    ['LmPackageName', str(way.lmPackage ?? '-')],
    ['KeyLength', u32(way.keyLength ?? 0)],
    ['ProcessId', pointer(way.processId)],
    ['ProcessName', str(way.processName)],
    ['IpAddress', str(way.ip)],
    ['IpPort', str(way.port)],
    ['ImpersonationLevel', str(IMPERSONATION)],
    ...(build.logon4624 === 2
      ? ([
          ['RestrictedAdminMode', str('-')],
          ['TargetOutboundUserName', str('-')],
          ['TargetOutboundDomainName', str('-')],
          ['VirtualAccount', str(NO)],
          ['TargetLinkedLogonId', hex64(0n)],
          ['ElevatedToken', str(account.administrator ? YES : NO)],
        ] as const)
      : []),
  );
  return audit(4624, build.logon4624, 12544, data, SUCCESS, activityId);
}

/** NTSTATUS of a failed logon: the sub status says why. */
export type FailureStatus = 'wrongPassword' | 'unknownUser' | 'notGranted';
const FAILURES: Record<FailureStatus, { status: number; sub: number; reason: string }> = {
  wrongPassword: { status: 0xc000006d, sub: 0xc000006a, reason: '%%2313' },
  unknownUser: { status: 0xc000006d, sub: 0xc0000064, reason: '%%2313' },
  notGranted: { status: 0xc000015b, sub: 0, reason: '%%2308' },
};

/** Security 4625 (v0, 21 fields). Without a process of its own the subject is nobody, as for NLA. */
export function logonFailed(computer: string, user: string, domain: string, way: LogonWay, why: FailureStatus): EventShape {
  const failure = FAILURES[why];
  const failedKeyLength = 0;
  const data = fields(
    ...(way.type === 3 ? subjectNobody : subjectSystem(computer)),
    ['TargetUserSid', sid(NOBODY_SID)],
    ['TargetUserName', str(user)],
    ['TargetDomainName', str(domain)],
    ['Status', hex32(failure.status)],
    ['FailureReason', str(failure.reason)],
    ['SubStatus', hex32(failure.sub)],
    ['LogonType', u32(way.type)],
    ['LogonProcessName', str(way.logonProcess)],
    ['AuthenticationPackageName', str(way.package)],
    ['WorkstationName', str(way.workstation)],
    ['TransmittedServices', str('-')],
    ['LmPackageName', str('-')],
    ['KeyLength', u32(failedKeyLength)],
    ['ProcessId', pointer(way.processId)],
    ['ProcessName', str(way.processName)],
    ['IpAddress', str(way.ip)],
    ['IpPort', str(way.port)],
  );
  return audit(4625, 0, 12544, data, FAILURE);
}

/** Security 4672: special privileges of an administrator's logon. */
export function specialPrivileges(account: Account, logonId: bigint): EventShape {
  const list = ['SeSecurityPrivilege', 'SeTakeOwnershipPrivilege', 'SeLoadDriverPrivilege', 'SeBackupPrivilege', 'SeRestorePrivilege'];
  return audit(
    4672,
    0,
    12548,
    fields(
      ['SubjectUserSid', sid(account.sid)],
      ['SubjectUserName', str(account.name)],
      ['SubjectDomainName', str(account.domain)],
      ['SubjectLogonId', hex64(logonId)],
      ['PrivilegeList', str(list.join('\r\n\t\t\t'))],
    ),
  );
}

const target = (account: Account, logonId: bigint) =>
  [
    ['TargetUserSid', sid(account.sid)],
    ['TargetUserName', str(account.name)],
    ['TargetDomainName', str(account.domain)],
    ['TargetLogonId', hex64(logonId)],
  ] as const;

/** Security 4634: a logon session ended. */
export function loggedOff(account: Account, logonId: bigint, type: number): EventShape {
  return audit(4634, 0, 12545, fields(...target(account, logonId), ['LogonType', u32(type)]));
}

/** Security 4647: the user logged off. */
export function userLoggedOff(account: Account, logonId: bigint): EventShape {
  return audit(4647, 0, 12545, fields(...target(account, logonId)));
}

/** Security 4608: Windows is starting up. */
export function windowsStarting(): EventShape {
  return audit(4608, 0, 12288, fields());
}

/** Security 4616 (v1): the clock was set. */
export function clockChanged(from: bigint, to: bigint): EventShape {
  return audit(
    4616,
    1,
    12288,
    fields(
      ['SubjectUserSid', sid('S-1-5-19')],
      ['SubjectUserName', str('LOCAL SERVICE')],
      ['SubjectDomainName', str('NT AUTHORITY')],
      ['SubjectLogonId', hex64(0x3e5n)],
      ['PreviousTime', { type: 'filetime', ticks: from }],
      ['NewTime', { type: 'filetime', ticks: to }],
      ['ProcessId', pointer(0x3f8n)],
      ['ProcessName', str('C:\\Windows\\System32\\svchost.exe')],
    ),
  );
}

function eventlog(channel: 'System' | 'Security', eventId: number, task: number, data: EventShape['data'], userSid?: string): EventShape {
  return {
    channel,
    system: {
      ...EVENTLOG,
      eventId,
      version: 0,
      level: 4,
      task,
      opcode: 0,
      keywords: channel === 'Security' ? 0x4020000000000000n : 0x8000000000000000n,
      processId: 948,
      threadId: 1172,
      ...(userSid === undefined ? {} : { userSid }),
    },
    data,
  };
}

/** Security 1100: the event log service stopped. */
export function auditLogStopped(): EventShape {
  return eventlog('Security', 1100, 103, userData('ServiceShutdown', EVENTLOG_NAMESPACE));
}

/** Security 1102: the audit log was cleared. */
export function auditLogCleared(account: Account, logonId: bigint): EventShape {
  const data = userData(
    'LogFileCleared',
    EVENTLOG_NAMESPACE,
    ['SubjectUserSid', sid(account.sid)],
    ['SubjectUserName', str(account.name)],
    ['SubjectDomainName', str(account.domain)],
    ['SubjectLogonId', hex64(logonId)],
  );
  return eventlog('Security', 1102, 104, data);
}

/** System 104: a log was cleared. */
export function logCleared(account: Account, channel: string): EventShape {
  const data = userData(
    'LogFileCleared',
    EVENTLOG_NAMESPACE,
    ['SubjectUserName', str(account.name)],
    ['SubjectDomainName', str(account.domain)],
    ['Channel', str(channel)],
    ['BackupPath', str('')],
  );
  return eventlog('System', 104, 104, data, account.sid);
}
