import { CAPTURE_ROWS } from '@winmedic/labs/capture-rows';
import {
  DNS_RCODES,
  DNS_TYPES,
  dnsAnswer,
  dnsQuestion,
  erspan,
  ethernet,
  failedOpening,
  gre,
  inOrder,
  ipInIp,
  LINK_TYPES,
  type LinkLayer,
  linuxSll,
  linuxSll2,
  loopback,
  raw,
  type Side,
  seenFrom,
  TcpConversation,
  udpExchange,
  vxlan,
  type WriteEndpoint,
  type WritePacket,
} from '@winmedic/labs/capture-writer';
import { clientNtlm, hostNtlm } from '../../labs/src/capture-rows/logins.ts';

/** A recording to begin with. */
export interface CaptureSeed {
  readonly name: string;
  readonly linkType: number;
  readonly packets: readonly WritePacket[];
}

/** What one side says in a conversation of a seed. */
type Said = readonly [from: Side, bytes: Uint8Array];

const START = 1_767_323_045_123_456_000n;
const CLIENT: WriteEndpoint = { address: '192.0.2.50', port: 50_123 };
const SERVER: WriteEndpoint = { address: '192.0.2.10', port: 445 };
const CLIENT6: WriteEndpoint = { address: '2001:db8::50', port: 50_123 };
const SERVER6: WriteEndpoint = { address: '2001:db8::1:10', port: 445 };
/** Larger captures of the rows make a run slow and show nothing more. */
const MAX_PACKETS = 48;

/** Recordings of every protocol that is looked into, of every link layer and tunnel, small ones. */
export async function captureSeeds(): Promise<CaptureSeed[]> {
  const rows: CaptureSeed[] = [];
  for (const { id, making } of CAPTURE_ROWS) {
    if (making.by !== 'frames') continue;
    const packets = await making.frames();
    if (packets.length <= MAX_PACKETS) rows.push({ name: id, linkType: LINK_TYPES.ethernet, packets });
  }
  return [...rows, ...(await ownSeeds())];
}

async function ownSeeds(): Promise<CaptureSeed[]> {
  const ntlm = await ntlmTokens();
  const smb = smbTalk(ntlm);
  const conversations: readonly (readonly [string, number, readonly Said[]])[] = [
    ['SMB 2 with RPC in a pipe', 445, smb],
    ['SMB 1', 139, smb1Talk(ntlm)],
    ['LDAP', 389, ldapTalk(ntlm)],
    ['SMTP', 25, mailTalk(ntlm)],
    ['HTTP in chunks', 80, chunkedTalk(ntlm)],
    ['a proxy', 8080, proxyTalk()],
  ];
  const plain = conversations.map(([name, port, said]) => ({
    name,
    linkType: LINK_TYPES.ethernet,
    packets: talk(said, { server: { ...SERVER, port } }),
  }));
  const ends = { client: '198.51.100.1', server: '198.51.100.2' };
  const links: readonly (readonly [string, number, LinkLayer])[] = [
    ['VLAN', LINK_TYPES.ethernet, ethernet({ vlans: [100, 42] })],
    ['802.3', LINK_TYPES.ethernet, ethernet({ snap: true })],
    ['raw IP', LINK_TYPES.raw, raw],
    ['loopback', LINK_TYPES.null, loopback()],
    ['SLL', LINK_TYPES.linuxSll, linuxSll],
    ['SLL2', LINK_TYPES.linuxSll2, linuxSll2],
    ['GRE', LINK_TYPES.ethernet, gre(ends)],
    ['VXLAN', LINK_TYPES.ethernet, vxlan(ends, 77)],
    ['ERSPAN', LINK_TYPES.ethernet, erspan(ends, 5)],
    ['IP in IP', LINK_TYPES.ethernet, ipInIp(ends)],
    ['VXLAN inside GRE', LINK_TYPES.ethernet, vxlan({ client: '10.0.0.1', server: '10.0.0.2' }, 3, gre(ends))],
  ];
  const wrapped = links.flatMap(([name, linkType, link]) => [
    { name, linkType, packets: talk(smb, { link }) },
    { name: `${name}, IPv6`, linkType, packets: talk(smb, { link, client: CLIENT6, server: SERVER6 }) },
  ]);
  return [...plain, ...wrapped, ...shapes(smb)];
}

