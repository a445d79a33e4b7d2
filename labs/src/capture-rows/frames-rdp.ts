import { type ConnectionConfirm, RDP_PROTOCOL, writeConnectionConfirm, writeConnectionRequest } from '@winmedic/rdp';
import { TcpConversation, type WritePacket } from '../capture-writer/index.ts';
import { text } from '../connection-rows/common.ts';
import { CAPTURE_CLIENT, CAPTURE_SERVER } from './capture-of.ts';
import { refusedPort, silentSyns } from './frames-network.ts';
import { CAPTURE_START } from './http-talk.ts';
import type { CaptureExpectation, CaptureRow } from './types.ts';

const { ssl, hybrid, hybridEx } = RDP_PROTOCOL;
/** What mstsc of Windows 10 offers. */
const MODERN = ssl | hybrid | hybridEx;

/** Question and answer of the RDP port; then the client goes. */
function negotiation(protocols: number | undefined, answer: ConnectionConfirm): readonly WritePacket[] {
  return new TcpConversation({
    client: { address: CAPTURE_CLIENT, port: 50_600 },
    server: { address: CAPTURE_SERVER, port: 3389 },
    start: CAPTURE_START,
    ttl: { client: 128, server: 128 },
  })
    .open()
    .send(
      'client',
      writeConnectionRequest({
        cookie: 'alice',
        ...(protocols === undefined ? {} : { negotiation: { flags: 0, protocols } }),
      }),
    )
    .send('server', writeConnectionConfirm(answer))
    .wait(20)
    .close().packets;
}

const selected = (protocol: number): ConnectionConfirm => ({ kind: 'confirm', selected: { flags: 0, protocol } });
const failure = (code: number): ConnectionConfirm => ({ kind: 'confirm', failure: code });

function row(
  id: string,
  how: CaptureRow['how'],
  frames: () => readonly WritePacket[],
  expected: CaptureExpectation,
  liveRow?: string,
): CaptureRow {
  return { row: 0, id, ...(liveRow === undefined ? {} : { liveRow }), how, making: { by: 'frames', frames }, expected };
}

const HEALTHY: CaptureExpectation = { cause: null, grade: 'confirmed', failed: '' };

/** The RDP port. One negotiation shows what the host chose for that offer, not what it would choose for another. */
export const RDP_FRAMES: readonly CaptureRow[] = [
  row(
    'rdp-nla',
    text('the client offers CredSSP, the host takes it', 'クライアントが CredSSP を提示し、ホストが選択'),
    () => negotiation(MODERN, selected(hybridEx)),
    HEALTHY,
  ),
  row(
    'rdp-nla-off',
    text('the client offers CredSSP, the host takes TLS: no NLA', 'クライアントが CredSSP を提示、ホストは TLS を選択: NLA なし'),
    () => negotiation(MODERN, selected(ssl)),
    HEALTHY,
    'rdp-logon-screen',
  ),
  row(
    'rdp-standard',
    text(
      'the client offers CredSSP, the host takes standard RDP security',
      'クライアントが CredSSP を提示、ホストは標準の RDP セキュリティを選択',
    ),
    () => negotiation(MODERN, selected(0)),
    HEALTHY,
    'rdp-logon-screen',
  ),
  row(
    'rdp-nla-required',
    text(
      'the client offers TLS alone; failure 5, HYBRID_REQUIRED_BY_SERVER',
      'クライアントの提示は TLS だけ。エラー 5 (HYBRID_REQUIRED_BY_SERVER)',
    ),
    () => negotiation(ssl, failure(5)),
    { cause: 'rdp-client-without-nla', grade: 'confirmed', failed: 'schemes' },
  ),
  row(
    'rdp-tls-not-allowed',
    text('the client offers TLS; failure 2, SSL_NOT_ALLOWED_BY_SERVER', 'クライアントが TLS を提示。エラー 2 (SSL_NOT_ALLOWED_BY_SERVER)'),
    () => negotiation(ssl, failure(2)),
    {
      cause: 'not-visible',
      instead: [],
      why: text(
        'the host takes standard RDP security alone; the table has no cause for it',
        'ホストは標準の RDP セキュリティだけを受け付ける。表に該当する原因はない',
      ),
      grade: 'inconclusive',
      failed: 'schemes',
    },
  ),
  row(
    'rdp-refused',
    text('3389 refuses', '3389 が接続を拒否'),
    () => refusedPort(3389),
    { cause: 'rdp-not-listening', grade: 'likely', failed: 'tcp' },
    'rdp-closed',
  ),
  row('rdp-silent', text('SYNs to 3389 without an answer', '3389 宛ての SYN に応答なし'), () => silentSyns(3389), {
    cause: null,
    grade: 'inconclusive',
    failed: 'tcp',
  }),
];
