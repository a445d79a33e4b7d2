import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { memorySource } from '@winmedic/bytes';
import { analyseCapture, type CaptureAnalysis, type Conversation, openCapture } from '@winmedic/capture';
import { CAPTURE_ROWS } from '@winmedic/labs/capture-rows';
import { writePcap } from '@winmedic/labs/capture-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captureOfRow } from '../../core/connection/recorded/test-relay-rows.ts';
import { kerberosRows, ntlmRows, type Row, rdpRows, rpcRows } from '../corpus/capture-rows.ts';

/** Captures of the labs, and those of the corpora when they are there, read by `tshark` at this moment and by us. */

const missing = spawnSync('tshark', ['--version']).status !== 0;
if (missing) console.log('skipped: tshark is not installed');
const shared = resolve(process.env.WINMEDIC_CORPUS ?? resolve(import.meta.dirname, '../../../shared/corpus'), '..');
const FOLDERS = ['corpus/pcap', 'corpus/pcap-lab', 'counterparts/pcap']
  .map((name) => join(shared, name))
  .filter((path) => existsSync(path));
if (FOLDERS.length === 0) console.log(`skipped: no captures at ${shared} (set WINMEDIC_CORPUS)`);

/** Fields by what they belong to; values of one frame are compared in their order. */
const FIELDS = {
  http: ['http.request.method', 'http.request.uri', 'http.response.code'],
  ntlmssp: [
    'ntlmssp.messagetype',
    'ntlmssp.negotiateflags',
    'ntlmssp.auth.username',
    'ntlmssp.auth.domain',
    'ntlmssp.auth.hostname',
    'ntlmssp.ntlmserverchallenge',
    'ntlmssp.version.build_number',
  ],
  dcerpc: ['dcerpc.pkt_type', 'dcerpc.cn_call_id', 'dcerpc.opnum', 'dcerpc.cn_status', 'dcerpc.auth_type', 'dcerpc.auth_level'],
  tls: ['tls.handshake.extensions_server_name', 'tls.alert_message.desc'],
  kerberos: ['kerberos.msg_type', 'kerberos.error_code'],
  rdp: ['rdp.negReq.requestedProtocols', 'rdp.negReq.selectedProtocol', 'rdp.negFailure.failureCode'],
} as const;
type Kind = keyof typeof FIELDS;
const KINDS = Object.keys(FIELDS) as Kind[];
const ALL = Object.values(FIELDS).flat();
/** WinRM's ports, and TLS on them: tshark knows 5985 alone. */
const PORTS = ['tcp.port==47001,http', 'tcp.port==5986,tls', 'tcp.port==88,kerberos'].flatMap((port) => ['-d', port]);

const NO_REQUEST = { reason: 'tshark reads no answer of SPNEGO whose request is not there', lines: /^\+ \d+ ntlmssp / };
const TLS_TO_HTTP = { reason: 'tshark waits for HTTP on this port', lines: /^\+ \d+ tls handshake\.extensions_server_name=/ };

/** Rows that are read differently, and why: all lines are such ones, and there are some. */
const DIFFERENCES: Readonly<Record<string, { readonly reason: string; readonly lines: RegExp }>> = {
  'server-side-only': NO_REQUEST,
  'server-side-only-rejected': NO_REQUEST,
  'live-connection-reset': TLS_TO_HTTP,
  'live-connection-limit': TLS_TO_HTTP,
  'https-to-http': { reason: 'an answer in HTTP to a hello of TLS is told as what it is not', lines: /^- \d+ http response\.code=400$/ },
  'live-rdp-other': { reason: 'the server spoke first, and no RDP', lines: /^- \d+ rdp negReq\.requestedProtocols=0x0000000b$/ },
};

