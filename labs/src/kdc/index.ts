/** A KDC double: AS and TGS exchange with passwords, account states, clock skew and referrals. It writes no PAC. */
export type { Kdc, KdcChecks, KdcPrincipal, KdcSpec, PrincipalState } from './types.ts';

import type { Kdc, KdcSpec } from './types.ts';

export declare function startKdc(spec: KdcSpec): Promise<Kdc>;
