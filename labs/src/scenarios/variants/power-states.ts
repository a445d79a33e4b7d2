import { requestStop } from '../boot-and-stop.ts';
import { WINDOWS_10_1809 } from '../builds.ts';
import { plus } from '../clock.ts';
import { bootStatus, clockSet } from '../events-power.ts';
import { resumed, sleepAsked, sleepEntered, wokeUp } from '../events-sleep.ts';
import type { ScenarioFile } from '../host.ts';
import type { Server } from './server.ts';
import { quietDays, server } from './server.ts';

function startMenuPowerOff(on: Server, now: bigint): void {
  const { host, user } = on;
  requestStop(host, now, {
    process: host.description.build.startMenu,
    code: 0,
    type: 'powerOff',
    user: `${user.domain}\\${user.name}`,
    userSid: user.sid,
  });
}

/** "Power off" that is sleep: 1074, 187, 42, and after the wake-up 107 with the old time, a clock change and Power-Troubleshooter 1. */
export function sleepAsPowerOff(): readonly ScenarioFile[] {
  const on = server({ computer: 'DESK5', build: WINDOWS_10_1809, seed: 107 });
  const { host, agenda } = on;
  quietDays(on, 1, 4);
  agenda.plan(host.at('2021-03-02 18:44:03.5512890'), (now) => {
    startMenuPowerOff(on, now);
    host.emit(host.after(now, 0.6), sleepAsked('\\Device\\HarddiskVolume2\\Windows\\System32\\svchost.exe'));
    const asleep = host.after(now, 1.4);
    host.emit(asleep, sleepEntered(4, 0));
    host.goesDown(asleep);
    const awake = host.after(now, 46_000);
    host.comesUp(awake);
    host.emit(plus(asleep, 9.2), resumed(4), awake);
    host.emit(plus(awake, 0.001), clockSet(host.description.build, plus(asleep, 9.2), awake, 2, 4));
    host.emit(host.after(awake, 1.7), wokeUp(asleep, awake, 4));
  });
  agenda.run();
  return host.files();
}

/** "Power off" with Fast Startup: 1074 and 42 (hibernation of the kernel), no 6006 and no 13; the next start is Kernel-Boot 27 of type 1. */
export function fastStartup(): readonly ScenarioFile[] {
  const on = server({ computer: 'DESK6', build: WINDOWS_10_1809, seed: 27 });
  const { host, agenda } = on;
  quietDays(on, 1, 4);
  agenda.plan(host.at('2021-03-02 18:10:44.0207711'), (now) => {
    startMenuPowerOff(on, now);
    const asleep = host.after(now, 9.3);
    host.emit(host.after(now, 0.8), sleepAsked('\\Device\\HarddiskVolume2\\Windows\\System32\\winlogon.exe'));
    host.emit(asleep, sleepEntered(5, 6));
    host.goesDown(asleep);
    const start = host.after(now, 51_210);
    host.comesUp(start);
    bootStatus(host.description.build, true, 1, ++host.bootId).forEach((event, index) => {
      host.emit(plus(start, index * 0.0001), event);
    });
    host.emit(plus(start, 0.01), clockSet(host.description.build, plus(asleep, 2), start, 2, 4));
  });
  agenda.run();
  return host.files();
}
