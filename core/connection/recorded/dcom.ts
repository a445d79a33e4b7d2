import type { Message, RpcMessage } from '@winmedic/capture';
import type { RungName } from '@winmedic/knowledge/model';
import { hex } from '../login.ts';
import { namesOf } from '../ntlm-challenge.ts';
import { say } from '../text.ts';
import type { ChallengeNames } from '../user-name-forms.ts';
import type { AttemptDraft } from './draft.ts';
import { formOf, noteAuthenticate, noteHost, sentOf, typedOf } from './login-rungs.ts';
import { lowerRungs, openingOf, type Surroundings } from './lower-rungs.ts';
import { hasHoles, placeOf, startOf, type Talk } from './place.ts';
import { startDraft } from './start.ts';
import type { Stretch } from './stretches.ts';
import { besideTalks, tell } from './tell.ts';
import type { RecordedOptions } from './types.ts';

/** Endpoint mapper (C706 appendix O). */
const EPM = 'e1af8308-5d1f-11c9-91a4-08002b14a0fa';
/** ISystemActivator, IRemoteActivation and IObjectExporter: DCOM itself on port 135 (MS-DCOM 1.9). */
const ISYSTEM_ACTIVATOR = '000001a0-0000-0000-c000-000000000046';
const IREMOTE_ACTIVATION = '4d9f4ab8-7d1c-11cf-861e-0020af6e7c57';
const IOBJECT_EXPORTER = '99fcfec4-5260-101b-bbcb-00aa0021347a';
const DCOM: ReadonlySet<string> = new Set([ISYSTEM_ACTIVATOR, IREMOTE_ACTIVATION, IOBJECT_EXPORTER]);
/** Calls that activate an object (MS-DCOM 3.1.2.5.2.3). */
const ACTIVATIONS: ReadonlyMap<string, ReadonlySet<number>> = new Map([
  [ISYSTEM_ACTIVATOR, new Set([3, 4])],
  [IREMOTE_ACTIVATION, new Set([0])],
]);
/** ERROR_ACCESS_DENIED and RPC_S_SEC_PKG_ERROR: how a server answers the first call after a login it refused. */
const LOGIN_FAULTS: ReadonlySet<number> = new Set([0x5, 0x721]);
/** Level NONE (MS-RPCE 2.2.1.1.8), of a bind without a security trailer. */
const NO_AUTHENTICATION = 1;
/** A client goes on to the port it was named at once. */
const FOLLOWS_NS = 120_000_000_000n;

type Rpc = Exclude<RpcMessage, { kind: 'not-this' }>;
interface Said {
  readonly talk: Talk;
  readonly message: Rpc;
}

/** An attempt by RPC on port 135 and the ports named there. */
export function dcomAttempt(stretch: Stretch, around: Surroundings, options: RecordedOptions): AttemptDraft {
  const draft = startDraft(stretch, around, 'http', options);
  const said = stretch.talks.flatMap(messagesOf);
  const ports = portsOf(said);
  const dynamic = (around.servers.get(stretch.server) ?? []).filter(({ conversation: { client, server, first, transport } }) => {
    if (transport !== 'tcp' || client.address !== stretch.client || server.address !== stretch.server) return false;
    return ports.some(({ port }) => port === server.port) && first >= stretch.from && first <= stretch.to + FOLLOWS_NS;
  });
  const call = activationOf(said);
  tell(draft, [...stretch.talks, ...dynamic, ...besideTalks(stretch, draft, around)], (message, talk) =>
    rungOf(message, talk, dynamic, call),
  );
  if (!lowerRungs(draft, stretch, around)) {
    const seen = draft.get('tcp.result');
    if (seen === 'refused' || seen === 'timeout') draft.set('dcom.epm', seen);
    return draft;
  }
  if (!mapperRung(draft, said)) return draft;
  const names = noteChallenge(draft, said);
  if (call === undefined) {
    const why = say('no activation of DCOM is in the capture', 'キャプチャに DCOM のアクティブ化が含まれていない');
    noteRejectedBind(draft, said);
    if (draft.ladder.failed !== undefined) return draft;
    for (const rung of ['login', 'rights'] as const) draft.hide(rung, why);
  } else if (!activationRungs(draft, said, call, names)) return draft;
  portRung(draft, ports, dynamic, around);
  return draft;
}

/** An interface as it is compared: lower case, without braces. */
function idOf({ interfaceId }: { readonly interfaceId: string }): string {
  return interfaceId.replace(/[{}]/g, '').toLowerCase();
}

function messagesOf(talk: Talk): Said[] {
  return talk.conversation.messages.flatMap((message) =>
    message.layer === 'rpc' && message.kind !== 'not-this' ? [{ talk, message }] : [],
  );
}

