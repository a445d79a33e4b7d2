import { u16At, u32At } from './window.ts';

/**
 * Where a packet lies in an event that Network Monitor wrote into a frame of media type 0xFFE0: the event as EVENT_HEADER
 * (Microsoft Learn, evntcons.h, 80 bytes), ETW_BUFFER_CONTEXT (4 bytes), u16 number of extended items, u16 bytes of user data, one byte that is 0 in all files
 * seen, then the user data.
 */
export interface EventPacket {
  /** Offset of the packet in the event, and its length. */
  readonly at: number;
  readonly length: number;
  /** LINKTYPE_ number. */
  readonly linkType: number;
  readonly originalLength: number;
}

const EVENT_HEADER_BYTES = 80;
const USER_DATA_AT = EVENT_HEADER_BYTES + 4 + 2 + 2 + 1;

/** Providers as GUIDs lie in memory: {2ed6006e-4729-4609-b423-3ee7bcd678ef} and {4d4f80d9-c8bd-4d73-bb5b-19c90402c5ac}. */
const NDIS_PACKET_CAPTURE = Uint8Array.of(0x6e, 0, 0xd6, 0x2e, 0x29, 0x47, 9, 0x46, 0xb4, 0x23, 0x3e, 0xe7, 0xbc, 0xd6, 0x78, 0xef);
const PKTMON = Uint8Array.of(0xd9, 0x80, 0x4f, 0x4d, 0xbd, 0xc8, 0x73, 0x4d, 0xbb, 0x5b, 0x19, 0xc9, 4, 2, 0xc5, 0xac);

function isProvider(bytes: Uint8Array, at: number, guid: Uint8Array): boolean {
  for (let i = 0; i < 16; i++) if (bytes[at + i] !== guid[i]) return false;
  return true;
}

/** Finds the packet inside an event of a Network Monitor frame; undefined when the event is about something else. */
export function packetInEvent(bytes: Uint8Array, start: number, end: number): EventPacket | undefined {
  if (end - start < USER_DATA_AT + 12) return undefined;
  const id = u16At(bytes, start + 40, false);
  const data = start + USER_DATA_AT;
  if (id === 1001 && isProvider(bytes, start + 24, NDIS_PACKET_CAPTURE)) {
    const low = u32At(bytes, start + 48, false);
    // Keywords: 0x40000000 first piece, 0x80000000 last piece. A packet in several events is not put together here.
    if (low >>> 30 !== 3) return undefined;
    const length = u32At(bytes, data + 8, false);
    if (data + 12 + length > end) return undefined;
    const at = data + 12 - start;
    return { at, length, linkType: (low & 0x10000) !== 0 ? 105 : 1, originalLength: length };
  }
  if ((id === 160 || id === 170) && isProvider(bytes, start + 24, PKTMON)) return pktmonPacket(bytes, start, data, end);
  return undefined;
}

/** u64 PktGroupId, u16 PktNumber, AppearanceCount, DirTag, PacketType, ComponentId, EdgeId, FilterId, u32 DropReason, DropLocation, u16 OriginalPayloadSize, LoggedPayloadSize. */
function pktmonPacket(bytes: Uint8Array, start: number, data: number, end: number): EventPacket | undefined {
  if (data + 34 > end) return undefined;
  const type = u16At(bytes, data + 14, false);
  const linkType = type === 1 ? 1 : type === 2 ? 105 : type === 3 ? 101 : undefined;
  const length = u16At(bytes, data + 32, false);
  if (linkType === undefined || data + 34 + length > end) return undefined;
  return { at: data + 34 - start, length, linkType, originalLength: u16At(bytes, data + 30, false) };
}
