import { encodePayload } from './payload.ts';
import type { WriteEventRecord, WriteField } from './types.ts';

/** Microsoft-Windows-NDIS-PacketCapture. */
const NDIS = '2ed6006e-4729-4609-b423-3ee7bcd678ef';
/** Microsoft-Windows-PktMon. */
const PKTMON = '4d4f80d9-c8bd-4d73-bb5b-19c90402c5ac';

/** Keywords of its events (manifest). */
const KEYWORDS = {
  ethernet: 0x1n,
  wifi: 0x10000n,
  vmSwitch: 0x1000000n,
  truncated: 0x2000000n,
  start: 0x40000000n,
  end: 0x80000000n,
  sent: 0x100000000n,
  received: 0x200000000n,
} as const;

const u32 = (name: string): WriteField => ({ name, type: 'UInt32' });
const u16 = (name: string): WriteField => ({ name, type: 'UInt16' });
const text = (name: string): WriteField => ({ name, type: 'UnicodeString' });
const FRAGMENT: readonly WriteField[] = [u32('FragmentSize'), { name: 'Fragment', type: 'Binary', length: 'FragmentSize' }];
const INTERFACES: readonly WriteField[] = [u32('MiniportIfIndex'), u32('LowerIfIndex')];
const SWITCH: readonly WriteField[] = [
  ...INTERFACES,
  u32('SourcePortId'),
  text('SourcePortName'),
  text('SourceNicName'),
  text('SourceNicType'),
  u32('DestinationCount'),
  ...FRAGMENT,
  u32('OOBDataSize'),
  { name: 'OOBData', type: 'Binary', length: 'OOBDataSize' },
];
const PACKET: readonly WriteField[] = [
  { name: 'PktGroupId', type: 'UInt64' },
  ...['PktNumber', 'AppearanceCount', 'DirTag', 'PacketType', 'ComponentId', 'EdgeId', 'FilterId'].map(u16),
  u32('DropReason'),
  u32('DropLocation'),
  u16('OriginalPayloadSize'),
  u16('LoggedPayloadSize'),
  { name: 'Payload', type: 'Binary', length: 'LoggedPayloadSize' },
];

/** A packet of `netsh trace start capture=yes`. */
export interface WriteNdisPacket {
  readonly at: bigint;
  readonly bytes: Uint8Array;
  readonly direction?: 'sent' | 'received';
  readonly media?: 'ethernet' | 'wifi';
  readonly miniport?: number;
  readonly lower?: number;
  /** Bytes of each fragment; default: one fragment. */
  readonly fragment?: number;
  /** The packet was longer than what was kept. */
  readonly truncated?: boolean;
  /** The two fields of Windows 10 1903 and later behind the fragment. */
  readonly withOffload?: boolean;
  /** Given: the packet of a virtual switch (event 1003), without a destination. */
  readonly virtualSwitch?: { readonly portId: number; readonly portName: string; readonly nicName: string; readonly nicType: string };
  readonly processor?: number;
  readonly pid?: number;
  readonly tid?: number;
}

/** The events of a packet: one, or one for each fragment. */
export function ndisPacket(packet: WriteNdisPacket): WriteEventRecord[] {
  const step = packet.fragment ?? Math.max(1, packet.bytes.length);
  const parts = Array.from({ length: Math.max(1, Math.ceil(packet.bytes.length / step)) }, (_, index) =>
    packet.bytes.subarray(index * step, (index + 1) * step),
  );
  const common =
    (packet.media === 'wifi' ? KEYWORDS.wifi : KEYWORDS.ethernet) |
    (packet.direction === 'sent' ? KEYWORDS.sent : packet.direction === 'received' ? KEYWORDS.received : 0n) |
    (packet.truncated ? KEYWORDS.truncated : 0n) |
    (packet.virtualSwitch ? KEYWORDS.vmSwitch : 0n);
  const offload: WriteField[] = packet.withOffload
    ? ['GftFlowEntryId', 'GftOffloadInformation'].map((name) => ({ name, type: 'UInt64' }))
    : [];
  return parts.map((part, index) => ({
    kind: 'event',
    at: packet.at,
    provider: NDIS,
    id: packet.virtualSwitch ? 1003 : 1001,
    keyword: common | (index === 0 ? KEYWORDS.start : 0n) | (index === parts.length - 1 ? KEYWORDS.end : 0n),
    ...(packet.processor === undefined ? {} : { processor: packet.processor }),
    ...(packet.pid === undefined ? {} : { pid: packet.pid }),
    ...(packet.tid === undefined ? {} : { tid: packet.tid }),
    payload: encodePayload(packet.virtualSwitch ? SWITCH : [...INTERFACES, ...FRAGMENT, ...offload], {
      MiniportIfIndex: packet.miniport ?? 5,
      LowerIfIndex: packet.lower ?? 5,
      FragmentSize: part.length,
      Fragment: part,
      GftFlowEntryId: 0,
      GftOffloadInformation: 0,
      SourcePortId: packet.virtualSwitch?.portId ?? 0,
      SourcePortName: packet.virtualSwitch?.portName ?? '',
      SourceNicName: packet.virtualSwitch?.nicName ?? '',
      SourceNicType: packet.virtualSwitch?.nicType ?? '',
      DestinationCount: 0,
      OOBDataSize: 0,
      OOBData: new Uint8Array(0),
    }),
  }));
}

/** A packet of `pktmon start --capture`, as one component saw it. */
export interface WritePktmonPacket {
  readonly at: bigint;
  readonly bytes: Uint8Array;
  readonly group: bigint;
  readonly number: number;
  /** Which of the packet's appearances this is, from 1; default 1. */
  readonly appearance?: number;
  /** Size before it was cut; default that of the bytes. */
  readonly originalSize?: number;
  /** 1 Ethernet (default), 2 802.11, 3 IP. */
  readonly type?: number;
  readonly directionTag?: number;
  readonly component?: number;
  readonly edge?: number;
  /** Not 0: a packet that was dropped (event 170), with the reason. */
  readonly dropReason?: number;
  readonly dropLocation?: number;
  readonly processor?: number;
}

/** The event of a packet at one component. */
export function pktmonPacket(packet: WritePktmonPacket): WriteEventRecord {
  return {
    kind: 'event',
    at: packet.at,
    provider: PKTMON,
    id: packet.dropReason ? 170 : 160,
    keyword: 0x10n,
    ...(packet.processor === undefined ? {} : { processor: packet.processor }),
    payload: encodePayload(PACKET, {
      PktGroupId: packet.group,
      PktNumber: packet.number,
      AppearanceCount: packet.appearance ?? 1,
      DirTag: packet.directionTag ?? 0,
      PacketType: packet.type ?? 1,
      ComponentId: packet.component ?? 1,
      EdgeId: packet.edge ?? 1,
      FilterId: 0,
      DropReason: packet.dropReason ?? 0,
      DropLocation: packet.dropLocation ?? 0,
      OriginalPayloadSize: packet.originalSize ?? packet.bytes.length,
      LoggedPayloadSize: packet.bytes.length,
      Payload: packet.bytes,
    }),
  };
}
