import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { memorySource } from '@winmedic/bytes';
import { analyseCapture, type Conversation, openCapture } from '@winmedic/capture';
import { describe, expect, it } from 'vitest';
import { kerberosRows, ldapRows, ntlmRows, type Row, rdpRows, rpcRows, smbRows } from './capture-rows.ts';

/** What the messages of RPC, SMB, LDAP, RDP and Kerberos say in the captures of the corpus, against an independent dissector. */
const corpus = process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus');
const folders = [join(corpus, 'pcap'), join(corpus, 'pcap-lab'), resolve(corpus, '../counterparts/pcap')];
const ready = folders.every(existsSync);
if (!ready) console.log(`skipped: no corpus at ${corpus} (set WINMEDIC_CORPUS)`);

const KEYS = ['ntlmssp', 'dcerpc', 'rdp', 'kerberos', 'smb_status_nonzero', 'ldap_results'] as const;
type Key = (typeof KEYS)[number];
type Expected = Readonly<Record<Key, readonly Row[]>>;

/** Fields that are not compared: secrets, which no message shows, and numbers of the negotiation's structures. */
const NOT_COMPARED: ReadonlySet<string> = new Set([
  'ntlmssp.ntlmclientchallenge',
  'ntlmssp.ntlmv2_response',
  'ntlmssp.authenticate.mic',
  'cotp.type',
  'rdp.neg_type',
]);

/** Rows of frames that only one of both dissectors has. */
const only = (key: Key, which: 'missing' | 'extra', ...frames: readonly number[]): string[] =>
  frames.map((frame) => `${key} ${frame} ${which}`);

const PACKET_LEVEL = 'tshark leaves SPNEGO tokens of logins at level packet as bytes; the Kerberos messages in them are there';
const NO_BIND = 'results of searches and of LDAP over UDP: only binds are told';
const USER_TO_USER = 'request for a user-to-user ticket inside SPNEGO: the token is recognised, what it asks for is not taken apart';
const PRE_AUTHENTICATION = 'a realm inside the pre-authentication data, of which only type and length are told';

