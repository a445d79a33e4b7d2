import { viewOf } from '@winmedic/bytes';
import { MAX_SEEN_PACKETS } from './limits.ts';
import { LINK_80211, LINK_ETHERNET, LINK_RAW } from './packets-ndis.ts';
import type { EtlEvent } from './types.ts';

/** Microsoft-Windows-PktMon. */
export const PKTMON_PROVIDER = '4d4f80d9-c8bd-4d73-bb5b-19c90402c5ac';

/** Events with payload: flow, drop, and the newer one for both. */
const PAYLOAD_EVENTS: ReadonlySet<number> = new Set([160, 170, 240]);
/** Bytes in front of the payload; the fields stand without gaps. */
const FIXED_BYTES = 34;

/** PacketType. @source pktmonnpik.h (Windows Driver Kit), PKTMON_PACKET_TYPE; the manifest of Microsoft-Windows-PktMon */
const LINK_TYPES: readonly (number | undefined)[] = [undefined, LINK_ETHERNET, LINK_80211, LINK_RAW];
/** DirTag. @source Microsoft Learn, PKTMON_DIRECTION_TAG (pktmonnpik.h): In, Out, Rx, Tx, Ingress, Egress */
const DIRECTIONS = ['unknown', 'received', 'sent', 'received', 'sent', 'received', 'sent'] as const;

/** A record of PktMon with a packet. */
export interface PktmonPacket {
  /** Names the packet: the same at each component that it passes. */
  readonly key: string;
  readonly linkType: number | undefined;
  readonly packetType: number;
  readonly bytes: Uint8Array;
  /** LoggedPayloadSize: bytes the record says it has. */
  readonly size: number;
  readonly originalLength: number;
  readonly component: number;
  readonly direction: 'sent' | 'received' | 'unknown';
  readonly dropReason: number;
}

/** Reads a record of PktMon. `undefined` when it is none with a packet, `'broken'` when it does not fit its layout. */
export function pktmonPacket(event: EtlEvent): PktmonPacket | 'broken' | undefined {
  if (!PAYLOAD_EVENTS.has(event.id)) return undefined;
  const { payload } = event;
  if (payload.length < FIXED_BYTES) return 'broken';
  const view = viewOf(payload);
  const u16 = (at: number): number => view.getUint16(at, true);
  const size = u16(32);
  // Nothing follows the payload in version 0: bytes left over mean another layout, whose fields must not be guessed.
  if (event.version === 0 && payload.length > FIXED_BYTES + size) return 'broken';
  return {
    key: `${view.getBigUint64(0, true)}/${u16(8)}`,
    direction: DIRECTIONS[u16(12)] ?? 'unknown',
    packetType: u16(14),
    linkType: LINK_TYPES[u16(14)],
    component: u16(16),
    dropReason: view.getUint32(22, true),
    originalLength: Math.max(u16(30), size),
    size,
    bytes: payload.subarray(FIXED_BYTES, Math.min(payload.length, FIXED_BYTES + size)),
  };
}

/** Packets seen lately. */
export class SeenPackets {
  readonly #keys = new Set<string>();

  /** Whether a packet appears for the first time. */
  first(key: string): boolean {
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    if (this.#keys.size > MAX_SEEN_PACKETS) for (const oldest of this.#keys) return this.#keys.delete(oldest);
    return true;
  }
}
