import type { ByteSource } from '@winmedic/bytes';
import { readHeaders } from './headers.ts';
import { reporter } from './reader.ts';
import { versionResources } from './resources.ts';
import type { ImageInfo, ImageOptions } from './types.ts';
import { versionInfo } from './version-info.ts';

/** IMAGE_FILE_MACHINE_I386, AMD64, ARM64. Source: learn.microsoft.com, windows/win32/debug/pe-format, "Machine Types". */
const MACHINES: ReadonlyMap<number, ImageInfo['machine']> = new Map([
  [0x14c, 'x86'],
  [0x8664, 'x64'],
  [0xaa64, 'arm64'],
]);
/** Numbers of data directories. */
const RESOURCES = 2;
const CERTIFICATES = 4;

/**
 * Reads what identifies a PE image: its headers and its version information, some KiB of it.
 *
 * @param source the file; read at offsets, never as a whole.
 * @throws {PeError} for an input that is no PE image (see {@link PE_ERROR_CODES}). Everything else that is wrong is told through
 * `options.onDamage`.
 */
export function readImage(source: ByteSource, options: ImageOptions = {}): ImageInfo {
  const report = reporter(options.onDamage);
  const headers = readHeaders(source, report);
  const { machineCode, bits, timeDateStamp, sizeOfImage, checkSum, directories, sections } = headers;
  const resources = directories[RESOURCES];
  const certificates = directories[CERTIFICATES];
  const hasCertificates = certificates !== undefined && certificates.at > 0 && certificates.sizeBytes > 0;
  const certificatesEnd = hasCertificates ? certificates.at + certificates.sizeBytes : 0;
  if (certificatesEnd > source.sizeBytes) report('PE_TRUNCATED', source.sizeBytes, 'certificate table', certificatesEnd, source.sizeBytes);
  return {
    machine: MACHINES.get(machineCode) ?? 'unknown',
    machineCode,
    bits,
    timeDateStamp,
    sizeOfImage,
    checkSum,
    certificateTable: hasCertificates && certificatesEnd <= source.sizeBytes,
    version: resources && versionInfo(versionResources(source, resources, sections, report), report),
  };
}