/** Why a row differs; each difference stands here, and none that does not occur. `missing`: only the other dissector has it; `extra`: only we do. */
const DIFFERENCES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'OISF__dce-gap-handling.pcap': {
    'requests behind a hole: told as far as they are there': only('dcerpc', 'extra', 11, 14),
    'the call of a fault is known from its request': ['dcerpc 12 dcerpc.opnum: none / 0'],
  },
  'OISF__dcerpc-ctxids.pcap': { [USER_TO_USER]: only('kerberos', 'missing', 57, 84) },
  'OTRF__covenant_dcom_registerxll_2020-09-18145959.cap': { [USER_TO_USER]: only('kerberos', 'missing', 128) },
  'OTRF__covenant_psremoting_command_2020-08-06115603.cap': {
    'AP-REP in WWW-Authenticate of the last answer; tshark shows it too, the frozen list has it not': only('kerberos', 'extra', 121),
  },
  'OTRF__covenant_sharpwmi_create_dcerpc_wmi_2020-08-06035621.cap': {
    [PACKET_LEVEL]: only('kerberos', 'extra', 65, 67, 68, 75, 77, 78),
  },
  'OTRF__covenant_wmi_remote_event_subscription_ActiveScriptEventConsumers_WORKSTATION5_2020-09-01103012.cap': {
    [PACKET_LEVEL]: only('kerberos', 'extra', 55, 59, 60, 66, 68, 69),
    [NO_BIND]: only('ldap_results', 'missing', 23),
  },
  'OTRF__covenant_wmi_remote_event_subscription_ActiveScriptEventConsumers_WORKSTATION6_2020-09-01103012.cap': {
    [PACKET_LEVEL]: only('kerberos', 'extra', 26, 28, 29, 36, 38, 39),
    [NO_BIND]: only('ldap_results', 'missing', 70),
    [PRE_AUTHENTICATION]: ['kerberos 86 kerberos.realm: THESHIRE.LOCAL^THESHIRE^THESHIRE.LOCAL / THESHIRE.LOCAL^THESHIRE.LOCAL'],
  },
  'OTRF__empire_find_localadmin_smb_svcctl_OpenSCManager_2020-09-22021559.cap': {
    [NO_BIND]: only('ldap_results', 'missing', 401, 409, 411),
  },
  'OTRF__empire_smbexec_dcerpc_smb_svcctl_WORKSTATION5_2020-09-20025716.cap': {
    [NO_BIND]: only('ldap_results', 'missing', 81, 87, 91, 99, 101, 103),
  },
  'OTRF__empire_wmi_dcerpc_wmi_IWbemServices_ExecMethod_WORKSTATION5_2020-09-21001437.cap': {
    [PACKET_LEVEL]: only('kerberos', 'extra', 150, 154, 155, 161, 163, 164),
  },
  'OTRF__empire_wmi_dcerpc_wmi_IWbemServices_ExecMethod_WORKSTATION6_2020-09-21001437.cap': {
    [PACKET_LEVEL]: only('kerberos', 'extra', 25, 27, 28, 35, 37, 38),
  },
  'arkime__arkime_synthetic.pcap': {
    'a generated answer that ends before its length': only('ntlmssp', 'extra', 432),
    'a generated message that is no DER: its length is not that of the datagram': only('kerberos', 'missing', 298),
    'a generated request without the nonce: its kind alone is told, with a damage': [
      'kerberos 558 kerberos.CNameString: testuser / none',
      'kerberos 558 kerberos.realm: EXAMPLE.COM / none',
    ],
  },
  'arkime__ntlm_synthetic.pcap': {
    'logins of SQL Server (TDS): not looked into': only('ntlmssp', 'missing', 210, 212, 214),
    'challenge in the credentials of an LDAP bind answer, which tshark leaves as bytes': only('ntlmssp', 'extra', 92),
    'tokens of SMTP, IMAP and POP3, which tshark leaves as text': only('ntlmssp', 'extra', 144, 146, 148, 168, 170, 172, 192, 194, 196),
  },
  'mlgualtieri__ntlmraw-PktMon.cap': {
    'tshark takes no packets out of the events of pktmon': [
      ...only('ntlmssp', 'extra', 23, 26, 32),
      ...only('dcerpc', 'extra', 59, 62, 68, 71),
      ...only('smb_status_nonzero', 'extra', 26),
    ],
  },
  'zeek__dce_rpc_ntlm.pcapng': { [USER_TO_USER]: only('kerberos', 'missing', 1) },
  'zeek__kinit.pcap': { [PRE_AUTHENTICATION]: ['kerberos 221 kerberos.realm: VLADG.NET^VLADG.NET / VLADG.NET'] },
  'zeek__sasl-ntlm.pcap': {
    'challenge in the credentials of an LDAP bind answer, which tshark leaves as bytes': only('ntlmssp', 'extra', 6),
    [NO_BIND]: only('ldap_results', 'missing', 22),
  },
  'zeek__smb_gssapi.pcap': {
    'the server repeats its token as mechListMIC; tshark reads it a second time': ['kerberos 8 kerberos.msg_type: 15^15 / 15'],
  },
  'zeek__smb_v2_only_non_zero_reserved1.pcap': {
    'the answer of a transaction belongs to its request by the call number': ['dcerpc 103 dcerpc.opnum: none / 16'],
  },
  'gss-winrm-kerberos-ntlm-sealed.pcapng': {
    'the KDC listens on port 10088, which tshark does not know': only('kerberos', 'extra', 4, 6, 14, 16),
  },
};

/** tshark's fields for captures without a frozen `expected.json`. */
const FIELDS: Readonly<Record<Key, readonly [filter: string, ...fields: string[]]>> = {
  ntlmssp: [
    'ntlmssp',
    'ntlmssp.messagetype',
    'ntlmssp.negotiateflags',
    'ntlmssp.auth.username',
    'ntlmssp.auth.domain',
    'ntlmssp.auth.hostname',
    'ntlmssp.ntlmserverchallenge',
    'ntlmssp.challenge.target_name',
    'ntlmssp.challenge.target_info.nb_computer_name',
    'ntlmssp.challenge.target_info.dns_computer_name',
    'ntlmssp.challenge.target_info.nb_domain_name',
    'ntlmssp.version.major',
    'ntlmssp.version.minor',
    'ntlmssp.version.build_number',
  ],
  dcerpc: [
    'dcerpc',
    'dcerpc.pkt_type',
    'dcerpc.cn_call_id',
    'dcerpc.cn_ctx_id',
    'dcerpc.cn_bind_to_uuid',
    'dcerpc.cn_ack_result',
    'dcerpc.opnum',
    'dcerpc.cn_status',
    'dcom.hresult',
    'dcerpc.auth_type',
    'dcerpc.auth_level',
  ],
  rdp: ['rdp.neg_type', 'rdp.rt_cookie', 'rdp.negReq.requestedProtocols', 'rdp.negReq.selectedProtocol', 'rdp.negFailure.failureCode'],
  kerberos: ['kerberos.msg_type', 'kerberos.msg_type', 'kerberos.error_code', 'kerberos.CNameString', 'kerberos.realm'],
  smb_status_nonzero: ['smb.nt_status != 0 || smb2.nt_status != 0', 'smb.nt_status', 'smb2.cmd', 'smb2.nt_status'],
  ldap_results: ['ldap.resultCode', 'ldap.resultCode'],
};

