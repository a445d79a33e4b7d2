import type { Localized } from '@winmedic/knowledge/model';
import { ConnectionLost, type HttpResponse, type ProbeResult, schemesOf, WsmanError, WsmanSession } from '@winmedic/wsman';
import { noteDate } from './clock.ts';
import { dial } from './dial.ts';
import type { SocketTransport } from './http-transport.ts';
import type { Ladder, RungEnd } from './ladder.ts';
import type { ChallengeSeen } from './ntlm-challenge.ts';
import { readChallenge } from './ntlm-challenge.ts';
import type { ConnectTimes } from './options.ts';
import { say } from './text.ts';
import { handshake } from './tls-handshake.ts';
import type { Way } from './way.ts';

/** Schemes WinRM can offer; any of them in WWW-Authenticate means that a WS-Management service may stand behind. */
export const WINRM_SCHEMES = ['basic', 'negotiate', 'kerberos', 'ntlm', 'credssp'];

/** What is known of the service before any login. */
export interface FreeFacts {
  /** Schemes of WWW-Authenticate. */
  readonly offered: readonly string[];
  readonly challenge?: ChallengeSeen;
  /** The service answers nothing to requests without Authorization (OMI). */
  readonly silentWithoutLogin: boolean;
}

/**
 * Rungs `http` and `wsman`: Identify without login, the schemes, and on a connection of its own the NTLM challenge; no credential is used.
 * @returns undefined when one of them failed.
 */
export async function httpRungs(ladder: Ladder, way: Way, transport: SocketTransport, times: ConnectTimes): Promise<FreeFacts | undefined> {
  const { path } = ladder.target;
  let probe: ProbeResult | undefined;
  let silent = false;
  let challenge: ChallengeSeen | undefined;
  let empty: HttpResponse | undefined;
  const tried = say(`POST ${path}, Identify without login`, `POST ${path}、ログオンなしの Identify`);
  const passed = await ladder.climb('http', async () => {
    const session = new WsmanSession(transport, { path, timeouts: { loginMs: times.answerMs, totalMs: 2 * times.answerMs } });
    try {
      probe = await session.probe();
    } catch (error) {
      const how = howLost(error);
      if (how === undefined) throw error;
      if (transport.secure) ladder.set('tls.afterRequest', how === 'reset' ? 'reset' : 'ok');
      // Some services (OMI) answer nothing until a token comes: the first one of NTLM is free.
      if (how === 'timeout') challenge = await readChallenge(ladder, way, times);
      silent = challenge !== undefined;
      if (!silent) return lost(ladder, how, tried, !transport.secure && how !== 'timeout' && (await speaksTls(way)));
    }
    if (transport.secure && probe !== undefined) ladder.set('tls.afterRequest', 'ok');
    if (probe !== undefined && probe.status !== 401) empty = await askSchemes(transport, way, path, times);
    return httpEnd(ladder, probe, empty, challenge, tried);
  });
  transport.close();
  if (!passed) return undefined;
  const offered =
    probe === undefined ? (challenge?.offered ?? []) : probe.status === 401 ? probe.offered : empty === undefined ? [] : schemesOf(empty);
  const speaks = await ladder.climb('wsman', async () => {
    if (challenge === undefined && offered.some((scheme) => /^(negotiate|ntlm)$/i.test(scheme)))
      challenge = await readChallenge(ladder, way, times);
    return wsmanEnd(ladder, probe, offered, challenge);
  });
  if (!speaks) return undefined;
  ladder.set('schemes.offered', offered);
  ladder.portrait.schemes = offered;
  return { offered, silentWithoutLogin: silent, ...(challenge === undefined ? {} : { challenge }) };
}

/** How a request ended without answer; undefined for another error. */
export function howLost(error: unknown): ConnectionLost['how'] | undefined {
  if (error instanceof ConnectionLost) return error.how;
  return error instanceof WsmanError && error.code === 'WSMAN_LOST' && error.cause instanceof ConnectionLost ? error.cause.how : undefined;
}

