import type { CaptureInterface, CaptureSummary, Packet, PacketSource } from '@winmedic/capture';
import { type EtlFile, readEtlPackets } from '@winmedic/etl';
import { ticksOfInstant } from './instant.ts';

const TICKS_PER_SECOND = 10_000_000n;
/** 1970-01-01 in FILETIME ticks. */
const EPOCH_TICKS = ticksOfInstant(0n);

/** The packets of an event trace (netsh trace, pktmon) as those of a capture. */
export function packetsOfTrace(file: EtlFile, signal?: AbortSignal): PacketSource {
  return { format: 'etl', read: (visit) => readPackets(file, visit, signal) };
}

function readPackets(file: EtlFile, visit: (packet: Packet) => unknown, signal: AbortSignal | undefined): CaptureSummary {
  const interfaces: (CaptureInterface & { packets: number })[] = [];
  /** Index in `interfaces` by number of the interface and link type. */
  const known = new Map<string, number>();
  const packet: Packet = {
    number: 0,
    seconds: 0,
    nanoseconds: 0,
    bytes: new Uint8Array(0),
    start: 0,
    end: 0,
    originalLength: 0,
    linkType: 0,
    interfaceId: 0,
    fileOffset: 0,
  };
  let bytes = 0;
  let sliced = 0;
  let first: bigint | undefined;
  let last: bigint | undefined;
  readEtlPackets(
    file,
    (one) => {
      const since = one.ticks - EPOCH_TICKS;
      const key = `${one.interfaceIndex}/${one.linkType}`;
      let interfaceId = known.get(key);
      if (interfaceId === undefined) {
        interfaceId = interfaces.length;
        known.set(key, interfaceId);
        interfaces.push({
          linkType: one.linkType,
          snapLength: 0,
          name: String(one.interfaceIndex),
          ticksPerSecond: Number(TICKS_PER_SECOND),
          packets: 0,
        });
      }
      (interfaces[interfaceId] as { packets: number }).packets++;
      packet.number++;
      // Before 1970 the seconds are negative, what is beyond them is not.
      const rest = ((since % TICKS_PER_SECOND) + TICKS_PER_SECOND) % TICKS_PER_SECOND;
      packet.seconds = Number((since - rest) / TICKS_PER_SECOND);
      packet.nanoseconds = Number(rest) * 100;
      packet.bytes = one.bytes;
      packet.end = one.bytes.length;
      packet.originalLength = Math.max(one.originalLength, one.bytes.length);
      packet.linkType = one.linkType;
      packet.interfaceId = interfaceId;
      packet.fileOffset = one.fileOffset;
      bytes += one.bytes.length;
      if (one.originalLength > one.bytes.length) sliced++;
      const at = since * 100n;
      if (first === undefined || at < first) first = at;
      if (last === undefined || at > last) last = at;
      return visit(packet);
    },
    { ...(signal && { signal }) },
  );
  return {
    format: 'etl',
    packets: packet.number,
    bytes,
    interfaces,
    ...(first !== undefined && { first }),
    ...(last !== undefined && { last }),
    sliced,
    cut: false,
    comments: [],
  };
}