/** Captures of the corpora whose messages are read differently, and why; those of all others are equal. `capture-dissect.test.ts` has each line. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'OISF__dcerpc-ctxids.pcap': 'Kerberos messages of user to user have no fields to compare',
  'OTRF__covenant_dcom_registerxll_2020-09-18145959.cap': 'the same',
  'zeek__dce_rpc_ntlm.pcapng': 'the same',
  'OTRF__covenant_psremoting_command_2020-08-06115603.cap': 'segments are missing: tshark shows none of the answers behind',
  'OTRF__covenant_sharpwmi_create_dcerpc_wmi_2020-08-06035621.cap': 'tokens of the packet level; fragments of calls are one message',
  'OTRF__covenant_wmi_remote_event_subscription_ActiveScriptEventConsumers_WORKSTATION5_2020-09-01103012.cap': 'the same',
  'OTRF__covenant_wmi_remote_event_subscription_ActiveScriptEventConsumers_WORKSTATION6_2020-09-01103012.cap': 'the same',
  'OTRF__empire_wmi_dcerpc_wmi_IWbemServices_ExecMethod_WORKSTATION5_2020-09-21001437.cap': 'the same',
  'OTRF__empire_wmi_dcerpc_wmi_IWbemServices_ExecMethod_WORKSTATION6_2020-09-21001437.cap': 'the same',
  'OTRF__empire_smbexec_dcerpc_smb_svcctl_WORKSTATION5_2020-09-20025716.cap': 'fragments of calls are one message',
  'OTRF__empire_smbexec_dcerpc_smb_svcctl_WORKSTATION6_2020-09-20025716.cap': 'the same',
  'arkime__arkime_synthetic.pcap': 'generated messages that are none; QUIC is not looked into',
  'arkime__ntlm_synthetic.pcap': 'TDS is not looked into; tshark leaves tokens of mail as text',
  'mlgualtieri__ntlmraw-capture.cap': 'SSDP is not looked into',
  'mlgualtieri__ntlmraw-PktMon.cap': 'tshark takes no packets out of the events of pktmon',
  'ntop__rdp.pcap': 'tshark hides the hello inside of RDP',
  'zeek__rdp-to-ssl.pcap': 'the same',
  'seladb__raw_ip.pcap': 'the capture ends inside of an answer',
  'seladb__unidirectional_tcp_stream_with_missing_packet.pcap': 'a segment of the body is missing',
  'zeek__sasl-ntlm.pcap': 'challenge in an LDAP bind answer, which tshark leaves as bytes',
  'zeek__smb_gssapi.pcap': 'the server repeats its token as mechListMIC',
  'zeek__smb_v2_only_non_zero_reserved1.pcap': 'the call of an answer is known from its request',
  'gss-winrm-kerberos-ntlm-sealed.pcapng': 'the KDC listens on port 10088, which tshark does not know',
};
/** Captures whose packets or streams are counted differently, by reason. */
const COUNTED: Readonly<Record<string, Partial<Reading>>> = {
  // Custom blocks are frames there.
  'hadrielk__pcapng-be-test102.pcapng': { packets: 5 },
  // The packets inside of the events of pktmon.
  'mlgualtieri__ntlmraw-PktMon.cap': { tcpStreams: 1 },
};

/** What was read out of one frame: `kind field=value …`, only fields that have one. */
type Lines = Map<number, Set<string>>;

interface Reading {
  readonly packets: number;
  readonly tcpStreams: number;
  readonly udpStreams: number;
  readonly lines: Lines;
}

const run = promisify(execFile);

async function theirs(path: string): Promise<Reading> {
  const names = ['frame.number', 'tcp.stream', 'udp.stream', ...ALL];
  const args = ['-r', path, '-n', ...PORTS, '-T', 'fields', '-E', 'aggregator=^', ...names.flatMap((name) => ['-e', name])];
  // A file that is cut ends with status 2 behind all that could be read.
  const { stdout } = await run('tshark', args, { encoding: 'utf8', maxBuffer: 1 << 27 }).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? '',
  }));
  const lines: Lines = new Map();
  const streams = { tcp: -1, udp: -1 };
  let packets = 0;
  for (const line of stdout.split('\n').slice(0, -1)) {
    const [frame = '', tcp = '', udp = '', ...values] = line.split('\t');
    packets++;
    for (const stream of tcp.split('^')) if (stream !== '') streams.tcp = Math.max(streams.tcp, Number(stream));
    for (const stream of udp.split('^')) if (stream !== '') streams.udp = Math.max(streams.udp, Number(stream));
    let at = 0;
    for (const kind of KINDS)
      for (const field of FIELDS[kind]) {
        const value = values[at++] ?? '';
        if (value !== '') add(lines, Number(frame), kind, field, value);
      }
  }
  return { packets, tcpStreams: streams.tcp + 1, udpStreams: streams.udp + 1, lines };
}

function add(lines: Lines, frame: number, kind: Kind, field: string, value: string): void {
  const known = lines.get(frame) ?? new Set();
  lines.set(frame, known.add(`${kind} ${field.slice(field.indexOf('.') + 1)}=${value}`));
}

