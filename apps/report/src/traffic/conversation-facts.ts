import { lookUpCode } from '@winmedic/core/explain';
import type { CapturedConversation } from '@winmedic/core/model';
import { type Localized, loadKnowledge } from '@winmedic/knowledge';

/** A conversation of a capture. */
export type Conversation = CapturedConversation['conversation'];
type Message = Conversation['messages'][number];
type Of<L extends Message['layer']> = Extract<Message, { readonly layer: L }>;
/** A token of an authentication package. */
type Token = NonNullable<Of<'smb'>['token']>;

/** What happened in a conversation, in short. Nothing in it is a response, a key or a password. */
export interface ConversationFacts {
  /** Innermost protocol, or `tcp`, `udp`. */
  readonly protocol: string;
  /** Something was refused, or answered with an error. */
  readonly failed: boolean;
  /** Frame of the first packet or message. */
  readonly frame: number;
  /** By stable names, for conditions and machines. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** One line for people. */
  readonly text: Localized;
}

/** Longest piece of text that somebody else chose. */
const MAX_TEXT = 120;
/** Different statuses, names and codes of one conversation that are told; a session of a day has thousands. */
const MAX_TOLD = 6;

const say = (en: string, ja: string): Localized => ({ en, ja });
const same = (text: string): Localized => say(text, text);
const hex = (value: number): string => `0x${value.toString(16)}`;

/** A number with its symbol, when the knowledge base has it: `0xc000006d STATUS_LOGON_FAILURE`. */
function coded(table: string, code: string): string {
  const name = lookUpCode(loadKnowledge(), table, code)?.name;
  return name === undefined ? code : `${code} ${name}`;
}

/** An NTSTATUS or HRESULT or Win32 error with its symbol, whichever table has it. */
function statusText(value: number): string {
  for (const table of ['logon-status', 'hresult', 'rpc-status', 'wsman-errors']) {
    const text = coded(table, hex(value));
    if (text !== hex(value)) return text;
  }
  return hex(value);
}

/** Equal neighbours once, with their number: `401 ×2, 200`. */
function runs(values: readonly string[]): string {
  const out: { value: string; count: number }[] = [];
  for (const value of values) {
    const last = out.at(-1);
    if (last?.value === value) last.count++;
    else out.push({ value, count: 1 });
  }
  const told = out.slice(0, MAX_TOLD).map(({ value, count }) => (count === 1 ? value : `${value} ×${count}`));
  return `${told.join(', ')}${out.length > MAX_TOLD ? ' …' : ''}`;
}

/** Different values, the first few. */
function few(values: readonly string[]): string[] {
  const different = [...new Set(values.filter((value) => value !== ''))];
  return different.length > MAX_TOLD ? [...different.slice(0, MAX_TOLD), '…'] : different;
}

