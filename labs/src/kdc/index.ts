/** A KDC double: AS and TGS exchange with passwords, account states, clock skew and referrals. It writes no PAC. */
export { startKdc } from './start-kdc.ts';
export type { Kdc, KdcChecks, KdcPrincipal, KdcSpec, PrincipalState } from './types.ts';
