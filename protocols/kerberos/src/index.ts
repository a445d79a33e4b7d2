/** Kerberos V5 client and acceptor with the files they read. The transport to the KDC is handed in. */
export { kerberosAcceptor } from './acceptor.ts';
export {
  type CachedCredential,
  type CredentialCache,
  type Principal,
  readCredentialCache,
  writeCredentialCache,
} from './credential-cache.ts';
export { KerberosError, type KerberosErrorCode, type KerberosErrorDetail, type KerberosStage } from './errors.ts';
export { kerberosInitiator } from './initiator.ts';
export { type Keytab, type KeytabEntry, readKeytab, writeKeytab } from './keytab.ts';
export { type Krb5Conf, parseKrb5Conf, realmOfHost } from './krb5-conf.ts';
export type * from './messages.ts';
export type {
  KdcTransport,
  KerberosAcceptor,
  KerberosAcceptorOptions,
  KerberosCredential,
  KerberosExchange,
  KerberosInitiator,
  KerberosInitiatorOptions,
  ServiceTicket,
} from './types.ts';
