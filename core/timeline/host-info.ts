import type { EventObservation } from '../model/observation.ts';
import type { HostInfo } from '../model/timeline.ts';
import { integer, is, text } from './fields.ts';
import { DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS } from './time.ts';

/**
 * What the records say about a machine: build from Kernel-General 12, else 6009; offset and zone name from the last 6013.
 * @param events of the host, by time.
 */
export function hostInfo(name: string, events: readonly EventObservation[], names: readonly string[]): HostInfo {
  let build: string | undefined;
  for (const e of events) build = buildOf(e) ?? build;
  const zone = zoneOf(events);
  return { name, names, ...(build && { build }), ...zone };
}

/** `10.0.14393` from Kernel-General 12, or from 6009, whose first two data are `10.00.` and `14393`. */
function buildOf(e: EventObservation): string | undefined {
  if (is(e, 'kernel-general', 12)) {
    const parts = ['MajorVersion', 'MinorVersion', 'BuildVersion'].map((n) => integer(e, n));
    return parts.every((p) => p !== undefined) ? parts.join('.') : undefined;
  }
  if (is(e, 'eventlog', 6009)) {
    const m = /^(\d{1,3})\.(\d{1,3})\.?$/.exec(text(e, 'Data[0]').trim());
    const build = integer(e, 'Data[1]');
    return m === null || build === undefined ? undefined : `${Number(m[1])}.${Number(m[2])}.${build}`;
  }
  return undefined;
}

/**
 * 6013 carries `-540 東京 (標準時)`: the bias of the standard time in minutes, west positive, and the zone's name. The bias leaves
 * daylight saving out (measured: `480 Pacific Standard Time` in July). The daily 6013 is written at 12:00 local time, so the last
 * such record tells the offset then in force.
 */
function zoneOf(events: readonly EventObservation[]): Pick<HostInfo, 'utcOffsetMinutes' | 'zoneName'> {
  let found: Pick<HostInfo, 'utcOffsetMinutes' | 'zoneName'> = {};
  for (const e of events) {
    if (!is(e, 'eventlog', 6013)) continue;
    const m = /^(-?\d{1,4})(?:\s+(\S.*))?$/.exec(text(e, 'Data[6]').trim());
    if (m === null || Math.abs(Number(m[1])) > 16 * 60) continue;
    const standard = 0 - Number(m[1]);
    const zoneName = m[2]?.trim();
    const before = found.zoneName === zoneName ? found.utcOffsetMinutes : undefined;
    const keep = before === standard || before === standard + 60 ? before : standard;
    found = { utcOffsetMinutes: noonOffset(e, standard) ?? keep, ...(zoneName && { zoneName }) };
  }
  return found;
}

/** The offset at which this record was written at noon, if that is the standard time or one hour more. */
function noonOffset(e: EventObservation, standard: number): number | undefined {
  const ofDay = ((e.time % DAY_NS) + DAY_NS) % DAY_NS;
  for (const offset of [standard, standard + 60]) {
    const local = (ofDay + BigInt(offset) * MINUTE_NS + 2n * DAY_NS) % DAY_NS;
    if (local >= 12n * HOUR_NS && local < 12n * HOUR_NS + 10n * SECOND_NS) return offset;
  }
  return undefined;
}
