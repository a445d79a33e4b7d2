import { CAPTURE_ROWS } from '@winmedic/labs/capture-rows';
import { TcpConversation, writePcap, writePcapng } from '@winmedic/labs/capture-writer';
import { TRACE_ROWS } from '@winmedic/labs/trace-rows';
import type { TestFolder } from './test-command.ts';

/** The capture of a row of the diagnosis table that is written by hand, as a file. */
export async function rowCapture(folder: TestFolder, id: string, format: 'pcap' | 'pcapng' = 'pcapng'): Promise<string> {
  const row = CAPTURE_ROWS.find((one) => one.id === id);
  if (row?.making.by !== 'frames') throw new RangeError(`no row ${id} written by hand`);
  const packets = await row.making.frames();
  return folder.file(`${id}.${format}`, format === 'pcap' ? writePcap(packets) : writePcapng([{ packets }]));
}

/** The trace of a row of the diagnosis table, as a file. */
export function rowTrace(folder: TestFolder, id: string): string {
  const row = TRACE_ROWS.find((one) => one.id === id);
  if (row === undefined) throw new RangeError(`no row ${id}`);
  return folder.file(`${id}.etl`, row.trace());
}

/** What must never be printed. */
export const SECRETS = {
  user: 'auditor',
  password: 'Tr0ub4dor&3-known',
  cookie: 'session=c00kie-c00kie-c00kie',
  query: 'apikey-0123456789abcdef',
} as const;

/** 2026-02-03 04:05:06 UTC. */
const START = BigInt(Date.UTC(2026, 1, 3, 4, 5, 6)) * 1_000_000n;

/** Requests with a password, a cookie and a key in the address, all in clear, refused by a WinRM host. */
export function leakyCapture(folder: TestFolder): string {
  const talk = new TcpConversation({
    client: { address: '192.0.2.50', port: 50_000 },
    server: { address: '192.0.2.10', port: 5985 },
    start: START,
  }).open();
  const credentials = Buffer.from(`${SECRETS.user}:${SECRETS.password}`).toString('base64');
  const request = [
    `POST /wsman?key=${SECRETS.query} HTTP/1.1`,
    'Host: hv01.corp.example:5985',
    `Authorization: Basic ${credentials}`,
    `Cookie: ${SECRETS.cookie}`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
  const answer = [
    'HTTP/1.1 401 ',
    'Server: Microsoft-HTTPAPI/2.0',
    'WWW-Authenticate: Negotiate',
    'WWW-Authenticate: Basic realm="WSMAN"',
    `Set-Cookie: ${SECRETS.cookie}`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
  talk.send('client', Buffer.from(request)).send('server', Buffer.from(answer)).fin('client').fin('server');
  return folder.file('leaky.pcapng', writePcapng([{ packets: talk.packets }]));
}

/** Every form in which a password of HTTP's Basic stands in a capture or could stand in an output. */
export function formsOfSecrets(): string[] {
  const { user, password, cookie, query } = SECRETS;
  const pair = Buffer.from(`${user}:${password}`);
  return [password, pair.toString('base64'), pair.toString('hex'), Buffer.from(password).toString('hex'), cookie, query];
}
