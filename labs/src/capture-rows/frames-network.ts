import { RDP_PROTOCOL, writeConnectionConfirm, writeConnectionRequest } from '@winmedic/rdp';
import {
  DNS_RCODES,
  DNS_TYPES,
  dnsAnswer,
  dnsQuestion,
  failedOpening,
  inOrder,
  REFUSED_REPEATS,
  SYN_REPEATS,
  TcpConversation,
  type UNREACHABLE,
  udpExchange,
  type WritePacket,
} from '../capture-writer/index.ts';
import { ROW_HOST, text } from '../connection-rows/common.ts';
import { CAPTURE_CLIENT, CAPTURE_DC, CAPTURE_SERVER, nameExchange } from './capture-of.ts';
import { CAPTURE_START, HttpTalk } from './http-talk.ts';
import type { CaptureExpectation, CaptureRow } from './types.ts';

const SECOND = 1_000_000_000n;
/** What a client of today offers the RDP port. */
const MODERN = RDP_PROTOCOL.ssl | RDP_PROTOCOL.hybrid;
const from = (port: number) => ({ address: CAPTURE_CLIENT, port });
const to = (port: number, address = CAPTURE_SERVER) => ({ address, port });

/** SYNs to a port that are never answered. */
export function silentSyns(port: number, clientPort = 50_300, start = CAPTURE_START): WritePacket[] {
  return failedOpening({ client: from(clientPort), server: to(port), start, repeats: SYN_REPEATS });
}

/** A port that refuses; Windows tries three times. */
export function refusedPort(port: number, clientPort = 50_310, start = CAPTURE_START): WritePacket[] {
  return failedOpening({ client: from(clientPort), server: to(port), start, repeats: REFUSED_REPEATS, answer: 'refused' });
}

/** WS-Management over HTTP answers the same client: 401 to a request without a login. */
function winrmAnswers(start: bigint): readonly WritePacket[] {
  const talk = new HttpTalk({ start, clientPort: 50_311 }).ask().refuse();
  return talk.tcp.wait(20).close().packets;
}

/** The RDP port of the host answers the same client. */
function rdpAnswers(start: bigint): readonly WritePacket[] {
  return new TcpConversation({ client: from(50_301), server: to(3389), start })
    .open()
    .send('client', writeConnectionRequest({ cookie: 'alice', negotiation: { flags: 0, protocols: MODERN } }))
    .send('server', writeConnectionConfirm({ kind: 'confirm', selected: { flags: 0, protocol: RDP_PROTOCOL.hybrid } }))
    .wait(20)
    .close().packets;
}

function unreachable(why: keyof typeof UNREACHABLE, by: string, address = CAPTURE_SERVER): WritePacket[] {
  return failedOpening({ client: from(50_320), server: to(5985, address), start: CAPTURE_START, answer: { unreachable: why, by } });
}

/** Questions for the name of the host, each with its answer or none. */
function asked(rcode: number | 'silent', times = 1): WritePacket[] {
  const turns = Array.from({ length: times }, (_, turn) => CAPTURE_START + BigInt(turn) * SECOND);
  return inOrder(
    ...[DNS_TYPES.a, DNS_TYPES.aaaa].flatMap((type, i) =>
      turns.map((turn) =>
        udpExchange({ client: from(53_600 + i), server: to(53, CAPTURE_DC), start: turn + BigInt(i) * 100_000n }, [
          { from: 'client', bytes: dnsQuestion(0x2000 + i, ROW_HOST, type) },
          ...(rcode === 'silent' ? [] : [{ from: 'server' as const, bytes: dnsAnswer(0x2000 + i, ROW_HOST, type, rcode) }]),
        ]),
      ),
    ),
  );
}

const named = (packets: readonly WritePacket[]) => inOrder(nameExchange(CAPTURE_START - 3_000_000n), packets);

