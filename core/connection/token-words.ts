import {
  type GssKerberosToken,
  KerberosError,
  type KerberosMessage,
  krbErrorName,
  readGssKerberosToken,
} from '@winmedic/kerberos/messages';
import type { Localized } from '@winmedic/knowledge/model';
import { isNtlmMessage, NtlmError, type NtlmMessage, parseNtlmMessage, redactNtlmMessage } from '@winmedic/ntlm/messages';
import { mechanismName, parseSpnegoToken, recogniseToken, SpnegoError } from '@winmedic/spnego/messages';
import { filetimeMs } from './filetime.ts';
import { say } from './text.ts';

/** A login token in words, with its bytes made safe to show. */
export interface TokenWords {
  readonly layer: 'ntlm' | 'kerberos' | 'spnego' | 'credssp' | 'unknown';
  readonly text: Localized;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly bytes: Uint8Array;
}

/** Bytes of a Kerberos token that are shown: frame, object identifier, token identifier; what follows is mostly ciphertext. */
const KERBEROS_HEAD = 17;
/** A SPNEGO token holds one token, which holds none: anything deeper is nonsense. */
const MAX_NESTING = 2;

/** Explains a token of Negotiate, Kerberos or NTLM. Never throws; responses, MICs, keys and ciphertext are overwritten and in no field. */
export function tokenWords(token: Uint8Array, depth = 0): TokenWords {
  const kind = recogniseToken(token);
  try {
    if (kind === 'ntlm' || isNtlmMessage(token)) return ntlmWords(parseNtlmMessage(token), redactNtlmMessage(token));
    if (kind === 'spnego' && depth < MAX_NESTING) return spnegoWords(token, depth);
    if (kind === 'kerberos') return kerberosWords(token);
  } catch (error) {
    if (!(error instanceof NtlmError || error instanceof SpnegoError || error instanceof KerberosError)) throw error;
  }
  return {
    layer: 'unknown',
    text: say(`a token of ${token.length} bytes that cannot be read`, `読み取れない ${token.length} バイトのトークン`),
    fields: [['length', String(token.length)]],
    bytes: new Uint8Array(token.length),
  };
}

/** Explains TLS records of a CredSSP login: kinds and lengths. Nothing but the record headers is shown. */
export function credsspWords(token: Uint8Array): TokenWords {
  const names: ReadonlyMap<number, string> = new Map([
    [20, 'change_cipher_spec'],
    [21, 'alert'],
    [22, 'handshake'],
    [23, 'application_data'],
  ]);
  const bytes = new Uint8Array(token.length);
  const fields: [string, string][] = [];
  for (let at = 0; at + 5 <= token.length && fields.length < 32; ) {
    const length = ((token[at + 3] as number) << 8) | (token[at + 4] as number);
    bytes.set(token.subarray(at, at + 5), at);
    fields.push([names.get(token[at] as number) ?? 'record', String(length)]);
    at += 5 + length;
  }
  const list = fields.map(([name]) => name).join(', ');
  return { layer: 'credssp', text: say(`CredSSP, TLS records: ${list}`, `CredSSP、TLS レコード: ${list}`), fields, bytes };
}

