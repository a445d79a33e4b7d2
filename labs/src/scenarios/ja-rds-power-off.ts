import { Agenda } from './agenda.ts';
import type { Ending } from './boot-and-stop.ts';
import { boot, stopCleanly, winlogonRequest } from './boot-and-stop.ts';
import { plus } from './clock.ts';
import { updateStep } from './events-update.ts';
import type { Host, ScenarioFile } from './host.ts';
import { CLIENTS, definitionUpdate, officeHost, planOffice, USERS } from './ja-rds-office.ts';
import type { Session } from './rdp.ts';
import { failOnScreen, leaveLogonScreen, openLogonScreen, startSession } from './rdp.ts';

/** One stop by the power button of a logon screen that the server drew for an RDP client. */
interface ScreenStop {
  readonly type: 'restart' | 'powerOff';
  /** Local times: connection, wrong passwords, button, next boot. */
  readonly connects: string;
  readonly fails: readonly string[];
  readonly stops: string;
  readonly boots: string;
  readonly user: 'suzuki' | 'watanabe' | 'yamamoto';
  readonly ip: string;
}

/** The five stops of trouble A. The wrong passwords lie 41 s to 167 s before the button. */
const SCREEN_STOPS: readonly ScreenStop[] = [
  {
    type: 'restart',
    connects: '2018-06-25 11:27:46',
    fails: ['2018-06-25 11:28:20', '2018-06-25 11:29:02'],
    stops: '2018-06-25 11:30:14',
    boots: '2018-06-25 11:31:12',
    user: 'watanabe',
    ip: CLIENTS.watanabe,
  },
  {
    type: 'powerOff',
    connects: '2018-06-28 17:38:55',
    fails: ['2018-06-28 17:39:41'],
    stops: '2018-06-28 17:40:22',
    boots: '2018-06-28 17:52:36',
    user: 'watanabe',
    ip: CLIENTS.watanabe,
  },
  {
    type: 'powerOff',
    connects: '2018-06-29 17:23:50',
    fails: ['2018-06-29 17:24:05', '2018-06-29 17:24:22'],
    stops: '2018-06-29 17:27:09',
    boots: '2018-06-29 17:41:03',
    user: 'yamamoto',
    ip: CLIENTS.yamamoto,
  },
  {
    type: 'powerOff',
    connects: '2018-07-04 17:02:40',
    fails: ['2018-07-04 17:03:11', '2018-07-04 17:03:39'],
    stops: '2018-07-04 17:05:31',
    boots: '2018-07-04 17:19:48',
    user: 'watanabe',
    ip: CLIENTS.watanabe,
  },
  {
    type: 'powerOff',
    connects: '2018-07-06 06:02:17',
    fails: ['2018-07-06 06:03:16', '2018-07-06 06:03:31'],
    stops: '2018-07-06 06:04:29',
    boots: '2018-07-06 08:47:15',
    user: 'suzuki',
    ip: CLIENTS.vpn,
  },
];

/** Data-centre staff presses the button on the console while changing the power feed: the same record, no RDP, no failure. */
const CONSOLE_STOP = { stops: '2018-07-06 10:20:41', boots: '2018-07-06 11:05:20' } as const;
/** The planned restart after the monthly update, with the command line a blog recommends. */
const PLANNED_RESTART = { stops: '2018-07-01 10:03:17', boots: '2018-07-01 10:04:21' } as const;

/** What may be left out, for tests that need the same host without one thing. */
export interface RdsPowerOffParts {
  /** Wrong passwords on the logon screen before the stops (default true). */
  readonly failures?: boolean;
  /** The RDP connections of those who press the button (default true); without them there is no failure either. */
  readonly connections?: boolean;
  /** The five stops from the logon screen (default true). */
  readonly screenStops?: boolean;
  /** The console stop (default true). */
  readonly consoleStop?: boolean;
}

/** Returns the host of trouble A after everything has happened to it. */
export function rdsPowerOffHost(parts: RdsPowerOffParts = {}): Host {
  const host = officeHost();
  const agenda = new Agenda(host);
  planOffice(agenda);
  planAdministration(agenda);
  if (parts.screenStops !== false) for (const stop of SCREEN_STOPS) planScreenStop(agenda, stop, parts);
  if (parts.consoleStop !== false)
    planStop(agenda, CONSOLE_STOP, (now, sessions) => stopCleanly(host, now, winlogonRequest('powerOff'), { sessions }));
  agenda.plan(host.at('2018-07-12 17:30'), (now) => host.noonUptimes(now));
  agenda.run();
  return host;
}

