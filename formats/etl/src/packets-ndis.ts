import { viewOf } from '@winmedic/bytes';
import type { EtlEvent } from './types.ts';

/** Microsoft-Windows-NDIS-PacketCapture: `netsh trace start capture=yes`. */
export const NDIS_PROVIDER = '2ed6006e-4729-4609-b423-3ee7bcd678ef';
/** Microsoft-Windows-Ras-NdisWanPacketCapture: packets inside a VPN tunnel. */
export const RAS_PROVIDER = 'd84521f7-2235-4237-a7c0-14e3a9676286';

/** Keywords of the manifest of NDIS-PacketCapture. */
const KEYWORD = {
  wirelessWan: 0x200n,
  native80211: 0x1_0000n,
  truncated: 0x200_0000n,
  start: 0x4000_0000n,
  end: 0x8000_0000n,
  send: 0x1_0000_0000n,
  receive: 0x2_0000_0000n,
} as const;

/** LINKTYPE_ numbers. @source tcpdump.org, Link-Layer Header Types */
export const LINK_ETHERNET = 1;
/** See {@link LINK_ETHERNET}. */
export const LINK_RAW = 101;
/** See {@link LINK_ETHERNET}. */
export const LINK_80211 = 105;

/** One piece of a packet as a record has it. */
export interface PacketPiece {
  readonly linkType: number;
  /** View into the record. */
  readonly bytes: Uint8Array;
  /** Bytes that the record says it has. */
  readonly size: number;
  readonly interfaceIndex: number;
  readonly lowerIndex: number;
  readonly direction: 'sent' | 'received' | 'unknown';
  readonly first: boolean;
  readonly last: boolean;
  /** The recorder says that it cut the packet. */
  readonly truncated: boolean;
}

/** Reads a record of NDIS-PacketCapture or Ras-NdisWan. `undefined` when it is none with packets, `'broken'` when it does not fit its layout. */
export function ndisPiece(event: EtlEvent): PacketPiece | 'broken' | undefined {
  if (event.provider === RAS_PROVIDER) return event.id === 5001 || event.id === 5002 ? rasPiece(event) : undefined;
  if (event.id !== 1001 && event.id !== 1003) return undefined;
  const { payload, keyword } = event;
  const view = viewOf(payload);
  if (payload.length < 12) return 'broken';
  const sizeAt = event.id === 1001 ? 8 : switchSizeAt(payload, view);
  if (sizeAt === undefined || sizeAt + 4 > payload.length) return 'broken';
  const has = (bit: bigint): boolean => (keyword & bit) !== 0n;
  const size = view.getUint32(sizeAt, true);
  return {
    linkType: has(KEYWORD.native80211) ? LINK_80211 : has(KEYWORD.wirelessWan) ? LINK_RAW : LINK_ETHERNET,
    bytes: payload.subarray(sizeAt + 4, Math.min(payload.length, sizeAt + 4 + size)),
    size,
    interfaceIndex: view.getUint32(0, true),
    lowerIndex: view.getUint32(4, true),
    direction: has(KEYWORD.send) ? 'sent' : has(KEYWORD.receive) ? 'received' : 'unknown',
    first: has(KEYWORD.start),
    last: has(KEYWORD.end),
    truncated: has(KEYWORD.truncated),
  };
}

/** Offset of FragmentSize in 1003 (virtual switch): behind three names, and destinations of eight bytes each. */
function switchSizeAt(payload: Uint8Array, view: DataView): number | undefined {
  let at: number | undefined = 12;
  for (let name = 0; name < 3 && at !== undefined; name++) at = behindText(payload, at);
  if (at === undefined || at + 4 > payload.length) return undefined;
  const destinations = view.getUint32(at, true);
  return destinations > payload.length / 8 ? undefined : at + 4 + destinations * 8;
}

/** 5001 (sent) and 5002 (received): routing domain, user name, size, bytes. Neither interface nor pieces. */
function rasPiece(event: EtlEvent): PacketPiece | 'broken' {
  const { payload } = event;
  const user = behindText(payload, 0);
  const at = user === undefined ? undefined : behindText(payload, user);
  if (at === undefined || at + 4 > payload.length) return 'broken';
  const size = viewOf(payload).getUint32(at, true);
  const bytes = payload.subarray(at + 4, Math.min(payload.length, at + 4 + size));
  const direction = event.id === 5001 ? 'sent' : 'received';
  return { linkType: LINK_ETHERNET, bytes, size, interfaceIndex: 0, lowerIndex: 0, direction, first: true, last: true, truncated: false };
}

/** Offset behind NUL-terminated UTF-16 text; `undefined` without the NUL. */
function behindText(bytes: Uint8Array, at: number): number | undefined {
  let end = at;
  while (end + 1 < bytes.length && (bytes[end]! | bytes[end + 1]!) !== 0) end += 2;
  return end + 1 < bytes.length ? end + 2 : undefined;
}

/**
 * Length on the wire by the IP header: a truncating recorder does not tell it. What was handed over for segmentation has 0 or less there.
 *
 * @returns at least the bytes that are there.
 */
export function wireLength(linkType: number, bytes: Uint8Array): number {
  let at = 0;
  let ethertype = 0;
  if (linkType === LINK_ETHERNET && bytes.length >= 14) {
    at = 14;
    ethertype = (bytes[12]! << 8) | bytes[13]!;
  } else if (linkType === LINK_RAW && bytes.length >= 1) ethertype = bytes[0]! >> 4 === 4 ? 0x0800 : 0x86dd;
  if (ethertype === 0x0800 && bytes.length >= at + 20) return Math.max(bytes.length, at + ((bytes[at + 2]! << 8) | bytes[at + 3]!));
  if (ethertype === 0x86dd && bytes.length >= at + 40) return Math.max(bytes.length, at + 40 + ((bytes[at + 4]! << 8) | bytes[at + 5]!));
  return bytes.length;
}