/** What IP and TCP do to a conversation. */
function shapes(smb: readonly Said[]): CaptureSeed[] {
  const big = Uint8Array.from({ length: 5000 }, (_, i) => i & 0xff);
  const fragments = (ends: { client: WriteEndpoint; server: WriteEndpoint }) =>
    new TcpConversation({ ...ends, start: START })
      .open()
      .send('client', big, { fragments: 480 })
      .send('server', big, { fragments: 512, reversed: true })
      .close().packets;
  const rough = new TcpConversation({ client: CLIENT, server: SERVER, start: START }).open({ synRepeats: [1000] });
  for (const [from, bytes] of smb) rough.send(from, bytes, { segment: 40, lost: [1], late: [0], repeated: [2] });
  rough.zeroWindow('server').keepAlive('client').windowUpdate('server').reset('server');
  const once = talk(smb, {});
  const names = ['hv01.corp.example', '_ldap._tcp.dc._msdcs.corp.example'];
  const looked = names.flatMap((name, i) =>
    udpExchange({ client: { ...CLIENT, port: 5300 + i }, server: { address: '192.0.2.20', port: 53 }, start: START + BigInt(i) }, [
      { from: 'client', bytes: dnsQuestion(i, name, DNS_TYPES.a) },
      { from: 'server', bytes: dnsAnswer(i, name, DNS_TYPES.a, DNS_RCODES.ok, [{ name, address: SERVER.address }]) },
    ]),
  );
  const closed = [undefined, 'refused', { unreachable: 'prohibited' }] as const;
  const openings = closed.flatMap((answer, i) =>
    failedOpening({
      client: { ...CLIENT, port: 6000 + i },
      server: { ...SERVER, port: 5985 },
      start: START,
      repeats: [500],
      ...(answer === undefined ? {} : { answer: answer as 'refused' }),
    }),
  );
  const seeds: readonly (readonly [string, readonly WritePacket[]])[] = [
    ['fragments of IPv4', fragments({ client: CLIENT, server: SERVER })],
    ['fragments of IPv6', fragments({ client: CLIENT6, server: SERVER6 })],
    ['lost, late and repeated segments', rough.packets],
    ['seen from two places', inOrder(once, seenFrom(once, CLIENT.address, { clockOffset: 5_000_000n, interfaceId: 0 }))],
    ['DNS', looked],
    ['connections that never opened', inOrder(openings)],
  ];
  return seeds.map(([name, packets]) => ({ name, linkType: LINK_TYPES.ethernet, packets }));
}

function talk(
  said: readonly Said[],
  {
    link,
    client = CLIENT,
    server = SERVER,
  }: { readonly link?: LinkLayer; readonly client?: WriteEndpoint; readonly server?: WriteEndpoint },
): readonly WritePacket[] {
  const tcp = new TcpConversation({ client, server, start: START, mss: 1300, ...(link && { link }) }).open();
  for (const [from, bytes] of said) tcp.send(from, bytes);
  return tcp.close().packets;
}

/** The three messages of a login. */
export type NtlmTokens = readonly [negotiate: Uint8Array, challenge: Uint8Array, authenticate: Uint8Array];

/** Tokens of a login of NTLM. */
export async function ntlmTokens(password = 'Pass-w0rd-of-this-run!'): Promise<NtlmTokens> {
  const end = { now: () => START, seed: 'fuzz' };
  const client = clientNtlm({ ...end, user: 'alice', domain: 'CORP', password });
  const negotiate = (await client.step()) as Uint8Array;
  const challenge = (await hostNtlm(end).step(negotiate)) as Uint8Array;
  return [negotiate, challenge, (await client.step(challenge)) as Uint8Array];
}

/** Text, one byte for each character. */
export const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const wide = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'utf16le'));
const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

/** Little-endian numbers in fields of so many bytes, bytes as they are. */
function packed(...fields: readonly (readonly [size: 1 | 2 | 4, value: number] | Uint8Array)[]): Uint8Array {
  return join(
    ...fields.map((field) => {
      if (field instanceof Uint8Array) return field;
      const out = Buffer.alloc(field[0]);
      out.writeUIntLE(field[1], 0, field[0]);
      return out;
    }),
  );
}

/** Session service of NetBIOS: type 0 and a length of 24 bits, big endian (RFC 1002 section 4.3.1). */
function session(message: Uint8Array): Uint8Array {
  const { length } = message;
  return join(Uint8Array.of(0, length >> 16, (length >> 8) & 0xff, length & 0xff), message);
}

/** An SMB 2 message: header of 64 bytes (MS-SMB2 2.2.1.2), its structure, and what follows it. */
function smb2(command: number, response: boolean, id: number, body: Uint8Array, status = 0): Uint8Array {
  const head = packed(latin1('\xfeSMB'), [2, 64], [2, 1], [4, status], [2, command], [2, 1], [4, response ? 1 : 0], [4, 0]);
  return session(join(head, packed([4, id], [4, 0], [4, 0], [4, 5], [4, 7], [4, 0], new Uint8Array(16)), body));
}

