import { isIP } from 'node:net';
import {
  bindingPort,
  CLSID_WBEM_LEVEL1_LOGIN,
  type CreateInstanceReply,
  DcerpcError,
  IID_WBEM_LEVEL1_LOGIN,
  mapEndpoint,
  type RpcAuth,
  RpcConnection,
  remoteCreateInstance,
  SCM_ACTIVATOR,
  serverAlive2,
} from '@winmedic/dcerpc';
import { Secret, type SecurityContext } from '@winmedic/gss';
import { KerberosError } from '@winmedic/kerberos';
import type { Localized } from '@winmedic/knowledge/model';
import { ntlmInitiator } from '@winmedic/ntlm';
import { isNtlmMessage, NtlmError, parseNtlmMessage } from '@winmedic/ntlm/messages';
import type { CheckOutcome, CredentialBudget, CredentialLease } from './credential-budget.ts';
import { dial } from './dial.ts';
import { planKerberos } from './kerberos-login.ts';
import { bracketed, type Ladder, type RungEnd } from './ladder.ts';
import { hex, noTicketWords, ntlmStrength } from './login.ts';
import { namesOf, notePortrait } from './ntlm-challenge.ts';
import type { ConnectOptions, ConnectTimes } from './options.ts';
import { SocketRpcTransport } from './rpc-transport.ts';
import { lostHow, noteRpcError, rpcWords, sayPdu } from './rpc-words.ts';
import type { OpenPort } from './tcp-rung.ts';
import { say } from './text.ts';
import { authorityOf, type ChallengeNames, domainMeaning, isDomainMember, userNameForms } from './user-name-forms.ts';

/** nca_s_fault_access_denied's Win32 form, ERROR_ACCESS_DENIED, RPC_S_SEC_PKG_ERROR: how a server answers the first call after a login it refused. */
const LOGIN_FAULTS: ReadonlySet<number> = new Set([0x5, 0x721]);

interface DcomParts {
  readonly ladder: Ladder;
  readonly address: string;
  readonly options: ConnectOptions;
  readonly times: ConnectTimes;
}

/**
 * The rest of `--via dcom` once port 135 accepted: endpoint mapper and ServerAlive2 without login, the NTLM challenge, then
 * RemoteCreateInstance of WMI with packet privacy, and the port it names.
 */
export async function dcomRungs(
  ladder: Ladder,
  open: OpenPort,
  options: ConnectOptions,
  times: ConnectTimes,
  budget: CredentialBudget,
): Promise<void> {
  const parts: DcomParts = { ladder, address: open.address, options, times };
  if (!(await freeFacts(parts, open))) return;
  const names = await challengeNames(parts);
  const { credential } = options;
  if (credential === undefined) {
    ladder.skip(['login', 'rights', 'namespace'], say('no user was given', 'ユーザーの指定なし'));
    return;
  }
  let reply: CreateInstanceReply | undefined;
  const allowed = await ladder.climb('login', async () => {
    const end = await activate(parts, names, budget);
    reply = end.reply;
    return end.rung;
  });
  if (!allowed || reply === undefined) {
    if (allowed) ladder.skip(['rights', 'namespace'], say('not logged in', 'ログオンしていない'));
    return;
  }
  const activated = reply;
  if (!(await ladder.climb('rights', () => activationEnd(ladder, activated)))) return;
  await ladder.climb('namespace', () => dynamicPort(parts, activated));
}

/** Endpoint mapper and ServerAlive2; what they say belongs to the rung `tcp`, which fails when the mapper does not answer. */
async function freeFacts(parts: DcomParts, open: OpenPort): Promise<boolean> {
  const { ladder } = parts;
  ladder.begin('tcp');
  const connection = rpc(parts, new SocketRpcTransport(open.socket, parts.times.answerMs, parts.options.signal));
  try {
    const towers = await mapEndpoint(connection, SCM_ACTIVATOR);
    ladder.set('dcom.epm', 'ok');
    ladder.amend('tcp', {
      observed: say(
        `port ${ladder.port} accepted; the endpoint mapper answers (${towers.length} towers)`,
        `ポート ${ladder.port} が受け付け。エンドポイント マッパーが応答 (${towers.length} 件)`,
      ),
    });
  } catch (error) {
    const words = rpcWords(error);
    if (words === undefined) throw error;
    ladder.set(
      'dcom.epm',
      lostHow(error) === 'timeout' ? 'timeout' : error instanceof DcerpcError && error.code === 'DCERPC_BIND_NAK' ? 'nak' : 'fault',
    );
    ladder.amend('tcp', {
      verdict: 'failed',
      observed: say(
        `port ${ladder.port} accepted; endpoint mapper: ${words.en}`,
        `ポート ${ladder.port} が受け付け。エンドポイント マッパー: ${words.ja}`,
      ),
      expected: say('the endpoint mapper answers', 'エンドポイント マッパーが応答する'),
    });
    return false;
  } finally {
    connection.close();
  }
  await alive(parts);
  return true;
}

