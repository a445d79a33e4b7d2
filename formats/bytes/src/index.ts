export { crc32 } from './crc32.ts';
export { Cursor } from './cursor.ts';
export { type DamageReport, damageReporter } from './damage-report.ts';
export { DER, type DerClass, DerError, type DerErrorCode, DerNode, der, readDer, writeDer } from './der.ts';
export { BytesError, FormatError, hexOffset, WireError, type WireErrorPlace } from './errors.ts';
export {
  filetimeToIso,
  isoToTicks,
  MAX_ISO_TICKS,
  readFiletime,
  readSystemtime,
  ticksToIso,
  ticksToUnixMs,
  unixMsToTicks,
} from './filetime.ts';
export { formatGuid, parseGuid, toHex } from './guid.ts';
export { type IpAddress, ipAddressPart, parseIpAddress } from './ip-address.ts';
export { joinBytes } from './join.ts';
export { readUpTo, viewOf, wholeReads } from './reads.ts';
export { formatSid, MAX_SUB_AUTHORITIES, parseSid, sidSize } from './sid.ts';
export { type ByteSource, type Damage, memorySource } from './source.ts';
export { decodeUtf16, encodeUtf16, Utf16Text } from './utf16.ts';
