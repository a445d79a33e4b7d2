import { Secret } from '@winmedic/gss';
import { ntlmInitiator } from '@winmedic/ntlm';
import { type SessionObserver, WsmanSession } from '@winmedic/wsman';
import { dial } from '../../core/connection/dial.ts';
import { SocketTransport } from '../../core/connection/http-transport.ts';

/** Connects to a host and logs in with NTLM over HTTP. @param account `DOMAIN\user`. */
export async function logIn(
  address: string,
  port: number,
  account: string,
  password: string,
  observer: SessionObserver = { exchange: () => {} },
): Promise<WsmanSession> {
  const [domain = '', user = ''] = account.split('\\');
  const dialled = await dial(address, port, 5000);
  if (dialled.result !== 'open') throw new Error(`no connection: ${dialled.result}`);
  const transport = new SocketTransport(dialled.socket, { hostHeader: `${address}:${port}`, secure: false });
  const credential = { user, domain, password: new Secret(password) };
  // As `winmedic connect` does, which knows the schemes from its probe.
  const session = new WsmanSession(transport, {
    login: { scheme: 'Negotiate', context: () => ntlmInitiator({ credential }) },
    firstTokenAtOnce: true,
    observer,
  });
  const { outcome } = await session.login();
  if (outcome !== 'accepted') throw new Error(`login ${outcome}`);
  return session;
}

/** User and system time of this process so far, in milliseconds. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Most memory this process had, in MB. */
export const peakMegabytes = (): number => process.resourceUsage().maxRSS / 1024;
