import { KerberosError } from '../errors.ts';
import { LIMITS } from '../limits.ts';

/** Well-known constants of a usage number (RFC 3961 section 5.3): the number and 0xAA, 0x55 or 0x99. */
export function usageConstants(usage: number): {
  readonly encryption: Uint8Array;
  readonly integrity: Uint8Array;
  readonly checksum: Uint8Array;
} {
  const constant = (last: number): Uint8Array => {
    const bytes = new Uint8Array(5);
    new DataView(bytes.buffer).setUint32(0, usage);
    bytes[4] = last;
    return bytes;
  };
  return { encryption: constant(0xaa), integrity: constant(0x55), checksum: constant(0x99) };
}

/** A checksum does not fit: wrong key, or the bytes were changed. */
export function badMic(): KerberosError {
  return new KerberosError('KERBEROS_BAD_MIC', 'checksum of encrypted data');
}

/** @throws KerberosError KERBEROS_KEY_PARAMETERS: a KDC could otherwise keep this process busy for minutes. */
export function checkedIterations(iterations: number): number {
  if (!(iterations >= 1 && iterations <= LIMITS.iterations)) {
    throw new KerberosError('KERBEROS_KEY_PARAMETERS', 'iterations of a key', { need: LIMITS.iterations, have: iterations });
  }
  return iterations;
}

/** @throws KerberosError KERBEROS_ETYPE when a key has the wrong length for its type. */
export function checkKey(etype: number, keyLength: number, key: Uint8Array): Uint8Array {
  if (key.length !== keyLength)
    throw new KerberosError('KERBEROS_ETYPE', `length of a key of encryption type ${etype}`, { need: keyLength, have: key.length });
  return key;
}