function rungOf(message: Message | undefined, talk: Talk, dynamic: readonly Talk[], call: Activation | undefined): RungName {
  if (dynamic.includes(talk)) return 'namespace';
  if (message === undefined) return 'tcp';
  if (message.layer === 'dns') return 'name';
  if (message.layer !== 'rpc' || message.kind === 'not-this') return 'tcp';
  if ((message.kind === 'request' || message.kind === 'response' || message.kind === 'fault') && idOf(message) !== EPM)
    return call !== undefined && (message === call.request || message === call.answer?.message) ? 'rights' : 'login';
  return message.auth === undefined ? 'tcp' : 'login';
}

interface Activation {
  readonly talk: Talk;
  readonly request: Extract<Rpc, { kind: 'request' }>;
  readonly answer?: { readonly talk: Talk; readonly message: Extract<Rpc, { kind: 'response' | 'fault' }> };
}

/** The last activation with an answer, else the last one. */
function activationOf(said: readonly Said[]): Activation | undefined {
  let best: Activation | undefined;
  for (const { talk, message } of said) {
    if (message.kind !== 'request' || ACTIVATIONS.get(idOf(message))?.has(message.opnum) !== true) continue;
    const found = said.find(
      (each) =>
        each.talk === talk &&
        (each.message.kind === 'response' || each.message.kind === 'fault') &&
        each.message.callId === message.callId &&
        each.message.at >= message.at,
    );
    const answer = found as Activation['answer'];
    if (best === undefined || answer !== undefined || best.answer === undefined)
      best = { talk, request: message, ...(answer === undefined ? {} : { answer }) };
  }
  return best;
}

/** TCP ports the endpoint mapper or an activation named, the activation's first. */
function portsOf(said: readonly Said[]): { readonly port: number; readonly said: Said }[] {
  const out: { port: number; said: Said; activated: boolean }[] = [];
  for (const each of said) {
    if (each.message.kind !== 'response') continue;
    for (const port of each.message.activation?.ports ?? []) out.push({ port, said: each, activated: true });
    for (const { protocol, port } of each.message.endpoints ?? [])
      if (port !== undefined && /tcp/.test(protocol)) out.push({ port, said: each, activated: false });
  }
  return out.filter(({ port }) => port !== 135).sort((a, b) => Number(b.activated) - Number(a.activated));
}

/** Endpoint mapper, when it was asked. @returns false when it does not work. */
function mapperRung(draft: AttemptDraft, said: readonly Said[]): boolean {
  const answers = said.filter(({ message }) => (message.kind === 'response' || message.kind === 'fault') && idOf(message) === EPM);
  const answer = answers.find(({ message }) => message.kind === 'response') ?? answers.find((each) => isMapFault(each, said));
  const bindsOf = (kind: 'bind-ack' | 'bind-nak') =>
    said.find(({ talk, message }) => message.kind === kind && boundBy(said, talk, message)?.contexts.some((each) => idOf(each) === EPM));
  // A second bind on the same connection is refused as a matter of course.
  const nak = bindsOf('bind-ack') === undefined ? bindsOf('bind-nak') : undefined;
  if (answer?.message.kind === 'response') {
    draft.see(placeOf(answer.talk, answer.message));
    draft.set('dcom.epm', 'ok');
    return true;
  }
  const failed = answer ?? nak;
  if (failed === undefined) return true;
  draft.see(placeOf(failed.talk, failed.message));
  const { message } = failed;
  draft.set('dcom.epm', message.kind === 'bind-nak' ? 'nak' : 'fault');
  const words = message.kind === 'bind-nak' ? `bind_nak ${message.reason}` : message.kind === 'fault' ? `fault ${hex(message.status)}` : '';
  draft.rung('tcp', {
    verdict: 'failed',
    tried: say('connect to port 135, ask the endpoint mapper', 'ポート 135 へ接続し、エンドポイント マッパーに問い合わせ'),
    observed: say(`endpoint mapper: ${words}`, `エンドポイント マッパー: ${words}`),
    expected: say('the endpoint mapper answers', 'エンドポイント マッパーが応答する'),
  });
  return false;
}

/** A fault of ept_lookup or ept_map (C706 appendix O, opnums 2 and 3): others are refused by every mapper. */
function isMapFault({ talk, message }: Said, said: readonly Said[]): boolean {
  const call = said.findLast(
    (each) =>
      each.talk === talk && each.message.kind === 'request' && each.message.callId === message.callId && each.message.at <= message.at,
  );
  return call?.message.kind === 'request' && (call.message.opnum === 2 || call.message.opnum === 3);
}

