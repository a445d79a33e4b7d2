import type { EventObservation } from '../model/observation.ts';

/** Provider names the timeline decides on, lower case; the values are how {@link is} is called. */
const PROVIDERS: Readonly<Record<string, readonly string[]>> = {
  user32: ['user32'],
  eventlog: ['eventlog'],
  'windows-eventlog': ['microsoft-windows-eventlog'],
  'kernel-power': ['microsoft-windows-kernel-power'],
  'kernel-general': ['microsoft-windows-kernel-general'],
  'kernel-boot': ['microsoft-windows-kernel-boot'],
  wer: ['microsoft-windows-wer-systemerrorreporting', 'bugcheck'],
  volmgr: ['volmgr'],
  winlogon: ['microsoft-windows-winlogon'],
  security: ['microsoft-windows-security-auditing'],
  lsm: ['microsoft-windows-terminalservices-localsessionmanager'],
  'power-troubleshooter': ['microsoft-windows-power-troubleshooter'],
};
/** Short name of a provider the timeline knows. */
export type KnownProvider = keyof typeof PROVIDERS;

/** Is this record of that provider and id? */
export function is(event: EventObservation, provider: KnownProvider, id: number): boolean {
  return event.eventId === id && (PROVIDERS[provider] as readonly string[]).includes(event.provider.toLowerCase());
}

/** First of the named fields that is present; older logs carry unnamed data (`Data[0]`). */
export function text(event: EventObservation, ...names: string[]): string {
  for (const name of names) {
    const value = event.fields.get(name);
    if (value !== undefined) return value;
  }
  return '';
}

/** A field as an integer, decimal or `0x…`; `undefined` when absent or not a number of at most 64 bits. */
export function integer(event: EventObservation, ...names: string[]): bigint | undefined {
  return parseInteger(text(event, ...names));
}

/** Decimal or `0x…` text of at most 64 bits as an integer. */
export function parseInteger(value: string): bigint | undefined {
  const trimmed = value.trim();
  return /^(?:-?\d{1,20}|0x[0-9a-f]{1,16})$/i.test(trimmed) ? BigInt(trimmed) : undefined;
}

/** A boolean field (`true`/`false`, `1`/`0`); `undefined` when absent. */
export function flag(event: EventObservation, name: string): boolean | undefined {
  const value = text(event, name).trim().toLowerCase();
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  return undefined;
}

/** Record id as a number for order and neighbourhood; 0 when the source has none. */
export function recordNumber(event: EventObservation): number {
  const n = Number(event.recordId);
  return Number.isFinite(n) ? n : 0;
}
