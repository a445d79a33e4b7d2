import { type DamageReport, decodeUtf16, encodeUtf16 } from '@winmedic/bytes';
import type { NtlmDamageCode } from './errors.ts';
import type { AvPair, TargetInfo } from './types.ts';

/** AvId values of MS-NLMP section 2.2.2.1. */
export const AV_ID = {
  MsvAvEOL: 0,
  MsvAvNbComputerName: 1,
  MsvAvNbDomainName: 2,
  MsvAvDnsComputerName: 3,
  MsvAvDnsDomainName: 4,
  MsvAvDnsTreeName: 5,
  MsvAvFlags: 6,
  MsvAvTimestamp: 7,
  MsvAvSingleHost: 8,
  MsvAvTargetName: 9,
  MsvAvChannelBindings: 10,
} as const;

/** Bits of MsvAvFlags. */
export const AV_FLAGS = { constrained: 1, mic: 2, untrustedTargetName: 4 } as const;

/** The specification knows ten kinds, each at most once; a list of more is none. */
const MAX_PAIRS = 100;

/**
 * Reads AV pairs up to MsvAvEOL or the end of the bytes. Bytes behind MsvAvEOL are left, as Windows sends some (MS-NLMP note 30).
 * @param at offset of the bytes in the message, for damages.
 */
export function readAvPairs(bytes: Uint8Array, at: number, damage: DamageReport<NtlmDamageCode>): TargetInfo {
  const pairs: AvPair[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let offset = 0; ; ) {
    if (offset + 4 > bytes.length) {
      damage('NTLM_AV_PAIRS', at + offset, 'end of the AV pairs (MsvAvEOL)', 4, bytes.length - offset);
      break;
    }
    const id = view.getUint16(offset, true);
    const length = view.getUint16(offset + 2, true);
    if (id === AV_ID.MsvAvEOL) break;
    if (pairs.length === MAX_PAIRS) {
      damage('NTLM_AV_PAIRS', at + offset, 'number of AV pairs', MAX_PAIRS);
      break;
    }
    offset += 4;
    if (offset + length > bytes.length) {
      damage('NTLM_AV_PAIRS', at + offset, `value of AV pair ${id}`, length, bytes.length - offset);
      break;
    }
    pairs.push({ id, value: bytes.slice(offset, offset + length) });
    offset += length;
  }
  return decodeAvPairs(pairs);
}

/** Decodes AV pairs; a value of the wrong size is left undecoded. */
export function decodeAvPairs(pairs: readonly AvPair[]): TargetInfo {
  const value = (id: number): Uint8Array | undefined => pairs.find((pair) => pair.id === id)?.value;
  const sized = (id: number, size: number): DataView | undefined => {
    const bytes = value(id);
    return bytes?.length === size ? new DataView(bytes.buffer, bytes.byteOffset, size) : undefined;
  };
  const text = <Key extends keyof TargetInfo>(key: Key, id: number): { readonly [K in Key]?: string } => {
    const bytes = value(id);
    return bytes === undefined ? {} : ({ [key]: decodeUtf16(bytes) } as { [K in Key]: string });
  };
  const flags = sized(AV_ID.MsvAvFlags, 4)?.getUint32(0, true);
  const timestamp = sized(AV_ID.MsvAvTimestamp, 8)?.getBigUint64(0, true);
  const bindings = value(AV_ID.MsvAvChannelBindings);
  return {
    pairs,
    ...text('netbiosComputer', AV_ID.MsvAvNbComputerName),
    ...text('netbiosDomain', AV_ID.MsvAvNbDomainName),
    ...text('dnsComputer', AV_ID.MsvAvDnsComputerName),
    ...text('dnsDomain', AV_ID.MsvAvDnsDomainName),
    ...text('forest', AV_ID.MsvAvDnsTreeName),
    ...(flags === undefined ? {} : { flags }),
    ...(timestamp === undefined ? {} : { timestamp }),
    ...text('targetName', AV_ID.MsvAvTargetName),
    ...(bindings?.length === 16 ? { channelBindings: bindings } : {}),
  };
}

/** Writes AV pairs in the order given, with MsvAvEOL at the end. */
export function writeAvPairs(pairs: readonly AvPair[]): Uint8Array {
  const out = new Uint8Array(pairs.reduce((sum, pair) => sum + 4 + pair.value.length, 4));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const { id, value } of pairs) {
    view.setUint16(at, id, true);
    view.setUint16(at + 2, value.length, true);
    out.set(value, at + 4);
    at += 4 + value.length;
  }
  return out;
}

/** A pair holding text, UTF-16LE without terminator. */
export function textPair(id: number, text: string): AvPair {
  return { id, value: encodeUtf16(text) };
}

/** MsvAvFlags with this value. */
export function flagsPair(flags: number): AvPair {
  const value = new Uint8Array(4);
  new DataView(value.buffer).setUint32(0, flags, true);
  return { id: AV_ID.MsvAvFlags, value };
}

/** MsvAvTimestamp with these FILETIME ticks. */
export function timestampPair(ticks: bigint): AvPair {
  const value = new Uint8Array(8);
  new DataView(value.buffer).setBigUint64(0, ticks, true);
  return { id: AV_ID.MsvAvTimestamp, value };
}
