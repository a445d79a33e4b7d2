import { connect } from 'node:tls';
import { TcpConversation, type WritePacket } from '../capture-writer/index.ts';
import { issueCertificate } from '../certificates/index.ts';
import { DAY, ROW_HOST, text } from '../connection-rows/common.ts';
import { startHost } from '../windows-host/index.ts';
import { CAPTURE_CLIENT, CAPTURE_SERVER, nameExchange } from './capture-of.ts';
import { CAPTURE_START } from './http-talk.ts';
import { startRelay } from './relay.ts';
import type { CaptureExpectation, CaptureRow } from './types.ts';

/** First flights of a TLS 1.2 handshake with a host that shows this certificate: ClientHello, and ServerHello to ServerHelloDone. */
async function flights(certificate: Parameters<typeof issueCertificate>[0]): Promise<{ client: Uint8Array; server: Uint8Array }> {
  const { key, cert } = issueCertificate({ commonName: ROW_HOST, names: [ROW_HOST], ...certificate });
  const host = await startHost({ listeners: [{ transport: 'HTTPS', tls: { key, cert, maxVersion: 'TLSv1.2' } }] });
  const relay = await startRelay({ address: host.address, port: host.listeners[0]?.port ?? 0 });
  try {
    await new Promise<void>((resolve, reject) => {
      const socket = connect({
        host: relay.address,
        port: relay.port,
        servername: ROW_HOST,
        rejectUnauthorized: false,
        maxVersion: 'TLSv1.2',
      });
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        socket.destroy();
        resolve();
      });
    });
  } finally {
    await relay.close();
    await host.close();
  }
  const { data = [] } = relay.connections[0] ?? {};
  // The client speaks once, the host answers with all of its flight, then the client goes on with its key: that is not needed here.
  const second = data.findIndex(({ from }, i) => from === 'client' && i > 0);
  const flight = data.slice(1, second).map(({ bytes }) => bytes);
  return { client: data[0]?.bytes ?? new Uint8Array(), server: Uint8Array.from(Buffer.concat(flight)) };
}

/** A client that looks at the certificate and refuses with an alert, in the clear as TLS 1.2 has it there (RFC 5246 section 7.2.2). */
async function refusedWith(alert: number, certificate: Parameters<typeof issueCertificate>[0]): Promise<readonly WritePacket[]> {
  const { client, server } = await flights(certificate);
  const talk = new TcpConversation({
    client: { address: CAPTURE_CLIENT, port: 50_700 },
    server: { address: CAPTURE_SERVER, port: 5986 },
    start: CAPTURE_START,
    ttl: { client: 128, server: 128 },
  })
    .open()
    .send('client', client)
    .send('server', server)
    .send('client', Uint8Array.of(21, 3, 3, 0, 2, 2, alert))
    .wait(1)
    .close();
  return [...nameExchange(CAPTURE_START - 3_000_000n), ...talk.packets];
}

function row(
  id: string,
  liveRow: string | undefined,
  how: CaptureRow['how'],
  frames: () => Promise<readonly WritePacket[]>,
  expected: CaptureExpectation,
): CaptureRow {
  return { row: 9, id, ...(liveRow === undefined ? {} : { liveRow }), how, making: { by: 'frames', frames }, expected };
}

/** Certificates of the dates of {@link CAPTURE_START}. */
const START_MS = Number(CAPTURE_START / 1_000_000n);
const valid = { notBefore: new Date(START_MS - 30 * DAY), notAfter: new Date(START_MS + 300 * DAY) };

/** Row 9: clients that refuse the certificate, over TLS 1.2. */
export const TLS_FRAMES: readonly CaptureRow[] = [
  row(
    'alert-unknown-ca',
    'self-signed',
    text('alert 48, unknown CA, from the client', 'クライアントがアラート 48 (unknown CA) を送信'),
    () => refusedWith(48, valid),
    {
      cause: 'tls-untrusted-issuer',
      grade: 'confirmed',
      failed: 'tls',
    },
  ),
  row(
    'alert-expired',
    'expired',
    text('alert 45, certificate expired, from the client', 'クライアントがアラート 45 (certificate expired) を送信'),
    () => refusedWith(45, { notBefore: new Date(START_MS - 400 * DAY), notAfter: new Date(START_MS - 30 * DAY) }),
    { cause: 'tls-certificate-dates', grade: 'confirmed', failed: 'tls' },
  ),
  row(
    'alert-bad-certificate-name',
    'other-name',
    text(
      'alert 42, bad certificate, from the client; the certificate is for another name',
      'クライアントがアラート 42 (bad certificate) を送信。証明書は別の名前のもの',
    ),
    () => refusedWith(42, { ...valid, commonName: 'old-name.corp.example', names: ['old-name.corp.example'] }),
    { cause: 'tls-name-mismatch', grade: 'confirmed', failed: 'tls' },
  ),
];
