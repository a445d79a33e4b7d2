import type { Ticks } from './clock.ts';
import { SYSTEM_SID } from './event.ts';
import type { Account, FailureStatus } from './events-logon.ts';
import {
  consoleScreen,
  loggedOff,
  logonFailed,
  logonSucceeded,
  network,
  remoteScreen,
  specialPrivileges,
  userLoggedOff,
} from './events-logon.ts';
import {
  connectionAccepted,
  connectionClosed,
  connectionClosedWith,
  connectionFrom,
  connectionNamed,
  connectionToSession,
  credentialsRejected,
  listener,
  session,
  sessionDisconnected,
  sessionStep,
  winlogonNotice,
} from './events-rdp.ts';
import type { Host } from './host.ts';

/** An RDP client connected to the server. */
export interface Connection {
  readonly ip: string;
  readonly name: string;
  readonly sessionId: number;
  readonly activityId: string;
  /** Process id of the winlogon.exe of the session. */
  readonly winlogon: number;
}

/** A session with a user. */
export interface Session extends Connection {
  readonly account: Account;
  readonly logonId: bigint;
  readonly logonType: 2 | 10;
}

function newConnection(host: Host, ip: string): Connection {
  const id = host.nextConnection++;
  return {
    ip,
    name: `RDP-Tcp#${id}`,
    sessionId: host.nextSession++,
    activityId: host.random.guid(),
    winlogon: host.random.integer(700, 1900) * 4,
  };
}

function reach(host: Host, time: Ticks, connection: Connection): void {
  host.emit(host.after(time, 0), listener(261, connection.activityId));
  host.emit(host.after(time, 0.02), connectionFrom('TCP', connection.ip, host.random.integer(49_200, 65_400), connection.activityId));
  host.emit(host.after(time, 0.03), connectionNamed(connection.name, connection.activityId));
}

/**
 * A client without NLA reaches the logon screen that the server draws. RemoteConnectionManager 1149 is written before any password is
 * checked, with the name the client sent, often none.
 */
export function openLogonScreen(host: Host, time: Ticks, ip: string, clientName = ''): Connection {
  const connection = newConnection(host, ip);
  reach(host, time, connection);
  host.emit(host.after(time, 0.4), connectionAccepted(clientName, '', ip, connection.activityId));
  host.emit(host.after(time, 0.9), connectionToSession(connection.name, connection.sessionId, connection.activityId));
  return connection;
}

/** A wrong password (or unknown name) typed on the logon screen of a connection. */
export function failOnScreen(
  host: Host,
  time: Ticks,
  connection: Connection,
  user: string,
  domain: string,
  why: FailureStatus = 'wrongPassword',
): void {
  const { computer } = host.description;
  host.emit(
    host.after(time, 0),
    logonFailed(computer, user, domain, remoteScreen(computer, connection.ip, BigInt(connection.winlogon)), why),
  );
}

/** The client leaves the logon screen without having logged on. */
export function leaveLogonScreen(host: Host, time: Ticks, connection: Connection, reason = 0): void {
  host.emit(host.after(time, 0), sessionDisconnected(connection.sessionId, reason, connection.activityId));
  closeConnection(host, time, connection);
}

function closeConnection(host: Host, time: Ticks, connection: Connection): void {
  host.emit(host.after(time, 0.01), connectionClosed(connection.activityId));
  host.emit(host.after(time, 0.02), connectionClosedWith(0, connection.activityId));
}

/** The user of the connection logs on with the right password. */
export function logOn(host: Host, time: Ticks, connection: Connection, account: Account): Session {
  const { computer, build } = host.description;
  const logonId = host.logonId();
  const way = remoteScreen(computer, connection.ip, BigInt(connection.winlogon));
  host.emit(host.after(time, 0), logonSucceeded(build, computer, account, way, logonId, host.random.guid()));
  startShell(host, time, connection, account, logonId, connection.ip);
  return { ...connection, account, logonId, logonType: 10 };
}

/** A whole RDP logon of a user. With `nla` the network logon (type 3) comes first and 1149 carries the name. */
export function startSession(host: Host, time: Ticks, account: Account, ip: string, options: { readonly nla?: boolean } = {}): Session {
  if (!options.nla) return logOn(host, host.after(time, host.random.between(6, 19)), openLogonScreen(host, time, ip), account);
  const { computer, build } = host.description;
  const connection = newConnection(host, ip);
  reach(host, time, connection);
  const networkId = host.logonId();
  const way = network(`PC-${account.name.toUpperCase()}`, ip, 0);
  host.emit(host.after(time, 2.4), logonSucceeded(build, computer, account, way, networkId));
  host.emit(host.after(time, 2.5), connectionAccepted(account.name, account.domain, ip, connection.activityId));
  host.emit(host.after(time, 2.9), connectionToSession(connection.name, connection.sessionId, connection.activityId));
  return logOn(host, host.after(time, 4.1), connection, account);
}

/** A user logs on at the console (session 1). */
export function consoleSession(host: Host, time: Ticks, account: Account): Session {
  const { computer, build } = host.description;
  const connection: Connection = { ip: 'LOCAL', name: 'Console', sessionId: 1, activityId: host.random.guid(), winlogon: 516 };
  const logonId = host.logonId();
  host.emit(host.after(time, 0), logonSucceeded(build, computer, account, consoleScreen(computer, 516n), logonId));
  startShell(host, time, connection, account, logonId, 'LOCAL');
  return { ...connection, account, logonId, logonType: 2 };
}

