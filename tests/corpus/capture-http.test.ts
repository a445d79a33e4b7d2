import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { joinBytes, memorySource } from '@winmedic/bytes';
import {
  analyseCapture,
  type Conversation,
  gunzipChunks,
  type HttpRequestMessage,
  type HttpResponseMessage,
  type MailMessage,
  type Message,
  openCapture,
  recogniseCapture,
  type TlsMessage,
} from '@winmedic/capture';
import { describe, expect, it } from 'vitest';

/** HTTP, its authentication, TLS and logins of mail in every capture, against what an independent program (tshark 4.0.17) read from them. */
const shared = resolve(import.meta.dirname, '../../../shared');
const corpus = process.env.WINMEDIC_CORPUS ?? join(shared, 'corpus');
const folders = [join(corpus, 'pcap'), join(corpus, 'pcap-lab')];
const counterparts = join(shared, 'counterparts/pcap');
const ready = folders.every((folder) => existsSync(folder));
if (!ready) console.log(`skipped: no captures at ${corpus} (set WINMEDIC_CORPUS)`);
const others = existsSync(counterparts);
if (!others) console.log(`skipped: no captures at ${counterparts}`);

type Row = Readonly<Record<string, string | number | undefined>>;
interface Expected {
  readonly http: readonly Row[];
  readonly tls_alerts: readonly Row[];
  readonly tls_handshakes: readonly Row[];
  readonly ntlmssp: readonly Row[];
}

/** Lines that differ from the other program's, each with its reason. `-`: only there, `+`: only here. */
const DIFFERENCES: Readonly<Record<string, readonly string[]>> = {
  // Segments of the first of these answers are missing. The other program waits for them and shows none of the answers behind.
  'OTRF__covenant_psremoting_command_2020-08-06115603.cap': [
    '+ http 95 stream 2 200 server Microsoft-HTTPAPI/2.0 offers  to 68',
    '+ http 106 stream 2 200 server Microsoft-HTTPAPI/2.0 offers  to 99',
    '+ http 113 stream 2 200 server Microsoft-HTTPAPI/2.0 offers  to 111',
    '+ http 121 stream 2 200 server Microsoft-HTTPAPI/2.0 offers Kerberos to 115',
    '+ http 129 stream 2 204 server Microsoft-HTTPAPI/2.0 offers  to 127',
  ],
  // Tokens of NTLM inside SMTP, IMAP and POP3, which the other program does not look into.
  'arkime__ntlm_synthetic.pcap': [
    '+ ntlm 144 stream 10 negotiate 0x02000207 10.0.19041',
    '+ ntlm 146 stream 10 challenge 0x02000205 10.0.19041 SMTPTGT 0123456789abcdef',
    '+ ntlm 148 stream 10 authenticate 0x02000205 10.0.19041 jack SMTPDOM SMTPHOST',
    '+ ntlm 168 stream 11 negotiate 0x02000207 10.0.19041',
    '+ ntlm 170 stream 11 challenge 0x02000205 10.0.19041 IMAPTGT 0123456789abcdef',
    '+ ntlm 172 stream 11 authenticate 0x02000205 10.0.19041 kate IMAPDOM IMAPHOST',
    '+ ntlm 192 stream 12 negotiate 0x02000207 10.0.19041',
    '+ ntlm 194 stream 12 challenge 0x02000205 10.0.19041 POP3TGT 0123456789abcdef',
    '+ ntlm 196 stream 12 authenticate 0x02000205 10.0.19041 liam POP3DOM POP3HOST',
  ],
  // TLS that begins inside of a connection to MySQL, which is not looked into.
  'seladb__pcapng-example.pcapng': [
    '- tls 8 stream 0 handshake 1',
    '- tls 10 stream 0 handshake 2',
    '- tls 10 stream 0 handshake 11',
    '- tls 10 stream 0 handshake 13',
  ],
  // The capture ends inside of this answer's body.
  'seladb__raw_ip.pcap': ['+ http 49 stream 1 200 server Apache/2.0.51 (FreeBSD) offers  to 48'],
  // A segment of each request's body is missing.
  'seladb__unidirectional_tcp_stream_with_missing_packet.pcap': [
    '+ http 4 stream 0 POST /GetSearchMultipleSuggestions.ashx authorization',
    '+ http 11 stream 0 POST /GetSearchMultipleSuggestions.ashx authorization',
  ],
};