async function alive(parts: DcomParts): Promise<void> {
  const { ladder } = parts;
  const connection = await dialRpc(parts);
  if (connection === undefined) return;
  try {
    const { bindings } = await serverAlive2(connection);
    const names = bindings.strings.map(({ address }) => address.replace(/\[\d+\]$/, ''));
    const name = names.find((each) => isIP(each) === 0 && each !== '' && !each.includes('.'));
    if (name !== undefined) ladder.portrait.computerName ??= name;
    ladder.say({
      direction: 'received',
      layer: 'rpc',
      text: say(`ServerAlive2: the host calls itself ${names.join(', ')}`, `ServerAlive2: ホストは ${names.join('、')} と名乗る`),
      fields: names.slice(0, 32).map((each) => ['binding', each]),
    });
  } catch (error) {
    const words = rpcWords(error);
    if (words === undefined) throw error;
    ladder.notChecked.push(say(`names by ServerAlive2: ${words.en}`, `ServerAlive2 による名前: ${words.ja}`));
  } finally {
    connection.close();
  }
}

/** The NTLM challenge of a bind: a context that never answers it lets nothing be checked. */
async function challengeNames(parts: DcomParts): Promise<ChallengeNames | undefined> {
  const connection = await dialRpc(parts);
  if (connection === undefined) return undefined;
  const inner = ntlmInitiator({ credential: { user: '', domain: '', password: new Secret('') } });
  let names: ChallengeNames | undefined;
  const context: SecurityContext = {
    mechanism: 'NTLM',
    complete: false,
    step: async (token) => {
      if (token === undefined) return inner.step();
      if (isNtlmMessage(token)) {
        const message = parseNtlmMessage(token);
        if (message.kind === 'challenge') {
          names = namesOf(message);
          notePortrait(parts.ladder, message, names);
        }
      }
      throw new ChallengeRead();
    },
    get protection() {
      return inner.protection;
    },
  };
  try {
    await connection.bind(SCM_ACTIVATOR, { context, type: 'ntlm', level: 'privacy' });
  } catch (error) {
    const read = error instanceof ChallengeRead || (error instanceof DcerpcError && error.cause instanceof ChallengeRead);
    if (!read && rpcWords(error) === undefined && !(error instanceof NtlmError)) throw error;
  } finally {
    connection.close();
  }
  return names;
}

/** Ends a bind after the challenge was read. */
class ChallengeRead extends Error {
  override readonly name = 'ChallengeRead';
}

interface Activation {
  readonly rung: RungEnd;
  readonly reply?: CreateInstanceReply;
}

