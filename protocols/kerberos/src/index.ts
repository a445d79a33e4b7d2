/** Kerberos V5 client and acceptor with the files they read. The transport to the KDC is handed in. */
export { kerberosAcceptor } from './acceptor.ts';
export {
  type CachedCredential,
  type CredentialCache,
  type Principal,
  readCredentialCache,
  writeCredentialCache,
} from './credential-cache.ts';
export { kerberosInitiator, kerberosLogin } from './initiator.ts';
export { type Keytab, type KeytabEntry, keytabFromPassword, readKeytab, writeKeytab } from './keytab.ts';
export { type ConfLineNotRead, type KdcAddress, type Krb5Conf, parseKdcAddress, parseKrb5Conf, realmOfHost } from './krb5-conf.ts';
export * from './messages.ts';
export * as kerberosParts from './parts.ts';
export type {
  KdcTransport,
  KerberosAcceptor,
  KerberosAcceptorOptions,
  KerberosCredential,
  KerberosExchange,
  KerberosInitiator,
  KerberosInitiatorOptions,
  KerberosLogin,
  KerberosLoginOptions,
  ServiceTicket,
} from './types.ts';