/** The bind that an answer belongs to. */
function boundBy(said: readonly Said[], talk: Talk, { callId, at }: Rpc): Extract<Rpc, { kind: 'bind' | 'alter-context' }> | undefined {
  const found = said.findLast(
    (each) => each.talk === talk && each.message.kind === 'bind' && each.message.callId === callId && each.message.at <= at,
  )?.message;
  return found?.kind === 'bind' ? found : undefined;
}

/** The host as it calls itself in the first NTLM challenge. */
function noteChallenge(draft: AttemptDraft, said: readonly Said[]): ChallengeNames | undefined {
  for (const { talk, message } of said) {
    const ntlm = message.auth?.token?.ntlm;
    if (ntlm?.kind !== 'challenge') continue;
    draft.see(placeOf(talk, message));
    noteHost(draft, ntlm);
    return namesOf(ntlm);
  }
  return undefined;
}

/** Interfaces of DCOM's own that were accepted in some bind; results are in the order of the contexts (C706 section 12.6.4.4). */
function acceptedIn(said: readonly Said[]): Set<string> {
  const accepted = new Set<string>();
  for (const { talk, message } of said) {
    if (message.kind !== 'bind-ack') continue;
    const bind = boundBy(said, talk, message);
    for (const [n, { result }] of message.results.entries()) {
      const context = bind?.contexts[n];
      if (result === 0 && context !== undefined && DCOM.has(idOf(context))) accepted.add(idOf(context));
    }
  }
  return accepted;
}

/** A bind of DCOM's own interfaces in which none was accepted, where they were not accepted at another try either. */
function noteRejectedBind(draft: AttemptDraft, said: readonly Said[]): void {
  const accepted = acceptedIn(said);
  for (const { talk, message } of said) {
    if (message.kind !== 'bind-ack' && message.kind !== 'bind-nak') continue;
    const bind = boundBy(said, talk, message);
    if (!bind?.contexts.some((each) => DCOM.has(idOf(each)) && !accepted.has(idOf(each)))) continue;
    // Further transfer syntaxes are refused as a matter of course.
    if (message.kind === 'bind-ack' && (message.results.length === 0 || message.results.some(({ result }) => result === 0))) continue;
    const reason = message.kind === 'bind-nak' ? message.reason : (message.results[0]?.reason ?? 0);
    draft.see(placeOf(talk, message));
    draft.set('dcom.bind', message.kind === 'bind-nak' ? 'nak' : 'provider-rejection');
    draft.set('dcom.bindReason', reason);
    draft.rung('login', {
      verdict: 'failed',
      tried: say('bind to the activator of DCOM', 'DCOM のアクティベーターへのバインド'),
      observed: say(`refused, reason ${reason}`, `拒否 (理由 ${reason})`),
      expected: say('bind_ack', 'bind_ack'),
    });
    return;
  }
}

/** Rungs `login` and `rights`. @returns false when one failed or is not shown. */
function activationRungs(draft: AttemptDraft, said: readonly Said[], call: Activation, names: ChallengeNames | undefined): boolean {
  const own = said.filter(({ talk }) => talk === call.talk);
  const bind = own.findLast(
    ({ message }) => (message.kind === 'bind' || message.kind === 'alter-context') && message.at <= call.request.at,
  );
  const auth3 = own.findLast(({ message }) => message.auth?.token?.ntlm?.kind === 'authenticate');
  const kerberos = own.some(({ message }) => message.auth?.token?.kerberos !== undefined);
  const level = call.request.auth?.level ?? bind?.message.auth?.level ?? (bind === undefined ? undefined : NO_AUTHENTICATION);
  draft.see(placeOf(call.talk, call.request));
  if (level !== undefined) draft.set('dcom.level', level);
  const mechanism = auth3 !== undefined ? 'ntlm' : kerberos ? 'kerberos' : undefined;
  if (mechanism !== undefined) draft.set('login.mechanism', mechanism);
  if (auth3 !== undefined) noteAccount(draft, auth3, names);
  const words = mechanism === undefined ? '' : mechanism === 'ntlm' ? 'NTLM' : 'Kerberos';
  const tried = say(
    `activation${words === '' ? '' : ` with ${words}`}${level === undefined ? '' : `, authentication level ${level}`}`,
    `アクティブ化${words === '' ? '' : ` (${words})`}${level === undefined ? '' : `、認証レベル ${level}`}`,
  );
  const { answer } = call;
  if (answer === undefined) {
    const why = say('no answer to the activation is in the capture', 'アクティブ化への応答がキャプチャに含まれていない');
    for (const rung of ['login', 'rights', 'namespace'] as const) draft.hide(rung, why);
    return false;
  }
  draft.see(placeOf(answer.talk, answer.message));
  if (answer.message.kind === 'fault') return faultRung(draft, answer.message.status, tried, mechanism !== undefined);
  draft.set('dcom.bind', 'ack');
  if (mechanism !== undefined) {
    draft.set('login.result', 'accepted');
    draft.rung('login', { verdict: 'passed', tried, observed: say('accepted', 'ログオン成功') });
  } else draft.hide('login', say('no login is in the capture', 'キャプチャにログオンが含まれていない'));
  return resultRung(draft, answer.message);
}

