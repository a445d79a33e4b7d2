import { DER, DerError, der, readDer, writeDer } from '@winmedic/bytes';
import { KerberosError } from './errors.ts';

/** Object identifiers of the mechanism (RFC 4121 section 1, MS-SPNG 2.2.1 for Microsoft's, draft-swift-win2k-krb-user2user). */
export const KERBEROS_OID = '1.2.840.113554.1.2.2';
/** The same mechanism as Windows 2000 named it by mistake. */
export const MS_KERBEROS_OID = '1.2.840.48018.1.2.2';
/** User-to-user. */
export const KERBEROS_U2U_OID = '1.2.840.113554.1.2.2.3';

/** TOK_ID of context tokens (RFC 4121 section 4.1). */
export const TOKEN = { apReq: 0x0100, apRep: 0x0200, error: 0x0300, tgtReq: 0x0400, tgtRep: 0x0401 } as const;

/** A token in GSS framing (RFC 2743 section 3.1): mechanism, TOK_ID and the rest. */
export interface Framed {
  readonly mechanism: string;
  readonly tokenId: number;
  readonly inner: Uint8Array;
}

/** Puts a message into GSS framing. */
export function frame(tokenId: number, inner: Uint8Array): Uint8Array {
  const id = Uint8Array.of(tokenId >> 8, tokenId & 0xff);
  return writeDer(0, [der.oid(KERBEROS_OID), id, inner], 'application');
}

/** Bytes that {@link frame} puts before `innerLength` bytes of content after the object identifier. */
export function frameHeaderLength(innerLength: number): number {
  const content = der.oid(KERBEROS_OID).length + innerLength;
  return der.oid(KERBEROS_OID).length + 2 + (content < 0x80 ? 0 : content < 0x100 ? 1 : content < 0x1_0000 ? 2 : 3);
}

/**
 * Takes a token out of GSS framing.
 * @returns `undefined` when it does not begin with the framing's tag.
 * @throws KerberosError KERBEROS_MESSAGE
 */
export function unframe(token: Uint8Array): Framed | undefined {
  if (token[0] !== 0x60) return undefined;
  try {
    const { content } = readDer(token);
    const oid = readDer(content).expect(DER.oid);
    const at = oid.raw.length;
    if (content.length < at + 2) throw new KerberosError('KERBEROS_MESSAGE', 'token identifier', { need: 2, have: content.length - at });
    return {
      mechanism: oid.oid(),
      tokenId: ((content[at] as number) << 8) | (content[at + 1] as number),
      inner: content.subarray(at + 2),
    };
  } catch (error) {
    if (error instanceof DerError) throw new KerberosError('KERBEROS_MESSAGE', 'GSS framing', { offset: error.offset, cause: error });
    throw error;
  }
}