async function activate(parts: DcomParts, names: ChallengeNames | undefined, budget: CredentialBudget): Promise<Activation> {
  const { ladder, options } = parts;
  const { credential } = options;
  const typed = credential !== undefined && 'typed' in credential ? credential.typed : '';
  const forms = typed === '' ? undefined : userNameForms(typed, names);
  ladder.account = { typed, form: forms?.form ?? 'empty', checks: 0 };
  const kerberos = options.auth === 'Kerberos' || credential?.kind !== 'password';
  const tried = say(
    `RemoteCreateInstance with ${kerberos ? 'Kerberos' : 'NTLM'} and packet privacy`,
    `${kerberos ? 'Kerberos' : 'NTLM'} とパケット プライバシーで RemoteCreateInstance`,
  );
  const failed = (observed: Localized): Activation => ({
    rung: { verdict: 'failed', tried, observed, expected: say('the login is accepted', 'ログオンが受け入れられる') },
  });
  let auth: () => Promise<RpcAuth>;
  let lease: CredentialLease | undefined;
  let checked: () => boolean;
  if (kerberos) {
    const plan = await planKerberos(ladder, options, forms, names, true, 'RPCSS');
    if ('not' in plan) {
      if (plan.kdc !== undefined) ladder.set('kerberos.kdc', plan.kdc);
      ladder.set('kerberos.stage', 'config');
      ladder.set('login.result', 'not-tried');
      return failed(plan.not);
    }
    ladder.set('kerberos.spn', plan.servicePrincipalName);
    ladder.set('kerberos.otherService', plan.otherService);
    let context: Awaited<ReturnType<typeof plan.context>> | undefined;
    auth = async () => {
      context = await plan.context(undefined, true);
      return { context, type: 'kerberos', level: 'privacy' };
    };
    checked = () => (context?.credentialChecks ?? 0) > 0;
    if (plan.costs) {
      const got = await ladder.time.without(() => budget.acquire([forms?.user ?? '', plan.user], plan.realm, options.signal));
      if ('held' in got) return held(parts, got);
      lease = got;
    }
    ladder.account.sent = { user: plan.user, domain: plan.realm };
  } else {
    const [choice] = forms?.choices ?? [];
    if (credential?.kind !== 'password' || choice === undefined) return failed(say('no user name', 'ユーザー名なし'));
    noteDcomUser(ladder, choice, names);
    let context: ReturnType<typeof ntlmInitiator> | undefined;
    auth = async () => {
      const password = await ladder.time.without(credential.password);
      ladder.sieve.addText(password.reveal());
      context = ntlmInitiator({
        credential: { user: choice.user, domain: choice.domain, password },
        ...(options.ntlmLevel === undefined ? {} : { level: options.ntlmLevel }),
        ...ntlmStrength(options),
        servicePrincipalName: `RPCSS/${ladder.target.host}`,
      });
      return { context, type: 'ntlm', level: 'privacy' };
    };
    checked = () => context?.sent !== undefined;
    const authority = authorityOf(choice, names, ladder.target.host);
    const got = await ladder.time.without(() => budget.acquire([forms?.user ?? '', choice.user], authority, options.signal));
    if ('held' in got) return held(parts, got);
    lease = got;
    ladder.account.sent = { user: choice.user, domain: choice.domain };
  }
  ladder.account.mechanism = kerberos ? 'kerberos' : 'ntlm';
  ladder.set('login.mechanism', ladder.account.mechanism);
  ladder.set('dcom.level', 6);
  try {
    return await callActivation(parts, auth, checked, lease, tried);
  } finally {
    lease?.release();
  }
}

async function callActivation(
  parts: DcomParts,
  auth: () => Promise<RpcAuth>,
  checked: () => boolean,
  lease: CredentialLease | undefined,
  tried: Localized,
): Promise<Activation> {
  const { ladder } = parts;
  const connection = await dialRpc(parts);
  if (connection === undefined || (lease !== undefined && !lease.take())) {
    connection?.close();
    ladder.set('login.result', 'not-tried');
    return { rung: { verdict: 'failed', tried, observed: say('port 135 no longer accepts', 'ポート 135 が受け付けなくなった') } };
  }
  const settle = (outcome: CheckOutcome) => {
    if (lease === undefined) return;
    lease.settle(checked() ? outcome : 'unsent');
    if (checked() && ladder.account !== undefined) ladder.account.checks++;
  };
  try {
    const made = await auth();
    const reply = await remoteCreateInstance(connection, {
      clsid: CLSID_WBEM_LEVEL1_LOGIN,
      iids: [IID_WBEM_LEVEL1_LOGIN],
      auth: made,
      serverName: ladder.target.host,
    });
    settle('accepted');
    ladder.set('dcom.bind', 'ack');
    ladder.set('login.result', 'accepted');
    ladder.set('dcom.hresult', hex(reply.hresult));
    return { rung: { verdict: 'passed', tried, observed: say('accepted', 'ログオン成功') }, reply };
  } catch (error) {
    const words =
      error instanceof KerberosError ? noTicketWords(error) : error instanceof NtlmError ? say(error.code, error.code) : rpcWords(error);
    if (words === undefined) throw error;
    const cause = error instanceof DcerpcError ? error.cause : error;
    if (cause instanceof KerberosError) noteTicket(ladder, cause);
    const refused =
      error instanceof DcerpcError && error.code === 'DCERPC_FAULT' && error.status !== undefined && LOGIN_FAULTS.has(error.status);
    settle(refused || (cause instanceof KerberosError && cause.krbError === 24) ? 'rejected' : 'unknown');
    noteRpcError(ladder, error);
    ladder.set('login.result', refused ? 'rejected' : 'failed');
    if (refused) {
      // The fault answers the first call, which goes out together with the last token.
      ladder.set('login.step', 'last');
      ladder.set('login.token', false);
      ladder.set('user.acceptedForm', '');
    }
    return { rung: { verdict: 'failed', tried, observed: words, expected: say('an answer to the activation', 'アクティブ化への応答') } };
  } finally {
    connection.close();
  }
}