function faultRung(draft: AttemptDraft, status: number, tried: ReturnType<typeof say>, login: boolean): boolean {
  draft.set('dcom.bind', 'ack');
  draft.set('dcom.fault', hex(status));
  const refused = login && LOGIN_FAULTS.has(status);
  if (login) draft.set('login.result', refused ? 'rejected' : 'failed');
  if (refused) {
    // The fault answers the first call, which goes out together with the last token.
    draft.set('login.step', 'last');
    draft.set('login.token', false);
  }
  draft.rung('login', {
    verdict: 'failed',
    tried,
    observed: say(`fault ${hex(status)}`, `障害 ${hex(status)}`),
    expected: say('an answer to the activation', 'アクティブ化への応答'),
  });
  return false;
}

function resultRung(draft: AttemptDraft, message: Extract<Rpc, { kind: 'response' }>): boolean {
  const tried = say('activate the object', 'オブジェクトのアクティブ化');
  const { hresult } = message;
  if (hresult === undefined) {
    draft.hide(
      'rights',
      message.sealed
        ? say('sealed: the result is not visible here', '暗号化されているため、結果はここからは見えない')
        : say('the result is not in the capture', '結果がキャプチャに含まれていない'),
    );
    return true;
  }
  draft.set('dcom.hresult', hex(hresult));
  draft.set('request.result', hresult === 0 ? 'ok' : hresult === 0x80070005 ? 'denied' : 'fault');
  const observed = say(`HRESULT ${hex(hresult)}`, `HRESULT ${hex(hresult)}`);
  // Positive results are successes (MS-ERREF 2.1): S_FALSE and the like.
  const failed = hresult >= 0x80000000;
  draft.rung('rights', {
    verdict: failed ? 'failed' : 'passed',
    tried,
    observed,
    ...(failed ? { expected: say('HRESULT 0x0', 'HRESULT 0x0') } : {}),
  });
  return !failed;
}

function noteAccount(draft: AttemptDraft, { talk, message }: Said, names: ChallengeNames | undefined): void {
  const ntlm = message.auth?.token?.ntlm;
  if (ntlm?.kind !== 'authenticate') return;
  draft.see(placeOf(talk, message));
  noteAuthenticate(draft, ntlm, names);
  draft.ladder.account = {
    typed: typedOf(ntlm.user, ntlm.domain),
    form: formOf(ntlm),
    sent: sentOf(ntlm),
    mechanism: 'ntlm',
    checks: 1,
  };
}

/** The port that was named, in the rung that a live attempt gives it. */
function portRung(draft: AttemptDraft, ports: ReturnType<typeof portsOf>, dynamic: readonly Talk[], around: Surroundings): void {
  const tried = say('the port that was named', '示されたポート');
  const results = ports.map(({ port, said }) => {
    const openings = dynamic
      .filter(({ conversation }) => conversation.server.port === port)
      .map((talk) => ({ talk, result: openingOf(talk, around) }));
    return { port, said, seen: openings.find(({ result }) => result === 'open') ?? openings.find(({ result }) => result !== undefined) };
  });
  const told = results.find(({ seen }) => seen !== undefined) ?? results[0];
  if (told === undefined) {
    draft.hide('namespace', say('no port was named in the capture', 'キャプチャにポートの指定が含まれていない'));
    return;
  }
  draft.see(placeOf(told.said.talk, told.said.message));
  draft.set('dcom.port', told.port);
  const result = told.seen?.result;
  if (told.seen === undefined || result === undefined || result === 'route' || (result !== 'open' && hasHoles(told.seen.talk))) {
    draft.hide(
      'namespace',
      say(`no connection to port ${told.port} is in the capture`, `ポート ${told.port} への接続がキャプチャに含まれていない`),
    );
    return;
  }
  draft.see(startOf(told.seen.talk));
  draft.set('dcom.portResult', result);
  const observed = {
    open: say(`port ${told.port} accepts`, `ポート ${told.port} が受け付け`),
    refused: say(`port ${told.port} refused`, `ポート ${told.port} は拒否`),
    timeout: say(`port ${told.port} does not answer`, `ポート ${told.port} は応答なし`),
  }[result];
  if (result === 'open') draft.rung('namespace', { verdict: 'passed', tried, observed });
  else draft.rung('namespace', { verdict: 'failed', tried, observed, expected: say('the dynamic port accepts', '動的ポートが受け付ける') });
}