async function content(path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(readFileSync(path));
  if (recogniseCapture(bytes.subarray(0, 12)) !== 'gzip') return bytes;
  const parts: Uint8Array[] = [];
  for await (const part of gunzipChunks(memorySource(bytes), { maxBytes: 1e9, maxRatio: 200 })) parts.push(part);
  return joinBytes(...parts);
}

interface Told {
  readonly stream: number;
  readonly message: Message;
}

async function read(path: string): Promise<{ readonly conversations: readonly Conversation[]; readonly told: readonly Told[] }> {
  const conversations: Conversation[] = [];
  analyseCapture(openCapture(memorySource(await content(path))), { onConversation: (each) => conversations.push(each) });
  return { conversations, told: conversations.flatMap(({ stream, messages }) => messages.map((message) => ({ stream, message }))) };
}

const captures = ready
  ? folders.flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.expected.json'))
        .map((name) => join(folder, name.replace(/\.expected\.json$/, ''))),
    )
  : [];
const isHttp = (message: Message): message is HttpRequestMessage | HttpResponseMessage =>
  message.layer === 'http' && message.kind !== 'not-this';
const isTls = (message: Message): message is TlsMessage => message.layer === 'tls' && message.kind !== ('not-this' as string);

/** Schemes of headers as the other program shows them: several headers are joined by `^`, long ones are cut. */
const schemes = (value: string | number | undefined): string =>
  String(value ?? '')
    .split('^')
    .flatMap((header) => header.replace(/"[^"]*"/g, '').split(/,\s*/))
    .map((each) => each.trim().split(' ', 1)[0] ?? '')
    .filter((each) => each !== '')
    .join(' ');

function httpLines(told: readonly Told[]): string[] {
  return told.flatMap(({ stream, message }) => {
    if (!isHttp(message)) return [];
    const place = `http ${message.frame} stream ${stream}`;
    if (message.kind === 'request')
      return [`${place} ${message.method} ${message.target} authorization ${message.authorization?.scheme ?? ''}`];
    // The other program pairs the final answer only.
    const answers = message.status === 100 ? '' : (message.requestFrame ?? '');
    const offered = message.challenges.filter(({ proxy }) => !proxy).map(({ scheme }) => scheme);
    return [`${place} ${message.status} server ${message.server} offers ${offered.join(' ')} to ${answers}`];
  });
}

function expectedHttp(rows: readonly Row[]): string[] {
  return rows
    .filter((row) => row.stream !== undefined)
    .map((row) => {
      const place = `http ${row.frame} stream ${row.stream}`;
      const method = row['http.request.method'];
      if (method !== undefined) return `${place} ${method} ${row['http.request.uri']} authorization ${schemes(row['http.authorization'])}`;
      const answers = row['http.request_in'] ?? '';
      return `${place} ${row['http.response.code']} server ${row['http.server'] ?? ''} offers ${schemes(row['http.www_authenticate'])} to ${answers}`;
    });
}

const HANDSHAKES: Readonly<Record<string, string>> = {
  'client-hello': '1',
  'server-hello': '2',
  certificate: '11',
  'certificate-request': '13',
};
const SHOWN = new Set(Object.values(HANDSHAKES));

/** `only`: frames that the other program lists (those with a hello). */
function tlsLines(told: readonly Told[], only: ReadonlySet<string>): string[] {
  return told.flatMap(({ stream, message }) => {
    if (!isTls(message)) return [];
    const place = `tls ${message.frame} stream ${stream}`;
    if (message.kind === 'alert') return [`${place} alert ${message.encrypted ? '' : `${message.level} ${message.description}`}`];
    const type = HANDSHAKES[message.kind];
    if (type === undefined || !only.has(place)) return [];
    return [`${place} handshake ${type} ${message.kind === 'client-hello' ? message.serverName : ''}`];
  });
}

function expectedTls({ tls_alerts, tls_handshakes }: Expected): string[] {
  return [
    ...tls_alerts.map((row) => {
      const level = row['tls.alert_message.level'];
      return `tls ${row.frame} stream ${row.stream} alert ${level === undefined ? '' : `${level} ${row['tls.alert_message.desc']}`}`;
    }),
    ...tls_handshakes.flatMap((row) =>
      String(row['tls.handshake.type'])
        .split('^')
        .filter((type) => SHOWN.has(type) && row.stream !== undefined)
        .map(
          (type) =>
            `tls ${row.frame} stream ${row.stream} handshake ${type} ${type === '1' ? (row['tls.handshake.extensions_server_name'] ?? '') : ''}`,
        ),
    ),
  ];
}

const KINDS: Readonly<Record<string, string>> = { '0x00000001': 'negotiate', '0x00000002': 'challenge', '0x00000003': 'authenticate' };

/** Messages of NTLM by frame, only those carried by HTTP or mail. */
function ntlmLines(told: readonly Told[]): string[] {
  return told.flatMap(({ stream, message }) => {
    const tokens = isHttp(message)
      ? message.kind === 'request'
        ? [message.authorization?.token]
        : message.challenges.map(({ token }) => token)
      : message.layer === 'mail'
        ? [(message as MailMessage).token]
        : [];
    return tokens.flatMap((token) => {
      const ntlm = token?.ntlm;
      if (ntlm === undefined) return [];
      const flags = `0x${ntlm.flags.toString(16).padStart(8, '0')}`;
      const version = ntlm.version === undefined ? '' : `${ntlm.version.major}.${ntlm.version.minor}.${ntlm.version.build}`;
      const names =
        ntlm.kind === 'authenticate'
          ? [ntlm.user, ntlm.domain, ntlm.workstation]
          : ntlm.kind === 'challenge'
            ? [ntlm.targetName, Buffer.from(ntlm.serverChallenge).toString('hex')]
            : [];
      return [`ntlm ${message.frame} stream ${stream} ${ntlm.kind} ${flags} ${version} ${names.map((name) => name || 'NULL').join(' ')}`];
    });
  });
}

function expectedNtlm(rows: readonly Row[], streams: ReadonlySet<number>): string[] {
  return rows
    .filter((row) => streams.has(Number(row.stream)))
    .map((row) => {
      const kind = KINDS[String(row['ntlmssp.messagetype'])] ?? '';
      const major = row['ntlmssp.version.major'];
      const version = major === undefined ? '' : `${major}.${row['ntlmssp.version.minor']}.${row['ntlmssp.version.build_number']}`;
      const names =
        kind === 'authenticate'
          ? [row['ntlmssp.auth.username'], row['ntlmssp.auth.domain'], row['ntlmssp.auth.hostname']]
          : kind === 'challenge'
            ? [row['ntlmssp.challenge.target_name'], row['ntlmssp.ntlmserverchallenge']]
            : [];
      return `ntlm ${row.frame} stream ${row.stream} ${kind} ${row['ntlmssp.negotiateflags']} ${version} ${names.map((name) => name ?? 'NULL').join(' ')}`;
    });
}

function differences(ours: readonly string[], theirs: readonly string[]): string[] {
  const left = [...theirs];
  const more: string[] = [];
  for (const line of ours) {
    const at = left.indexOf(line);
    if (at < 0) more.push(`+ ${line}`);
    else left.splice(at, 1);
  }
  return [...left.map((line) => `- ${line}`), ...more].map((line) => line.trimEnd()).sort();
}

describe.skipIf(!ready)('HTTP, TLS and mail', () => {
  it.each(captures.map((path) => [path.slice(path.lastIndexOf('/') + 1), path] as const))('%s', async (name, path) => {
    const expected = JSON.parse(readFileSync(`${path}.expected.json`, 'utf8')) as Expected;
    const { told, conversations } = await read(path);
    const hellos = new Set(expected.tls_handshakes.map((row) => `tls ${row.frame} stream ${row.stream}`));
    const carriers = new Set(
      conversations.filter(({ protocols }) => protocols.includes('http') || protocols.includes('mail')).map(({ stream }) => stream),
    );
    const ours = [...httpLines(told), ...tlsLines(told, hellos), ...ntlmLines(told)];
    const theirs = [...expectedHttp(expected.http), ...expectedTls(expected), ...expectedNtlm(expected.ntlmssp, carriers)];
    expect(differences(ours, theirs)).toEqual([...(DIFFERENCES[name] ?? [])].sort());
  });
});

describe.skipIf(!others)('WinRM with real cryptography', () => {
  const statuses = (told: readonly Told[], stream: number): number[] =>
    told.flatMap((each) =>
      each.stream === stream && isHttp(each.message) && each.message.kind === 'response' ? [each.message.status] : [],
    );
  const bodies = (told: readonly Told[]) => told.flatMap(({ message }) => (isHttp(message) ? [message.body] : []));

  it('OMI: Basic, NTLM, SPNEGO, sealed bodies, two lengths, faults', async () => {
    const path = join(counterparts, 'omi-wsman-basic-ntlm-spnego-encrypted.pcapng');
    const { told } = await read(path);
    expect(told.filter(({ message }) => isHttp(message))).toHaveLength(52);
    expect(statuses(told, 0)).toEqual([200]);
    expect(statuses(told, 1)).toEqual([401]);
    expect(statuses(told, 2)).toEqual([401, 401, 200, 200]);
    expect(statuses(told, 4)).toEqual([401, 401, 401]);
    expect(ntlmLines(told).map((line) => line.split(' ')[4])).toEqual(
      Array.from({ length: 4 }, () => ['negotiate', 'challenge', 'authenticate']).flat(),
    );
    expect(
      bodies(told)
        .filter(({ state }) => state === 'sealed')
        .map(({ original }) => original?.type),
    ).toEqual(new Array(4).fill('application/soap+xml;charset=UTF-8'));
    expect(bodies(told).filter(({ envelope }) => envelope?.fault !== undefined).length).toBeGreaterThan(2);
    // Whatever goes as a password in this capture stands nowhere in what was read.
    const passwords = new Set(
      Array.from(readFileSync(path, 'latin1').matchAll(/Authorization: Basic (\S+)/g), ([, token]) => {
        const pair = Buffer.from(token ?? '', 'base64').toString();
        return pair.slice(pair.indexOf(':') + 1);
      }),
    );
    expect(passwords.size).toBeGreaterThan(1);
    const shown = JSON.stringify(told, (name, value) => (typeof value === 'bigint' || name === 'raw' ? 0 : value));
    for (const password of passwords) if (password.length > 4) expect(shown).not.toContain(password);
    expect(shown).not.toContain('"Basic d');
  });

  it('Kerberos and NTLM with sealed bodies', async () => {
    const { told } = await read(join(counterparts, 'gss-winrm-kerberos-ntlm-sealed.pcapng'));
    expect(told.filter(({ message }) => isHttp(message))).toHaveLength(42);
    expect(statuses(told, 2)).toEqual([200, 200]);
    expect(statuses(told, 7)).toEqual([401, 401, 500]);
    const sealedBy = new Set(bodies(told).flatMap((body) => (body.sealedBy === undefined ? [] : [body.sealedBy])));
    expect(sealedBy).toEqual(new Set(['application/HTTP-Kerberos-session-encrypted', 'application/HTTP-SPNEGO-session-encrypted']));
    const kerberos = told.flatMap(({ message }) => {
      if (!isHttp(message)) return [];
      const tokens = message.kind === 'request' ? [message.authorization?.token] : message.challenges.map(({ token }) => token);
      return tokens.flatMap((token) => (token?.kerberos?.message === undefined ? [] : [`${token.kind} ${token.kerberos.message.kind}`]));
    });
    expect(kerberos).toEqual(['kerberos AP-REQ', 'kerberos AP-REP', 'spnego AP-REQ', 'spnego AP-REP']);
  });
});
