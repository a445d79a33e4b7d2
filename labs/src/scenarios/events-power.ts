import { ByteWriter } from '../evtx-writer/byte-writer.ts';
import { writeSystemTime } from '../evtx-writer/values.ts';
import type { WindowsBuild } from './builds.ts';
import type { Ticks } from './clock.ts';
import { asLocalDate, plus } from './clock.ts';
import type { EventShape } from './event.ts';
import { bool, fields, filetime, LOCAL_SERVICE_SID, pointer, SYSTEM_SID, str, u8, u32, u64 } from './event.ts';
import type { SystemTexts } from './texts.ts';

const USER32 = { provider: 'User32', providerGuid: '{b0aa8734-56f7-41cc-b2f4-de228e98b946}', eventSourceName: 'User32' } as const;
const KERNEL_GENERAL = { provider: 'Microsoft-Windows-Kernel-General', providerGuid: '{A68CA8B7-004F-D7B6-A698-07E2DE0F1F5D}' } as const;
const KERNEL_POWER = { provider: 'Microsoft-Windows-Kernel-Power', providerGuid: '{331C3B3A-2005-44C2-AC5E-77220C37D6B4}' } as const;
const KERNEL_BOOT = { provider: 'Microsoft-Windows-Kernel-Boot', providerGuid: '{15CA44FF-4D7A-4BAA-BBA5-0998955E531E}' } as const;
const WER = {
  provider: 'Microsoft-Windows-WER-SystemErrorReporting',
  providerGuid: '{ABCE23E7-DE45-4366-8631-84FA6C525952}',
  eventSourceName: 'BugCheck',
} as const;
const KERNEL = { processId: 4, threadId: 8 } as const;

/** Who asked for a stop, as event 1074 stores it. */
export interface StopRequest {
  /** Full path or bare name; the text in parentheses after it is the asking host. */
  readonly process: string;
  /** Text in parentheses; default: the computer itself; null: none. */
  readonly from?: string | null;
  readonly code: number;
  readonly type: 'restart' | 'powerOff';
  readonly comment?: string;
  /** `DOMAIN\name`. */
  readonly user: string;
  readonly userSid: string;
}

/** User32 1074, fields and keywords as on Server 2016. */
export function stopRequested(request: StopRequest, computer: string, texts: SystemTexts, processId: number, threadId: number): EventShape {
  const from = request.from === undefined ? computer : request.from;
  return {
    channel: 'System',
    system: {
      ...USER32,
      eventId: 1074,
      qualifiers: 0x8000,
      version: 0,
      level: 4,
      task: 0,
      opcode: 0,
      keywords: 0x8080000000000000n,
      processId,
      threadId,
      userSid: request.userSid,
    },
    data: fields(
      ['param1', str(from === null ? request.process : `${request.process} (${from})`)],
      ['param2', str(computer)],
      ['param3', str(texts.titles.get(request.code) ?? texts.noTitle)],
      ['param4', str(`0x${request.code.toString(16)}`)],
      ['param5', str(request.type === 'restart' ? texts.restart : texts.powerOff)],
      ['param6', str(request.comment ?? '')],
      ['param7', str(request.user)],
    ),
  };
}

function eventLog(eventId: number, level: number, build: WindowsBuild, strings: readonly string[], binary?: Uint8Array): EventShape {
  const base = { provider: 'EventLog', eventId, qualifiers: 0x8000, level, task: 0, keywords: 0x80000000000000n } as const;
  const data = binary ? ({ kind: 'classic', strings, binary } as const) : ({ kind: 'classic', strings } as const);
  if (build.classicShape === 'classic') return { channel: 'System', system: base, data, shape: 'classic' };
  return { channel: 'System', system: { ...base, version: 0, opcode: 0, processId: 0, threadId: 0 }, data };
}

function systemTimes(...times: readonly Ticks[]): ByteWriter {
  const out = new ByteWriter();
  for (const time of times) writeSystemTime(time, out);
  return out;
}

/** EventLog 6009: version and build at boot. */
export function osVersion(build: WindowsBuild, texts: SystemTexts): EventShape {
  const version = `${build.major}.${build.minor.toString().padStart(2, '0')}.`;
  return eventLog(6009, 4, build, [version, String(build.build), '', texts.multiprocessor, '0']);
}

/** EventLog 6005: the event log service started. Binary: SYSTEMTIME of the start (local) and 8 zero bytes, as measured. */
export function logStarted(build: WindowsBuild, time: Ticks, biasMinutes: number): EventShape {
  const out = systemTimes(plus(time, -biasMinutes * 60));
  out.u64(0n);
  return eventLog(6005, 4, build, [], out.written.slice());
}

/** EventLog 6006: the event log service stopped. Binary 01000000 and a negative counter, as measured. */
export function logStopped(build: WindowsBuild): EventShape {
  return eventLog(6006, 4, build, [], Uint8Array.of(1, 0, 0, 0, 0xfd, 0xff, 0xff, 0xff));
}

