import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { DER, der, parseIpAddress, writeDer } from '@winmedic/bytes';

/** What a certificate of a test is to look like. Everything has a default: a self-signed server certificate for `localhost`, valid now. */
export interface CertificateSpec {
  /** Common name of the subject, default `localhost`. */
  readonly commonName?: string;
  /** subjectAltName: DNS names and IP addresses; default the common name alone, an empty list leaves the extension out. */
  readonly names?: readonly string[];
  /** User principal name in subjectAltName (otherName 1.3.6.1.4.1.311.20.2.3), by which Windows maps client certificates. */
  readonly upn?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Key to certify; made when absent, of {@link keyType}. */
  readonly key?: KeyObject;
  /** `rsa` (2048 bits, the default), `rsa-1024` (too weak for today's clients), `ecdsa` (P-256). */
  readonly keyType?: 'rsa' | 'rsa-1024' | 'ecdsa';
  /** Hash of the signature: decides the hash of the channel binding `tls-server-end-point` (RFC 5929 section 4.1). Default SHA-256. */
  readonly hash?: 'sha1' | 'sha256' | 'sha384' | 'sha512';
  /** Who signs; absent: self-signed. */
  readonly issuer?: IssuedCertificate;
  /** A certificate authority: basicConstraints cA, keyCertSign. */
  readonly authority?: boolean;
  /** Extended key usage; default `server`. */
  readonly usage?: 'server' | 'client' | 'both';
}

/** A certificate with its key. */
export interface IssuedCertificate {
  /** DER. */
  readonly certificate: Uint8Array;
  /** The same as PEM. */
  readonly cert: string;
  /** Private key as PEM (PKCS #8). */
  readonly key: string;
  readonly privateKey: KeyObject;
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256: string;
  readonly commonName: string;
}

const DAY = 86_400_000;

/** Object identifiers of signatures by key kind and hash (RFC 4055 section 5, RFC 5758 section 3.2, RFC 3279). */
const SIGNATURE_OID = {
  rsa: {
    sha1: '1.2.840.113549.1.1.5',
    sha256: '1.2.840.113549.1.1.11',
    sha384: '1.2.840.113549.1.1.12',
    sha512: '1.2.840.113549.1.1.13',
  },
  ec: { sha1: '1.2.840.10045.4.1', sha256: '1.2.840.10045.4.3.2', sha384: '1.2.840.10045.4.3.3', sha512: '1.2.840.10045.4.3.4' },
} as const;

const OID = {
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  userPrincipalName: '1.3.6.1.4.1.311.20.2.3',
} as const;

/** A private key for {@link CertificateSpec.key}: many certificates may share one, which a fleet of thousands needs. */
export function makeKey(type: CertificateSpec['keyType'] = 'rsa'): KeyObject {
  if (type === 'ecdsa') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  return generateKeyPairSync('rsa', { modulusLength: type === 'rsa-1024' ? 1024 : 2048 }).privateKey;
}

