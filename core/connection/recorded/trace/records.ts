import type { EventObservation } from '../../../model/observation.ts';
import type { SeenAt } from '../../ladder.ts';

/** Providers whose records tell of attempts, lower case. */
export const PROVIDERS = {
  winrm: 'microsoft-windows-winrm',
  wmi: 'microsoft-windows-wmi-activity',
  /** The log of the VM Manager tool (core/evidence numbers its lines: 1 request failed, 2 answer). */
  vmm: 'ibm-vmmanager',
} as const;

/**
 * Events of WinRM in Windows 7 and 2008 R2 under the numbers they have since: the same templates. None of these numbers is used by a later Windows.
 * @source manifests of 7600 and 10240 (knowledge/traces)
 */
const SINCE: ReadonlyMap<number, number> = new Map([
  [80, 787],
  [81, 788],
  [82, 789],
  [83, 790],
  [129, 1047],
  [130, 1051],
  [133, 1025],
  [134, 1050],
  [140, 1048],
  [141, 1049],
  [160, 1297],
  [166, 1293],
  [168, 1294],
  [169, 1295],
  [170, 1296],
  [770, 788],
  [778, 787],
  [1024, 1050],
  [1028, 1047],
  [1029, 1051],
  [1030, 131],
  [1039, 1048],
  [1040, 1049],
  [1042, 142],
  [1280, 1294],
  [1281, 1295],
  [1282, 1296],
  [1283, 1297],
  [1286, 163],
  [1289, 1293],
]);

/** A record of WinRM with the number it has in today's Windows. */
export interface WinrmRecord {
  readonly event: EventObservation;
  readonly id: number;
}

/** Reads a record of WinRM by today's numbers. Event 1294 was that of certificate errors in Windows 7 and is that of a 401 since: the fields tell which. */
export function winrmRecord(event: EventObservation, build: number | undefined): WinrmRecord {
  const { eventId, fields } = event;
  if (eventId === 1294) {
    const old = fields.has('machineName') || (build !== undefined && build < FIRST_WITH_401);
    return { event, id: old ? 172 : 1294 };
  }
  return { event, id: SINCE.get(eventId) ?? eventId };
}

/** Windows 8 and 2012; the corpus has manifests of 7600 and 10240. */
const FIRST_WITH_401 = 9200;

/** Where a record stands. */
export function placeOfRecord({ time, origin, trust }: EventObservation): SeenAt {
  return { at: time, origin, trust };
}

/** Text of a field; empty without it. */
export function textOf({ fields }: EventObservation, name: string): string {
  return (fields.get(name) ?? '').trim();
}

/** A number as events write it, decimal or 0x hex, as unsigned 32 bits; undefined for what is none. */
export function numberOf(event: EventObservation, name: string): number | undefined {
  const text = textOf(event, name);
  if (!/^(?:0x[0-9a-f]{1,8}|-?\d{1,10})$/i.test(text)) return undefined;
  const value = Number(text);
  return value >= -0x80000000 && value <= 0xffffffff ? value >>> 0 : undefined;
}

/** Computer that recorded; undefined for traces, which do not name it. */
export function hostOf({ host }: EventObservation): string | undefined {
  // The timeline writes ? for records without a name.
  return host === '' || host === '?' ? undefined : host;
}
