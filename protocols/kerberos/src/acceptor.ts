import type { KerberosAcceptor, KerberosAcceptorOptions } from './types.ts';

export declare function kerberosAcceptor(options: KerberosAcceptorOptions): KerberosAcceptor;