function ntlmWords(message: NtlmMessage, bytes: Uint8Array): TokenWords {
  const fields: [string, string][] = [['MessageType', { negotiate: '1', challenge: '2', authenticate: '3' }[message.kind]]];
  const version = message.version === undefined ? undefined : `${message.version.major}.${message.version.minor}.${message.version.build}`;
  const common = () => {
    fields.push(['NegotiateFlags', `0x${message.flags.toString(16).padStart(8, '0')} ${message.flagNames.join(' ')}`]);
    if (version !== undefined) fields.push(['Version', version]);
    for (const damage of message.damages) fields.push(['damage', damage.code]);
  };
  switch (message.kind) {
    case 'negotiate':
      common();
      return { layer: 'ntlm', text: say('NTLM type 1: asks for a challenge', 'NTLM タイプ 1: チャレンジを要求'), fields, bytes };
    case 'challenge': {
      const info = message.targetInfo;
      const put = (name: string, value: string | undefined) => value !== undefined && fields.push([name, value]);
      put('TargetName', message.targetName);
      put('MsvAvNbComputerName', info?.netbiosComputer);
      put('MsvAvNbDomainName', info?.netbiosDomain);
      put('MsvAvDnsComputerName', info?.dnsComputer);
      put('MsvAvDnsDomainName', info?.dnsDomain);
      put('MsvAvDnsTreeName', info?.forest);
      const clock = info?.timestamp === undefined ? undefined : new Date(filetimeMs(info.timestamp)).toISOString();
      put('MsvAvTimestamp', clock);
      common();
      const name = info?.dnsComputer ?? info?.netbiosComputer ?? message.targetName;
      const domain = info?.netbiosDomain ?? '';
      const more = clock === undefined ? say('', '') : say(`; clock ${clock}`, `、時計 ${clock}`);
      return {
        layer: 'ntlm',
        text: say(
          `NTLM type 2: the host calls itself ${name} in ${domain}${version === undefined ? '' : `; Windows ${version}`}${more.en}`,
          `NTLM タイプ 2: ホストは ${domain} の ${name} と名乗る${version === undefined ? '' : `、Windows ${version}`}${more.ja}`,
        ),
        fields,
        bytes,
      };
    }
    case 'authenticate':
      fields.push(
        ['DomainName', message.domain],
        ['UserName', message.user],
        ['Workstation', message.workstation],
        ['response', message.response],
        ['MIC', message.hasMic ? 'present' : 'absent'],
        ['MsvAvChannelBindings', message.channelBinding],
      );
      common();
      return {
        layer: 'ntlm',
        text: say(
          `NTLM type 3: domain "${message.domain}", user "${message.user}", response ${message.response}, channel binding ${message.channelBinding}`,
          `NTLM タイプ 3: ドメイン「${message.domain}」、ユーザー「${message.user}」、応答 ${message.response}、チャネル バインディング ${message.channelBinding}`,
        ),
        fields,
        bytes,
      };
  }
}

function spnegoWords(token: Uint8Array, depth: number): TokenWords {
  // The parser gives views into these bytes: what is overwritten there is overwritten in the whole token.
  const bytes = token.slice();
  const message = parseSpnegoToken(bytes);
  const inner = message.kind === 'init' ? message.mechToken : message.responseToken;
  const words = inner === undefined || inner.length === 0 ? undefined : tokenWords(inner, depth + 1);
  if (words !== undefined) inner?.set(words.bytes);
  message.mechListMIC?.fill(0);
  const fields: [string, string][] = [];
  if (message.kind === 'init') fields.push(['mechTypes', message.mechTypes.map(mechanismName).join(', ')]);
  else {
    if (message.negState !== undefined) fields.push(['negState', message.negState]);
    if (message.supportedMech !== undefined) fields.push(['supportedMech', mechanismName(message.supportedMech)]);
  }
  if (message.mechListMIC !== undefined) fields.push(['mechListMIC', 'present']);
  const outer =
    message.kind === 'init'
      ? say(
          `SPNEGO offers ${message.mechTypes.map(mechanismName).join(', ')}`,
          `SPNEGO で ${message.mechTypes.map(mechanismName).join('、')} を提示`,
        )
      : say(`SPNEGO ${message.negState ?? ''}`.trim(), `SPNEGO ${message.negState ?? ''}`.trim());
  if (words === undefined) return { layer: 'spnego', text: outer, fields, bytes };
  return {
    layer: words.layer,
    text: say(`${outer.en}: ${words.text.en}`, `${outer.ja}: ${words.text.ja}`),
    fields: [...fields, ...words.fields],
    bytes,
  };
}

