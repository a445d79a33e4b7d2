import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { CertificateView } from '../model/connection.ts';
import type { InstantNs } from '../model/observation.ts';
import { asciiHost } from './target.ts';

/** Smallest RSA key and curve regarded as sound (NIST SP 800-131A revision 2: 112 bits of security). */
const MIN_RSA_BITS = 2048;
const MIN_EC_BITS = 224;
/** `id-kp-serverAuth` and `anyExtendedKeyUsage` (RFC 5280 section 4.2.1.12). */
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ANY_USAGE = '2.5.29.37.0';
/** Certificates of one chain; real ones have at most five. */
const MAX_CHAIN = 10;
const CURVE_BITS: ReadonlyMap<string, number> = new Map([
  ['prime192v1', 192],
  ['secp192k1', 192],
  ['secp160r1', 160],
  ['prime256v1', 256],
]);

/** What a handshake gave for judging. */
export interface PresentedChain {
  /** The server's certificate, DER. */
  readonly leaf: Uint8Array;
  /** What the server sent besides, DER, in its order. */
  readonly others: readonly Uint8Array[];
  /** OpenSSL's verification error, `undefined` when the chain is trusted. */
  readonly verifyError: string | undefined;
}

/**
 * Reads and judges a server certificate for the name that was used: chain, name, dates, key, usage. Revocation is not looked at.
 * @param host name or address as typed; undefined: not known (a recording), so the name is not judged.
 * @param cas trusted certificates, PEM.
 * @param now milliseconds since 1970.
 */
export function judgeCertificate(chain: PresentedChain, host: string | undefined, cas: readonly string[], now: number): CertificateView {
  const certificate = new X509Certificate(chain.leaf);
  const problems: string[] = [];
  // Not checkIssued: certificates made by Windows for WinRM lack keyCertSign and are self-signed all the same.
  const selfSigned = certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);
  if (chain.verifyError !== undefined && !chainsUp(certificate, chain.others, cas))
    problems.push(selfSigned ? 'self-signed' : 'unknown-issuer');
  const from = certificate.validFromDate.getTime();
  const to = certificate.validToDate.getTime();
  if (now > to) problems.push('expired');
  if (now < from) problems.push('not-yet-valid');
  if (host !== undefined && !isNamed(certificate, host)) problems.push('name-mismatch');
  if (isWeak(certificate)) problems.push('weak-key');
  const usage = certificate.keyUsage as readonly string[] | undefined;
  if (usage !== undefined && !usage.includes(SERVER_AUTH) && !usage.includes(ANY_USAGE)) problems.push('wrong-usage');
  if (chain.verifyError === 'CERT_REVOKED') problems.push('revoked');
  // OpenSSL has the last word: whatever it refuses is not trusted, also when nothing above says why.
  if (chain.verifyError !== undefined && problems.length === 0) problems.push(refusal(chain.verifyError));
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    names: namesOf(certificate),
    notBefore: ns(from),
    notAfter: ns(to),
    sha256: fingerprint(certificate),
    selfSigned,
    problems,
  };
}

function isNamed(certificate: X509Certificate, host: string): boolean {
  const address = host.split('%')[0] ?? '';
  const name = isIP(address) > 0 ? certificate.checkIP(address) : certificate.checkHost(asciiHost(host.replace(/\.$/, '')));
  return name !== undefined;
}

/** SHA-256 of a certificate as `--pin` takes it: lower-case hex without colons. */
export function fingerprint(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

function chainsUp(leaf: X509Certificate, others: readonly Uint8Array[], cas: readonly string[]): boolean {
  const sent = others.slice(0, MAX_CHAIN).flatMap(readable);
  const trusted = bySubject(cas);
  let at = leaf;
  for (let depth = 0; depth < MAX_CHAIN; depth++) {
    if (trusted.get(at.subject)?.some((ca) => ca.fingerprint256 === at.fingerprint256)) return true;
    if (trusted.get(at.issuer)?.some((ca) => issued(at, ca))) return true;
    const next = sent.find((candidate) => candidate.fingerprint256 !== at.fingerprint256 && issued(at, candidate));
    if (next === undefined) return false;
    at = next;
  }
  return false;
}

/** The system's certificates are some hundred; they are taken apart once per list. */
const taken = new WeakMap<readonly string[], ReadonlyMap<string, readonly X509Certificate[]>>();
function bySubject(cas: readonly string[]): ReadonlyMap<string, readonly X509Certificate[]> {
  let map = taken.get(cas);
  if (map === undefined) {
    map = Map.groupBy(cas.flatMap(readable), ({ subject }) => subject);
    taken.set(cas, map);
  }
  return map;
}

function issued(certificate: X509Certificate, by: X509Certificate): boolean {
  return certificate.checkIssued(by) && certificate.verify(by.publicKey);
}

function readable(certificate: Uint8Array | string): X509Certificate[] {
  try {
    return [new X509Certificate(certificate)];
  } catch {
    return [];
  }
}

function refusal(code: string): string {
  if (code === 'CERT_HAS_EXPIRED') return 'expired';
  if (code === 'CERT_NOT_YET_VALID') return 'not-yet-valid';
  return code === 'INVALID_PURPOSE' ? 'wrong-usage' : 'unknown-issuer';
}

function isWeak(certificate: X509Certificate): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  if (type === 'rsa' || type === 'rsa-pss') return (details?.modulusLength ?? 0) < MIN_RSA_BITS;
  if (type === 'dsa') return true;
  return type === 'ec' && (CURVE_BITS.get(details?.namedCurve ?? '') ?? MIN_EC_BITS) < MIN_EC_BITS;
}

/** DNS names and addresses of subjectAltName; the common name when there are none. Names beyond the first 100 are not shown. */
function namesOf(certificate: X509Certificate): string[] {
  const names = [...(certificate.subjectAltName ?? '').matchAll(/(?:^|, )(?:DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(
    ([, name = '']) => name,
  );
  if (names.length > 0) return names.slice(0, 100);
  const common = /(?:^|\n)CN=([^\n]*)/.exec(certificate.subject)?.[1];
  return common === undefined ? [] : [common];
}

function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').reverse().join(', ');
}

function ns(ms: number): InstantNs {
  return BigInt(ms) * 1_000_000n;
}
