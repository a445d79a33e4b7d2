import { boot, stopCleanly, stopDirty, winlogonRequest } from '../boot-and-stop.ts';
import { SERVER_2016, SERVER_2019 } from '../builds.ts';
import type { ScenarioFile } from '../host.ts';
import { failOnScreen, openLogonScreen } from '../rdp.ts';
import { ENGLISH, JAPANESE } from '../texts.ts';
import { quietDays, server } from './server.ts';

/**
 * Three hosts in one scenario, a folder each: one switched off from the logon screen (Japanese, Tokyo), one that lost power (UTC), one
 * without any stop (New York).
 */
export function fleet(): readonly ScenarioFile[] {
  const tokyo = server({ computer: 'TYO-RDS1', build: SERVER_2016, texts: JAPANESE, biasMinutes: -540, seed: 301 });
  quietDays(tokyo, 1, 4);
  tokyo.agenda.plan(tokyo.host.at('2021-03-03 17:22:31.0411072'), (now) => {
    const connection = openLogonScreen(tokyo.host, tokyo.host.after(now, -151), '10.3.40.17');
    failOnScreen(tokyo.host, tokyo.host.after(now, -64), connection, tokyo.user.name, 'TYO-RDS1');
    const ending = stopCleanly(tokyo.host, now, winlogonRequest('powerOff'), { sessions: tokyo.agenda.takeSessions() });
    boot(tokyo.host, tokyo.host.after(now, 804), ending);
  });
  const london = server({ computer: 'LON-SQL1', build: SERVER_2019, seed: 302 });
  quietDays(london, 1, 4);
  london.agenda.plan(london.host.at('2021-03-03 08:22:40.9920155'), (now) => {
    london.agenda.takeSessions();
    boot(london.host, london.host.after(now, 2204), stopDirty(london.host, now));
  });
  const newYork = server({
    computer: 'NYC-FS1',
    texts: { ...ENGLISH, zone: '300 Eastern Standard Time' },
    biasMinutes: 300,
    seed: 303,
  });
  quietDays(newYork, 1, 4);
  return [tokyo, london, newYork].flatMap(({ host, agenda }) => {
    agenda.run();
    return host.files().map((file) => ({ ...file, name: `${host.description.computer}/${file.name}` }));
  });
}
