import { Agenda } from '../agenda.ts';
import type { WindowsBuild } from '../builds.ts';
import { SERVER_2019 } from '../builds.ts';
import type { Account } from '../events-logon.ts';
import { serviceState } from '../events-update.ts';
import { Host } from '../host.ts';
import { networkLogon, startSession } from '../rdp.ts';
import type { SystemTexts } from '../texts.ts';
import { ENGLISH } from '../texts.ts';

const MACHINE_SID = 'S-1-5-21-2712345678-1398765432-3009988776';

/** Options of {@link server}; without any: an English Server 2019 on UTC. */
export interface ServerOptions {
  readonly computer?: string;
  readonly build?: WindowsBuild;
  readonly texts?: SystemTexts;
  readonly biasMinutes?: number;
  readonly seed?: number;
  readonly bootedAt?: string;
}

/** A plain server of a variant scenario with its accounts. */
export interface Server {
  readonly host: Host;
  readonly agenda: Agenda;
  readonly user: Account;
  readonly admin: Account;
}

/** Returns a server whose logs begin on 2021-03-01. */
export function server(options: ServerOptions = {}): Server {
  const computer = options.computer ?? 'APP02';
  const bootedAt = options.bootedAt ?? '2021-02-24 05:12:31.204';
  const host = new Host({
    computer,
    build: options.build ?? SERVER_2019,
    texts: options.texts ?? ENGLISH,
    biasMinutes: options.biasMinutes ?? 0,
    seed: options.seed ?? 7,
    bootedAt,
    logsBegin: bootedAt > '2021-03-01' ? bootedAt : '2021-03-01 00:00',
  });
  return {
    host,
    agenda: new Agenda(host),
    user: { name: 'miller', domain: computer, sid: `${MACHINE_SID}-1012` },
    admin: { name: 'ops', domain: computer, sid: `${MACHINE_SID}-1001`, administrator: true },
  };
}

/** Plans quiet days: a user's session with NLA in office hours, a nightly network logon, service changes. Days are `2021-03-<day>`. */
export function quietDays(on: Server, firstDay: number, lastDay: number): void {
  const { host, agenda, user, admin } = on;
  const { texts } = host.description;
  for (let day = firstDay; day <= lastDay; day++) {
    const date = `2021-03-${String(day).padStart(2, '0')}`;
    agenda.plan(host.after(host.at(`${date} 02:30`), host.random.between(0, 60)), (now) =>
      networkLogon(host, now, admin, '10.3.58.9', 'BACKUP01'),
    );
    agenda.login(host.after(host.at(`${date} 08:20`), host.random.between(0, 2400)), user, (now) =>
      startSession(host, now, user, '10.3.40.17', { nla: true }),
    );
    agenda.logoff(host.after(host.at(`${date} 17:05`), host.random.between(0, 2400)), user);
    agenda.plan(host.after(host.at(`${date} 04:10`), host.random.between(0, 900)), (now) => {
      host.emit(host.after(now, 0), serviceState('Windows Update', 'wuauserv', texts.running, 4));
      host.emit(host.after(now, 410), serviceState('Windows Update', 'wuauserv', texts.stopped, 1));
    });
  }
  agenda.plan(host.at(`2021-03-${String(lastDay).padStart(2, '0')} 23:55`), (now) => host.noonUptimes(now));
}
