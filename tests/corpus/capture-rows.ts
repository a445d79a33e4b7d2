import type { AuthToken, Conversation, Message } from '@winmedic/capture';
import type { KerberosMessage } from '@winmedic/kerberos/messages';
import type { NtlmMessage } from '@winmedic/ntlm/messages';

/** What a dissector of the corpus' `expected.json` tells of one frame: field name to value, several values joined by `^`. */
export type Row = Readonly<Record<string, string | number>>;

/** Rows by frame: several messages of one frame are one row, as tshark prints them. */
type Frames = Map<number, Map<string, string[]>>;

function add(frames: Frames, frame: number, fields: Readonly<Record<string, string | number | undefined>>): void {
  const row = frames.get(frame) ?? new Map<string, string[]>();
  frames.set(frame, row);
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    row.set(name, [...(row.get(name) ?? []), String(value)]);
  }
}

function rows(frames: Frames): Row[] {
  return [...frames]
    .sort(([a], [b]) => a - b)
    .map(([frame, fields]) => ({ frame, ...Object.fromEntries([...fields].map(([name, values]) => [name, values.join('^')])) }));
}

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;

/** Tokens of a message in the order in which they stand. */
export function tokensOf(message: Message): AuthToken[] {
  switch (message.layer) {
    case 'http':
      if (message.kind === 'request') return message.authorization?.token ? [message.authorization.token] : [];
      return message.kind === 'response' ? message.challenges.flatMap(({ token }) => (token ? [token] : [])) : [];
    case 'rpc':
      return message.kind !== 'not-this' && message.auth?.token ? [message.auth.token] : [];
    case 'smb':
    case 'ldap':
    case 'mail':
      return message.token ? [message.token] : [];
    case 'credssp':
      return [...message.tokens];
    default:
      return [];
  }
}

/** As tshark names an empty text of NTLM. */
const text = (value: string): string => (value === '' ? 'NULL' : value);

function ntlmFields(message: NtlmMessage): Record<string, string | number | undefined> {
  const types = { negotiate: 1, challenge: 2, authenticate: 3 } as const;
  return {
    'ntlmssp.messagetype': hex(types[message.kind]),
    'ntlmssp.negotiateflags': hex(message.flags),
    'ntlmssp.version.major': message.version?.major,
    'ntlmssp.version.minor': message.version?.minor,
    'ntlmssp.version.build_number': message.version?.build,
    ...(message.kind === 'challenge' && {
      'ntlmssp.ntlmserverchallenge': Buffer.from(message.serverChallenge).toString('hex'),
      'ntlmssp.challenge.target_name': text(message.targetName),
      'ntlmssp.challenge.target_info.nb_computer_name': message.targetInfo?.netbiosComputer,
      'ntlmssp.challenge.target_info.dns_computer_name': message.targetInfo?.dnsComputer,
      'ntlmssp.challenge.target_info.nb_domain_name': message.targetInfo?.netbiosDomain,
    }),
    ...(message.kind === 'authenticate' && {
      'ntlmssp.auth.username': text(message.user),
      'ntlmssp.auth.domain': text(message.domain),
      'ntlmssp.auth.hostname': text(message.workstation),
    }),
  };
}

/** Rows of `ntlmssp`: every carrier. */
export function ntlmRows(conversations: readonly Conversation[]): Row[] {
  const frames: Frames = new Map();
  for (const { stream, messages } of conversations)
    for (const message of messages)
      for (const { ntlm } of tokensOf(message)) if (ntlm) add(frames, message.frame, { stream, ...ntlmFields(ntlm) });
  return rows(frames);
}

const PDU = { bind: 11, 'bind-ack': 12, 'bind-nak': 13, 'alter-context': 14, 'alter-context-ack': 15, auth3: 16 } as const;

/** Rows of `dcerpc`: over TCP and in pipes. */
export function rpcRows(conversations: readonly Conversation[]): Row[] {
  const frames: Frames = new Map();
  const uuid = (id: string): string => id.slice(1, -1);
  for (const { stream, messages } of conversations)
    for (const message of messages) {
      if (message.layer !== 'rpc' || message.kind === 'not-this') continue;
      const type =
        message.kind === 'request'
          ? 0
          : message.kind === 'response'
            ? 2
            : message.kind === 'fault'
              ? 3
              : message.kind === 'other'
                ? message.pduType
                : PDU[message.kind];
      const contexts = message.kind === 'bind' || message.kind === 'alter-context' ? message.contexts : undefined;
      add(frames, message.frame, {
        stream,
        'dcerpc.pkt_type': type,
        'dcerpc.cn_call_id': message.callId,
        'dcerpc.cn_ctx_id': contexts?.map(({ id }) => id).join('^'),
        'dcerpc.cn_bind_to_uuid': contexts?.map(({ interfaceId }) => uuid(interfaceId)).join('^'),
        'dcerpc.cn_ack_result':
          'results' in message && message.results.length > 0 ? message.results.map(({ result }) => result).join('^') : undefined,
        'dcerpc.opnum': 'opnum' in message ? message.opnum : undefined,
        'dcerpc.cn_status': message.kind === 'fault' ? hex(message.status) : undefined,
        'dcom.hresult':
          message.kind === 'response' && message.hresult !== undefined
            ? [...(message.queryInterface ?? []), message.hresult].map(hex).join('^')
            : undefined,
        'dcerpc.auth_type': message.auth?.type,
        'dcerpc.auth_level': message.auth?.level,
      });
    }
  return rows(frames);
}

