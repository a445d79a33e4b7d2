import { CLIENT_ROWS } from './rows-client.ts';
import { SERVER_ROWS } from './rows-server.ts';
import { WMI_ROWS } from './rows-wmi.ts';
import type { TraceRow } from './types.ts';

/**
 * Every row of the diagnosis table of which a trace on the host or on a Windows client shows something, in the order of the table. A row that is not here leaves no
 * event of these providers on that side: nothing reached the host (rows 1, 3 to 10, 23 to 25 on the server), or it is no matter of theirs (27: what happens inside
 * the session; 32: DCOM).
 */
export const TRACE_ROWS: readonly TraceRow[] = [...SERVER_ROWS, ...CLIENT_ROWS, ...WMI_ROWS].sort((a, b) => (a.row || 99) - (b.row || 99));
