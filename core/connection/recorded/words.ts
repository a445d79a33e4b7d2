import type { AuthToken, HttpAuth, HttpRequestMessage, HttpResponseMessage, Message, RpcMessage, TlsMessage } from '@winmedic/capture';
import type { Localized } from '@winmedic/knowledge/model';
import { rdpFailureName, rdpProtocolNames } from '@winmedic/rdp';
import type { WireMessage } from '../../model/connection.ts';
import { judgeCertificate } from '../certificate.ts';
import { type LoginHeader, requestWords, responseWords } from '../http-words.ts';
import { hex } from '../login.ts';
import { pduWords } from '../rpc-words.ts';
import { faultWords, operationWords } from '../soap-words.ts';
import { say } from '../text.ts';
import { certificateFields, certificateWords } from '../tls-rung.ts';
import { credsspWords, kerberosMessageWords, type TokenWords, tokenWords } from '../token-words.ts';
import { msBetween } from './place.ts';

/** One message in words, without its place. */
export type Words = Omit<WireMessage, 'at' | 'rung'>;
type Fields = WireMessage['fields'];

/** Names, addresses and answers of one message that are shown. */
const MAX_SHOWN = 32;
/** Longest text of somebody else that is put into a sentence. */
const MAX_TEXT = 200;

/**
 * A message in words, as the live ladder says it, with the number of its frame. An HTTP message with an envelope in clear is two: the message and what it
 * carries. Responses, keys, passwords and ciphertext are in none of them.
 * @param request the request an answer belongs to, when it is in the capture.
 */
export function wordsOf(message: Message, request?: HttpRequestMessage): readonly Words[] {
  return plainWords(message, request).map((words) => ({ ...words, fields: [...words.fields, ['frame', String(message.frame)]] }));
}

function plainWords(message: Message, request: HttpRequestMessage | undefined): readonly Words[] {
  const direction = message.from === 'client' ? 'sent' : 'received';
  const words = (layer: string, text: Localized, fields: Fields = []): readonly Words[] => [{ direction, layer, text, fields }];
  switch (message.layer) {
    case 'http':
      if (message.kind === 'request') return requestMessage(message);
      if (message.kind === 'response') return responseMessage(message, request);
      return notThis(message.layer, message.looksLike, words);
    case 'tls':
      return message.kind === 'not-this' ? notThis(message.layer, message.looksLike, words) : words('tls', ...tlsWords(message));
    case 'rpc':
      return message.kind === 'not-this' ? notThis(message.layer, message.looksLike, words) : [{ direction, ...rpcMessage(message) }];
    case 'rdp':
      if (message.kind === 'not-this') return notThis(message.layer, message.looksLike, words);
      return words('rdp', ...rdpWords(message));
    case 'kerberos': {
      const { text, fields } = kerberosMessageWords(message.message);
      return words('kerberos', text, fields);
    }
    case 'dns':
      return words('dns', ...dnsWords(message));
    case 'icmp': {
      const { source, destination, destinationPort } = message.about;
      const to = `${destination}${destinationPort === undefined ? '' : `, ${destinationPort}`}`;
      return words(
        'icmp',
        say(
          `${message.by} says: unreachable (code ${message.code}), for ${to}`,
          `${message.by} から到達不能の通知 (コード ${message.code})、宛先 ${to}`,
        ),
        [
          ['code', String(message.code)],
          ['source', source],
          ['destination', to],
        ],
      );
    }
    case 'smb': {
      const status = message.status === undefined ? undefined : hex(message.status);
      const token = shownToken(message.token);
      const name = `SMB ${message.dialect} ${message.kind === 'request' ? 'request' : 'response'} ${message.command}`;
      const ja = `SMB ${message.dialect} ${message.kind === 'request' ? '要求' : '応答'} ${message.command}`;
      return words(
        'smb',
        say(
          [name, status, message.path, token?.text.en].filter(Boolean).join(', '),
          [ja, status, message.path, token?.text.ja].filter(Boolean).join('、'),
        ),
        [...(status === undefined ? [] : [['status', status] as const]), ...(token?.fields ?? [])],
      );
    }
    case 'ldap': {
      const token = shownToken(message.token);
      const bind = message.kind === 'bind-request' ? say('LDAP bind', 'LDAP バインド') : say('LDAP bind result', 'LDAP バインドの結果');
      const more = [message.mechanism, message.name, message.resultCode === undefined ? undefined : String(message.resultCode)];
      return words(
        'ldap',
        say([bind.en, ...more, token?.text.en].filter(Boolean).join(', '), [bind.ja, ...more, token?.text.ja].filter(Boolean).join('、')),
        [
          ...(message.diagnostic === undefined ? [] : [['diagnosticMessage', message.diagnostic.slice(0, MAX_TEXT)] as const]),
          ...(token?.fields ?? []),
        ],
      );
    }
    case 'mail': {
      const token = tokenWords(message.token.raw);
      return words('mail', token.text, token.fields);
    }
    case 'credssp': {
      const code = message.errorCode === undefined ? undefined : hex(message.errorCode);
      const tokens = message.tokens.map((token) => tokenWords(token.raw));
      const error = code === undefined ? say('', '') : say(`, error ${code}`, `、エラー ${code}`);
      return words(
        'credssp',
        say(
          [`CredSSP TSRequest, version ${message.version}${error.en}`, ...tokens.map(({ text }) => text.en)].join(': '),
          [`CredSSP TSRequest、バージョン ${message.version}${error.ja}`, ...tokens.map(({ text }) => text.ja)].join(': '),
        ),
        [
          ['version', String(message.version)],
          ...(code === undefined ? [] : [['errorCode', code] as const]),
          ...tokens.flatMap(({ fields }) => fields),
        ],
      );
    }
  }
}

