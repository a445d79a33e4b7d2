import { type ByteSource, type Damage, damageReporter, readUpTo } from '@winmedic/bytes';
import { CaptureError } from '../errors.ts';
import type { CaptureFileDamageCode } from './codes.ts';
import { readNetmon } from './netmon.ts';
import { readPcap } from './pcap.ts';
import { readPcapng } from './pcapng.ts';
import { type PcapVariant, pcapVariant, recogniseCapture } from './recognise.ts';
import type { CaptureSummary, Packet, PacketSource } from './types.ts';

/** How a capture file is opened. */
export interface OpenCaptureOptions {
  /** Gets what could not be read; the rest is read all the same. */
  readonly onDamage?: (damage: Damage) => void;
  /** Called about every 4 MiB with the offset in the file. */
  readonly onProgress?: (fileOffset: number) => void;
  /** Looked at with {@link onProgress}; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** Damages told of one read: a noisy file has one in each packet, and nobody reads more. */
const MAX_DAMAGES = 1000;

/**
 * Opens a capture file: pcap, pcapng or Network Monitor 2.x. Nothing but the first bytes is read before {@link PacketSource.read}; each read starts anew.
 * @throws CaptureError `CAPTURE_FORMAT` for anything else, `CAPTURE_VERSION` for Network Monitor 1.x and pcap versions before 2, `CAPTURE_COMPRESSED` for gzip (see
 * {@link gunzipChunks}).
 */
export function openCapture(source: ByteSource, options: OpenCaptureOptions = {}): PacketSource {
  const head = readUpTo(source, 0, 32);
  const format = recogniseCapture(head);
  switch (format) {
    case 'pcap': {
      const variant = pcapVariant(head) as PcapVariant;
      const major = variant.bigEndian ? head[5] : head[4];
      // Version 1 had other records; nothing has written it since 1998.
      if (major !== undefined && major < 2) throw new CaptureError('CAPTURE_VERSION', 'pcap version', { offset: 4, need: 2, have: major });
      return new FileSource('pcap', options, (report, visit) => readPcap(source, variant, report, options, visit));
    }
    case 'pcapng':
      return new FileSource('pcapng', options, (report, visit) => readPcapng(source, report, options, visit));
    case 'netmon':
      if (head[0] !== 0x47 || head[5] !== 2)
        throw new CaptureError('CAPTURE_VERSION', 'Network Monitor file version', {
          offset: 5,
          need: 2,
          have: head[0] === 0x47 ? (head[5] ?? 0) : 1,
        });
      return new FileSource('netmon', options, (report, visit) => readNetmon(source, report, options, visit));
    case 'gzip':
      throw new CaptureError('CAPTURE_COMPRESSED', 'gzip file');
    default:
      throw new CaptureError('CAPTURE_FORMAT', 'capture file');
  }
}

type Read = (report: ReturnType<typeof damageReporter<CaptureFileDamageCode>>, visit: (packet: Packet) => unknown) => CaptureSummary;

class FileSource implements PacketSource {
  readonly format: PacketSource['format'];
  readonly #options: OpenCaptureOptions;
  readonly #read: Read;

  constructor(format: PacketSource['format'], options: OpenCaptureOptions, read: Read) {
    this.format = format;
    this.#options = options;
    this.#read = read;
  }

  read(visit: (packet: Packet) => unknown): CaptureSummary {
    return this.#read(damageReporter<CaptureFileDamageCode>(this.#options.onDamage, MAX_DAMAGES), visit);
  }
}
