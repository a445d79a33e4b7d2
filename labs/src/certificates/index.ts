/** X.509 certificates for tests, made without openssl: self-signed or issued, expired, for another name, for a client. */
export { type CertificateSpec, type IssuedCertificate, issueCertificate, makeKey } from './issue.ts';