/** MS-SMB2 2.2.3 to 2.2.14: dialects, login, tree, pipe, RPC in a write and in FSCTL_PIPE_TRANSCEIVE. */
function smbTalk([negotiate, challenge, authenticate]: NtlmTokens): readonly Said[] {
  const setup = (token: Uint8Array) =>
    packed([2, 25], [1, 0], [1, 1], [4, 1], [4, 0], [2, 88], [2, token.length], new Uint8Array(8), token);
  const setupAnswer = (token: Uint8Array) => packed([2, 9], [2, 0], [2, 72], [2, token.length], token);
  const path = wide('\\\\HV01\\IPC$');
  const name = wide('svcctl');
  const file = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
  const bind = rpcBind();
  const ioctl = (input: Uint8Array) =>
    packed([2, 57], [2, 0], [4, 0x0011c017], file, [4, 120], [4, input.length], [4, 0], [4, 0], [4, 0], [4, 1024], [4, 1], [4, 0], input);
  return [
    ['client', smb2(0, false, 0, packed([2, 36], [2, 2], [2, 1], [2, 0], [4, 0], new Uint8Array(24), [2, 0x0210], [2, 0x0311]))],
    ['server', smb2(0, true, 0, packed([2, 65], [2, 1], [2, 0x0311], [2, 0], new Uint8Array(56)))],
    ['client', smb2(1, false, 1, setup(negotiate))],
    ['server', smb2(1, true, 1, setupAnswer(challenge), 0xc0000016)],
    ['client', smb2(1, false, 2, setup(authenticate))],
    ['server', smb2(1, true, 2, packed([2, 9], [2, 0], [2, 0], [2, 0]), 0xc000006d)],
    ['client', smb2(3, false, 3, packed([2, 9], [2, 0], [2, 72], [2, path.length], path))],
    ['server', smb2(3, true, 3, packed([2, 16], [1, 2], [1, 0], [4, 0], [4, 0], [4, 0]))],
    ['client', smb2(5, false, 4, packed([2, 57], new Uint8Array(42), [2, 120], [2, name.length], new Uint8Array(8), name))],
    ['server', smb2(5, true, 4, packed([2, 89], new Uint8Array(62), file, new Uint8Array(8)))],
    ['client', smb2(9, false, 5, packed([2, 49], [2, 112], [4, bind.length], new Uint8Array(8), file, new Uint8Array(16), bind))],
    ['server', smb2(9, true, 5, packed([2, 17], [2, 0], [4, bind.length], [4, 0], [4, 0]))],
    ['client', smb2(11, false, 6, ioctl(rpcRequest()))],
    ['server', smb2(11, true, 6, packed([2, 49], new Uint8Array(46)), 0xc0000022)],
  ];
}

/** SMB 1: negotiation and the first leg of a login (MS-CIFS 2.2.3.1, 2.2.4.52, MS-SMB 2.2.4.6). */
function smb1Talk([negotiate, challenge]: NtlmTokens): readonly Said[] {
  const head = (command: number, response: boolean, status: number) =>
    packed(
      latin1('\xffSMB'),
      [1, command],
      [4, status],
      [1, response ? 0x98 : 0x18],
      [2, 0xc807],
      new Uint8Array(12),
      [2, 0],
      [2, 1],
      [2, 0],
      [2, 1],
    );
  const dialects = latin1('\x02NT LM 0.12\0\x02SMB 2.002\0');
  return [
    ['client', session(join(head(0x72, false, 0), packed([1, 0], [2, dialects.length], dialects)))],
    ['server', session(join(head(0x72, true, 0), packed([1, 17], [2, 0], new Uint8Array(32), [2, 16], new Uint8Array(16))))],
    [
      'client',
      session(
        join(
          head(0x73, false, 0),
          packed([1, 12], [1, 0xff], [1, 0], [2, 0], [2, 4356], [2, 50], [2, 0], [4, 0], [2, negotiate.length], [4, 0], [4, 0x800000d4]),
          packed([2, negotiate.length], negotiate),
        ),
      ),
    ],
    [
      'server',
      session(
        join(
          head(0x73, true, 0xc0000016),
          packed([1, 4], [1, 0xff], [1, 0], [2, 0], [2, 0], [2, challenge.length], [2, challenge.length], challenge),
        ),
      ),
    ],
  ];
}

function rpcBind(): Uint8Array {
  const body = packed([2, 4280], [2, 4280], [4, 0], [1, 1], [1, 0], [2, 0], [2, 0], [1, 1], [1, 0], new Uint8Array(40).fill(7));
  return packed([1, 5], [1, 0], [1, 11], [1, 3], [4, 0x10], [2, 16 + body.length], [2, 0], [4, 1], body);
}