/** Does the header name Windows' own HTTP service (http.sys)? */
export function isWindowsServer(server: string): boolean {
  return /^microsoft-httpapi\/\d/i.test(server.trim());
}

/** An empty POST without credentials is answered 401 with the schemes; a service that is open to everybody names none. */
async function askSchemes(transport: SocketTransport, way: Way, path: string, times: ConnectTimes): Promise<HttpResponse | undefined> {
  const request = {
    method: 'POST',
    path,
    headers: { 'Content-Type': 'application/soap+xml;charset=UTF-8', 'User-Agent': 'winmedic' },
    body: new Uint8Array(),
    headerTimeoutMs: times.answerMs,
    timeoutMs: 2 * times.answerMs,
  } as const;
  try {
    return await transport.send(request);
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
  }
  // The answer before may have closed the connection.
  try {
    const fresh = await way.connect();
    const response = await fresh.send(request);
    fresh.close();
    return response;
  } catch (error) {
    if (error instanceof ConnectionLost) return undefined;
    throw error;
  }
}

/** What breaks off or answers something else to plain HTTP may speak TLS; nothing is sent over that connection. */
async function speaksTls({ options: { address, port, host, connectMs, signal } }: Way): Promise<boolean> {
  const dialled = await dial(address, port, connectMs, signal);
  if (dialled.result !== 'open') return false;
  const hand = await handshake(dialled.socket, { host, timeoutMs: connectMs, ca: [] });
  if (hand.result === 'ok') hand.socket.destroy();
  return hand.result === 'ok';
}

function lost(ladder: Ladder, how: ConnectionLost['how'], tried: Localized, tls: boolean): RungEnd {
  ladder.set('http.result', how);
  if (tls) ladder.set('tls.result', 'ok');
  const observed = {
    reset: say('the connection was reset (RST) instead of an answer', '応答の代わりに接続がリセットされた (RST)'),
    closed: say('the connection was closed (FIN) without an answer', '応答なしで接続が閉じられた (FIN)'),
    timeout: say('no answer in time, also not to an NTLM token', '時間内に応答なし (NTLM トークンにも応答なし)'),
    'not-http': say('an answer that is not HTTP', 'HTTP ではない応答'),
  }[how];
  return {
    verdict: 'failed',
    tried,
    observed: tls ? say(`${observed.en}; the port answers TLS`, `${observed.ja}。ポートは TLS に応答する`) : observed,
    expected: say('an HTTP answer', 'HTTP の応答'),
  };
}

function httpEnd(
  ladder: Ladder,
  probe: ProbeResult | undefined,
  empty: HttpResponse | undefined,
  challenge: ChallengeSeen | undefined,
  tried: Localized,
): RungEnd {
  ladder.set('http.result', 'response');
  ladder.set('http.proxy', false);
  const status = probe?.status ?? challenge?.status ?? 0;
  const server = probe?.server ?? challenge?.server ?? '';
  ladder.set('http.status', status);
  ladder.set('http.server', server);
  ladder.set('http.windows', isWindowsServer(server));
  ladder.portrait.server = server;
  if (probe !== undefined) {
    ladder.set('http.via', probe.via);
    ladder.set('http.contentType', probe.contentType);
    ladder.set('http.body', probe.body === 'sealed' ? 'other' : probe.body);
    ladder.set('http.location', probe.location);
    noteDate(ladder, probe.date);
  }
  const name = server === '' ? say('no Server header', 'Server ヘッダーなし') : say(`Server: ${server}`, `Server: ${server}`);
  const seen = say(`${status}, ${name.en}`, `${status}、${name.ja}`);
  const wsman = speaksWsman(
    probe,
    probe?.status === 401 ? probe.offered : empty === undefined ? (challenge?.offered ?? []) : schemesOf(empty),
  );
  // Openwsman says no more without a login than its name and schemes any web server has.
  const openwsman = /^openwsman\b/i.test(server.trim());
  if (openwsman) ladder.set('wsman.vendor', 'openwsman');
  if (isWindowsServer(server) || wsman || openwsman)
    return { verdict: isWindowsServer(server) ? 'passed' : 'warned', tried, observed: seen };
  ladder.set('wsman.result', 'none');
  return {
    verdict: 'failed',
    tried,
    observed: say(
      `${seen.en}; not Windows' HTTP service, and no sign of WS-Management`,
      `${seen.ja}。Windows の HTTP サービスではなく、WS-Management の形跡もない`,
    ),
    expected: say(
      'Server: Microsoft-HTTPAPI/2.0, or another WS-Management service',
      'Server: Microsoft-HTTPAPI/2.0、または他の WS-Management サービス',
    ),
  };
}

