/**
 * The binary block of EventLog 6008 ("the previous shutdown was unexpected"). Its text fields are localised and hold direction
 * marks, so only this block is read. The layout equals the schema of Microsoft-Windows-Eventlog event 108 (measured on six logs).
 */
import { readSystemtime, ticksToIso, ticksToUnixMs } from '@winmedic/bytes';
import type { InstantNs } from '../model/index.ts';

/** Bytes of the block; the two SYSTEMTIMEs and the interval need the first 36. */
const BLOCK_BYTES = 64;
/** Two days: a longer heartbeat interval is not plausible and would make the uncertainty meaningless. */
const MAX_INTERVAL_SECONDS = 172_800;

/** The decoded block. The true end lies in `[utc, utc + maxIntervalSeconds]`. */
export interface Heartbeat6008 {
  /** Last moment known alive: the last heartbeat of the event log service. */
  readonly utc: InstantNs;
  /** The same moment in the local time of the server then, `YYYY-MM-DDTHH:MM:SS.mmm`. */
  readonly local: string;
  /** Local time minus UTC in minutes, east positive. */
  readonly utcOffsetMinutes: number;
  /** Longest time between two heartbeats, seconds: the uncertainty of the end. */
  readonly maxIntervalSeconds: number;
  readonly diskPmDisabledMaxInterval: number;
  /** Disk power management was on: heartbeats are rare (1,500-2,400 s). */
  readonly diskPmEnabled: boolean;
  readonly diskPmEnabledMaxInterval: number;
  readonly timestampForced: boolean;
  readonly diskPmPolicy: number;
  readonly biasValid: boolean;
  readonly startBias: number;
}

/**
 * Decodes the `Binary` field of a 6008 from hex text.
 * @returns the block, or `undefined` when it is not 64 bytes of hex or holds an impossible time or interval.
 */
export function decode6008(binaryHex: string): Heartbeat6008 | undefined {
  if (binaryHex.length < BLOCK_BYTES * 2 || binaryHex.length > BLOCK_BYTES * 4) return undefined;
  const hex = binaryHex.replace(/\s+/g, '');
  if (hex.length !== BLOCK_BYTES * 2 || !/^[0-9a-f]+$/i.test(hex)) return undefined;
  const bytes = Uint8Array.from({ length: BLOCK_BYTES }, (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16));
  const view = new DataView(bytes.buffer);
  const local = readSystemtime(view, 0);
  const utc = readSystemtime(view, 16);
  const u32 = (offset: number) => view.getUint32(offset, true);
  if (local === undefined || utc === undefined || u32(32) > MAX_INTERVAL_SECONDS) return undefined;
  return {
    utc: BigInt(ticksToUnixMs(utc)) * 1_000_000n,
    local: ticksToIso(local).slice(0, 23),
    utcOffsetMinutes: Math.round((ticksToUnixMs(local) - ticksToUnixMs(utc)) / 60_000),
    maxIntervalSeconds: u32(32),
    diskPmDisabledMaxInterval: u32(36),
    diskPmEnabled: u32(40) !== 0,
    diskPmEnabledMaxInterval: u32(44),
    timestampForced: u32(48) !== 0,
    diskPmPolicy: u32(52),
    biasValid: u32(56) !== 0,
    startBias: u32(60),
  };
}
