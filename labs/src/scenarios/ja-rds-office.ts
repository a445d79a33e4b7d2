import type { Agenda } from './agenda.ts';
import { SERVER_2016 } from './builds.ts';
import { LSM_CHANNEL, RCM_CHANNEL, RDP_CHANNEL } from './event.ts';
import type { Account } from './events-logon.ts';
import type { Update } from './events-update.ts';
import { serviceState, updateStep } from './events-update.ts';
import { Host } from './host.ts';
import { failOnScreen, logOn, networkLogon, openLogonScreen, startSession } from './rdp.ts';
import { JAPANESE } from './texts.ts';

/** Zone of Japan: UTC is nine hours behind. */
export const TOKYO_BIAS = -540;
const MACHINE_SID = 'S-1-5-21-1004336348-1177238915-682003330';
const COMPUTER = 'RDS01';

const account = (name: string, rid: number, administrator = false): Account => ({
  name,
  domain: COMPUTER,
  sid: `${MACHINE_SID}-${rid}`,
  administrator,
});
/** The accounts of the made host. None belongs to a real person. */
export const USERS = {
  sato: account('sato.k', 1008),
  tanaka: account('tanaka.m', 1009),
  suzuki: account('suzuki.y', 1010),
  takahashi: account('takahashi.n', 1011),
  watanabe: account('watanabe.h', 1012),
  yamamoto: account('yamamoto.r', 1014),
  admin: account('rdsadmin', 1001, true),
  backup: account('svc-backup', 1005, true),
} as const;
/** Address of each account's client. Outside addresses are from the documentation ranges. */
export const CLIENTS = {
  sato: '192.168.10.21',
  tanaka: '192.168.10.22',
  suzuki: '192.168.10.23',
  takahashi: '192.168.10.27',
  watanabe: '192.168.10.31',
  yamamoto: '192.168.10.36',
  admin: '192.168.10.5',
  vpn: '10.8.0.14',
} as const;
type OfficeUser = 'sato' | 'tanaka' | 'suzuki' | 'takahashi' | 'watanabe' | 'yamamoto';
const OFFICE: readonly OfficeUser[] = ['sato', 'tanaka', 'suzuki', 'takahashi', 'watanabe', 'yamamoto'];

/** Working days of the period on which the users work on this host; from 07-06 on they work on the old one. */
export const WORKING_DAYS: readonly string[] = [
  ...[18, 19, 20, 21, 22, 25, 26, 27, 28, 29].map((day) => `2018-06-${day}`),
  ...[2, 3, 4, 5].map((day) => `2018-07-0${day}`),
];

/** Single wrong passwords on the logon screen that are followed by a right one and by no stop: [local time, user]. */
const TYPOS: readonly (readonly [string, OfficeUser])[] = [
  ['2018-06-19 08:52:31', 'tanaka'],
  ['2018-06-21 09:03:12', 'takahashi'],
  ['2018-06-22 13:10:48', 'sato'],
  ['2018-06-26 08:58:05', 'yamamoto'],
  ['2018-06-27 09:01:40', 'suzuki'],
  ['2018-07-02 08:49:27', 'tanaka'],
  ['2018-07-03 13:02:55', 'watanabe'],
  ['2018-07-05 08:57:19', 'sato'],
];
/** Names nobody has on this host, tried by scanners at night: [local time, name, address]. */
const SCANS: readonly (readonly [string, string, string])[] = [
  ['2018-06-20 02:13:09', 'test', '203.0.113.77'],
  ['2018-06-24 23:41:52', 'scanner', '198.51.100.140'],
  ['2018-07-03 03:29:33', 'user1', '203.0.113.201'],
  ['2018-07-08 04:02:17', 'admin2', '203.0.113.77'],
];

/** Returns the host with its empty logs. */
export function officeHost(seed = 20180706): Host {
  return new Host({
    computer: COMPUTER,
    build: SERVER_2016,
    texts: JAPANESE,
    biasMinutes: TOKYO_BIAS,
    seed,
    bootedAt: '2018-06-04 21:17:40.312',
    logsBegin: '2018-06-18 00:00',
    firstRecordIds: { System: 18_204n, Security: 402_117n, [LSM_CHANNEL]: 3_310n, [RCM_CHANNEL]: 1_902n, [RDP_CHANNEL]: 20_450n },
  });
}

/** Returns a Windows Defender definition update (KB2267602). */
export function definitionUpdate(host: Host, version: string): Update {
  return { title: host.description.texts.definitionUpdate(version), guid: host.random.guid(), revision: 200 };
}

/** Plans the daily life: office sessions, pauses, typing errors, scanners, backup, definition updates. */
export function planOffice(agenda: Agenda, users: readonly OfficeUser[] = OFFICE): void {
  const { host } = agenda;
  const { random } = host;
  for (const day of WORKING_DAYS) {
    for (const user of users) {
      if (random.next() < 0.22) continue;
      const login = host.after(host.at(`${day} 08:35`), random.between(0, 3200));
      agenda.login(login, USERS[user], (now) => startSession(host, now, USERS[user], CLIENTS[user]));
      if (random.next() < 0.3) {
        const lunch = host.after(host.at(`${day} 12:01`), random.between(0, 300));
        agenda.pause(lunch, host.after(lunch, random.between(2700, 3300)), USERS[user]);
      }
      agenda.logoff(host.after(host.at(`${day} 17:46`), random.between(0, 4600)), USERS[user]);
    }
  }
  for (const [when, user] of TYPOS) {
    agenda.plan(host.at(when), (now) => {
      const connection = openLogonScreen(host, now, CLIENTS[user]);
      failOnScreen(host, host.after(now, 11), connection, USERS[user].name, COMPUTER);
      agenda.login(host.after(now, 24), USERS[user], (retry) => logOn(host, retry, connection, USERS[user]));
    });
  }
  for (const [when, name, ip] of SCANS) {
    agenda.plan(host.at(when), (now) => {
      const connection = openLogonScreen(host, now, ip, name);
      failOnScreen(host, host.after(now, 2), connection, name, '', 'unknownUser');
    });
  }
  let revision = 45;
  for (let day = 18; day <= 42; day++) {
    const date = day <= 30 ? `2018-06-${day}` : `2018-07-${String(day - 30).padStart(2, '0')}`;
    agenda.plan(host.after(host.at(`${date} 01:00:04`), random.between(0, 20)), (now) =>
      networkLogon(host, now, USERS.backup, '192.168.10.9', 'NAS01'),
    );
    for (const start of ['03:38', '14:52']) {
      revision += random.integer(3, 19);
      const update = definitionUpdate(host, `1.271.${revision}.0`);
      agenda.plan(host.after(host.at(`${date} ${start}`), random.between(0, 1500)), (now) => installUpdate(host, now, update));
    }
  }
}

function installUpdate(host: Host, now: bigint, update: Update): void {
  const { texts } = host.description;
  host.emit(host.after(now, -4), serviceState('Windows Update', 'wuauserv', texts.running, 4));
  host.emit(host.after(now, 0), updateStep(44, update));
  host.emit(host.after(now, 1.1), updateStep(43, update));
  host.emit(host.after(now, 13), updateStep(19, update));
  host.emit(host.after(now, 640), serviceState('Windows Update', 'wuauserv', texts.stopped, 1));
}