function tshark(path: string): Expected | undefined {
  const expected: Partial<Record<Key, Row[]>> = {};
  for (const key of KEYS) {
    const [filter, ...fields] = FIELDS[key];
    const names = ['frame', 'stream', 'udp_stream', ...fields];
    const wanted = ['frame.number', 'tcp.stream', 'udp.stream', ...fields].flatMap((field) => ['-e', field]);
    try {
      const out = execFileSync('tshark', ['-r', path, '-Y', filter, '-T', 'fields', '-E', 'aggregator=^', ...wanted], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        maxBuffer: 1 << 26,
      });
      expected[key] = out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const values = line.split('\t').map((value, i) => [names[i] as string, value] as const);
          return { ...Object.fromEntries(values.filter(([, value]) => value !== '')), frame: Number(values[0]?.[1]) };
        });
    } catch {
      return undefined;
    }
  }
  return expected as Expected;
}

function analyse(path: string): Conversation[] {
  const conversations: Conversation[] = [];
  const bytes = readFileSync(path);
  const source = memorySource(path.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  analyseCapture(openCapture(source), { onConversation: (conversation) => conversations.push(conversation) });
  return conversations;
}

/** Rows of a key. */
function rowsOf(key: Key, conversations: readonly Conversation[]): Row[] {
  switch (key) {
    case 'ntlmssp':
      return ntlmRows(conversations);
    case 'dcerpc':
      return rpcRows(conversations);
    case 'rdp':
      return rdpRows(conversations);
    case 'kerberos':
      return kerberosRows(conversations);
    case 'smb_status_nonzero':
      return smbRows(conversations);
    case 'ldap_results':
      return ldapRows(conversations);
  }
}

/** One row as it is compared. */
function comparable(key: Key, row: Row): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(row))
    if (name !== 'frame' && !NOT_COMPARED.has(name))
      fields.set(name, name === 'stream' || name === 'udp_stream' ? String(value).split('^', 1)[0]! : String(value));
  // Two fragments of one call in one frame are two values there.
  const calls = fields.get('dcerpc.cn_call_id')?.split('^') ?? [];
  const types = fields.get('dcerpc.pkt_type')?.split('^') ?? [];
  const repeated = new Set(calls.flatMap((call, i) => (i > 0 && call === calls[i - 1] && types[i] === types[i - 1] ? [i] : [])));
  if (key === 'dcerpc' && repeated.size > 0)
    for (const [field, value] of fields) {
      const values = value.split('^');
      if (values.length === calls.length) fields.set(field, values.filter((_, i) => !repeated.has(i)).join('^'));
    }
  // The context of a call is shown as its interface; of a bind the numbers are compared.
  if (key === 'dcerpc' && !fields.has('dcerpc.cn_bind_to_uuid')) fields.delete('dcerpc.cn_ctx_id');
  if (key === 'smb_status_nonzero' && fields.has('smb2.nt_status')) {
    const status = fields.get('smb2.nt_status')!.split('^');
    const commands = (fields.get('smb2.cmd') ?? '').split('^');
    fields.set('smb2.nt_status', status.filter((one) => one !== '0x00000000').join('^'));
    fields.set('smb2.cmd', commands.filter((_, i) => status[i] !== '0x00000000').join('^'));
  }
  return fields;
}

/** Is the missing row a fragment of a call whose message stands at its last frame? */
function isFragment(row: Row, own: readonly Row[]): boolean {
  const type = String(row['dcerpc.pkt_type']);
  if (type !== '0' && type !== '2') return false;
  const whole = own.find(
    (one) =>
      Number(one.frame) > Number(row.frame) &&
      String(one.stream).split('^')[0] === String(row.stream).split('^')[0] &&
      String(one['dcerpc.cn_call_id']).split('^').includes(String(row['dcerpc.cn_call_id']).split('^')[0]!),
  );
  return whole !== undefined && String(whole['dcerpc.pkt_type']).split('^').includes(type);
}