function notThis(layer: string, looksLike: string, words: (layer: string, text: Localized, fields?: Fields) => readonly Words[]) {
  const name = layer.toUpperCase();
  return words(
    layer,
    looksLike === ''
      ? say(`something that is not ${name}`, `${name} ではないデータ`)
      : say(`not ${name}: looks like ${looksLike}`, `${name} ではない: ${looksLike} と見られる`),
    [['looksLike', looksLike]],
  );
}

function shownToken(token: AuthToken | undefined): TokenWords | undefined {
  return token === undefined ? undefined : tokenWords(token.raw);
}

/** A login header in words; of Basic the user alone. */
export function authWords(auth: HttpAuth): LoginHeader {
  if (auth.basicUser !== undefined)
    return {
      scheme: auth.scheme,
      words: {
        layer: 'unknown',
        text: say(
          `${auth.scheme}, user "${auth.basicUser}", password not shown`,
          `${auth.scheme}、ユーザー「${auth.basicUser}」、パスワードは非表示`,
        ),
        fields: [['user', auth.basicUser]],
      },
    };
  if (auth.token === undefined) return { scheme: auth.scheme };
  return { scheme: auth.scheme, words: /^credssp$/i.test(auth.scheme) ? credsspWords(auth.token.raw) : tokenWords(auth.token.raw) };
}

function headerOf(message: HttpRequestMessage | HttpResponseMessage, name: string): string {
  return message.headers.find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
}

function bytesOf({ body }: HttpRequestMessage | HttpResponseMessage): number {
  return body.declaredBytes ?? body.seenBytes;
}

function requestMessage(message: HttpRequestMessage): readonly Words[] {
  const { authorization, body } = message;
  const login = authorization === undefined ? undefined : authWords(authorization);
  const http = requestWords({
    method: message.method,
    target: safeTarget(message.target),
    ...(login === undefined ? {} : { login }),
    type: headerOf(message, 'content-type'),
    bodyBytes: bytesOf(message),
    sealed: body.state === 'sealed',
  });
  if (body.envelope === undefined) return [asHttp(http)];
  const { action, resourceUri } = body.envelope;
  return [asHttp(http), { direction: 'sent', layer: 'soap', ...operationWords(action, resourceUri, false) }];
}