function row(
  number: number,
  id: string,
  liveRow: string | undefined,
  how: CaptureRow['how'],
  frames: () => readonly WritePacket[],
  expected: CaptureExpectation,
  more: Pick<CaptureRow, 'hosts' | 'evidence'> = {},
): CaptureRow {
  return { row: number, id, ...(liveRow === undefined ? {} : { liveRow }), how, making: { by: 'frames', frames }, ...more, expected };
}

const names = { hosts: [ROW_HOST] };

/** Rows 1 to 3 and 30: packets that nobody answers, refusals, names. */
export const NETWORK_FRAMES: readonly CaptureRow[] = [
  row(1, 'refused', 'no-listener', text('SYN to 5985 answered with RST', '5985 宛ての SYN に RST'), () => named(refusedPort(5985)), {
    cause: 'winrm-no-listener',
    grade: 'likely',
    failed: 'tcp',
  }),
  row(
    1,
    'refused-service-stopped',
    'service-stopped',
    text('the same; the service is stated to be stopped', '同上。サービス停止の情報を添付'),
    () => named(refusedPort(5985)),
    { cause: 'winrm-service-down', grade: 'confirmed', failed: 'tcp' },
    { evidence: { facts: ['winrm.service-state=stopped'] } },
  ),
  row(
    1,
    'refused-stated',
    'no-listener-stated',
    text('the same; the listeners of the host are given', '同上。ホストのリスナー一覧を添付'),
    () => named(refusedPort(5985)),
    { cause: 'winrm-no-listener', grade: 'confirmed', failed: 'tcp' },
    { evidence: { facts: ['winrm.listener-on-port=no'] } },
  ),
  row(
    1,
    'refused-port-80',
    'wrong-port',
    text('port 80 refuses; the same client then reaches 5985', 'ポート 80 が拒否。同じクライアントが 5985 には接続'),
    () => named(inOrder(refusedPort(80), winrmAnswers(CAPTURE_START + 2n * SECOND))),
    {
      cause: 'not-visible',
      instead: ['winrm-wrong-port'],
      why: text('a refused port 80 may have been meant for anything', '拒否されたポート 80 は WinRM 以外の目的だった可能性がある'),
      grade: 'likely',
      failed: 'tcp',
    },
  ),
  row(
    1,
    'refused-listening-on-nothing',
    'listener-without-address',
    text('the same; ListeningOn of the listener is empty', '同上。リスナーの ListeningOn が空'),
    () => named(refusedPort(5985)),
    { cause: 'winrm-listener-without-address', grade: 'confirmed', failed: 'tcp' },
    { evidence: { facts: ['winrm.listener-on-port=no-address'] } },
  ),
  row(
    1,
    'refused-https',
    'https-listener-missing',
    text('5986 refuses; the same client then reaches 5985', '5986 が拒否。同じクライアントが 5985 には接続'),
    () => named(inOrder(refusedPort(5986), winrmAnswers(CAPTURE_START + 2n * SECOND))),
    { cause: 'winrm-https-listener-missing', grade: 'likely', failed: 'tcp' },
  ),
  row(
    2,
    'silent-others-answer',
    'firewall-drops',
    text('five SYNs to 5985 without an answer; 3389 answers', '5985 宛ての SYN 5 回に応答なし。3389 は応答'),
    () => named(inOrder(silentSyns(5985), rdpAnswers(CAPTURE_START + 16n * SECOND))),
    { cause: 'winrm-firewall', grade: 'likely', failed: 'tcp' },
  ),
  row(
    2,
    'silent-rule-off',
    'firewall-rule-off',
    text('the same, and the rule of the host is off', '同上。ホストの規則は無効'),
    () => named(inOrder(silentSyns(5985), rdpAnswers(CAPTURE_START + 16n * SECOND))),
    { cause: 'winrm-firewall', grade: 'confirmed', failed: 'tcp' },
    { evidence: { facts: ['firewall.winrm-rule=off'] } },
  ),
  row(
    2,
    'silent-public-profile',
    'public-profile',
    text('the same; network category public, rule limited to the subnet', '同上。ネットワークはパブリック、規則は同一サブネットだけを許可'),
    () => named(inOrder(silentSyns(5985), rdpAnswers(CAPTURE_START + 16n * SECOND))),
    { cause: 'winrm-firewall-public-profile', grade: 'confirmed', failed: 'tcp' },
    { evidence: { facts: ['network.profile=public', 'firewall.winrm-rule=scoped'] } },
  ),
  row(
    2,
    'silent-filter-on-path',
    'filter-on-path',
    text('the same; a capture on the host shows no SYN', '同上。ホスト側の採取に SYN なし'),
    () => named(inOrder(silentSyns(5985), rdpAnswers(CAPTURE_START + 16n * SECOND))),
    { cause: 'network-filter-on-path', grade: 'confirmed', failed: 'tcp' },
    { evidence: { facts: ['host.syn-arrives=no'] } },
  ),
  row(
    2,
    'silent-all',
    'host-silent',
    text('SYNs to 5985, 135 and 445 without any answer', '5985、135、445 宛ての SYN にすべて応答なし'),
    () =>
      named(
        inOrder(
          silentSyns(5985),
          silentSyns(135, 50_302, CAPTURE_START + 16n * SECOND),
          silentSyns(445, 50_303, CAPTURE_START + 16n * SECOND),
        ),
      ),
    { cause: 'host-silent', grade: 'likely', failed: 'tcp' },
  ),
  row(
    2,
    'icmp-prohibited',
    'prohibited',
    text('a router answers ICMP "administratively prohibited"', 'ルーターが ICMP「管理上の禁止」で応答'),
    () => named(unreachable('prohibited', '192.0.2.1')),
    { cause: 'winrm-firewall', grade: 'confirmed', failed: 'route' },
  ),
  row(
    2,
    'icmp-network',
    'no-route',
    text('a router answers ICMP "network unreachable"', 'ルーターが ICMP「ネットワーク到達不能」で応答'),
    () => unreachable('network', '192.0.2.1', '198.51.100.7'),
    { cause: 'route-missing', grade: 'confirmed', failed: 'route' },
  ),
  row(
    2,
    'icmp-host',
    'no-route',
    text('a router answers ICMP "host unreachable"', 'ルーターが ICMP「ホスト到達不能」で応答'),
    () => unreachable('host', '192.0.2.1', '198.51.100.7'),
    { cause: 'route-missing', grade: 'confirmed', failed: 'route' },
  ),
  row(
    3,
    'dns-not-found',
    'nxdomain',
    text('DNS answers NXDOMAIN', 'DNS が NXDOMAIN で応答'),
    () => asked(DNS_RCODES.notFound),
    { cause: 'name-not-found', grade: 'confirmed', failed: 'name' },
    names,
  ),
  row(
    3,
    'dns-no-address',
    'no-address',
    text('the name exists without an address', '名前はあるがアドレスなし'),
    () => asked(DNS_RCODES.ok),
    { cause: 'name-not-found', grade: 'confirmed', failed: 'name' },
    names,
  ),
  row(
    3,
    'dns-server-failed',
    'dns-fails',
    text('DNS answers SERVFAIL', 'DNS が SERVFAIL で応答'),
    () => asked(DNS_RCODES.serverFailed),
    { cause: 'dns-server-failed', grade: 'confirmed', failed: 'name' },
    names,
  ),
  row(
    3,
    'dns-no-answer',
    'dns-silent',
    text('the DNS server does not answer', 'DNS サーバーが応答しない'),
    () => asked('silent', 3),
    { cause: 'dns-server-failed', grade: 'confirmed', failed: 'name' },
    names,
  ),
  row(
    3,
    'dns-not-meant',
    undefined,
    text('DNS answers NXDOMAIN; nobody says that this host was meant', 'DNS が NXDOMAIN で応答。対象のホストかどうかは不明'),
    () => asked(DNS_RCODES.notFound),
    {
      cause: 'not-visible',
      why: text('a question for a name says nothing about what was to be done there', '名前の問い合わせだけでは、接続の目的は分からない'),
      grade: 'inconclusive',
      failed: '',
    },
  ),
];
