import type { Ticks } from './clock.ts';
import type { EventShape } from './event.ts';
import { fields, filetime, LOCAL_SERVICE_SID, str, u32 } from './event.ts';
import { kernelPower } from './events-power.ts';

const POWER_TROUBLESHOOTER = {
  provider: 'Microsoft-Windows-Power-Troubleshooter',
  providerGuid: '{CDC05E28-C449-49C6-B9D2-88CF761644DF}',
} as const;

/** Kernel-Power 187: a process asked for sleep. */
export function sleepAsked(process: string): EventShape {
  return kernelPower(
    187,
    0,
    4,
    243,
    0x8000400000000404n,
    fields(
      ['ApiCallerNameLength', { type: 'u16', value: process.length }],
      ['ApiCallerName', str(process)],
      ['SystemAction', u32(2)],
      ['LightestSystemState', u32(3)],
    ),
    true,
  );
}

/** Kernel-Power 42: entering sleep (target state 4 = S3, 5 = S4). */
export function sleepEntered(target: 4 | 5, reason: number): EventShape {
  return kernelPower(
    42,
    3,
    4,
    64,
    0x8000000000000404n,
    fields(
      ['TargetState', u32(target)],
      ['EffectiveState', u32(target)],
      ['Reason', u32(reason)],
      ['Flags', u32(0)],
      ['TransitionsToOn', u32(1)],
    ),
    false,
  );
}

/** Kernel-Power 107: resumed from sleep. */
export function resumed(state: 4 | 5): EventShape {
  return kernelPower(
    107,
    1,
    4,
    102,
    0x8000000000000444n,
    fields(
      ['TargetState', u32(state)],
      ['EffectiveState', u32(state)],
      ['WakeFromState', u32(state)],
      ['ProgrammedWakeTimeAc', filetime(0n)],
      ['ProgrammedWakeTimeDc', filetime(0n)],
      ['WakeRequesterTypeAc', u32(0)],
      ['WakeRequesterTypeDc', u32(0)],
    ),
    false,
  );
}

/** Power-Troubleshooter 1 (v2): the system returned from sleep. */
export function wokeUp(sleepTime: Ticks, wakeTime: Ticks, state: 4 | 5): EventShape {
  return {
    channel: 'System',
    system: {
      ...POWER_TROUBLESHOOTER,
      eventId: 1,
      version: 2,
      level: 4,
      task: 0,
      opcode: 0,
      keywords: 0x8000000000000000n,
      processId: 1480,
      threadId: 3372,
      userSid: LOCAL_SERVICE_SID,
    },
    data: fields(
      ['SleepTime', filetime(sleepTime)],
      ['WakeTime', filetime(wakeTime)],
      ...(
        [
          'SleepDuration',
          'WakeDuration',
          'DriverInitDuration',
          'BiosInitDuration',
          'HiberWriteDuration',
          'HiberReadDuration',
          'HiberPagesWritten',
          'Attributes',
        ] as const
      ).map((name, index) => [name, u32(index === 7 ? 25357 : 300 + index * 40)] as const),
      ['TargetState', u32(state)],
      ['EffectiveState', u32(state)],
      ['WakeSourceType', u32(1)],
      ['WakeSourceTextLength', { type: 'u16', value: 0 }],
      ['WakeSourceText', str('')],
      ['WakeTimerOwnerLength', { type: 'u16', value: 0 }],
      ['WakeTimerContextLength', { type: 'u16', value: 0 }],
      ['NoMultiStageResumeReason', u32(0)],
      ['WakeTimerOwner', str('')],
      ['WakeTimerContext', str('')],
    ),
  };
}
