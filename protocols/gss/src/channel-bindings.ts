import { createHash } from 'node:crypto';
import { DerError, readDer } from '@winmedic/bytes';

/** Hash of a certificate's signature algorithm, by its object identifier (RFC 3279, RFC 4055, RFC 5758); MD5 and SHA-1 become SHA-256 (RFC 5929 section 4.1). */
const SIGNATURE_HASH: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.4', 'sha256'],
  ['1.2.840.113549.1.1.5', 'sha256'],
  // SHA-1 with RSA as old Windows tools write it (OIW).
  ['1.3.14.3.2.29', 'sha256'],
  ['1.2.840.113549.1.1.14', 'sha224'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.10045.4.1', 'sha256'],
  ['1.2.840.10045.4.3.1', 'sha224'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['2.16.840.1.101.3.4.3.2', 'sha256'],
]);
const RSASSA_PSS = '1.2.840.113549.1.1.10';
/** Hash algorithms inside RSASSA-PSS parameters (RFC 4055); SHA-1 is the default there, and becomes SHA-256 as well. */
const PSS_HASH: ReadonlyMap<string, string> = new Map([
  ['1.3.14.3.2.26', 'sha256'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
  ['2.16.840.1.101.3.4.2.4', 'sha224'],
]);

/**
 * Application data of the channel binding `tls-server-end-point` (RFC 5929 section 4): the name, a colon and the certificate's hash by its own
 * signature algorithm.
 * @param certificate the server's certificate as it came over the wire, DER.
 * @returns `undefined` for a signature algorithm without a hash of its own (Ed25519), or with one not known here: no binding can be made.
 * @throws DerError when it is no certificate.
 */
export function tlsServerEndPoint(certificate: Uint8Array): Uint8Array | undefined {
  const hash = signatureHash(certificate);
  if (hash === undefined) return undefined;
  const digest = createHash(hash).update(certificate).digest();
  return Buffer.concat([Buffer.from('tls-server-end-point:', 'latin1'), digest]);
}

function signatureHash(certificate: Uint8Array): string | undefined {
  const [, algorithm] = readDer(certificate).children();
  const [oid, parameters] = algorithm?.children() ?? [];
  if (oid === undefined) throw new DerError('DER_VALUE', 'signature algorithm of a certificate');
  const name = oid.oid();
  if (name !== RSASSA_PSS) return SIGNATURE_HASH.get(name);
  const pss = parameters?.field(0)?.children()[0]?.oid();
  return pss === undefined ? 'sha256' : PSS_HASH.get(pss);
}

/**
 * The binding structure as Windows and MIT put it into NTLM (MsvAvChannelBindings) and Kerberos (checksum 0x8003): MD5 over
 * `gss_channel_bindings_struct` without addresses (RFC 4121 section 4.1.1.2, MS-NLMP 3.1.5.1.2).
 * @param applicationData result of {@link tlsServerEndPoint}.
 * @returns 16 bytes.
 */
export function channelBindingHash(applicationData: Uint8Array): Uint8Array {
  const head = Buffer.alloc(20);
  head.writeUInt32LE(applicationData.length, 16);
  return createHash('md5').update(head).update(applicationData).digest();
}