function responseMessage(message: HttpResponseMessage, request: HttpRequestMessage | undefined): readonly Words[] {
  const { body } = message;
  const words = message.challenges.flatMap((each) => (each.token === undefined ? [] : [authWords(each).words]))[0];
  const http = responseWords({
    status: message.status,
    server: message.server,
    ...(request === undefined ? {} : { ms: msBetween(request.at, message.at) }),
    schemes: [...new Set(message.challenges.filter(({ proxy }) => !proxy).map(({ scheme }) => scheme))],
    ...(words === undefined ? {} : { words }),
    type: headerOf(message, 'content-type'),
    bodyBytes: bytesOf(message),
    sealed: body.state === 'sealed',
  });
  if (body.envelope === undefined) return [asHttp(http)];
  const { fault, body: name } = body.envelope;
  const answer = fault === undefined ? { text: say(name, name), fields: [['body', name] as const] } : faultWords(fault);
  return [asHttp(http), { direction: 'received', layer: 'soap', ...answer }];
}

/** The name and password of `user:password@` and the query of a target may be anybody's. */
function safeTarget(target: string): string {
  return target
    .slice(0, MAX_TEXT)
    .replace(/^([a-z]+:\/\/)[^/@]*@/i, '$1')
    .replace(/\?.*$/s, '?…');
}

function asHttp(words: Words): Words {
  return words.layer === 'unknown' ? { ...words, layer: 'http' } : words;
}

/** Alerts that tell something (RFC 8446 section 6, RFC 5246 section 7.2). */
const ALERTS: ReadonlyMap<number, string> = new Map([
  [0, 'close_notify'],
  [10, 'unexpected_message'],
  [20, 'bad_record_mac'],
  [40, 'handshake_failure'],
  [42, 'bad_certificate'],
  [43, 'unsupported_certificate'],
  [44, 'certificate_revoked'],
  [45, 'certificate_expired'],
  [46, 'certificate_unknown'],
  [47, 'illegal_parameter'],
  [48, 'unknown_ca'],
  [49, 'access_denied'],
  [50, 'decode_error'],
  [51, 'decrypt_error'],
  [70, 'protocol_version'],
  [71, 'insufficient_security'],
  [80, 'internal_error'],
  [86, 'inappropriate_fallback'],
  [90, 'user_canceled'],
  [109, 'missing_extension'],
  [112, 'unrecognized_name'],
  [116, 'certificate_required'],
  [120, 'no_application_protocol'],
]);

/** An alert with its name. */
export function alertName(description: number): string {
  const name = ALERTS.get(description);
  return name === undefined ? String(description) : `${description} ${name}`;
}

function tlsWords(message: TlsMessage): [Localized, Fields] {
  switch (message.kind) {
    case 'client-hello': {
      const name = message.serverName.slice(0, MAX_TEXT);
      const en = `ClientHello, up to ${message.version}${name === '' ? '' : `, for ${name}`}`;
      return [
        say(en, `ClientHello、最高 ${message.version}${name === '' ? '' : `、${name} 宛て`}`),
        [
          ['versions', message.versions.join(', ')],
          ['server_name', name],
        ],
      ];
    }
    case 'server-hello': {
      const suite = `0x${message.cipherSuite.toString(16).padStart(4, '0')}`;
      return [
        say(`ServerHello, ${message.version}, cipher suite ${suite}`, `ServerHello、${message.version}、暗号スイート ${suite}`),
        [
          ['version', message.version],
          ['cipher_suite', suite],
        ],
      ];
    }
    case 'certificate':
      return certificateMessage(message.chain, Number(message.at / 1_000_000n));
    case 'certificate-request':
      return [say('asks for a client certificate', 'クライアント証明書を要求'), []];
    case 'alert': {
      if (message.encrypted) return [say('an encrypted alert', '暗号化されたアラート'), []];
      const name = alertName(message.description);
      return [
        say(`${message.level === 2 ? 'fatal alert' : 'alert'} ${name}`, `${message.level === 2 ? '致命的なアラート' : 'アラート'} ${name}`),
        [
          ['level', String(message.level)],
          ['alert', String(message.description)],
        ],
      ];
    }
    case 'application-data':
      return [say('encrypted data from here on', '以降は暗号化されたデータ'), []];
  }
}

/** The first certificate in words; its name and issuer are judged elsewhere, by who knows the name that was used. */
function certificateMessage([leaf, ...others]: readonly Uint8Array[], at: number): [Localized, Fields] {
  if (leaf === undefined) return [say('no certificate', '証明書なし'), []];
  try {
    const view = judgeCertificate({ leaf, others, verifyError: undefined }, undefined, [], at);
    const words = certificateWords(view);
    return [say(`certificate ${words.en}`, `証明書 ${words.ja}`), certificateFields(view)];
  } catch {
    return [say('a certificate that cannot be read', '読み取れない証明書'), []];
  }
}

