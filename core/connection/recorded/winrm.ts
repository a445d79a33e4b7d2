import type { Message } from '@winmedic/capture';
import type { RungName } from '@winmedic/knowledge/model';
import { say } from '../text.ts';
import type { AttemptDraft } from './draft.ts';
import { type Exchange, httpTalk } from './exchanges.ts';
import { httpRungs } from './http-rungs.ts';
import { kerberosBeside } from './kerberos-beside.ts';
import { loginRungs } from './login-rungs.ts';
import { lowerRungs, type Surroundings } from './lower-rungs.ts';
import { operationRungs } from './operations.ts';
import { placeOf, startOf, type Talk } from './place.ts';
import { startDraft } from './start.ts';
import type { Stretch } from './stretches.ts';
import { besideTalks, tell } from './tell.ts';
import { speaksTls, tlsRung, triesTls } from './tls-rung.ts';
import type { RecordedOptions } from './types.ts';

const UPPER: readonly RungName[] = ['http', 'wsman', 'schemes', 'login', 'rights', 'namespace', 'role'];
const ENCRYPTED = say('encrypted with TLS: not visible here', 'TLS で暗号化されているため、ここからは見えない');

/** Programs that say in User-Agent that they are not Windows' own client. */
const OTHER_CLIENTS = /python|ruby|go-http|winmedic|openwsman|java|curl|okhttp|httpclient|perl|node|axios|rust/i;
const WINDOWS_CLIENT = 'microsoft winrm client';
/** Vista's build: every Windows with a WinRM client sends at least this in NTLM. */
const MIN_BUILD = 6000;

/** An attempt by WS-Management out of the conversations of a stretch. */
export function winrmAttempt(stretch: Stretch, around: Surroundings, options: RecordedOptions): AttemptDraft {
  const draft = startDraft(stretch, around, transportOf(stretch), options);
  const https = draft.start.target.transport === 'https';
  const talks = stretch.talks.map(httpTalk);
  const rungs = new Map<Message, RungName>();
  for (const { logins, operations } of talks) {
    const put = (rung: RungName) => (exchange: Exchange) => {
      for (const message of [exchange.request, exchange.response])
        if (message !== undefined && !rungs.has(message)) rungs.set(message, rung);
    };
    for (const { exchanges } of logins) exchanges.forEach(put('login'));
    operations.forEach(put('rights'));
  }
  const beside = besideTalks(stretch, draft, around);
  tell(draft, [...stretch.talks, ...beside, ...(https ? [] : kdcOf(stretch, around))], (message) =>
    message === undefined
      ? 'tcp'
      : message.layer === 'dns'
        ? 'name'
        : message.layer === 'kerberos'
          ? 'login'
          : message.layer === 'tls'
            ? 'tls'
            : (rungs.get(message) ?? 'http'),
  );
  noteClient(draft, stretch.talks);
  if (!lowerRungs(draft, stretch, around)) return draft;
  const endOf = ({ sourceId }: Talk) => around.captures.get(sourceId)?.capture.last;
  if (https) {
    if (tlsRung(draft, stretch, endOf) !== 'failed') for (const rung of UPPER) draft.hide(rung, ENCRYPTED);
    return draft;
  }
  draft.ladder.skip(['tls'], say('plain HTTP', 'HTTP (平文)'));
  const exchangeEnd = ({ talk }: Exchange) => endOf(talk);
  if (!httpRungs(draft, talks, exchangeEnd)) {
    noteTls(draft, stretch);
    return draft;
  }
  const login = loginRungs(draft, talks);
  if (login !== 'failed' && draft.get('schemes.offered') !== undefined)
    kerberosBeside(draft, around.kdc.get(stretch.client) ?? [], shownAt(stretch));
  if (login === 'accepted') operationRungs(draft, talks, exchangeEnd);
  else if (login === 'hidden')
    for (const rung of ['rights', 'namespace', 'role'] as const)
      draft.hide(rung, say('no login is in the capture', 'キャプチャにログオンが含まれていない'));
  return draft;
}

/** What the client spoke first: a program that fails with one may look whether the port speaks the other. */
function transportOf({ talks, port }: Stretch): 'http' | 'https' {
  for (const talk of talks) {
    if (triesTls(talk)) return 'https';
    if (talk.conversation.messages.some(isRequest)) return 'http';
  }
  return port === 5986 || port === 443 ? 'https' : 'http';
}

function isRequest(message: Message): boolean {
  return message.layer === 'http' && message.kind === 'request' && message.method !== 'CONNECT';
}

/** A port that answers nothing to plain HTTP and speaks TLS, as another connection of the same minutes shows. */
function noteTls(draft: AttemptDraft, { talks }: Stretch): void {
  const talk = draft.get('http.result') === 'response' ? undefined : talks.find(speaksTls);
  if (talk === undefined) return;
  draft.see(startOf(talk));
  draft.set('tls.result', 'ok');
}

/** When the host first said 401. */
function shownAt({ talks }: Stretch): bigint | undefined {
  for (const { conversation } of talks)
    for (const message of conversation.messages)
      if (message.layer === 'http' && message.kind === 'response' && message.status === 401) return message.at;
  return undefined;
}

function kdcOf(stretch: Stretch, { kdc }: Surroundings): Talk[] {
  return (kdc.get(stretch.client) ?? []).filter(
    ({ conversation }) => conversation.last >= stretch.from - 60_000_000_000n && conversation.first <= stretch.to + 60_000_000_000n,
  );
}

/**
 * Who the client is. OMI's client sends Windows' User-Agent too, so a Windows client is one that also gives the version of a Windows in NTLM.
 */
function noteClient(draft: AttemptDraft, talks: readonly Talk[]): void {
  for (const talk of talks)
    for (const message of talk.conversation.messages) {
      if (message.layer !== 'http' || message.kind !== 'request') continue;
      const { userAgent, authorization } = message;
      const build = authorization?.token?.ntlm?.version?.build ?? 0;
      const windows = userAgent.trim().toLowerCase() === WINDOWS_CLIENT && build >= MIN_BUILD;
      if (!windows && !OTHER_CLIENTS.test(userAgent.slice(0, 200))) continue;
      draft.see(placeOf(talk, message));
      draft.set('client.windows', windows);
      return;
    }
}
