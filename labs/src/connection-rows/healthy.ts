import { HTTPS, hostWorld, kerberosWorld } from './common.ts';
import { CERTIFICATE_LOGIN } from './rows-tls.ts';
import type { RowConnect, RowWorld } from './types.ts';

/** A world in which everything works: the doctor must find nothing. */
export interface HealthyWorld {
  readonly id: string;
  readonly world: () => RowWorld;
  readonly connect: RowConnect;
  /** Credential checks at host and KDC together. */
  readonly checks: number;
}

const alice: RowConnect = { typed: 'CORP\\alice' };

/** Limits of a Windows Server 2008 R2 (MS-WSMV product behaviour notes 8, 19 to 22, 34). */
const LIMITS_2008R2 = { maxEnvelopeSizeKb: 150, maxConcurrentOperationsPerUser: 15, maxConnections: 25, maxShellsPerUser: 5 } as const;

/** Healthy worlds, one for each way in. */
export const HEALTHY_WORLDS: readonly HealthyWorld[] = [
  { id: 'no login', world: hostWorld(), connect: {}, checks: 0 },
  { id: 'NTLM over HTTP, a local account', world: hostWorld(), connect: { typed: '.\\local' }, checks: 1 },
  { id: 'NTLM over HTTP, a workgroup', world: hostWorld({ dnsDomain: '' }), connect: { typed: 'local' }, checks: 1 },
  {
    id: 'HTTPS with strict channel binding',
    world: hostWorld({ listeners: HTTPS, auth: { cbtHardeningLevel: 'Strict' } }),
    connect: { typed: '.\\local' },
    checks: 1,
  },
  { id: 'Kerberos', world: kerberosWorld(), connect: { typed: 'alice@corp.example', auth: 'Kerberos' }, checks: 1 },
  { id: 'Kerberos by itself', world: kerberosWorld(), connect: alice, checks: 1 },
  { id: 'CredSSP', world: hostWorld({ auth: { credSsp: true } }), connect: { typed: '.\\local', auth: 'CredSSP' }, checks: 1 },
  { id: 'client certificate', ...CERTIFICATE_LOGIN, checks: 0 },
  { id: 'limits of 2008 R2', world: hostWorld({ limits: LIMITS_2008R2 }), connect: { typed: '.\\local' }, checks: 1 },
  {
    id: 'DCOM',
    world: hostWorld({ dcom: {} }),
    connect: { typed: '.\\local', via: 'dcom', target: ({ address, dcomPort }) => `${address}:${dcomPort}` },
    checks: 1,
  },
  {
    id: 'RDP with NLA',
    world: hostWorld({ rdp: { nla: 'required' } }),
    connect: { via: 'rdp', target: ({ address, rdpPort }) => `${address}:${rdpPort}` },
    checks: 0,
  },
];