function speaksWsman(probe: ProbeResult | undefined, offered: readonly string[]): boolean {
  // Basic alone is what any web server or router asks for.
  const own = offered.map((scheme) => scheme.toLowerCase()).filter((scheme) => WINRM_SCHEMES.includes(scheme) && scheme !== 'basic');
  return probe?.identity !== undefined || own.length > 0;
}

function wsmanEnd(
  ladder: Ladder,
  probe: ProbeResult | undefined,
  offered: readonly string[],
  challenge: ChallengeSeen | undefined,
): RungEnd {
  const tried = say(
    `${ladder.target.path}: Identify, schemes${challenge === undefined ? '' : ', NTLM challenge'}`,
    `${ladder.target.path}: Identify、認証方式${challenge === undefined ? '' : '、NTLM チャレンジ'}`,
  );
  const vendor = probe?.identity?.productVendor;
  if (vendor !== undefined) {
    ladder.portrait.vendor = vendor;
    ladder.set('wsman.vendor', vendorOf(vendor));
  } else if (challenge !== undefined && isWindowsServer(ladder.get('http.server') ?? '')) ladder.set('wsman.vendor', 'microsoft');
  const product = probe?.identity?.productVersion;
  // Windows tells its version only to who has logged in (Microsoft Learn, Session.Identify).
  if (product !== undefined && !/^OS: 0\.0\.0\b/.test(product)) ladder.portrait.product = product;
  const list = offered.join(', ');
  if (probe?.identity !== undefined) {
    ladder.set('wsman.result', 'identified');
    const more = offered.length === 0 ? say('', '') : say(`; offers ${list}`, `。提示: ${list}`);
    return {
      verdict: 'passed',
      tried,
      observed: say(`IdentifyResponse of ${vendor ?? '?'}${more.en}`, `${vendor ?? '?'} の IdentifyResponse${more.ja}`),
    };
  }
  if (offered.length > 0) {
    ladder.set('wsman.result', 'challenged');
    return { verdict: 'passed', tried, observed: say(`401, offers ${list}`, `401、提示: ${list}`) };
  }
  const fault = probe?.body === 'soap' && probe.status >= 400;
  ladder.set('wsman.result', fault ? 'fault' : 'none');
  const status = probe?.status ?? 0;
  return {
    verdict: fault ? 'warned' : 'failed',
    tried,
    observed: fault
      ? say(`${status} with a SOAP fault`, `${status} と SOAP フォールト`)
      : say(`${status}, neither an IdentifyResponse nor a challenge`, `${status}。IdentifyResponse も認証要求もない`),
    expected: say('an IdentifyResponse, or 401 with the schemes', 'IdentifyResponse、または認証方式を示す 401'),
  };
}

/** The vendor as the property `wsman.vendor` has it. */
export function vendorOf(vendor: string): 'microsoft' | 'openwsman' | 'omi' | 'other' {
  if (/^microsoft/i.test(vendor)) return 'microsoft';
  if (/openwsman/i.test(vendor)) return 'openwsman';
  return /open management infrastructure|\bomi\b/i.test(vendor) ? 'omi' : 'other';
}
