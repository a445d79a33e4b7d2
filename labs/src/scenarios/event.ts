import type { WriteData, WriteDataItem, WriteSystem, WriteValue } from '../evtx-writer/index.ts';

/** Channels a scenario writes. */
export type Channel = 'System' | 'Security' | typeof LSM_CHANNEL | typeof RCM_CHANNEL | typeof RDP_CHANNEL;
/** Channel of the session manager. */
export const LSM_CHANNEL = 'Microsoft-Windows-TerminalServices-LocalSessionManager/Operational';
/** Channel of the RDP listener. */
export const RCM_CHANNEL = 'Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational';
/** Channel of the RDP protocol server. */
export const RDP_CHANNEL = 'Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational';

/** An event before it has a time, a computer and a record id. */
export interface EventShape {
  readonly channel: Channel;
  readonly system: Omit<WriteSystem, 'channel' | 'computer' | 'timeCreated'>;
  readonly data: WriteData;
  readonly shape?: 'modern' | 'classic';
}

/** NT AUTHORITY\SYSTEM. */
export const SYSTEM_SID = 'S-1-5-18';
/** NT AUTHORITY\LOCAL SERVICE. */
export const LOCAL_SERVICE_SID = 'S-1-5-19';
/** NT AUTHORITY\NETWORK SERVICE. */
export const NETWORK_SERVICE_SID = 'S-1-5-20';
/** The null SID of failed logons. */
export const NOBODY_SID = 'S-1-0-0';
/** GUID of zeros. */
export const EMPTY_GUID = '{00000000-0000-0000-0000-000000000000}';

type Named = readonly [name: string, value: WriteValue];
/** UTF-16 string. */
export const str = (value: string): WriteValue => ({ type: 'string', value });
/** Unsigned 8-bit number. */
export const u8 = (value: number): WriteValue => ({ type: 'u8', value });
/** Unsigned 32-bit number. */
export const u32 = (value: number): WriteValue => ({ type: 'u32', value });
/** Unsigned 64-bit number. */
export const u64 = (value: bigint): WriteValue => ({ type: 'u64', value });
/** 32-bit number shown in hex. */
export const hex32 = (value: number): WriteValue => ({ type: 'hex32', value });
/** 64-bit number shown in hex. */
export const hex64 = (value: bigint): WriteValue => ({ type: 'hex64', value });
/** A pointer-sized field: written as HexInt64 by Server 2016 and later (older builds use size_t). */
export const pointer = (value: bigint): WriteValue => ({ type: 'hex64', value });
/** Boolean of 4 bytes. */
export const bool = (value: boolean): WriteValue => ({ type: 'bool', value });
/** SID. */
export const sid = (value: string): WriteValue => ({ type: 'sid', value });
/** GUID. */
export const guid = (value: string): WriteValue => ({ type: 'guid', value });
/** FILETIME ticks. */
export const filetime = (ticks: bigint): WriteValue => ({ type: 'filetime', ticks });

/** EventData of named, typed fields. */
export function fields(...items: readonly Named[]): WriteData {
  return { kind: 'eventData', items: items.map(([name, value]): WriteDataItem => ({ name, value })) };
}

/** UserData/EventXML of the Terminal Services providers. */
export function eventXml(...items: readonly Named[]): WriteData {
  return userData('EventXML', 'Event_NS', ...items);
}

/** UserData around one element with a namespace and leaf elements. */
export function userData(name: string, namespace: string, ...items: readonly Named[]): WriteData {
  return {
    kind: 'userData',
    element: { name, attributes: [['xmlns', namespace]], children: items.map(([field, value]) => ({ name: field, children: [value] })) },
  };
}
