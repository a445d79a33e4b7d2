import { issueCertificate } from '../certificates/index.ts';
import { ACCOUNTS, DAY, HTTPS, hostWorld, ROW_HOST, text, withCertificate } from './common.ts';
import type { ConnectionRow, RowConnect, RowWorld } from './types.ts';

/** A client certificate and a host that breaks off when it comes over TLS 1.3. */
function clientCertificate(fault: boolean): { readonly world: () => RowWorld; readonly connect: RowConnect } {
  const client = issueCertificate({ commonName: 'alice', usage: 'client', upn: 'alice@corp.example', keyType: 'ecdsa' });
  const { key, cert } = issueCertificate({ commonName: ROW_HOST, names: [ROW_HOST], keyType: 'ecdsa' });
  return {
    world: () => ({
      host: {
        accounts: ACCOUNTS.map((account) => (account.user === 'alice' ? { ...account, certificate: client.sha256 } : account)),
        listeners: [{ transport: 'HTTPS', tls: { key, cert, clientCa: client.cert } }],
        auth: { certificate: true },
        ...(fault ? { fault: 'tls13-client-certificate' as const } : {}),
      },
    }),
    connect: { auth: 'Certificate', certificate: { cert: client.cert, key: client.key } },
  };
}

const untrusted: RowConnect = { trust: false };

/** Rows 8 to 10: handshake, certificate, TLS 1.3 with client certificates. */
export const TLS_ROWS: readonly ConnectionRow[] = [
  {
    row: 8,
    id: 'tls-reset',
    on: 'double',
    how: text('RST straight after the ClientHello', 'ClientHello の直後に RST'),
    world: hostWorld({ listeners: HTTPS, fault: 'tls-reset' }),
    expected: { cause: 'tls-no-certificate', grade: 'likely', failed: 'tls' },
  },
  {
    row: 8,
    id: 'tls-reset-no-certificate',
    on: 'double',
    how: text('the same, and the bound certificate is missing on the host', '同上。バインドされた証明書がホストにない'),
    world: hostWorld({ listeners: HTTPS, fault: 'tls-reset' }),
    evidence: { facts: ['tls.bound-certificate=missing'] },
    expected: { cause: 'tls-no-certificate', grade: 'confirmed', failed: 'tls' },
  },
  {
    row: 8,
    id: 'tls-no-suite',
    on: 'double',
    how: text('alert 40 to every ClientHello', 'すべての ClientHello にアラート 40'),
    world: hostWorld({ listeners: HTTPS, fault: 'tls-alert' }),
    expected: { cause: 'tls-no-common-cipher', grade: 'likely', failed: 'tls' },
  },
  {
    row: 8,
    id: 'tls-old',
    on: 'double',
    how: text('the host takes TLS 1.1 at most', 'ホストは TLS 1.1 まで'),
    world: () => {
      const { key, cert } = issueCertificate({ commonName: ROW_HOST, names: [ROW_HOST] });
      return {
        host: { accounts: ACCOUNTS, listeners: [{ transport: 'HTTPS', tls: { key, cert, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } }] },
      };
    },
    expected: { cause: 'tls-version-mismatch', grade: 'confirmed', failed: 'tls' },
  },
  {
    row: 9,
    id: 'self-signed',
    on: 'double',
    how: text('a self-signed certificate', '自己署名証明書'),
    world: withCertificate({}),
    connect: untrusted,
    expected: { cause: 'tls-untrusted-issuer', grade: 'confirmed', failed: 'tls' },
  },
  {
    row: 9,
    id: 'other-name',
    on: 'double',
    how: text('a trusted certificate for another name', '別の名前の、信頼された証明書'),
    world: withCertificate({ commonName: 'old-name.corp.example', names: ['old-name.corp.example'] }),
    expected: { cause: 'tls-name-mismatch', grade: 'confirmed', failed: 'tls' },
  },
  {
    row: 9,
    id: 'expired',
    on: 'double',
    how: text('a trusted certificate that ended a month ago', '1 か月前に期限が切れた、信頼された証明書'),
    world: withCertificate({ notBefore: new Date(Date.now() - 400 * DAY), notAfter: new Date(Date.now() - 30 * DAY) }),
    expected: { cause: 'tls-certificate-dates', grade: 'confirmed', failed: 'tls' },
  },
  {
    row: 9,
    id: 'several-problems',
    on: 'double',
    how: text('a certificate that is self-signed, expired and for another name', '自己署名で期限切れ、名前も異なる証明書'),
    world: withCertificate({
      commonName: 'old-name.corp.example',
      names: ['old-name.corp.example'],
      notBefore: new Date(Date.now() - 400 * DAY),
      notAfter: new Date(Date.now() - 30 * DAY),
    }),
    connect: untrusted,
    expected: { cause: 'tls-certificate-refused', grade: 'confirmed', failed: 'tls' },
  },
  {
    row: 9,
    id: 'wrong-usage',
    on: 'double',
    how: text('a trusted certificate for client authentication alone', 'クライアント認証専用の、信頼された証明書'),
    world: withCertificate({ usage: 'client' }),
    expected: { cause: 'tls-certificate-unfit', grade: 'confirmed', failed: 'tls' },
  },
  {
    row: 10,
    id: 'tls13-client-certificate',
    on: 'double',
    how: text('reset at the first request over TLS 1.3 with a client certificate', 'TLS 1.3 とクライアント証明書で、最初の要求にリセット'),
    ...clientCertificate(true),
    expected: { cause: 'tls13-client-certificate', grade: 'likely', failed: 'http' },
  },
];

/** A host that takes a client certificate. */
export const CERTIFICATE_LOGIN = clientCertificate(false);
