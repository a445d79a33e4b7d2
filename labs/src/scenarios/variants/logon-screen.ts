import { boot, stopCleanly, winlogonRequest } from '../boot-and-stop.ts';
import { SERVER_2016 } from '../builds.ts';
import type { ScenarioFile } from '../host.ts';
import { rdsPowerOffHost } from '../ja-rds-power-off.ts';
import { failByNla, failOnConsole, failOnScreen, openLogonScreen } from '../rdp.ts';
import { quietDays, server } from './server.ts';

/** The host of trouble A with its RDP connections before the stops, but without any wrong password. */
export function withoutFailures(): readonly ScenarioFile[] {
  return rdsPowerOffHost({ failures: false }).files();
}

/** The host of trouble A without the connections and failures before the stops: the button was not pressed over RDP. */
export function withoutConnections(): readonly ScenarioFile[] {
  return rdsPowerOffHost({ connections: false }).files();
}

/** Only the console press of trouble A. */
export function consoleButton(): readonly ScenarioFile[] {
  return rdsPowerOffHost({ screenStops: false }).files();
}

/** Console press after a wrong password typed there (type 2, 127.0.0.1). */
export function consoleButtonAfterFailure(): readonly ScenarioFile[] {
  const on = server();
  const { host, agenda } = on;
  quietDays(on, 1, 4);
  agenda.plan(host.at('2021-03-03 20:14:05.4417203'), (now) => {
    failOnConsole(host, host.after(now, -52), on.user.name);
    const ending = stopCleanly(host, now, winlogonRequest('powerOff'), { sessions: agenda.takeSessions() });
    boot(host, host.after(now, 2480), ending);
  });
  agenda.run();
  return host.files();
}

/** A BMC, UPS or hypervisor presses the ACPI button at the same minute every night: the same 1074, nobody near. */
export function bmcSoftOff(): readonly ScenarioFile[] {
  const on = server({ build: SERVER_2016 });
  const { host, agenda } = on;
  quietDays(on, 1, 5);
  for (const day of ['02', '03', '04']) {
    agenda.plan(host.at(`2021-03-${day} 23:30:02.118`), (now) => {
      const ending = stopCleanly(host, host.after(now, host.random.between(0, 2)), winlogonRequest('powerOff'), {
        sessions: agenda.takeSessions(),
      });
      boot(host, host.after(now, 5 * 3600 + host.random.between(0, 9)), ending);
    });
  }
  agenda.run();
  return host.files();
}

/** The essence of trouble A on an English Server 2019: one power-off from the logon screen after a wrong password. */
export function englishLogonScreen2019(): readonly ScenarioFile[] {
  const on = server({ computer: 'RDSH3', seed: 19 });
  const { host, agenda, user } = on;
  quietDays(on, 1, 5);
  agenda.plan(host.at('2021-03-04 18:21:40.0021934'), (now) => {
    const connection = openLogonScreen(host, host.after(now, -134), '10.3.40.17');
    failOnScreen(host, host.after(now, -77), connection, user.name, 'RDSH3');
    const ending = stopCleanly(host, now, winlogonRequest('powerOff'), { sessions: agenda.takeSessions() });
    boot(host, host.after(now, 1311), ending);
  });
  agenda.run();
  return host.files();
}

const GUESSED = ['administrator', 'admin', 'user', 'test', 'scan', 'backup', 'sql', 'support', 'guest', 'pos', 'office', 'root'] as const;

/**
 * A host open to the Internet with NLA on: hundreds of rejected guesses a day, so that a failure just before any stop proves nothing.
 * The power-off comes from the console.
 */
export function exposedHost(): readonly ScenarioFile[] {
  const on = server({ computer: 'EDGE1', build: SERVER_2016, seed: 131 });
  const { host, agenda } = on;
  const { random } = host;
  quietDays(on, 1, 3);
  const sources = Array.from({ length: 31 }, () => `${random.pick(['198.51.100', '203.0.113'])}.${random.integer(1, 254)}`);
  let time = host.at('2021-03-02 03:00');
  const end = host.at('2021-03-03 06:00');
  while (time < end) {
    const ip = random.pick(sources);
    const name = random.pick(GUESSED);
    // The one real name among the guesses gives "wrong password", all others "unknown".
    const why = name === 'administrator' ? 'wrongPassword' : 'unknownUser';
    agenda.plan(time, (now) => failByNla(host, now, ip, name, why, '-'));
    time = host.after(time, random.between(40, 420));
  }
  agenda.plan(host.at('2021-03-02 21:40:11.5530712'), (now) => {
    const ending = stopCleanly(host, now, winlogonRequest('powerOff'), { sessions: agenda.takeSessions() });
    boot(host, host.after(now, 905), ending);
  });
  agenda.run();
  return host.files();
}