/** EventLog 6013: uptime in seconds, with the zone text. */
export function uptime(build: WindowsBuild, seconds: number, zone: string): EventShape {
  return eventLog(6013, 4, build, ['', '', '', '', String(seconds), '60', zone]);
}

/** EventLog 6008: the previous stop was unexpected. `lastSeen` = last heartbeat. Binary as decoded from real records (reference of stops, section 6). */
export function dirtyStop(
  build: WindowsBuild,
  lastSeen: Ticks,
  uptimeSeconds: number,
  biasMinutes: number,
  texts: SystemTexts,
): EventShape {
  const local = plus(lastSeen, -biasMinutes * 60);
  const out = systemTimes(local, lastSeen);
  // ActualMaxInterval, DiskPmDisabledMaxInterval, DiskPmEnabledFlag, DiskPmEnabledMaxInterval, TimestampForced, DiskPmPolicy, BiasValid, StartBias
  for (const value of [60, 60, 0, 0, 0, 0, 1, 0]) out.u32(value);
  const [time, date] = texts.dateAndTime(asLocalDate(lastSeen, biasMinutes));
  return eventLog(6008, 2, build, [time, date, '', '', String(uptimeSeconds), '', ''], out.written.slice());
}

/** Kernel-General 12: the system started. */
export function systemStarted(build: WindowsBuild, time: Ticks): EventShape {
  return {
    channel: 'System',
    system: {
      ...KERNEL_GENERAL,
      eventId: 12,
      version: 0,
      level: 4,
      task: 1,
      opcode: 0,
      keywords: 0x8000000000000080n,
      ...KERNEL,
      userSid: SYSTEM_SID,
    },
    data: fields(
      ['MajorVersion', u32(build.major)],
      ['MinorVersion', u32(build.minor)],
      ['BuildVersion', u32(build.build)],
      ['QfeVersion', u32(build.revision)],
      ['ServiceVersion', { type: 'u16', value: 0 }],
      ['BootMode', u32(0)],
      ['StartTime', filetime(time)],
    ),
  };
}

/** Kernel-General 13: the system is about to stop. */
export function systemStopping(time: Ticks): EventShape {
  return {
    channel: 'System',
    system: {
      ...KERNEL_GENERAL,
      eventId: 13,
      version: 0,
      level: 4,
      task: 2,
      opcode: 0,
      keywords: 0x8000000000000080n,
      processId: 4,
      threadId: 40,
    },
    data: fields(['StopTime', filetime(time)]),
  };
}

/** Kernel-General 1: the clock was set. */
export function clockSet(build: WindowsBuild, from: Ticks, to: Ticks, reason: number, processId: number): EventShape {
  return {
    channel: 'System',
    system: {
      ...KERNEL_GENERAL,
      eventId: 1,
      version: build.clock1,
      level: 4,
      task: 5,
      opcode: 0,
      keywords: 0x8000000000000010n,
      processId,
      threadId: processId + 44,
      userSid: LOCAL_SERVICE_SID,
    },
    data: fields(
      ['NewTime', filetime(to)],
      ['OldTime', filetime(from)],
      ['Reason', u32(reason)],
      ...(build.clock1 === 2
        ? ([
            ['ProcessName', str(processId === 4 ? '' : '\\Device\\HarddiskVolume2\\Windows\\System32\\svchost.exe')],
            ['ProcessID', u32(processId)],
          ] as const)
        : []),
    ),
  };
}

function kernelBoot(eventId: number, version: number, task: number, data: EventShape['data']): EventShape {
  return {
    channel: 'System',
    system: { ...KERNEL_BOOT, eventId, version, level: 4, task, opcode: 0, keywords: 0x8000000000000000n, ...KERNEL, userSid: SYSTEM_SID },
    data,
  };
}

/** Kernel-Boot 153, 20, 27, 25, 18 and 32, in the order Server 2016 writes them. */
export function bootStatus(build: WindowsBuild, lastShutdownGood: boolean, bootType: 0 | 1 | 2, bootId: number): readonly EventShape[] {
  return [
    kernelBoot(153, 0, 0, fields(['Status', u32(0)], ['EnableDisableReason', u32(0)], ['VsmPolicy', u32(0)])),
    kernelBoot(
      20,
      build.boot20,
      31,
      fields(
        ['LastShutdownGood', bool(lastShutdownGood)],
        ['LastBootGood', bool(true)],
        ...(build.boot20 === 1
          ? ([
              ['LastBootId', u32(bootId)],
              ['BootStatusPolicy', u32(2)],
            ] as const)
          : []),
      ),
    ),
    kernelBoot(27, 1, 33, fields(['BootType', u32(bootType)], ['LoadOptions', { type: 'ansi', value: ' NOEXECUTE=OPTOUT', nul: true }])),
    kernelBoot(25, 0, 32, fields(['BootMenuPolicy', u32(1)])),
    kernelBoot(18, 0, 0, fields(['EntryCount', u32(1)])),
    kernelBoot(32, 0, 0, fields(['BitlockerUserInputTime', u64(0n)])),
  ];
}

