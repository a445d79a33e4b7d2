import { issueCertificate } from '../certificates/index.ts';
import type { AccountSpec, WindowsHostSpec } from './types.ts';

/** Password of every account of the named states: it opens nothing but a double on loopback. */
const PASSWORD = 'Double-Passw0rd!';

const accounts: readonly AccountSpec[] = [
  { user: 'alice', domain: 'CORP', password: PASSWORD, upn: 'alice@corp.example' },
  { user: 'bob', domain: 'CORP', password: PASSWORD, upn: 'bob@corp.example', rights: 'none' },
  { user: 'locked', domain: 'CORP', password: PASSWORD, state: 'locked' },
  { user: 'operator', domain: 'HV01', password: PASSWORD, rights: 'filtered' },
];
const https = { transport: 'HTTPS' } as const;

/** A certificate that ended a month ago. */
function expired(): WindowsHostSpec {
  const { key, cert } = issueCertificate({
    commonName: 'hv01.corp.example',
    notBefore: new Date(Date.now() - 400 * 86_400_000),
    notAfter: new Date(Date.now() - 30 * 86_400_000),
  });
  return { accounts, listeners: [{ ...https, tls: { key, cert } }] };
}

/** Named states of a host for the command and for demonstrations. */
export const STATES: ReadonlyMap<string, () => WindowsHostSpec> = new Map<string, () => WindowsHostSpec>([
  ['healthy', () => ({ accounts })],
  ['healthy-https', () => ({ accounts, listeners: [{ transport: 'HTTP' }, https] })],
  ['workgroup', () => ({ dnsDomain: '', accounts: [{ user: 'Administrator', domain: 'HV01', password: PASSWORD }] })],
  ['weakened', () => ({ accounts, auth: { basic: true, allowUnencrypted: true } })],
  ['credssp', () => ({ accounts, auth: { credSsp: true } })],
  ['cbt-strict', () => ({ accounts, auth: { cbtHardeningLevel: 'Strict' }, listeners: [https] })],
  ['expired-certificate', expired],
  ['clock-ahead', () => ({ accounts, clockSkewSeconds: 900 })],
  ['ntlm-blocked', () => ({ accounts, auth: { ntlmBlocked: true } })],
  ['no-hyper-v', () => ({ accounts, roles: [] })],
  ['hyper-v-2008r2', () => ({ accounts, roles: ['hyper-v-v1'], build: '6.1.7601' })],
  ['cluster', () => ({ accounts, roles: ['hyper-v', 'cluster'] })],
  ['quota', () => ({ accounts, fault: 'operations-quota' })],
  ['service-down', () => ({ accounts, fault: 'service-503' })],
  ['other-web-server', () => ({ accounts, fault: 'iis-404' })],
  ['proxy', () => ({ accounts, fault: 'proxy-html' })],
  ['silent', () => ({ accounts, fault: 'silent' })],
  ['wmi-broken', () => ({ accounts, fault: 'wmi-broken' })],
]);
