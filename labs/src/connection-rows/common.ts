import { issueCertificate } from '../certificates/index.ts';
import type { KdcPrincipal } from '../kdc/index.ts';
import type { AccountSpec, ListenerSpec, WindowsHostSpec } from '../windows-host/index.ts';
import type { RowEvent, RowText, RowWorld } from './types.ts';
import { ROW_REALM } from './world.ts';

/** Password of every account of the rows: it opens nothing but doubles. */
export const ROW_PASSWORD = 'Row-Passw0rd!';
/** Name of the host in every row. */
export const ROW_HOST = 'hv01.corp.example';

/** A text in both languages. */
export function text(en: string, ja: string): RowText {
  return { en, ja };
}

/** Accounts of the host and its domain. */
export const ACCOUNTS: readonly AccountSpec[] = [
  { user: 'alice', domain: 'CORP', password: ROW_PASSWORD, upn: 'alice@corp.example', rights: 'admin' },
  { user: 'guest', domain: 'CORP', password: ROW_PASSWORD, rights: 'none' },
  { user: 'reader', domain: 'CORP', password: ROW_PASSWORD, rights: 'no-hyper-v' },
  { user: 'visitor', domain: 'CORP', password: ROW_PASSWORD, rights: 'no-namespace' },
  { user: 'locked', domain: 'CORP', password: ROW_PASSWORD, state: 'locked' },
  { user: 'left', domain: 'CORP', password: ROW_PASSWORD, state: 'disabled' },
  { user: 'stale', domain: 'CORP', password: ROW_PASSWORD, state: 'must-change' },
  { user: 'local', domain: 'HV01', password: ROW_PASSWORD, rights: 'admin' },
  { user: 'operator', domain: 'HV01', password: ROW_PASSWORD, rights: 'filtered' },
];

/** HTTPS with the certificate of the host. */
export const HTTPS: readonly ListenerSpec[] = [{ transport: 'HTTPS' }];

/** A host with the accounts of the rows. */
export function hostWorld(spec: WindowsHostSpec = {}, more: Omit<RowWorld, 'host'> = {}): () => RowWorld {
  return () => ({ host: { accounts: ACCOUNTS, ...spec }, ...more });
}

/** The host on its usual address and port inside a namespace. */
export const NAMESPACE_ADDRESS = '192.0.2.10';
export function namespaceWorld(spec: WindowsHostSpec = {}, more: Omit<RowWorld, 'host'> = {}): () => RowWorld {
  return hostWorld({ address: NAMESPACE_ADDRESS, listeners: [{ transport: 'HTTP', port: 5985 }], ...spec }, more);
}

/** HTTPS with a certificate of its own. */
export function withCertificate(spec: Parameters<typeof issueCertificate>[0]): () => RowWorld {
  return () => {
    const { key, cert } = issueCertificate({ commonName: ROW_HOST, names: [ROW_HOST], ...spec });
    return { host: { accounts: ACCOUNTS, listeners: [{ transport: 'HTTPS', tls: { key, cert } }] } };
  };
}

const PRINCIPALS: readonly KdcPrincipal[] = [
  { name: 'alice', password: ROW_PASSWORD, enterprise: ['alice@corp.example'] },
  { name: 'locked', password: ROW_PASSWORD, state: 'locked' },
  { name: 'left', password: ROW_PASSWORD, state: 'disabled' },
  { name: 'stale', password: ROW_PASSWORD, state: 'must-change' },
];

/** The host in a realm of its own. `principals` are added. */
export function kerberosWorld(
  { principals = [], ...kdc }: Partial<NonNullable<RowWorld['kdc']>> = {},
  host: WindowsHostSpec = {},
  more: Omit<RowWorld, 'host' | 'kdc'> = {},
): () => RowWorld {
  const service = { name: ROW_REALM.service, password: ROW_REALM.key };
  return hostWorld(host, { kdc: { principals: [...PRINCIPALS, service, ...principals], ...kdc }, ...more });
}

/** A day in milliseconds. */
export const DAY = 86_400_000;

/** An event of the WinRM service. */
export function winrmEvent(id: number, data: RowEvent['data'] = [], secondsBefore = 0): RowEvent {
  return { channel: 'System', provider: 'Microsoft-Windows-WinRM', id, data, secondsBefore };
}
