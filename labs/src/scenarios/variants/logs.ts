import { boot, stopCleanly, winlogonRequest } from '../boot-and-stop.ts';
import { plus } from '../clock.ts';
import { auditLogCleared, clockChanged, logCleared } from '../events-logon.ts';
import { clockSet } from '../events-power.ts';
import type { ScenarioFile } from '../host.ts';
import { failOnScreen, openLogonScreen, startSession } from '../rdp.ts';
import { quietDays, server } from './server.ts';

/** Somebody clears System and Security some hours after a power-off: what happened before cannot be read any more, only that it was cleared. */
export function clearedLogs(): readonly ScenarioFile[] {
  const on = server({ seed: 104 });
  const { host, agenda, admin } = on;
  quietDays(on, 1, 5);
  agenda.plan(host.at('2021-03-03 18:02:17.7720031'), (now) => {
    const ending = stopCleanly(host, now, winlogonRequest('powerOff'), { sessions: agenda.takeSessions() });
    boot(host, host.after(now, 733), ending);
  });
  agenda.plan(host.at('2021-03-04 07:40:02'), (now) => {
    startSession(host, now, admin, '10.3.58.4', { nla: true });
    const clearing = host.after(now, 190);
    host.clear('System', clearing);
    host.clear('Security', clearing);
    host.emit(clearing, logCleared(admin, 'System'));
    host.emit(clearing, auditLogCleared(admin, host.logonId()));
  });
  agenda.run();
  return host.files();
}

/**
 * The clock runs two hours ahead over a power-off from the logon screen and the next boot, then the time service sets it back: times fall
 * while record ids rise, and the gaps stay right only within one side of the step.
 */
export function clockStep(): readonly ScenarioFile[] {
  const on = server({ seed: 1 });
  const { host, agenda, user } = on;
  const ahead = 7200;
  quietDays(on, 1, 4);
  agenda.plan(host.at('2021-03-02 20:00:00.1180042'), (now) => {
    const wrong = plus(now, ahead);
    host.emit(wrong, clockSet(host.description.build, now, wrong, 1, 1016), now);
    host.emit(wrong, clockChanged(now, wrong), now);
    host.clockAheadSeconds = ahead;
  });
  agenda.plan(host.at('2021-03-03 06:31:20.2290177'), (now) => {
    const connection = openLogonScreen(host, host.after(now, -140), '10.3.40.17');
    failOnScreen(host, host.after(now, -88), connection, user.name, host.description.computer);
    const ending = stopCleanly(host, now, winlogonRequest('powerOff'), { sessions: agenda.takeSessions() });
    boot(host, host.after(now, 460), ending);
  });
  agenda.plan(host.at('2021-03-03 06:45:00.6612039'), (now) => {
    const wrong = plus(now, ahead);
    host.clockAheadSeconds = 0;
    host.emit(now, clockSet(host.description.build, wrong, now, 1, 1016));
    host.emit(now, clockChanged(wrong, now));
  });
  agenda.run();
  return host.files();
}