function differences(key: Key, want: readonly Row[], got: readonly Row[]): string[] {
  const own = new Map(got.map((row) => [row.frame, row]));
  const theirs = new Map(want.map((row) => [row.frame, row]));
  const found: string[] = [];
  for (const row of want) {
    const mine = own.get(row.frame);
    if (mine === undefined) {
      if (key !== 'dcerpc' || !isFragment(row, got)) found.push(`${key} ${row.frame} missing`);
      continue;
    }
    const a = comparable(key, row);
    const b = comparable(key, mine);
    for (const name of new Set([...a.keys(), ...b.keys()])) {
      // tshark knows the results of few interfaces: ours is compared where it has one.
      if (name === 'dcom.hresult' && !a.has(name)) continue;
      if (a.get(name) !== b.get(name)) found.push(`${key} ${row.frame} ${name}: ${a.get(name) ?? 'none'} / ${b.get(name) ?? 'none'}`);
    }
  }
  for (const row of got) if (!theirs.has(row.frame)) found.push(`${key} ${row.frame} extra`);
  return found;
}

const captures = ready
  ? folders.flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => /\.(cap|pcap|pcapng|gz)$/.test(name))
        .map((name) => join(folder, name)),
    )
  : [];

describe.skipIf(!ready)('messages of the corpus', () => {
  it.each(captures.map((path) => [path.slice(path.lastIndexOf('/') + 1), path]))('%s', (name, path) => {
    const frozen = `${path}.expected.json`;
    const expected: Expected | undefined = existsSync(frozen) ? JSON.parse(readFileSync(frozen, 'utf8')) : tshark(path);
    const conversations = analyse(path);
    if (expected === undefined) {
      console.log(`not compared: ${name} (no tshark)`);
      return;
    }
    const found = KEYS.flatMap((key) => differences(key, expected[key], rowsOf(key, conversations)));
    expect(found.sort()).toEqual(
      Object.values(DIFFERENCES[name] ?? {})
        .flat()
        .sort(),
    );
  });
});

describe.skipIf(!ready)('what decides', () => {
  const messagesOf = (name: string) => analyse(join(corpus, 'pcap', name)).flatMap(({ messages }) => messages);

  it('the endpoint mapper answers in NDR64 and names the port that nobody answers on', () => {
    const conversations = analyse(join(corpus, 'pcap', 'OTRF__covenant_sc_query_dcerpc_smb_svcctl_2020-08-05034820.cap'));
    const endpoints = conversations.flatMap(({ messages }) =>
      messages.flatMap((message) => (message.layer === 'rpc' && message.kind === 'response' ? (message.endpoints ?? []) : [])),
    );
    expect(endpoints).toEqual([
      { interfaceId: '{367abb81-9844-35f1-ad32-98f038001003}', protocol: 'ncacn_ip_tcp', address: '172.18.38.5', port: 49_683 },
    ]);
  });

  it('an activation that worked names class, port and bindings', () => {
    const activations = messagesOf('OISF__dcerpc-ctxids.pcap').flatMap((message) =>
      message.layer === 'rpc' && 'activation' in message && message.activation ? [message.activation] : [],
    );
    expect(activations).toContainEqual({
      clsid: '{49b2791a-b1ae-4c90-9b8e-e860ba07f889}',
      interfaces: ['{00000001-0000-0000-c000-000000000046}'],
    });
    expect(activations).toContainEqual({ ports: [49_724], bindings: ['DC1[49724]', '192.168.56.101[49724]'], results: [0] });
  });

  it('a refused LDAP bind hides its Win32 error in the diagnostic message', () => {
    const refused = messagesOf('zeek__ldap_invalid_credentials.pcap').filter(
      (message) => message.layer === 'ldap' && message.resultCode === 49,
    );
    expect(refused).toHaveLength(12);
    for (const message of refused) expect(message.layer === 'ldap' && message.diagnostic).toMatch(/, data 52e, /);
  });

  it('no message but the broken ones of generated captures is damaged', () => {
    const damaged = captures.flatMap((path) =>
      analyse(path).flatMap(({ messages }) =>
        messages.flatMap((message) =>
          message.layer === 'http' || message.layer === 'tls' || message.layer === 'mail'
            ? []
            : (message.damages ?? []).map(({ code }) => `${path.slice(path.lastIndexOf('/') + 1)} ${message.frame} ${code}`),
        ),
      ),
    );
    expect(damaged).toEqual([
      'arkime__arkime_synthetic.pcap 558 CAPTURE_KERBEROS_MESSAGE',
      'arkime__arkime_synthetic.pcap 559 CAPTURE_KERBEROS_MESSAGE',
      // The lab's request has no properties at all.
      'dcom-135-remotecreateinstance-hr5.pcapng 10 CAPTURE_RPC_STUB',
    ]);
  });
});
