/** A Windows host double: a WS-Man service as Windows sets it up, with its logins, limits, data and every failure on demand. */
export { type CertificateSpec, type IssuedCertificate, issueCertificate, makeKey } from '../certificates/index.ts';
export { NTSTATUS } from './accounts.ts';
export { startFleet, startHost } from './start.ts';
export { STATES } from './states.ts';
export type {
  AccountSpec,
  AuthSpec,
  DcomSpec,
  HostCounters,
  HostDouble,
  HostFault,
  LimitSpec,
  ListenerSpec,
  LogonRecord,
  RdpSpec,
  WindowsHostSpec,
} from './types.ts';
