import { DCOM_FRAMES } from './frames-dcom.ts';
import { LOGIN_FRAMES } from './frames-login.ts';
import { NETWORK_FRAMES } from './frames-network.ts';
import { PARTIAL_FRAMES } from './frames-partial.ts';
import { RDP_FRAMES } from './frames-rdp.ts';
import { SOAP_FRAMES } from './frames-soap.ts';
import { TLS_FRAMES } from './frames-tls.ts';
import { RELAY_ROWS } from './relay-rows.ts';
import type { CaptureRow } from './types.ts';

/** Every row of the diagnosis table with at least one capture, in the order of the table; row 0 stands beside it. */
export const CAPTURE_ROWS: readonly CaptureRow[] = [
  ...NETWORK_FRAMES,
  ...TLS_FRAMES,
  ...LOGIN_FRAMES,
  ...SOAP_FRAMES,
  ...DCOM_FRAMES,
  ...RDP_FRAMES,
  ...PARTIAL_FRAMES,
  ...RELAY_ROWS,
].sort((a, b) => (a.row || 99) - (b.row || 99));
