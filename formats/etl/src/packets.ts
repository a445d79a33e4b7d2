import { EtlError } from './errors.ts';
import type { EtlFile, EtlPacket, EtlPacketOptions, EtlPacketSummary } from './types.ts';

/** Visits the packets of a trace. */
export function readEtlPackets(_file: EtlFile, _visit: (packet: EtlPacket) => unknown, _options: EtlPacketOptions = {}): EtlPacketSummary {
  throw new EtlError('ETL_FORMAT', 'trace');
}