function rpcRequest(): Uint8Array {
  const body = packed([4, 32], [2, 0], [2, 15], new Uint8Array(32));
  return packed([1, 5], [1, 0], [1, 0], [1, 3], [4, 0x10], [2, 16 + body.length], [2, 0], [4, 2], body);
}

/** A value of BER: tag, length, contents. */
function ber(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = join(...parts);
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return join(Uint8Array.of(tag, ...length), body);
}

/** Binds with a password, and with NTLM (RFC 4511 section 4.2). */
function ldapTalk([negotiate, challenge, authenticate]: NtlmTokens): readonly Said[] {
  const message = (id: number, op: Uint8Array) => ber(0x30, ber(2, Uint8Array.of(id)), op);
  const bind = (id: number, choice: Uint8Array) => message(id, ber(0x60, ber(2, Uint8Array.of(3)), ber(4, latin1('cn=alice')), choice));
  const sasl = (token: Uint8Array) => ber(0xa3, ber(4, latin1('GSS-SPNEGO')), ber(4, token));
  const answer = (id: number, code: number, ...rest: Uint8Array[]) =>
    message(id, ber(0x61, ber(10, Uint8Array.of(code)), ber(4), ber(4, latin1('80090308: data 52e, v4563')), ...rest));
  return [
    ['client', bind(1, ber(0x80, latin1('Pass-w0rd-of-this-run!')))],
    ['server', answer(1, 49)],
    ['client', bind(2, sasl(negotiate))],
    ['server', answer(2, 14, ber(0x87, challenge))],
    ['client', bind(3, sasl(authenticate))],
    ['server', answer(3, 0)],
  ];
}

/** AUTH NTLM of SMTP (MS-SMTPNTLM). */
function mailTalk([negotiate, challenge, authenticate]: NtlmTokens): readonly Said[] {
  const line = (from: Side, text: string): Said => [from, latin1(`${text}\r\n`)];
  return [
    line('server', '220 mail.corp.example ESMTP'),
    line('client', 'EHLO admin-pc'),
    line('server', '250-mail.corp.example\r\n250 AUTH NTLM GSSAPI'),
    line('client', 'AUTH NTLM'),
    line('server', '334 NTLM supported'),
    line('client', base64(negotiate)),
    line('server', `334 ${base64(challenge)}`),
    line('client', base64(authenticate)),
    line('server', '535 5.7.3 Authentication unsuccessful'),
  ];
}

/** Requests one behind the other, answers in chunks, in several heads. */
function chunkedTalk([negotiate, challenge]: NtlmTokens): readonly Said[] {
  const head = `POST /wsman HTTP/1.1\r\nHost: hv01\r\nAuthorization: Negotiate ${base64(negotiate)}\r\n`;
  return [
    [
      'client',
      latin1(
        `${head}Transfer-Encoding: chunked\r\n\r\n5\r\n<s:En\r\n3;x=y\r\nv/>\r\n0\r\nA: b\r\n\r\nGET / HTTP/1.1\r\nHost: hv01\r\n\r\n`,
      ),
    ],
    [
      'server',
      latin1(
        `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 \r\nWWW-Authenticate: Negotiate ${base64(challenge)}, Basic realm="WSMAN"\r\nWWW-Authenticate: Kerberos\r\nContent-Length: 0\r\n\r\n`,
      ),
    ],
    ['server', latin1('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\r\n4\r\n<b/>\r\n0\r\n\r\n')],
  ];
}

/** CONNECT, with the beginning of TLS inside (RFC 8446 section 4.1.2). */
function proxyTalk(): readonly Said[] {
  const name = latin1('hv01.corp.example');
  const sni = join(Uint8Array.of(0, 0, 0, name.length + 5, 0, name.length + 3, 0, 0, name.length), name);
  const hello = join(Uint8Array.of(3, 3), new Uint8Array(32), Uint8Array.of(0, 0, 2, 0x13, 1, 1, 0, 0, sni.length), sni);
  const handshake = join(Uint8Array.of(1, 0, 0, hello.length), hello);
  return [
    ['client', latin1('CONNECT hv01:5986 HTTP/1.1\r\nProxy-Authorization: Basic YWxpY2U6eA==\r\n\r\n')],
    ['server', latin1('HTTP/1.1 200 Connection established\r\n\r\n')],
    ['client', join(Uint8Array.of(22, 3, 1, 0, handshake.length), handshake)],
    ['server', Uint8Array.of(21, 3, 3, 0, 2, 2, 48)],
  ];
}
