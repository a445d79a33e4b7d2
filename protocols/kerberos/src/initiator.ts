import type { KerberosInitiator, KerberosInitiatorOptions } from './types.ts';

export declare function kerberosInitiator(options: KerberosInitiatorOptions): KerberosInitiator;
