import type { Ticks } from './clock.ts';
import { plus, secondsBetween } from './clock.ts';
import { SYSTEM_SID } from './event.ts';
import { auditLogStopped, windowsStarting } from './events-logon.ts';
import type { DirtyTransition, StopRequest } from './events-power.ts';
import {
  bootStatus,
  bugCheckReported,
  dirtyStop,
  dirtyTransition,
  logStarted,
  logStopped,
  osVersion,
  shutdownTransition,
  standbyConnectivity,
  stopRequested,
  systemStarted,
  systemStopping,
  uptime,
  volumeManager,
} from './events-power.ts';
import { listener, listenerReady, sessionManagerStarted, sessionManagerStopping } from './events-rdp.ts';
import { serviceState } from './events-update.ts';
import type { Host } from './host.ts';
import type { Session } from './rdp.ts';
import { endSession, serviceLogon } from './rdp.ts';

/** The record winlogon writes for a button of the logon screen, for ACPI and for a hypervisor's or BMC's soft-off alike. */
export function winlogonRequest(type: 'restart' | 'powerOff'): StopRequest {
  return { process: 'C:\\Windows\\system32\\winlogon.exe', code: 0x500ff, type, user: 'NT AUTHORITY\\SYSTEM', userSid: SYSTEM_SID };
}

/** How the last boot session ended; the next boot writes what could not be written any more. */
export type Ending =
  | { readonly kind: 'clean'; readonly action: 5 | 6; readonly transitionAt: Ticks; readonly stoppedAt: Ticks }
  | ({ readonly kind: 'dirty'; readonly lastHeartbeat: Ticks; readonly bootTime: Ticks; readonly bugCheck?: BugCheck } & DirtyTransition);

/** A bug check as the next boot reports it. */
export interface BugCheck {
  readonly code: number;
  readonly parameters: readonly [bigint, bigint, bigint, bigint];
  readonly reportId: string;
  /** volmgr record of the dump: 162 written, 161 failed; none on builds without it. */
  readonly dump?: 161 | 162;
}

/** Writes 1074 only. */
export function requestStop(host: Host, time: Ticks, request: StopRequest): void {
  const { computer, texts } = host.description;
  const processId = request.process.endsWith('winlogon.exe') ? 516 : host.random.integer(300, 1200) * 4;
  host.emit(time, stopRequested(request, computer, texts, processId, processId + 28));
}

/**
 * An orderly stop: sessions end, event log stops, kernel transition. `request` undefined = nobody wrote a 1074.
 * Gaps follow the measured medians (1074 to 6006 6.1 s, 6006 to 109 4.7 s, 109 to 13 1.0 s).
 */
export function stopCleanly(
  host: Host,
  time: Ticks,
  request: StopRequest | undefined,
  options: { readonly sessions?: readonly Session[]; readonly action?: 5 | 6; readonly delaySeconds?: number } = {},
): Ending {
  const { build, texts } = host.description;
  if (request) requestStop(host, time, request);
  host.goesDown(time);
  const action = options.action ?? (request?.type === 'restart' ? 5 : 6);
  host.noonUptimes(time);
  const logStop = host.after(time, options.delaySeconds ?? host.random.between(4.5, 8));
  for (const session of options.sessions ?? []) {
    endSession(host, host.after(time, host.random.between(1.2, 3.4)), session, plus(logStop, 0.001));
  }
  host.emit(host.after(time, 2.6), sessionManagerStopping());
  host.emit(logStop, auditLogStopped());
  host.emit(logStop, logStopped(build));
  host.emit(host.after(logStop, -0.03), serviceState('Remote Desktop Services', 'TermService', texts.stopped, 1), plus(logStop, 0.002));
  const transitionAt = host.after(logStop, host.random.between(4.1, 5.4));
  return { kind: 'clean', action, transitionAt, stoppedAt: host.after(transitionAt, host.random.between(0.3, 1.3)) };
}

/** A stop nobody could log: power lost, held button, reset, bug check. Heartbeats are a minute apart. */
export function stopDirty(host: Host, time: Ticks, facts: DirtyTransition & { readonly bugCheck?: BugCheck } = {}): Ending {
  host.noonUptimes(time);
  host.goesDown(time);
  const uptimeMinutes = Math.floor(secondsBetween(host.bootTime, time) / 60);
  return { kind: 'dirty', lastHeartbeat: plus(host.bootTime, uptimeMinutes * 60 + 0.457), bootTime: host.bootTime, ...facts };
}

/**
 * A boot. The event log service starts some seconds after the kernel; what the kernel kept (109 and 13 of the last stop, 12, Kernel-Boot)
 * is written after 6009, 6005 and 6013, so record order and time order differ, as measured on Server 2016.
 */
export function boot(host: Host, time: Ticks, ending: Ending, options: { readonly bootType?: 0 | 1 | 2 } = {}): void {
  const { build, texts, biasMinutes } = host.description;
  host.bootTime = time;
  host.bootId++;
  host.nextSession = 2;
  host.nextConnection = 0;
  const start = host.after(time, host.random.between(10.5, 21));
  host.comesUp(start);
  let step = 0;
  const next = (): Ticks => plus(start, ++step * 0.0001);

  if (ending.kind === 'dirty') {
    const { lastHeartbeat } = ending;
    host.emit(start, dirtyStop(build, lastHeartbeat, secondsBetween(ending.bootTime, lastHeartbeat), biasMinutes, texts), next());
  }
  host.emit(start, osVersion(build, texts), next());
  host.emit(start, logStarted(build, start, biasMinutes), next());
  host.emit(plus(start, 0.0157), uptime(build, secondsBetween(time, start), texts.zone), next());
  if (ending.kind === 'clean') {
    host.emit(ending.transitionAt, shutdownTransition(build, ending.action, 436), next());
    host.emit(ending.stoppedAt, systemStopping(ending.stoppedAt), next());
  }
  host.emit(time, systemStarted(build, time), next());
  bootStatus(build, ending.kind === 'clean', options.bootType ?? 0, host.bootId).forEach((event, index) => {
    host.emit(plus(time, 0.00007 + index * 0.00004), event, next());
  });
  if (ending.kind === 'dirty' && ending.bugCheck?.dump) host.emit(plus(time, 1.1), volumeManager(ending.bugCheck.dump), next());
  host.emit(plus(time, 3.1), standbyConnectivity(), next());
  if (ending.kind === 'dirty') {
    const { bugCheck } = ending;
    const facts = bugCheck ? { ...ending, bugcheckCode: bugCheck.code, parameters: bugCheck.parameters } : ending;
    host.emit(host.after(time, host.random.between(6.9, 10.2)), dirtyTransition(build, facts), next());
    if (bugCheck && bugCheck.dump !== 161) {
      host.emit(host.after(start, 9), bugCheckReported(bugCheck.code, bugCheck.parameters, bugCheck.reportId));
    }
  }
  host.emit(host.after(time, 7.2), windowsStarting(), next());
  host.emit(host.after(time, 9.6), sessionManagerStarted(), next());
  host.emit(host.after(time, 10.2), serviceState('TermService', 'TermService', texts.running, 4), next());
  host.emit(host.after(start, 0.9), listener(258, host.random.guid()));
  host.emit(host.after(start, 1.6), listenerReady());
  serviceLogon(host, host.after(start, 1.4));
}