function ours(bytes: Uint8Array): Reading {
  const conversations: Conversation[] = [];
  const analysis: CaptureAnalysis = analyseCapture(openCapture(memorySource(bytes)), {
    onConversation: (each) => conversations.push(each),
  });
  const lines: Lines = new Map();
  const rows: Readonly<Partial<Record<Kind, readonly Row[]>>> = {
    ntlmssp: ntlmRows(conversations),
    dcerpc: rpcRows(conversations),
    kerberos: kerberosRows(conversations),
    rdp: rdpRows(conversations),
  };
  for (const kind of KINDS)
    for (const row of rows[kind] ?? [])
      for (const field of FIELDS[kind]) if (row[field] !== undefined) add(lines, Number(row.frame), kind, field, String(row[field]));
  // Several messages of one frame are several values.
  const joined = new Map<string, string[]>();
  const note = (frame: number, kind: Kind, field: string, value: string | number) => {
    const key = `${frame}\t${kind}\t${field}`;
    joined.set(key, [...(joined.get(key) ?? []), String(value)]);
  };
  for (const message of conversations.flatMap(({ messages }) => messages)) {
    const { frame } = message;
    if (message.layer === 'http' && message.kind === 'request') {
      note(frame, 'http', 'http.request.method', message.method);
      note(frame, 'http', 'http.request.uri', message.target);
    }
    if (message.layer === 'http' && message.kind === 'response') note(frame, 'http', 'http.response.code', message.status);
    if (message.layer === 'tls' && message.kind === 'client-hello' && message.serverName)
      note(frame, 'tls', 'tls.handshake.extensions_server_name', message.serverName);
    if (message.layer === 'tls' && message.kind === 'alert' && !message.encrypted)
      note(frame, 'tls', 'tls.alert_message.desc', message.description);
  }
  for (const [key, values] of joined) {
    const [frame = '', kind = '', field = ''] = key.split('\t');
    add(lines, Number(frame), kind as Kind, field, values.join('^'));
  }
  return { packets: analysis.capture.packets, tcpStreams: analysis.tcpStreams, udpStreams: analysis.udpStreams, lines };
}

/** `-`: only tshark, `+`: only we. */
function differences(want: Lines, got: Lines): string[] {
  const out: string[] = [];
  for (const frame of new Set([...want.keys(), ...got.keys()])) {
    const [theirs, mine] = [want.get(frame) ?? new Set(), got.get(frame) ?? new Set()];
    for (const line of theirs) if (!mine.has(line)) out.push(`- ${frame} ${line}`);
    for (const line of mine) if (!theirs.has(line)) out.push(`+ ${frame} ${line}`);
  }
  return out;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winmedic-tshark-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(missing)(`captures of the rows and tshark${missing ? ' (tshark missing)' : ''}`, () => {
  it.each(CAPTURE_ROWS.map((row) => [row.id, row] as const))('%s', async (id, { making }) => {
    const bytes = writePcap((await captureOfRow(making)).packets, { magic: 'nanoseconds' });
    const path = join(folder, `${id}.pcap`);
    writeFileSync(path, bytes);
    const [want, got] = [await theirs(path), ours(bytes)];
    expect({ ...got, lines: undefined }).toEqual({ ...want, lines: undefined });
    const different = differences(want.lines, got.lines);
    const known = DIFFERENCES[id];
    if (known !== undefined)
      expect(
        different.some((line) => known.lines.test(line)),
        known.reason,
      ).toBe(true);
    expect(different.filter((line) => !known?.lines.test(line))).toEqual([]);
  });
});

const corpus = FOLDERS.flatMap((path) =>
  readdirSync(path)
    .filter((name) => /\.(pcap|pcapng|cap|gz)$/.test(name))
    .map((name) => [name, join(path, name)] as const),
);

describe.skipIf(missing || corpus.length === 0)('captures of the corpora and tshark', () => {
  it.each(corpus)('%s', async (name, path) => {
    const file = readFileSync(path);
    const [want, got] = [await theirs(path), ours(new Uint8Array(name.endsWith('.gz') ? gunzipSync(file) : file))];
    expect({ ...got, lines: undefined }).toEqual({ ...want, ...COUNTED[name], lines: undefined });
    const different = differences(want.lines, got.lines);
    if (name in OTHERWISE) expect(different.length, OTHERWISE[name]).toBeGreaterThan(0);
    else expect(different).toEqual([]);
  });
});