/** Makes an X.509 version 3 certificate (RFC 5280) and its key. */
export function issueCertificate(spec: CertificateSpec = {}): IssuedCertificate {
  const commonName = spec.commonName ?? 'localhost';
  const privateKey = spec.key ?? makeKey(spec.keyType);
  const signer = spec.issuer?.privateKey ?? privateKey;
  const hash = spec.hash ?? 'sha256';
  const algorithm = signatureAlgorithm(signer, hash);
  const publicKey = createPublicKey(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const toBeSigned = der.sequence(
    der.field(0, der.integer(2)),
    der.integer(BigInt(`0x${randomBytes(16).toString('hex')}`) >> 1n),
    algorithm,
    distinguishedName(spec.issuer?.commonName ?? commonName),
    der.sequence(time(spec.notBefore ?? new Date(Date.now() - DAY)), time(spec.notAfter ?? new Date(Date.now() + 365 * DAY))),
    distinguishedName(commonName),
    spki,
    der.field(3, der.sequence(...extensions(spec, commonName, spki))),
  );
  const certificate = der.sequence(toBeSigned, algorithm, der.bits(sign(hash, toBeSigned, signer)));
  return {
    certificate,
    cert: pem(certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    privateKey,
    sha256: createHash('sha256').update(certificate).digest('hex'),
    commonName,
  };
}

function signatureAlgorithm(key: KeyObject, hash: keyof typeof SIGNATURE_OID.rsa): Uint8Array {
  // RSA carries an explicit NULL, ECDSA no parameters at all (RFC 4055 section 5, RFC 5758 section 3.2).
  if (key.asymmetricKeyType === 'rsa') return der.sequence(der.oid(SIGNATURE_OID.rsa[hash]), writeDer(DER.null, new Uint8Array()));
  return der.sequence(der.oid(SIGNATURE_OID.ec[hash]));
}

function distinguishedName(commonName: string): Uint8Array {
  return der.sequence(writeDer(DER.set, [der.sequence(der.oid(OID.commonName), der.text(commonName, DER.utf8String))]));
}

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280 section 4.1.2.5). */
function time(date: Date): Uint8Array {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050 ? der.text(digits.slice(2), DER.utcTime) : der.text(digits, DER.generalizedTime);
}

function extensions(spec: CertificateSpec, commonName: string, spki: Uint8Array): Uint8Array[] {
  const authority = spec.authority === true;
  const usage = spec.usage ?? 'server';
  const list = [
    extension(OID.basicConstraints, authority ? der.sequence(der.boolean(true)) : der.sequence(), true),
    // digitalSignature and keyEncipherment, or keyCertSign and cRLSign (RFC 5280 section 4.2.1.3); the first octet counts unused bits.
    extension(OID.keyUsage, writeDer(DER.bitString, authority ? Uint8Array.of(1, 0x06) : Uint8Array.of(5, 0xa0)), true),
    extension(OID.subjectKeyIdentifier, der.octets(keyIdentifier(spki))),
  ];
  if (spec.issuer !== undefined) {
    const issuer = createPublicKey(spec.issuer.key).export({ type: 'spki', format: 'der' });
    list.push(extension(OID.authorityKeyIdentifier, der.sequence(contextPrimitive(0, keyIdentifier(issuer)))));
  }
  if (!authority) {
    const purposes = { server: [OID.serverAuth], client: [OID.clientAuth], both: [OID.serverAuth, OID.clientAuth] }[usage];
    list.push(extension(OID.extKeyUsage, der.sequence(...purposes.map((oid) => der.oid(oid)))));
  }
  const names = [...(spec.names ?? (authority || usage === 'client' ? [] : [commonName])).map(generalName)];
  if (spec.upn !== undefined) {
    const value = der.field(0, der.text(spec.upn, DER.utf8String));
    names.push(writeDer(0, [der.oid(OID.userPrincipalName), value], 'context'));
  }
  if (names.length > 0) list.push(extension(OID.subjectAltName, der.sequence(...names)));
  return list;
}

function extension(oid: string, value: Uint8Array, critical = false): Uint8Array {
  return der.sequence(der.oid(oid), ...(critical ? [der.boolean(true)] : []), der.octets(value));
}

/** dNSName [2] or iPAddress [7] of RFC 5280 section 4.2.1.6. */
function generalName(name: string): Uint8Array {
  if (isIP(name) === 0) return contextPrimitive(2, new TextEncoder().encode(name));
  const address = parseIpAddress(name);
  if (address === undefined) throw new TypeError(`not an address: ${name}`);
  const bytes = new Uint8Array(address.v6 ? 16 : 4);
  let rest = address.value;
  for (let i = bytes.length - 1; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return contextPrimitive(7, bytes);
}

/** A primitive element with an implicit context tag, which the common writer makes constructed. */
function contextPrimitive(tag: number, content: Uint8Array): Uint8Array {
  const bytes = writeDer(tag, content);
  bytes[0] = 0x80 | tag;
  return bytes;
}

/** Method 1 of RFC 5280 section 4.2.1.2, over the whole SubjectPublicKeyInfo: unique is enough here. */
function keyIdentifier(spki: Uint8Array): Uint8Array {
  return createHash('sha1').update(spki).digest();
}

function pem(certificate: Uint8Array): string {
  const lines =
    Buffer.from(certificate)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