/** A Kernel-Power event written by the kernel. */
export function kernelPower(
  eventId: number,
  version: number,
  level: number,
  task: number,
  keywords: bigint,
  data: EventShape['data'],
  user: boolean,
): EventShape {
  return {
    channel: 'System',
    system: { ...KERNEL_POWER, eventId, version, level, task, opcode: 0, keywords, ...KERNEL, ...(user ? { userSid: SYSTEM_SID } : {}) },
    data,
  };
}

/** What Kernel-Power 41 knows about a dirty stop. */
export interface DirtyTransition {
  readonly bugcheckCode?: number;
  readonly parameters?: readonly [bigint, bigint, bigint, bigint];
  readonly sleepInProgress?: number;
  /** FILETIME of the power button, 0 when it was not pressed. */
  readonly powerButton?: Ticks;
  readonly longPowerButtonPress?: boolean;
}

/** Kernel-Power 41 in the version of the build: v4 of Server 2016, v6 of Server 2019, v8 of Windows 11 21H2. */
export function dirtyTransition(build: WindowsBuild, facts: DirtyTransition): EventShape {
  const parameters = facts.parameters ?? [0n, 0n, 0n, 0n];
  return kernelPower(
    41,
    build.power41,
    1,
    63,
    0x8000400000000002n,
    fields(
      ['BugcheckCode', u32(facts.bugcheckCode ?? 0)],
      ['BugcheckParameter1', pointer(parameters[0])],
      ['BugcheckParameter2', pointer(parameters[1])],
      ['BugcheckParameter3', pointer(parameters[2])],
      ['BugcheckParameter4', pointer(parameters[3])],
      ['SleepInProgress', u32(facts.sleepInProgress ?? 0)],
      ['PowerButtonTimestamp', u64(facts.powerButton ?? 0n)],
      ['BootAppStatus', u32(0)],
      ['Checkpoint', u8(0)],
      ['ConnectedStandbyInProgress', bool(false)],
      ['SystemSleepTransitionsToOn', u32(0)],
      ['CsEntryScenarioInstanceId', u8(0)],
      ...(build.power41 >= 6
        ? ([
            ['BugcheckInfoFromEFI', bool(false)],
            ['CheckpointStatus', u8(0)],
          ] as const)
        : []),
      ...(build.power41 >= 8
        ? ([
            ['CsEntryScenarioInstanceIdV2', u64(0n)],
            ['LongPowerButtonPressDetected', bool(facts.longPowerButtonPress ?? false)],
          ] as const)
        : []),
    ),
    true,
  );
}

/** Kernel-Power 109: 5 = restart, 6 = power off. */
export function shutdownTransition(build: WindowsBuild, action: 5 | 6, processId: number): EventShape {
  const shape = kernelPower(
    109,
    0,
    4,
    103,
    0x8000400000000404n,
    fields(['ShutdownActionType', u32(action)], ['ShutdownEventCode', u32(0)], ['ShutdownReason', u32(build.reason109)]),
    false,
  );
  return { ...shape, system: { ...shape.system, processId, threadId: processId + 4 } };
}

/** Kernel-Power 172: connectivity state, present at each boot. */
export function standbyConnectivity(): EventShape {
  return kernelPower(172, 0, 4, 203, 0x8000000000000404n, fields(['State', u32(2)], ['Reason', u32(6)]), true);
}

/** WER-SystemErrorReporting 1001 (source BugCheck): code with its parameters, dump path, report id. */
export function bugCheckReported(code: number, parameters: readonly bigint[], reportId: string): EventShape {
  const hex = (value: bigint | number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;
  return {
    channel: 'System',
    system: {
      ...WER,
      eventId: 1001,
      qualifiers: 0x4000,
      version: 0,
      level: 2,
      task: 0,
      opcode: 0,
      keywords: 0x80000000000000n,
      processId: 0,
      threadId: 0,
    },
    data: fields(
      ['param1', str(`${hex(code, 8)} (${parameters.map((value) => hex(value, 16)).join(', ')})`)],
      ['param2', str('C:\\Windows\\MEMORY.DMP')],
      ['param3', str(reportId)],
    ),
  };
}

/** volmgr 46 (crash dump initialisation failed), 161 (dump failed) or 162 (dump written). */
export function volumeManager(eventId: 46 | 161 | 162): EventShape {
  const failed = eventId !== 162;
  const out = new ByteWriter();
  for (const value of [0, 1, 0xc0040000 + eventId, 0, 0, 0, 0, 0, 0, 0]) out.u32(value);
  return {
    channel: 'System',
    system: {
      provider: 'volmgr',
      eventId,
      qualifiers: failed ? 0xc004 : 0x4004,
      level: failed ? 2 : 4,
      task: 0,
      keywords: 0x80000000000000n,
    },
    data: { kind: 'classic', strings: ['\\Device\\HarddiskVolume2'], binary: out.written.slice() },
    shape: 'classic',
  };
}