/** Rows of `rdp`. */
export function rdpRows(conversations: readonly Conversation[]): Row[] {
  const frames: Frames = new Map();
  for (const { stream, messages } of conversations)
    for (const message of messages) {
      if (message.layer !== 'rdp' || message.kind === 'not-this') continue;
      if (message.kind === 'request')
        add(frames, message.frame, {
          stream,
          'rdp.rt_cookie': message.cookie === '' ? undefined : `Cookie: mstshash=${message.cookie}`,
          'rdp.negReq.requestedProtocols': message.protocols === undefined ? undefined : hex(message.protocols),
        });
      else
        add(frames, message.frame, {
          stream,
          'rdp.negReq.selectedProtocol': message.selected === undefined ? undefined : hex(message.selected),
          'rdp.negFailure.failureCode': message.failure === undefined ? undefined : hex(message.failure),
        });
    }
  return rows(frames);
}

function kerberosFields(message: KerberosMessage): Record<string, string | number | undefined>[] {
  switch (message.kind) {
    case 'AS-REQ':
    case 'TGS-REQ':
      return [
        {
          'kerberos.msg_type': message.kind === 'AS-REQ' ? 10 : 12,
          'kerberos.CNameString': message.client?.parts.join('^'),
          ...(message.apRequest ? {} : { 'kerberos.realm': message.realm }),
        },
        ...(message.apRequest ? [...kerberosFields(message.apRequest), { 'kerberos.realm': message.realm }] : []),
      ];
    case 'AS-REP':
    case 'TGS-REP':
      // tshark's field is the realm of the ticket; that of the client has another name.
      return [
        {
          'kerberos.msg_type': message.kind === 'AS-REP' ? 11 : 13,
          'kerberos.CNameString': message.client.parts.join('^'),
          'kerberos.realm': message.ticket.realm,
        },
      ];
    case 'AP-REQ':
      return [{ 'kerberos.msg_type': 14, 'kerberos.realm': message.ticket.realm }];
    case 'AP-REP':
      return [{ 'kerberos.msg_type': 15 }];
    case 'KRB-ERROR':
      return [
        {
          'kerberos.msg_type': 30,
          'kerberos.error_code': message.error,
          'kerberos.CNameString': message.client?.parts.join('^'),
          'kerberos.realm': message.realm,
        },
      ];
    default:
      return [{ 'kerberos.msg_type': message.messageType }];
  }
}

/** Rows of `kerberos`: with a KDC, and in tokens of other protocols. */
export function kerberosRows(conversations: readonly Conversation[]): Row[] {
  const frames: Frames = new Map();
  for (const { stream, transport, messages } of conversations)
    for (const message of messages) {
      const where = { [transport === 'udp' ? 'udp_stream' : 'stream']: stream };
      const inner =
        message.layer === 'kerberos'
          ? [message.message]
          : tokensOf(message).flatMap(({ kerberos }) => (kerberos?.message ? [kerberos.message] : []));
      for (const one of inner) {
        const [first, ...rest] = kerberosFields(one);
        add(frames, message.frame, { ...where, ...first });
        for (const fields of rest) add(frames, message.frame, fields);
      }
    }
  return rows(frames);
}

/** Rows of `smb_status_nonzero`: only what is not 0, also where other answers of the frame succeeded. */
export function smbRows(conversations: readonly Conversation[]): Row[] {
  const frames: Frames = new Map();
  for (const { stream, messages } of conversations)
    for (const message of messages) {
      if (message.layer !== 'smb' || message.kind !== 'response' || (message.status ?? 0) === 0) continue;
      const status = hex(message.status as number);
      add(frames, message.frame, {
        stream,
        ...(message.dialect === 1 ? { 'smb.nt_status': status } : { 'smb2.cmd': message.command, 'smb2.nt_status': status }),
      });
    }
  return rows(frames);
}

/** Rows of `ldap_results`: binds alone. */
export function ldapRows(conversations: readonly Conversation[]): Row[] {
  const frames: Frames = new Map();
  for (const { stream, messages } of conversations)
    for (const message of messages)
      if (message.layer === 'ldap' && message.resultCode !== undefined)
        add(frames, message.frame, { stream, 'ldap.resultCode': message.resultCode });
  return rows(frames);
}