function rpcMessage(message: RpcMessage): Omit<Words, 'direction'> {
  const token = shownToken(message.auth?.token);
  const fields: (readonly [string, string])[] = [['call', String(message.callId)]];
  if (message.pipe !== undefined) fields.push(['pipe', message.pipe]);
  if (message.auth !== undefined) fields.push(['auth-level', String(message.auth.level)]);
  let more = '';
  switch (message.kind) {
    case 'bind':
    case 'alter-context':
      more = message.contexts
        .slice(0, MAX_SHOWN)
        .map(({ interfaceId }) => interfaceId)
        .join(', ');
      break;
    case 'bind-ack':
    case 'alter-context-ack':
      more = message.results
        .slice(0, MAX_SHOWN)
        .map(({ result, reason }) => (result === 0 ? 'ok' : `${result}/${reason}`))
        .join(', ');
      break;
    case 'bind-nak':
      more = String(message.reason);
      break;
    case 'request':
      more = `${message.interfaceId} ${message.opnum}`.trim();
      break;
    case 'response':
      more = `${message.interfaceId} ${message.opnum ?? ''}${message.hresult === undefined ? '' : ` ${hex(message.hresult)}`}`.trim();
      for (const { interfaceId, protocol, port } of (message.endpoints ?? []).slice(0, MAX_SHOWN))
        fields.push(['endpoint', `${interfaceId} ${protocol} ${port ?? ''}`.trim()]);
      for (const binding of (message.activation?.bindings ?? []).slice(0, MAX_SHOWN)) fields.push(['binding', binding.slice(0, MAX_TEXT)]);
      break;
    case 'fault':
      more = hex(message.status);
      break;
    default:
  }
  const sealed = 'sealed' in message && message.sealed ? say(' (sealed)', ' (暗号化済み)') : say('', '');
  const type = message.kind.replaceAll('-', '_');
  const text = more === '' ? '' : ` ${more}`;
  return pduWords(type, token, fields, say(`${text}${sealed.en}`, `${text}${sealed.ja}`));
}

function rdpWords(message: Extract<Message, { readonly layer: 'rdp' }> & { readonly kind: 'request' | 'confirm' }): [Localized, Fields] {
  if (message.kind === 'request') {
    if (message.protocols === undefined)
      return [say('RDP Connection Request without negotiation', 'ネゴシエーションなしの RDP Connection Request'), []];
    const names = rdpProtocolNames(message.protocols).join(' ');
    return [say(`RDP asks for ${names}`, `RDP で ${names} を要求`), [['requestedProtocols', `0x${message.protocols.toString(16)}`]]];
  }
  if (message.failure !== undefined) {
    const name = `${rdpFailureName(message.failure)} (${message.failure})`;
    return [say(`RDP refuses: ${name}`, `RDP が拒否: ${name}`), [['failureCode', String(message.failure)]]];
  }
  if (message.selected === undefined)
    return [say('RDP confirms without negotiation: Standard RDP Security', 'RDP がネゴシエーションなしで応答: 標準 RDP セキュリティ'), []];
  const names = rdpProtocolNames(message.selected).join(' ');
  return [say(`RDP selects ${names}`, `RDP が ${names} を選択`), [['selectedProtocol', `0x${message.selected.toString(16)}`]]];
}

function dnsWords(message: Extract<Message, { readonly layer: 'dns' }>): [Localized, Fields] {
  const name = message.name.slice(0, 255);
  if (message.kind === 'question') return [say(`DNS: ${name}?`, `DNS: ${name} は?`), [['type', String(message.type)]]];
  const answers = (message.answers ?? []).slice(0, MAX_SHOWN).map(({ value }) => value);
  const code = message.rcode ?? 0;
  if (code !== 0) return [say(`DNS: ${name}: error ${code}`, `DNS: ${name}: エラー ${code}`), [['rcode', String(code)]]];
  const list = answers.length === 0 ? say('no answer', '回答なし') : say(answers.join(', '), answers.join(', '));
  return [say(`DNS: ${name} is ${list.en}`, `DNS: ${name} は ${list.ja}`), answers.map((each) => ['answer', each])];
}