/** A wrong password typed at the console. */
export function failOnConsole(host: Host, time: Ticks, user: string): void {
  const { computer } = host.description;
  host.emit(host.after(time, 0), logonFailed(computer, user, computer, consoleScreen(computer, 516n), 'wrongPassword'));
}

function startShell(host: Host, time: Ticks, connection: Connection, account: Account, logonId: bigint, address: string): void {
  const user = `${account.domain}\\${account.name}`;
  const { sessionId, activityId, winlogon } = connection;
  if (account.administrator) host.emit(host.after(time, 0.002), specialPrivileges(account, logonId));
  host.emit(host.after(time, 0.2), sessionStep(41, user, sessionId, activityId));
  host.emit(host.after(time, 0.22), sessionStep(42, user, sessionId, activityId));
  host.emit(host.after(time, 0.3), winlogonNotice(7001, sessionId, account.sid, winlogon));
  host.emit(host.after(time, 1.0), session(21, user, sessionId, address, activityId));
  host.emit(host.after(time, 2.1), session(22, user, sessionId, address, activityId));
}

/** The user logs off. `written`: time at which 7002 reaches the log, later than its own time when the host is stopping. */
export function endSession(host: Host, time: Ticks, ended: Session, written?: Ticks): void {
  const user = `${ended.account.domain}\\${ended.account.name}`;
  host.emit(host.after(time, 0), userLoggedOff(ended.account, ended.logonId));
  const notice = host.after(time, 0.2);
  host.emit(notice, winlogonNotice(7002, ended.sessionId, ended.account.sid, ended.winlogon), written ?? notice);
  host.emit(host.after(time, 0.05), sessionStep(23, user, ended.sessionId, ended.activityId));
  host.emit(host.after(time, 0.4), sessionDisconnected(ended.sessionId, 12, ended.activityId));
  host.emit(host.after(time, 0.5), session(24, user, ended.sessionId, ended.ip, ended.activityId));
  host.emit(host.after(time, 0.6), loggedOff(ended.account, ended.logonId, ended.logonType));
  if (ended.logonType === 10) closeConnection(host, host.after(time, 0.4), ended);
}

/** The client disconnects and the session stays. */
export function disconnect(host: Host, time: Ticks, left: Session): void {
  host.emit(host.after(time, 0), sessionDisconnected(left.sessionId, 11, left.activityId));
  host.emit(host.after(time, 0.1), session(24, `${left.account.domain}\\${left.account.name}`, left.sessionId, left.ip, left.activityId));
  closeConnection(host, time, left);
}

/** The user comes back to a disconnected session. */
export function reconnect(host: Host, time: Ticks, left: Session): Session {
  const { computer, build } = host.description;
  const connection = openLogonScreen(host, time, left.ip);
  const way = { ...remoteScreen(computer, left.ip, BigInt(connection.winlogon)), type: 7 as const };
  host.emit(host.after(time, 8), logonSucceeded(build, computer, left.account, way, host.logonId()));
  host.emit(
    host.after(time, 8.4),
    session(25, `${left.account.domain}\\${left.account.name}`, left.sessionId, left.ip, connection.activityId),
  );
  return { ...left, name: connection.name, activityId: connection.activityId };
}

/** A client that NLA turns away: 261, 131, 65, 140, 4625 of type 3, closed with reason 14. */
export function failByNla(host: Host, time: Ticks, ip: string, user: string, why: FailureStatus, workstation = 'WORKSTATION'): void {
  const { computer } = host.description;
  const connection = newConnection(host, ip);
  host.nextSession--;
  reach(host, time, connection);
  const delay = host.random.between(0.9, 2.2);
  host.emit(host.after(time, delay), logonFailed(computer, user, '', network(workstation, ip, 0), why));
  host.emit(host.after(time, delay + 0.02), credentialsRejected(ip, connection.activityId));
  host.emit(host.after(time, delay + 0.2), connectionClosed(connection.activityId));
  host.emit(host.after(time, delay + 0.21), connectionClosedWith(14, connection.activityId));
}

/** A logon over the network by a management tool or a file share (type 3) and its end. */
export function networkLogon(host: Host, time: Ticks, account: Account, ip: string, workstation: string): void {
  const { computer, build } = host.description;
  const logonId = host.logonId();
  host.emit(host.after(time, 0), logonSucceeded(build, computer, account, network(workstation, ip, 0), logonId));
  if (account.administrator) host.emit(host.after(time, 0.001), specialPrivileges(account, logonId));
  host.emit(host.after(time, 12), loggedOff(account, logonId, 3));
}

/** The service control manager logs a service on as SYSTEM (type 5). */
export function serviceLogon(host: Host, time: Ticks): void {
  const { computer, build } = host.description;
  const way = {
    type: 5,
    logonProcess: 'Advapi  ',
    package: 'Negotiate',
    workstation: '-',
    processName: 'C:\\Windows\\System32\\services.exe',
    processId: 560n,
    ip: '-',
    port: '-',
  } as const;
  const account = { name: 'SYSTEM', domain: 'NT AUTHORITY', sid: SYSTEM_SID, administrator: true };
  host.emit(host.after(time, 0), logonSucceeded(build, computer, account, way, 0x3e7n));
  host.emit(host.after(time, 0.001), specialPrivileges(account, 0x3e7n));
}