/**
 * Trouble A rebuilt: a Japanese Windows Server 2016 RDS host that stops by itself. One restart and four power-offs come from the power
 * button of the logon screen that RDP clients without NLA are shown; one more, with exactly the same 1074, comes from the console.
 */
export function jaRdsPowerOff(): readonly ScenarioFile[] {
  return rdsPowerOffHost().files();
}

/** Users who are thrown out during office hours come back after the boot; those thrown out in the evening go home. */
const LAST_RETURN = '17:00';

function planStop(
  agenda: Agenda,
  times: { readonly stops: string; readonly boots: string },
  stop: (now: bigint, sessions: readonly Session[]) => Ending,
): void {
  const { host } = agenda;
  agenda.plan(host.at(`${times.stops}.${host.random.integer(1_000_000, 9_999_999)}`), (now) => {
    const sessions = agenda.takeSessions();
    const ending = stop(now, sessions);
    const start = host.at(`${times.boots}.${host.random.integer(1_000_000, 9_999_999)}`);
    boot(host, start, ending);
    if (times.boots.slice(11) < LAST_RETURN) agenda.comeBack(start, sessions);
  });
}

function planScreenStop(agenda: Agenda, stop: ScreenStop, parts: RdsPowerOffParts): void {
  const { host } = agenda;
  // Whoever meets the logon screen has no session open: logged off a while before.
  agenda.logoff(plus(host.at(stop.connects), -2143), USERS[stop.user]);
  if (parts.connections !== false) {
    agenda.plan(host.at(stop.connects), (now) => {
      const connection = openLogonScreen(host, now, stop.ip);
      if (parts.failures === false) return;
      for (const fail of stop.fails) failOnScreen(host, host.at(fail), connection, USERS[stop.user].name, host.description.computer);
    });
  }
  planStop(agenda, stop, (now, sessions) => stopCleanly(host, now, winlogonRequest(stop.type), { sessions }));
}

/** What the administrators do: updates, the planned restart, moving the users on 07-05, looking for the cause afterwards. */
function planAdministration(agenda: Agenda): void {
  const { host } = agenda;
  const { texts } = host.description;
  const login = (from: string, to: string): void => {
    agenda.login(host.at(from), USERS.admin, (now) => startSession(host, now, USERS.admin, CLIENTS.admin));
    agenda.logoff(host.at(to), USERS.admin);
  };
  login('2018-06-25 13:05:10', '2018-06-25 13:48:02');
  login('2018-06-29 09:40:33', '2018-06-29 10:02:51');
  login('2018-07-01 09:02:15', '2018-07-01 10:31:00');
  login('2018-07-05 19:32:08', '2018-07-05 22:47:36');
  login('2018-07-06 09:01:44', '2018-07-06 09:31:12');
  login('2018-07-09 10:12:30', '2018-07-09 10:55:04');
  login('2018-07-12 09:20:11', '2018-07-12 11:02:47');

  const cumulative = { title: texts.cumulativeUpdate('2018-06', 'KB4284833'), guid: host.random.guid(), revision: 201 };
  agenda.plan(host.at('2018-07-01 09:11:20'), (now) => host.emit(host.after(now, 0), updateStep(44, cumulative)));
  agenda.plan(host.at('2018-07-01 09:38:47'), (now) => host.emit(host.after(now, 0), updateStep(43, cumulative)));
  agenda.plan(host.at('2018-07-01 10:06:43'), (now) => host.emit(host.after(now, 0), updateStep(19, cumulative)));
  planStop(agenda, PLANNED_RESTART, (now, sessions) => {
    const { admin } = USERS;
    const request = {
      process: 'C:\\Windows\\system32\\shutdown.exe',
      code: 0x80040002,
      type: 'restart',
      user: `${admin.domain}\\${admin.name}`,
      userSid: admin.sid,
    } as const;
    return stopCleanly(host, now, request, { sessions, delaySeconds: 11.4 });
  });

  // A definition update is being installed when the host is switched off on 07-04; it finishes after the next boot.
  const pending = definitionUpdate(host, '1.271.447.0');
  agenda.plan(host.at('2018-07-04 17:01:02'), (now) => {
    host.emit(host.after(now, 0), updateStep(44, pending));
    host.emit(host.after(now, 1.3), updateStep(43, pending));
    host.emit(host.after(now, 1335), updateStep(19, pending));
  });

  // The last day: plain mstsc is shown the logon screen, power button included.
  agenda.plan(host.at('2018-07-12 14:10:05'), (now) => {
    const connection = openLogonScreen(host, now, CLIENTS.admin);
    leaveLogonScreen(host, host.after(now, 96), connection, 11);
  });
}
