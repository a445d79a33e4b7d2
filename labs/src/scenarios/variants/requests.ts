import { boot, requestStop, stopCleanly, stopDirty, winlogonRequest } from '../boot-and-stop.ts';
import { SERVER_2012R2 } from '../builds.ts';
import { SYSTEM_SID } from '../event.ts';
import { updateStep } from '../events-update.ts';
import type { ScenarioFile } from '../host.ts';
import { networkLogon } from '../rdp.ts';
import { quietDays, server } from './server.ts';

/**
 * A user chooses Shut down in the Start menu of Server 2012 R2: Explorer with the tracker's reason, and 10 s later a second record of
 * winlogon with 0x500ff for the same user (KB2001061). One request, two records.
 */
export function startMenu2012R2(): readonly ScenarioFile[] {
  const on = server({ computer: 'FS12', build: SERVER_2012R2, seed: 12 });
  const { host, agenda, user } = on;
  const who = { user: `${user.domain}\\${user.name}`, userSid: user.sid };
  quietDays(on, 1, 4);
  agenda.plan(host.at('2021-03-03 14:02:09.3300871'), (now) => {
    requestStop(host, now, {
      process: host.description.build.startMenu,
      code: 0x85000000,
      type: 'powerOff',
      comment: 'maintenance',
      ...who,
    });
    const ending = stopCleanly(host, host.after(now, 10), { ...winlogonRequest('powerOff'), ...who }, { sessions: agenda.takeSessions() });
    boot(host, host.after(now, 1830), ending);
  });
  agenda.run();
  return host.files();
}

/** A user chooses Restart in the Start menu of Server 2019: one record, no second one. */
export function startMenu2019(): readonly ScenarioFile[] {
  const on = server({ seed: 23 });
  const { host, agenda, user } = on;
  quietDays(on, 1, 4);
  agenda.plan(host.at('2021-03-03 13:17:55.2019004'), (now) => {
    const request = {
      process: host.description.build.startMenu,
      code: 0,
      type: 'restart',
      user: `${user.domain}\\${user.name}`,
      userSid: user.sid,
    } as const;
    boot(host, host.after(now, 61), stopCleanly(host, now, request, { sessions: agenda.takeSessions() }));
  });
  agenda.run();
  return host.files();
}

/** Windows Update restarts by itself: 43 before, svchost 0x80020010 as SYSTEM, a slow stop (37.9 s to 6006), 19 after the boot. */
export function windowsUpdateRestart(): readonly ScenarioFile[] {
  const on = server({ seed: 43 });
  const { host, agenda } = on;
  const update = { title: host.description.texts.cumulativeUpdate('2021-03', 'KB5000822'), guid: host.random.guid(), revision: 201 };
  quietDays(on, 9, 12);
  agenda.plan(host.at('2021-03-10 03:02:11.8800123'), (now) => {
    host.emit(host.after(now, 0), updateStep(44, update));
    host.emit(host.after(now, 702), updateStep(43, update));
    const stop = host.after(now, 2610);
    const request = {
      process: 'C:\\Windows\\system32\\svchost.exe',
      code: 0x80020010,
      type: 'restart',
      user: 'NT AUTHORITY\\SYSTEM',
      userSid: SYSTEM_SID,
    } as const;
    const ending = stopCleanly(host, stop, request, { sessions: agenda.takeSessions(), delaySeconds: 37.9 });
    const start = host.after(stop, 118);
    boot(host, start, ending);
    host.emit(host.after(start, 142), updateStep(19, update));
  });
  agenda.run();
  return host.files();
}

/** An administrator restarts the server from another machine: `wininit.exe (10.3.58.4)`, with the network logon it came in by. */
export function remoteShutdown(): readonly ScenarioFile[] {
  const on = server({ seed: 58 });
  const { host, agenda, admin } = on;
  quietDays(on, 1, 4);
  agenda.plan(host.at('2021-03-03 11:44:31.7021156'), (now) => {
    networkLogon(host, host.after(now, -1.2), admin, '10.3.58.4', 'ADMINPC');
    const request = {
      process: 'C:\\Windows\\system32\\wininit.exe',
      from: '10.3.58.4',
      code: 0x84040002,
      type: 'restart',
      comment: 'application installed',
      user: `${admin.domain}\\${admin.name}`,
      userSid: admin.sid,
    } as const;
    boot(host, host.after(now, 71), stopCleanly(host, now, request, { sessions: agenda.takeSessions() }));
  });
  agenda.run();
  return host.files();
}

/** The host asks its Hyper-V guest to shut down: svchost 0x80000000 as SYSTEM. */
export function hypervisorShutdown(): readonly ScenarioFile[] {
  const on = server({ seed: 85 });
  const { host, agenda } = on;
  quietDays(on, 1, 4);
  agenda.plan(host.at('2021-03-02 22:05:47.9112408'), (now) => {
    const request = {
      process: 'C:\\Windows\\system32\\svchost.exe',
      code: 0x80000000,
      type: 'powerOff',
      user: 'NT AUTHORITY\\SYSTEM',
      userSid: SYSTEM_SID,
    } as const;
    boot(host, host.after(now, 640), stopCleanly(host, now, request, { sessions: agenda.takeSessions() }));
  });
  agenda.run();
  return host.files();
}

/** A restart is asked for and never finishes: 1074, no 6006 and no 13, then a dirty boot. */
export function requestNotFinished(): readonly ScenarioFile[] {
  const on = server({ seed: 61 });
  const { host, agenda, admin } = on;
  quietDays(on, 1, 4);
  agenda.plan(host.at('2021-03-03 19:30:12.4410778'), (now) => {
    agenda.takeSessions();
    requestStop(host, now, {
      process: 'C:\\Windows\\system32\\shutdown.exe',
      code: 0x800000ff,
      type: 'restart',
      user: `${admin.domain}\\${admin.name}`,
      userSid: admin.sid,
    });
    boot(host, host.after(now, 1265), stopDirty(host, host.after(now, 210)));
  });
  agenda.run();
  return host.files();
}
