import { KERBEROS_ROWS } from './rows-kerberos.ts';
import { CREDSSP_ROWS, NTLM_ROWS, REJECTED_ROWS, SCHEME_ROWS } from './rows-login.ts';
import { HTTP_ROWS, NETWORK_ROWS } from './rows-network.ts';
import { OTHER_WAY_ROWS } from './rows-other.ts';
import { OPERATION_ROWS, RIGHTS_ROWS } from './rows-service.ts';
import { TLS_ROWS } from './rows-tls.ts';
import type { ConnectionRow } from './types.ts';

/**
 * Every row of the diagnosis table of refused connections with at least one reproduction, in the order of the table: 1 to 32 are the symptoms, 33 is
 * the operation time-out, 34 the vanished shell, 35 TrustedHosts; 0 stands beside the table.
 */
export const CONNECTION_ROWS: readonly ConnectionRow[] = [
  ...NETWORK_ROWS,
  ...HTTP_ROWS,
  ...TLS_ROWS,
  ...SCHEME_ROWS,
  ...REJECTED_ROWS,
  ...RIGHTS_ROWS,
  ...NTLM_ROWS,
  ...KERBEROS_ROWS,
  ...CREDSSP_ROWS,
  ...OPERATION_ROWS,
  ...OTHER_WAY_ROWS,
].sort((a, b) => (a.row || 99) - (b.row || 99));
