import { joinBytes, viewOf } from '@winmedic/bytes';

/** Checksum type of the GSS checksum in the authenticator (RFC 4121 section 4.1.1). */
export const GSS_CHECKSUM = 0x8003;

/** Flags in it (RFC 4121 section 4.1.1.1; DCE style: RFC 4757 section 7.1). */
export const GSS_FLAG = {
  delegate: 1,
  mutual: 2,
  replay: 4,
  sequence: 8,
  confidentiality: 16,
  integrity: 32,
  dceStyle: 0x1000,
} as const;

/** @param bindings 16 bytes; zeros stand for none (section 4.1.1.2). */
export function writeGssChecksum(flags: number, bindings: Uint8Array = new Uint8Array(16)): Uint8Array {
  const head = new Uint8Array(4);
  viewOf(head).setUint32(0, 16, true);
  const tail = new Uint8Array(4);
  viewOf(tail).setUint32(0, flags, true);
  return joinBytes(head, bindings, tail);
}

/** Its fields; `undefined` when it is too short or says another length of bindings than 16. */
export function readGssChecksum(value: Uint8Array): { readonly bindings: Uint8Array; readonly flags: number } | undefined {
  if (value.length < 24 || viewOf(value).getUint32(0, true) !== 16) return undefined;
  return { bindings: value.subarray(4, 20), flags: viewOf(value).getUint32(20, true) };
}
