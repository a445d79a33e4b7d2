import { createSecureContext } from 'node:tls';
import { FormatError } from '@winmedic/bytes';
import type { ConnectionAttempt } from '../model/connection.ts';
import { ConnectError } from './connect-error.ts';
import { CredentialBudget } from './credential-budget.ts';
import { dcomRungs } from './dcom-rungs.ts';
import { httpRungs } from './http-rungs.ts';
import { sayExchange } from './http-words.ts';
import { Ladder, schemeProperty } from './ladder.ts';
import { loginRungs } from './login-rungs.ts';
import { nameRung, systemLookUp } from './name-rung.ts';
import { operationRungs } from './operation-rungs.ts';
import type { ConnectOptions, ConnectTimes } from './options.ts';
import { besideRdp, rdpRungs } from './rdp-rungs.ts';
import { parseTarget } from './target.ts';
import { type OpenPort, OTHER_PORTS, reach } from './tcp-rung.ts';
import { say } from './text.ts';
import { type TlsPassed, tlsRung } from './tls-rung.ts';
import { systemCertificates, Way } from './way.ts';

const TIMES: ConnectTimes = { connectMs: 5000, answerMs: 10_000, hostMs: 60_000 };

/**
 * Walks the connection ladder to one host, from its name up to what shall be managed, and stops at the first rung that fails. What the host
 * does never makes it reject.
 * @param text target as typed, see {@link parseTarget}.
 * @throws ConnectError for a wrong call: an unreadable target, certificate, ticket cache or keytab.
 */
export async function attemptConnection(text: string, options: ConnectOptions = {}): Promise<ConnectionAttempt> {
  const via = options.via ?? 'winrm';
  const ladder = new Ladder(parseTarget(text, { via, https: options.https ?? false }), via, options.conversation);
  const times = { ...TIMES, ...options.times };
  const budgetEnd = new AbortController();
  ladder.time.start(times.hostMs, () => budgetEnd.abort());
  const note = () => ladder.interrupt();
  if (options.signal?.aborted) note();
  else options.signal?.addEventListener('abort', note, { once: true });
  const signal = options.signal === undefined ? budgetEnd.signal : AbortSignal.any([options.signal, budgetEnd.signal]);
  try {
    await walk(ladder, { ...options, signal }, times);
  } catch (error) {
    // Whatever else a parser refuses was sent by the host.
    if (!(error instanceof FormatError) || (error instanceof ConnectError && error.code !== 'CONNECT_TRUST')) throw error;
    ladder.break(
      error.code === 'CONNECT_TRUST'
        ? say('a further connection showed another certificate than the one judged', '次の接続で、判定したものとは別の証明書が示された')
        : say(`what the host sent cannot be read (${error.code})`, `ホストが送った内容を読み取れない (${error.code})`),
    );
  } finally {
    ladder.time.stop();
    options.signal?.removeEventListener('abort', note);
  }
  if (signal.aborted)
    ladder.notChecked.push(
      options.signal?.aborted
        ? say('stopped before the end', '途中で中止しました')
        : say(`more than ${times.hostMs} ms went by; the rest was left`, `${times.hostMs} ミリ秒を超えたため、残りは行っていません`),
    );
  return ladder.finish();
}

async function walk(ladder: Ladder, options: ConnectOptions & { readonly signal: AbortSignal }, times: ConnectTimes): Promise<void> {
  const { signal } = options;
  noteClient(ladder, options);
  const addresses: string[] = [];
  if (!(await ladder.climb('name', () => nameRung(ladder, options.lookUp ?? systemLookUp, addresses)))) return;
  const open = await reach(ladder, addresses, { connectMs: times.connectMs, otherPorts: options.otherPorts ?? OTHER_PORTS, signal });
  if (open === undefined) {
    // Port 135 is the endpoint mapper.
    const seen = ladder.get('tcp.result');
    if (ladder.via === 'dcom' && (seen === 'refused' || seen === 'timeout')) ladder.set('dcom.epm', seen);
    if (options.rdp && ladder.via === 'winrm' && ladder.failed === 'tcp') await besideRdp(ladder, addresses[0] as string, options, times);
    return;
  }
  try {
    if (ladder.via === 'rdp') return await rdpRungs(ladder, open, options, times);
    const { budget = new CredentialBudget(options.tryForms) } = options;
    if (ladder.via === 'dcom') return await dcomRungs(ladder, open, options, times, budget);
    if (options.rdp) await besideRdp(ladder, open.address, options, times);
    await winrmRungs(ladder, open, { ...options, budget }, times);
  } finally {
    // Also when an option turns out wrong before anybody took it over: it would keep the process alive.
    open.socket.destroy();
  }
}

async function winrmRungs(
  ladder: Ladder,
  open: OpenPort,
  options: ConnectOptions & { readonly signal: AbortSignal; readonly budget: CredentialBudget },
  times: ConnectTimes,
): Promise<void> {
  const ca = options.ca === undefined || options.ca.length === 0 ? systemCertificates() : [...systemCertificates(), ...options.ca];
  const client = await clientCertificate(options);
  if (client !== undefined) ladder.sieve.addText(client.key);
  const tls: TlsPassed = {};
  if (ladder.transport === 'https') {
    const passed = await ladder.climb('tls', () =>
      tlsRung(
        ladder,
        open,
        {
          timeoutMs: times.connectMs,
          ca,
          pins: options.pins ?? [],
          insecure: options.insecure === true,
          signal: options.signal,
          ...(client === undefined ? {} : { client }),
        },
        tls,
      ),
    );
    if (!passed) return;
  } else ladder.skip(['tls'], say('plain HTTP was asked for', 'HTTP を指定'));
  const way = new Way({
    address: open.address,
    host: ladder.target.host,
    port: ladder.port,
    connectMs: times.connectMs,
    signal: options.signal,
    observe: (exchange) => sayExchange(ladder, exchange),
    ...(tls.view === undefined ? {} : { tls: { ca, sha256: tls.view.sha256, ...(client === undefined ? {} : { client }) } }),
  });
  const stop = () => way.giveUp();
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    const facts = await httpRungs(ladder, way, way.over(tls.socket ?? open.socket, tls.certificate), times);
    if (facts === undefined) return;
    const parts = { ladder, way, options, times };
    const session = await loginRungs(parts, facts, options.budget);
    if (session === undefined) return;
    if (options.loginOnly) ladder.skip(['rights', 'namespace', 'role'], say('only the login was asked for', 'ログオンだけを指定'));
    else await operationRungs(ladder, session, times);
    session.close();
  } finally {
    options.signal.removeEventListener('abort', stop);
    way.close();
  }
}

/** What this client is going to do, known before anything is sent. */
function noteClient(ladder: Ladder, { credential, auth, withoutSealing }: ConnectOptions): void {
  const scheme = credential === undefined ? '' : schemeProperty(credential.kind === 'certificate' ? 'Certificate' : auth);
  ladder.set('client.scheme', scheme);
  ladder.set('client.windows', false);
  if (scheme !== '') ladder.set('client.seals', scheme !== 'Basic' && scheme !== 'Certificate' && withoutSealing !== true);
}

async function clientCertificate({ credential }: ConnectOptions): Promise<{ certificate: string; key: string } | undefined> {
  if (credential?.kind !== 'certificate') return undefined;
  const client = { certificate: credential.certificate, key: (await credential.key()).reveal() };
  try {
    createSecureContext({ cert: client.certificate, key: client.key });
  } catch {
    // The cause is left out: OpenSSL's message may hold parts of the file.
    throw new ConnectError('CONNECT_CERTIFICATE', 'client certificate and its key');
  }
  return client;
}