function kerberosWords(token: Uint8Array): TokenWords {
  const { message }: GssKerberosToken = readGssKerberosToken(token);
  const bytes = new Uint8Array(token.length);
  // An error holds nothing secret, and its times and numbers are what is looked for.
  if (message?.kind === 'KRB-ERROR') bytes.set(token);
  else bytes.set(token.subarray(0, KERBEROS_HEAD));
  if (message === undefined) return { layer: 'kerberos', text: say('Kerberos, user to user', 'Kerberos (ユーザー間)'), fields: [], bytes };
  return { ...kerberosMessageWords(message), layer: 'kerberos', bytes };
}

/** Explains a Kerberos message, also those to and from a KDC. */
export function kerberosMessageWords(message: KerberosMessage): Pick<TokenWords, 'text' | 'fields'> {
  const name = (parts: { readonly parts: readonly string[] } | undefined) => parts?.parts.join('/') ?? '';
  switch (message.kind) {
    case 'AS-REQ':
    case 'TGS-REQ': {
      // A TGS-REQ names its client in the ticket it carries.
      const client = name(message.client);
      return {
        text: say(
          `Kerberos ${message.kind}${client === '' ? '' : ` of ${client}`}: asks realm ${message.realm} for ${name(message.service)}`,
          `Kerberos ${message.kind}${client === '' ? '' : ` (${client})`}: レルム ${message.realm} に ${name(message.service)} を要求`,
        ),
        fields: [
          ['cname', name(message.client)],
          ['realm', message.realm],
          ['sname', name(message.service)],
          ['etype', message.etypes.join(', ')],
          ['padata', message.preAuthentication.map((data) => data.name ?? String(data.type)).join(', ')],
        ],
      };
    }
    case 'AS-REP':
    case 'TGS-REP':
      return {
        text: say(
          `Kerberos ${message.kind}: a ticket for ${name(message.ticket.service)}`,
          `Kerberos ${message.kind}: ${name(message.ticket.service)} のチケット`,
        ),
        fields: [
          ['cname', name(message.client)],
          ['crealm', message.clientRealm],
          ['sname', name(message.ticket.service)],
          ['ticket.enc-part.etype', String(message.ticket.encrypted.etype)],
          ['ticket.enc-part.length', String(message.ticket.encrypted.length)],
        ],
      };
    case 'AP-REQ':
      return {
        text: say(
          `Kerberos AP-REQ: ticket for ${name(message.ticket.service)}@${message.ticket.realm}`,
          `Kerberos AP-REQ: ${name(message.ticket.service)}@${message.ticket.realm} のチケット`,
        ),
        fields: [
          ['ticket.sname', name(message.ticket.service)],
          ['ticket.realm', message.ticket.realm],
          ['ticket.enc-part.etype', String(message.ticket.encrypted.etype)],
          ['ticket.enc-part.length', String(message.ticket.encrypted.length)],
          ['mutual-required', String(message.mutualRequired)],
        ],
      };
    case 'AP-REP':
      return {
        text: say('Kerberos AP-REP: the host proved itself', 'Kerberos AP-REP: ホストが自分を証明'),
        fields: [['enc-part.length', String(message.encrypted.length)]],
      };
    case 'KRB-ERROR':
      return {
        text: say(
          `Kerberos KRB-ERROR ${message.error} ${krbErrorName(message.error) ?? ''}`.trim(),
          `Kerberos KRB-ERROR ${message.error} ${krbErrorName(message.error) ?? ''}`.trim(),
        ),
        fields: [
          ['error-code', String(message.error)],
          ['stime', Number.isFinite(message.serverTime) ? new Date(message.serverTime).toISOString() : ''],
          ['realm', message.realm],
          ['sname', name(message.service)],
          ...(message.ntstatus === undefined ? [] : [['ntstatus', `0x${message.ntstatus.toString(16)}`] as const]),
        ],
      };
    case 'OTHER':
      return { text: say(`Kerberos message ${message.messageType}`, `Kerberos メッセージ ${message.messageType}`), fields: [] };
  }
}
