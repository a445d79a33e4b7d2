/** Scenarios: hosts whose event logs are made from a description, with the event shapes of real Windows. */
import type { ScenarioFile } from './host.ts';
import { jaRdsPowerOff } from './ja-rds-power-off.ts';
import { bugCheck, bugCheckDumpFailed, hang, powerButtonHeld, powerLoss } from './variants/dirty.ts';
import { fleet } from './variants/fleet.ts';
import {
  bmcSoftOff,
  consoleButton,
  consoleButtonAfterFailure,
  englishLogonScreen2019,
  exposedHost,
  withoutConnections,
  withoutFailures,
} from './variants/logon-screen.ts';
import { clearedLogs, clockStep } from './variants/logs.ts';
import { fastStartup, sleepAsPowerOff } from './variants/power-states.ts';
import {
  hypervisorShutdown,
  remoteShutdown,
  requestNotFinished,
  startMenu2012R2,
  startMenu2019,
  windowsUpdateRestart,
} from './variants/requests.ts';

export * from './boot-and-stop.ts';
export * from './builds.ts';
export type { HostDescription, ScenarioFile } from './host.ts';
export { Host } from './host.ts';
export { ENGLISH, JAPANESE } from './texts.ts';
export {
  bmcSoftOff,
  bugCheck,
  bugCheckDumpFailed,
  clearedLogs,
  clockStep,
  consoleButton,
  consoleButtonAfterFailure,
  englishLogonScreen2019,
  exposedHost,
  fastStartup,
  fleet,
  hang,
  hypervisorShutdown,
  jaRdsPowerOff,
  powerButtonHeld,
  powerLoss,
  remoteShutdown,
  requestNotFinished,
  sleepAsPowerOff,
  startMenu2012R2,
  startMenu2019,
  windowsUpdateRestart,
  withoutConnections,
  withoutFailures,
};

/** Every scenario by name. */
export const SCENARIOS: Readonly<Record<string, () => readonly ScenarioFile[]>> = {
  'ja-rds-power-off': jaRdsPowerOff,
  'ja-rds-without-failures': withoutFailures,
  'ja-rds-without-connections': withoutConnections,
  'ja-rds-console-button': consoleButton,
  'console-button-after-failure': consoleButtonAfterFailure,
  'bmc-soft-off': bmcSoftOff,
  'english-logon-screen-2019': englishLogonScreen2019,
  'exposed-host': exposedHost,
  'start-menu-2012r2': startMenu2012R2,
  'start-menu-2019': startMenu2019,
  'windows-update-restart': windowsUpdateRestart,
  'remote-shutdown': remoteShutdown,
  'hypervisor-shutdown': hypervisorShutdown,
  'request-not-finished': requestNotFinished,
  'bug-check': bugCheck,
  'bug-check-dump-failed': bugCheckDumpFailed,
  'power-loss': powerLoss,
  'power-button-held': powerButtonHeld,
  hang,
  'sleep-as-power-off': sleepAsPowerOff,
  'fast-startup': fastStartup,
  'cleared-logs': clearedLogs,
  'clock-step': clockStep,
  fleet,
};