function held({ ladder }: DcomParts, { why, held: reason }: { readonly why: string; readonly held: Localized }): Activation {
  if (ladder.account !== undefined) ladder.account.held = reason;
  if (why !== 'stopped') ladder.set('login.held', why);
  ladder.set('login.result', 'not-tried');
  return { rung: { verdict: 'skipped', tried: say('nothing', 'なし'), observed: reason } };
}

function noteDcomUser(
  ladder: Ladder,
  choice: { readonly user: string; readonly domain: string; readonly form: string },
  names: ChallengeNames | undefined,
): void {
  ladder.set('user.form', choice.form);
  if (names === undefined) return;
  const meaning = domainMeaning(choice.domain, names);
  const member = isDomainMember(names);
  ladder.set('user.domainIs', meaning);
  const user = domainMeaning(choice.user, names);
  ladder.set('user.swapped', meaning === 'other' && (user === 'domain' || user === 'dns-domain'));
  ladder.set('user.isLocal', meaning === 'computer' || (meaning === 'empty' && member === false));
  if (member !== undefined) ladder.set('user.hostInDomain', member);
}

function noteTicket(ladder: Ladder, error: KerberosError): void {
  if (error.stage !== undefined) ladder.set('kerberos.stage', error.stage);
  if (error.krbError !== undefined) ladder.set('kerberos.error', error.krbError);
  if (error.code === 'KERBEROS_TRANSPORT') ladder.set('kerberos.kdc', 'unreachable');
}

function activationEnd(ladder: Ladder, reply: CreateInstanceReply): RungEnd {
  const tried = say('activate WMI (IWbemLevel1Login)', 'WMI (IWbemLevel1Login) のアクティブ化');
  const observed = say(`HRESULT ${hex(reply.hresult)}`, `HRESULT ${hex(reply.hresult)}`);
  ladder.set('request.result', reply.hresult === 0 ? 'ok' : reply.hresult === 0x80070005 ? 'denied' : 'fault');
  if (reply.hresult === 0) return { verdict: 'passed', tried, observed };
  return { verdict: 'failed', tried, observed, expected: say('HRESULT 0x0', 'HRESULT 0x0') };
}

async function dynamicPort({ ladder, address, times, options }: DcomParts, reply: CreateInstanceReply): Promise<RungEnd> {
  const port = reply.properties?.bindings.strings.map(bindingPort).find((each) => each !== undefined)?.port;
  const tried = say('the port of the activated object', 'アクティブ化されたオブジェクトのポート');
  if (port === undefined) return { verdict: 'warned', tried, observed: say('the answer names no port', '応答にポートの指定がない') };
  ladder.set('dcom.port', port);
  const dialled = await dial(address, port, times.connectMs, options.signal);
  if (dialled.result === 'open') dialled.socket.destroy();
  const result = dialled.result === 'open' ? 'open' : dialled.result === 'refused' || dialled.result === 'reset' ? 'refused' : 'timeout';
  ladder.set('dcom.portResult', result);
  const observed = {
    open: say(`port ${port} accepts`, `ポート ${port} が受け付け`),
    refused: say(`port ${port} refused`, `ポート ${port} は拒否`),
    timeout: say(`port ${port} does not answer`, `ポート ${port} は応答なし`),
  }[result];
  if (result === 'open') return { verdict: 'passed', tried, observed };
  return { verdict: 'failed', tried, observed, expected: say('the dynamic port accepts', '動的ポートが受け付ける') };
}

async function dialRpc(parts: DcomParts): Promise<RpcConnection | undefined> {
  const { address, ladder, times, options } = parts;
  const dialled = await dial(address, ladder.port, times.connectMs, options.signal);
  return dialled.result === 'open' ? rpc(parts, new SocketRpcTransport(dialled.socket, times.answerMs, options.signal)) : undefined;
}

function rpc({ ladder, address }: DcomParts, transport: SocketRpcTransport): RpcConnection {
  return new RpcConnection(transport, {
    observe: (direction, pdu) => sayPdu(ladder, `${bracketed(address)}:${ladder.port}`, direction, pdu),
  });
}
