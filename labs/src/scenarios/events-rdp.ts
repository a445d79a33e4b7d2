import type { EventShape } from './event.ts';
import { eventXml, fields, LSM_CHANNEL, NETWORK_SERVICE_SID, RCM_CHANNEL, RDP_CHANNEL, SYSTEM_SID, sid, str, u32 } from './event.ts';

const LSM = {
  provider: 'Microsoft-Windows-TerminalServices-LocalSessionManager',
  providerGuid: '{5D896912-022D-40AA-A3A8-4FA5515C76D7}',
} as const;
const RCM = {
  provider: 'Microsoft-Windows-TerminalServices-RemoteConnectionManager',
  providerGuid: '{C76BAA63-AE81-421C-B425-340B4B24157F}',
} as const;
const RDP = {
  provider: 'Microsoft-Windows-RemoteDesktopServices-RdpCoreTS',
  providerGuid: '{1139C61B-B549-4251-8ED3-27250A1EDEC8}',
} as const;
const WINLOGON = { provider: 'Microsoft-Windows-Winlogon', providerGuid: '{DBE9B383-7CF3-4331-91CC-A3CB16A3B538}' } as const;
const TERM_SERVICE = { processId: 332, threadId: 1360 } as const;

function lsm(eventId: number, data: EventShape['data'], activityId?: string): EventShape {
  return {
    channel: LSM_CHANNEL,
    system: {
      ...LSM,
      eventId,
      version: 0,
      level: 4,
      task: 0,
      opcode: 0,
      keywords: 0x1000000000000000n,
      processId: 740,
      threadId: 764,
      userSid: SYSTEM_SID,
      ...(activityId === undefined ? {} : { activityId }),
    },
    data,
  };
}

/** LocalSessionManager 21 (logon), 22 (shell started), 24 (disconnected) or 25 (reconnected). */
export function session(eventId: 21 | 22 | 24 | 25, user: string, id: number, address: string, activityId?: string): EventShape {
  return lsm(eventId, eventXml(['User', str(user)], ['SessionID', u32(id)], ['Address', str(address)]), activityId);
}

/** LocalSessionManager 23 (logoff), 41 (arbitration begins) or 42 (arbitration ends). */
export function sessionStep(eventId: 23 | 41 | 42, user: string, id: number, activityId?: string): EventShape {
  return lsm(eventId, eventXml(['User', str(user)], ['SessionID', u32(id)]), activityId);
}

/** LocalSessionManager 40: disconnected with a reason (0 none, 4 sat at the logon screen, 5 replaced, 11 by the user, 12 logoff). */
export function sessionDisconnected(id: number, reason: number, activityId?: string): EventShape {
  return lsm(40, eventXml(['Session', u32(id)], ['Reason', u32(reason)]), activityId);
}

/** LocalSessionManager 54: the session manager received the shutdown message. */
export function sessionManagerStopping(): EventShape {
  return lsm(54, fields());
}

/** LocalSessionManager 32: a plug-in was started, first record after a boot. */
export function sessionManagerStarted(): EventShape {
  return lsm(32, eventXml(['messageName', str('RDSAppXPlugin')]));
}

function rcm(eventId: number, data: EventShape['data'], userSid: string, activityId?: string): EventShape {
  return {
    channel: RCM_CHANNEL,
    system: {
      ...RCM,
      eventId,
      version: 0,
      level: 4,
      task: 0,
      opcode: 0,
      keywords: 0x1000000000000000n,
      ...TERM_SERVICE,
      userSid,
      ...(activityId === undefined ? {} : { activityId }),
    },
    data,
  };
}

/** RemoteConnectionManager 261: the listener received a connection. 258: the listener started. */
export function listener(eventId: 258 | 261, activityId?: string): EventShape {
  return rcm(eventId, eventXml(['listenerName', str('RDP-Tcp')]), NETWORK_SERVICE_SID, activityId);
}

/** RemoteConnectionManager 1136: the service is up. */
export function listenerReady(): EventShape {
  return rcm(1136, fields(), SYSTEM_SID);
}

/** RemoteConnectionManager 1149. With NLA it means accepted credentials, without NLA only that a client connected. */
export function connectionAccepted(user: string, domain: string, ip: string, activityId: string): EventShape {
  return rcm(1149, eventXml(['Param1', str(user)], ['Param2', str(domain)], ['Param3', str(ip)]), NETWORK_SERVICE_SID, activityId);
}

function rdp(eventId: number, opcode: number, data: EventShape['data'], activityId: string, level = 4): EventShape {
  return {
    channel: RDP_CHANNEL,
    system: {
      ...RDP,
      eventId,
      version: 0,
      level,
      task: 4,
      opcode,
      keywords: 0x4000000000000000n,
      ...TERM_SERVICE,
      userSid: NETWORK_SERVICE_SID,
      activityId,
    },
    data,
  };
}

/** RdpCoreTS 131: the server accepted a TCP or UDP connection from an address. */
export function connectionFrom(type: 'TCP' | 'UDP', ip: string, port: number, activityId: string): EventShape {
  const address = type === 'UDP' ? `[${ip}]:${port}` : `${ip}:${port}`;
  return rdp(131, 15, fields(['ConnType', str(type)], ['ClientIP', str(address)]), activityId);
}

/** RdpCoreTS 65: the connection got a name. */
export function connectionNamed(name: string, activityId: string): EventShape {
  return rdp(65, 13, fields(['ConnectionName', str(name)]), activityId);
}

/** RdpCoreTS 66: the connection was given to a session. */
export function connectionToSession(name: string, id: number, activityId: string): EventShape {
  return rdp(66, 13, fields(['ConnectionName', str(name)], ['SessionID', u32(id)]), activityId);
}

/** RdpCoreTS 140: a connection failed because the user name or password is not correct (NLA). */
export function credentialsRejected(ip: string, activityId: string): EventShape {
  return rdp(140, 14, fields(['IPString', str(ip)]), activityId, 3);
}

/** RdpCoreTS 102: closed. */
export function connectionClosed(activityId: string): EventShape {
  return rdp(102, 17, fields(), activityId);
}

/** RdpCoreTS 103: closed with a reason code (14 after a refused NLA). */
export function connectionClosedWith(reason: number, activityId: string): EventShape {
  return rdp(103, 17, fields(['ReasonCode', u32(reason)]), activityId);
}

/** System Winlogon 7001 (logon) or 7002 (logoff) of a session. */
export function winlogonNotice(eventId: 7001 | 7002, sessionId: number, userSid: string, processId: number): EventShape {
  return {
    channel: 'System',
    system: {
      ...WINLOGON,
      eventId,
      version: 0,
      level: 4,
      task: eventId === 7001 ? 1101 : 1102,
      opcode: 0,
      keywords: 0x2000200000000000n,
      processId,
      threadId: processId + 28,
      userSid: SYSTEM_SID,
    },
    data: fields(['TSId', u32(sessionId)], ['UserSid', sid(userSid)]),
  };
}
