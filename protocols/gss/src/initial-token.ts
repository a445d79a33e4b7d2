import { DerError, der, readDer, writeDer } from '@winmedic/bytes';

/** A first token taken apart: which mechanism, and what that mechanism wrote. */
export interface InitialToken {
  /** Object identifier in dotted form. */
  readonly oid: string;
  /** Mechanism's own token: DER for SPNEGO, two bytes of token identifier and a message for Kerberos. A view into the input. */
  readonly inner: Uint8Array;
}

/** Frames a mechanism's first token (RFC 2743 section 3.1). NTLM has no such frame. */
export function writeInitialToken(oid: string, inner: Uint8Array): Uint8Array {
  return writeDer(0, [der.oid(oid), inner], 'application');
}

/**
 * Reads the frame of {@link writeInitialToken}. Bytes behind the token are left.
 * @throws DerError when the bytes are no framed token.
 */
export function readInitialToken(bytes: Uint8Array): InitialToken {
  const frame = readDer(bytes).expect(0, 'application');
  if (!frame.constructed) throw new DerError('DER_TAG', 'application 0, constructed', { offset: frame.offset });
  // Only the identifier is DER for sure: what follows it must not be read as such.
  const name = readDer(frame.content).expect(6);
  return { oid: name.oid(), inner: frame.content.subarray(name.raw.length) };
}