/** The name and password of `user:password@` and the query of a target may be anybody's. */
function safeTarget(target: string): string {
  return target
    .slice(0, MAX_TEXT)
    .replace(/^([a-z]{1,20}:\/\/)[^/@]*@/i, '$1')
    .replace(/[?#].*$/s, '?…');
}

class Collected {
  readonly fields: [string, string][] = [];
  readonly parts: Localized[] = [];
  failed = false;

  /** @param value empty: nothing is noted. */
  field(name: string, value: string | number | undefined): void {
    if (value !== undefined && value !== '') this.fields.push([name, String(value)]);
  }

  part(text: Localized): void {
    if (text.en !== '') this.parts.push(text);
  }
}

/** What happened in a conversation. */
export function conversationFacts(conversation: Conversation): ConversationFacts {
  const { transport, stream, client, server, protocols, messages, tcp, unknown } = conversation;
  const frame = tcp?.firstFrame ?? messages[0]?.frame ?? 0;
  const protocol = protocols.at(-1) ?? transport;
  const got = new Collected();
  got.field('Transport', transport);
  got.field('Stream', stream);
  got.field('Frame', frame);
  got.field('Client', client.address);
  got.field('ClientPort', client.port);
  got.field('Server', server.address);
  got.field('ServerPort', server.port);
  got.field('Protocol', protocol);
  if (protocols.length > 1) got.field('Protocols', protocols.join(' '));
  opening(conversation, got);
  http(messages, got);
  tls(messages, got);
  rdp(messages, got);
  rpc(messages, got);
  smb(messages, got);
  directory(messages, got);
  names(messages, got);
  logins(messages, got);
  if (tcp !== undefined) {
    got.field('Packets', tcp.packets);
    got.field('ClientBytes', tcp.bytes.client);
    got.field('ServerBytes', tcp.bytes.server);
    const again = tcp.retransmissions - tcp.duplicates;
    if (again > 0) got.field('Retransmissions', again);
    if (tcp.lost > 0) got.field('Lost', tcp.lost);
  }
  got.field('DurationMs', String((conversation.last - conversation.first) / 1_000_000n));
  if (unknown.length > 0) got.field('Unknown', unknown.join(' '));
  if (conversation.sameAs !== undefined) {
    got.field('SameAs', conversation.sameAs);
    got.part(say(`recorded twice: see stream ${conversation.sameAs}`, `二重の記録 (ストリーム ${conversation.sameAs} を参照)`));
  }
  if (got.parts.length === 0) got.part(say('nothing said in a known protocol', '既知のプロトコルでのやり取りなし'));
  return { protocol, failed: got.failed, frame, fields: got.fields, text: joined(got.parts) };
}

function joined(parts: readonly Localized[]): Localized {
  return say(parts.map(({ en }) => en).join('; '), parts.map(({ ja }) => ja).join('、'));
}

function opening({ tcp }: Conversation, got: Collected): void {
  if (tcp === undefined) return;
  got.field('Opening', tcp.opening);
  if (tcp.opening === 'open' || tcp.opening === 'unknown') {
    if (tcp.rst.server > 0) got.field('ResetBy', 'server');
    else if (tcp.rst.client > 0) got.field('ResetBy', 'client');
    return;
  }
  got.failed = true;
  if (tcp.opening === 'refused') got.part(say('refused (RST)', '拒否 (RST)'));
  else if (tcp.opening === 'silent') got.part(say(`no answer to ${tcp.syn} SYN`, `SYN ${tcp.syn} 回に応答なし`));
  else got.part(say('unreachable (ICMP)', '到達不能 (ICMP)'));
}

function of<L extends Message['layer']>(messages: readonly Message[], layer: L): Of<L>[] {
  return messages.filter((message): message is Of<L> => message.layer === layer);
}

function http(messages: readonly Message[], got: Collected): void {
  const all = of(messages, 'http');
  const requests = all.flatMap((message) => (message.kind === 'request' ? [message] : []));
  const responses = all.flatMap((message) => (message.kind === 'response' ? [message] : []));
  for (const other of messages)
    if ('looksLike' in other) {
      got.failed = true;
      got.field('LooksLike', other.looksLike);
      const name = other.layer.toUpperCase();
      got.part(
        other.looksLike === ''
          ? say(`not ${name}`, `${name} ではない`)
          : say(`not ${name} but ${other.looksLike}`, `${name} ではなく ${other.looksLike}`),
      );
    }
  if (requests.length + responses.length === 0) return;
  const lines = requests.map(({ method, target }) => `${method.slice(0, 20)} ${safeTarget(target)}`);
  const statuses = responses.map(({ status }) => String(status));
  const last = responses.at(-1)?.status ?? 0;
  if (last >= 400) got.failed = true;
  got.field('Request', few(lines).join(', '));
  got.field('Host', few(requests.map(({ host }) => host.slice(0, MAX_TEXT))).join(', '));
  got.field('Status', runs(statuses));
  got.field('UserAgent', requests[0]?.userAgent.slice(0, MAX_TEXT));
  got.field('HttpServer', responses[0]?.server.slice(0, MAX_TEXT));
  const offered = few(responses.flatMap(({ challenges }) => challenges.map(({ scheme }) => scheme.slice(0, 20))));
  got.field('Offered', offered.join(', '));
  const actions = few([...requests, ...responses].map(({ body }) => body.envelope?.action.split('/').at(-1)?.slice(0, MAX_TEXT) ?? ''));
  got.field('Action', actions.join(', '));
  const sealed = [...requests, ...responses].some(({ body }) => body.state === 'sealed');
  if (sealed) got.field('Sealed', 'true');
  const line = few(lines).join(', ');
  got.part(same(statuses.length === 0 ? line : `${line} → ${runs(statuses)}`.trim()));
  if (requests.length > 0 && responses.length === 0) got.part(say('no answer', '応答なし'));
  const faults = responses.flatMap(({ body }) => (body.envelope?.fault === undefined ? [] : [body.envelope.fault]));
  for (const { wsmanCode, hresult, soapSubcode, soapCode } of faults.slice(-1)) {
    got.failed = true;
    const code = hresult ?? wsmanCode;
    const text = code === undefined ? soapSubcode || soapCode : statusText(code);
    got.field('Fault', text);
    got.part(say(`fault ${text}`, `エラー ${text}`));
  }
  if (sealed) got.part(say('sealed', '暗号化済みの本文'));
}

function tls(messages: readonly Message[], got: Collected): void {
  let version = '';
  let name = '';
  for (const message of of(messages, 'tls')) {
    if (message.kind === 'client-hello') name = message.serverName.slice(0, MAX_TEXT);
    else if (message.kind === 'server-hello') version = message.version;
    else if (message.kind === 'alert' && !message.encrypted && message.description !== 0) {
      const text = coded('tls-alerts', String(message.description));
      const fatal = message.level === 2;
      got.failed ||= fatal;
      got.field('TlsAlert', text);
      got.field('TlsAlertFrom', message.from);
      got.part(
        message.from === 'client'
          ? say(`TLS alert ${text} from the client`, `クライアントからの TLS アラート ${text}`)
          : say(`TLS alert ${text} from the server`, `サーバーからの TLS アラート ${text}`),
      );
    }
  }
  got.field('TlsVersion', version);
  got.field('TlsName', name);
  if (version !== '') got.part(same(name === '' ? version : `${version} ${name}`));
  else if (got.parts.length === 0 && of(messages, 'tls').some(({ kind }) => kind === 'application-data'))
    got.part(say('encrypted; the handshake is not in the capture', '暗号化済み (ハンドシェイクは記録なし)'));
}

/** Protocols of the RDP negotiation (MS-RDPBCGR 2.2.1.1.1). */
const RDP_PROTOCOLS: readonly (readonly [number, string])[] = [
  [1, 'TLS'],
  [2, 'CredSSP'],
  [4, 'RDSTLS'],
  [8, 'CredSSP-EX'],
  [16, 'AAD'],
];

function rdpNames(value: number): string {
  const names = RDP_PROTOCOLS.filter(([bit]) => (value & bit) !== 0).map(([, name]) => name);
  return names.length === 0 ? 'RDP' : names.join('+');
}

function rdp(messages: readonly Message[], got: Collected): void {
  for (const message of of(messages, 'rdp')) {
    if (message.kind === 'request') {
      if (message.protocols === undefined) continue;
      got.field('RdpRequested', hex(message.protocols));
      got.part(say(`RDP asks for ${rdpNames(message.protocols)}`, `RDP で ${rdpNames(message.protocols)} を要求`));
    } else if (message.kind === 'confirm') {
      if (message.failure !== undefined) {
        got.failed = true;
        const text = coded('rdp-negotiation', String(message.failure));
        got.field('RdpFailure', text);
        got.part(say(`refused: ${text}`, `拒否: ${text}`));
      } else if (message.selected !== undefined) {
        got.field('RdpSelected', hex(message.selected));
        got.part(say(`server selects ${rdpNames(message.selected)}`, `サーバーは ${rdpNames(message.selected)} を選択`));
      }
    }
  }
  for (const { errorCode } of of(messages, 'credssp'))
    if (errorCode !== undefined) {
      got.failed = true;
      got.field('CredSspError', statusText(errorCode));
      got.part(say(`CredSSP error ${statusText(errorCode)}`, `CredSSP エラー ${statusText(errorCode)}`));
    }
}

/** Interfaces that decide about managing a host (MS-RPCE, C706 appendix L, MS-DCOM 1.9, MS-SCMR, MS-WMI). */
const INTERFACES: Readonly<Record<string, string>> = {
  'e1af8308-5d1f-11c9-91a4-08002b14a0fa': 'epmapper',
  '000001a0-0000-0000-c000-000000000046': 'IRemoteSCMActivator',
  '4d9f4ab8-7d1c-11cf-861e-0020af6e7c57': 'IActivation',
  '99fcfec4-5260-101b-bbcb-00aa0021347a': 'IObjectExporter',
  '367abb81-9844-35f1-ad32-98f038001003': 'svcctl',
  'f309ad18-d86a-11d0-a075-00c04fb68820': 'IWbemLevel1Login',
  '9556dc99-828c-11cf-a37e-00aa003240c7': 'IWbemServices',
};

/** An interface by its name, or its UUID without braces. */
function interfaceName(id: string): string {
  const uuid = id.toLowerCase().replace(/[{}]/g, '');
  return Object.hasOwn(INTERFACES, uuid) ? (INTERFACES[uuid] as string) : uuid;
}

function rpc(messages: readonly Message[], got: Collected): void {
  const all = of(messages, 'rpc');
  if (all.length === 0) return;
  const asked: string[] = [];
  const results: string[] = [];
  for (const message of all) {
    if (message.kind === 'bind' || message.kind === 'alter-context')
      for (const { interfaceId } of message.contexts) asked.push(interfaceName(interfaceId));
    else if (message.kind === 'bind-nak') {
      got.failed = true;
      got.field('BindNak', coded('rpc-bind-reasons', String(message.reason)));
      got.part(
        say(
          `bind refused: ${coded('rpc-bind-reasons', String(message.reason))}`,
          `バインド拒否: ${coded('rpc-bind-reasons', String(message.reason))}`,
        ),
      );
    } else if (message.kind === 'fault') {
      got.failed = true;
      results.push(statusText(message.status));
      got.field('RpcFault', statusText(message.status));
    } else if (message.kind === 'response' && message.hresult !== undefined) {
      if (message.hresult !== 0) got.failed = true;
      results.push(statusText(message.hresult));
      got.field('HResult', statusText(message.hresult));
    }
  }
  const operations = few(
    all.map((message) => (message.kind === 'request' ? `${interfaceName(message.interfaceId)} ${message.opnum}`.trim() : '')),
  );
  got.field('Interface', few(asked).join(', '));
  got.field('Operation', operations.join(', '));
  const pipe = all.find((message) => message.pipe !== undefined)?.pipe;
  got.field('Pipe', pipe?.slice(0, MAX_TEXT));
  const what = operations.length > 0 ? operations : few(asked);
  got.part(same(`RPC ${what.join(', ')}${results.length > 0 ? ` → ${runs(results)}` : ''}`));
}

function smb(messages: readonly Message[], got: Collected): void {
  const all = of(messages, 'smb');
  if (all.length === 0) return;
  // More processing is required: half of every login.
  const bad = all.flatMap(({ status }) => (status === undefined || status === 0 || status === 0xc0000016 ? [] : [statusText(status)]));
  const paths = few(all.map(({ path }) => path?.slice(0, MAX_TEXT) ?? ''));
  got.failed ||= bad.some((status) => status.startsWith('0xc'));
  got.field('SmbStatus', few(bad).join(', '));
  got.field('Path', paths.join(', '));
  got.part(same([`SMB ${all[0]?.dialect ?? ''}`.trim(), ...paths].join(' ') + (bad.length > 0 ? ` → ${runs(bad)}` : '')));
}

function directory(messages: readonly Message[], got: Collected): void {
  for (const { kind, mechanism, resultCode } of of(messages, 'ldap')) {
    if (kind === 'bind-request' || resultCode === undefined) continue;
    // 14: the login goes on.
    if (resultCode !== 0 && resultCode !== 14) got.failed = true;
    got.field('LdapResult', resultCode);
    got.part(
      say(
        `LDAP bind${mechanism ? ` ${mechanism}` : ''}: result ${resultCode}`,
        `LDAP バインド${mechanism ? ` ${mechanism}` : ''}: 結果 ${resultCode}`,
      ),
    );
  }
  const told: string[] = [];
  for (const { message } of of(messages, 'kerberos')) {
    if (message.kind === 'KRB-ERROR') {
      const error = coded('kerberos-errors', String(message.error));
      // 25: the KDC asks for pre-authentication, the beginning of every login.
      if (message.error !== 25) got.failed = true;
      got.field('KerberosError', error);
      told.push(error);
    } else if (message.kind === 'AS-REQ' || message.kind === 'TGS-REQ') {
      const service = message.service?.parts.join('/').slice(0, MAX_TEXT) ?? '';
      const client = message.client?.parts.join('/').slice(0, MAX_TEXT) ?? '';
      got.field('Service', service);
      got.field('User', client);
      got.field('Domain', message.realm.slice(0, MAX_TEXT));
      told.push(`${message.kind} ${[client, service].filter(Boolean).join(' → ')}`.trim());
    } else told.push(message.kind);
  }
  if (told.length > 0) got.part(same(runs(told)));
}

function names(messages: readonly Message[], got: Collected): void {
  const all = of(messages, 'dns');
  for (const name of few(all.map((message) => message.name.slice(0, MAX_TEXT)))) {
    const answers = all.filter((message) => message.kind === 'answer' && message.name.slice(0, MAX_TEXT) === name);
    got.field('Name', name);
    if (answers.length === 0) {
      got.failed ||= name !== '…';
      got.part(name === '…' ? same(name) : say(`${name}: no answer`, `${name}: 応答なし`));
      continue;
    }
    const values = few(answers.flatMap((message) => (message.answers ?? []).map(({ value }) => value.slice(0, MAX_TEXT))));
    const rcode = answers.at(-1)?.rcode ?? 0;
    if (rcode !== 0) got.failed = true;
    got.field('Rcode', rcode);
    got.field('Answer', values.join(', '));
    got.part(
      rcode !== 0
        ? say(`${name}: error ${rcode}`, `${name}: エラー ${rcode}`)
        : values.length > 0
          ? same(`${name} = ${values.join(', ')}`)
          : say(`${name}: no such record`, `${name}: 該当レコードなし`),
    );
  }
  for (const { about, by, code } of of(messages, 'icmp')) {
    got.failed = true;
    got.field('UnreachableBy', by);
    got.part(say(`${by}: ${about.destination} unreachable (${code})`, `${by}: ${about.destination} に到達不能 (${code})`));
  }
}

/** Who logged in and how, from the tokens of any protocol. */
function logins(messages: readonly Message[], got: Collected): void {
  const who = new Set<string>();
  for (const { scheme, token, user } of messages.flatMap(tokensOf)) {
    const ntlm = token?.ntlm;
    if (ntlm?.kind === 'authenticate') {
      const account = ntlm.domain === '' ? ntlm.user : `${ntlm.domain}\\${ntlm.user}`;
      const line = `${scheme === '' ? 'NTLM' : `${scheme} (NTLM)`.replace('NTLM (NTLM)', 'NTLM')} ${account.slice(0, MAX_TEXT)}`;
      if (who.has(line)) continue;
      who.add(line);
      got.field('Scheme', scheme);
      got.field('Mechanism', 'NTLM');
      got.field('User', ntlm.user.slice(0, MAX_TEXT));
      got.field('Domain', ntlm.domain.slice(0, MAX_TEXT));
      got.field('Workstation', ntlm.workstation.slice(0, MAX_TEXT));
    } else if (token?.kerberos !== undefined) {
      const line = scheme === '' || scheme === 'Kerberos' ? 'Kerberos' : `${scheme} (Kerberos)`;
      if (who.has(line)) continue;
      who.add(line);
      got.field('Scheme', scheme);
      got.field('Mechanism', 'Kerberos');
    } else if (user !== undefined) {
      const line = `Basic ${user.slice(0, MAX_TEXT)}`;
      if (who.has(line)) continue;
      who.add(line);
      got.field('Scheme', scheme);
      got.field('User', user.slice(0, MAX_TEXT));
    }
  }
  const told = [...who];
  if (told.length > 0) got.part(same(`${told.slice(0, 3).join(', ')}${told.length > 3 ? ' …' : ''}`));
}

interface Login {
  readonly scheme: string;
  readonly token?: Token;
  readonly user?: string;
}

function tokensOf(message: Message): Login[] {
  const from = (token: Token | undefined): Login[] => (token === undefined ? [] : [{ scheme: '', token }]);
  switch (message.layer) {
    case 'http': {
      if (message.kind !== 'request' || message.authorization === undefined) return [];
      const { scheme, token, basicUser } = message.authorization;
      return [{ scheme: scheme.slice(0, 20), ...(token && { token }), ...(basicUser !== undefined && { user: basicUser }) }];
    }
    case 'rpc':
      return message.kind === 'not-this' ? [] : from(message.auth?.token);
    case 'smb':
    case 'ldap':
    case 'mail':
      return message.from === 'client' ? from(message.token) : [];
    case 'credssp':
      return message.from === 'client' ? message.tokens.flatMap(from) : [];
    default:
      return [];
  }
}
