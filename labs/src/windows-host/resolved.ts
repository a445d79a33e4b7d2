import { createHash } from 'node:crypto';
import type { AccountSpec, AuthSpec, LimitSpec, ListenerSpec, WindowsHostSpec } from './types.ts';

type Defaulted = 'name' | 'dnsDomain' | 'domain' | 'build' | 'address' | 'maxFieldLength' | 'faultShape' | 'virtualMachines';

/** The specification with its defaults filled in: what the parts of the double read. */
export interface ResolvedSpec
  extends Pick<WindowsHostSpec, 'fault' | 'latencyMs' | 'loss' | 'keytab' | 'rdp' | 'clockSkewSeconds'>,
    Required<Pick<WindowsHostSpec, Defaulted>> {
  readonly auth: AuthSpec;
  readonly limits: LimitSpec;
  readonly listeners: readonly ListenerSpec[];
  readonly accounts: readonly AccountSpec[];
  readonly roles: readonly ('hyper-v' | 'hyper-v-v1' | 'cluster')[];
  readonly services: number;
  readonly clusterNodes: readonly string[];
  /** `hv01.corp.example`; the name alone in a workgroup. */
  readonly dnsName: string;
  /** The host's clock. */
  readonly now: () => Date;
  /** GUID of this host for a purpose: the same in every run, upper case without braces. */
  readonly guid: (purpose: string) => string;
}

/** Windows' own defaults of `winrm/config/service/auth` (win32 documentation) with LmCompatibilityLevel of Windows 7 and later. */
const AUTH: AuthSpec = {
  basic: false,
  kerberos: true,
  negotiate: true,
  certificate: false,
  credSsp: false,
  cbtHardeningLevel: 'Relaxed',
  allowUnencrypted: false,
  clearBodyStatus: 500,
  unknownDomain: 'local',
  lmCompatibilityLevel: 3,
  ntlmBlocked: false,
  ntlmStrong: true,
  credSspVersion: 6,
  credSspStops: 'no',
};

/** Defaults of Windows Server 2012 and later (MS-WSMV product behaviour notes 8, 9, 19 to 22, 34). */
const LIMITS: LimitSpec = {
  maxEnvelopeSizeKb: 500,
  maxBatchItems: 32_000,
  maxConcurrentOperationsPerUser: 1500,
  maxConnections: 300,
  maxShellsPerUser: 30,
  enumerationTimeoutMs: 240_000,
  connectionIdleMs: 120_000,
};

/** MaxFieldLength of http.sys (KB 820129). */
const MAX_FIELD_LENGTH = 16_384;
/** Of the fault `header-too-long`: a ticket without a PAC (about 750 characters with its header) is beyond it, NTLM with short names is not. */
const SHORT_FIELD_LENGTH = 720;

/** Fills in the defaults. */
export function resolveSpec(spec: WindowsHostSpec): ResolvedSpec {
  const name = spec.name ?? 'HV01';
  const dnsDomain = spec.dnsDomain ?? 'corp.example';
  const fault = spec.fault;
  return {
    ...spec,
    name,
    dnsDomain,
    domain: dnsDomain === '' ? 'WORKGROUP' : (spec.domain ?? 'CORP'),
    build: spec.build ?? '10.0.20348',
    address: spec.address ?? '127.0.0.1',
    maxFieldLength: spec.maxFieldLength ?? (fault === 'header-too-long' ? SHORT_FIELD_LENGTH : MAX_FIELD_LENGTH),
    faultShape: spec.faultShape ?? 'wsman',
    virtualMachines: spec.virtualMachines ?? 2,
    services: Math.max(8, spec.services ?? 8),
    clusterNodes: spec.clusterNodes ?? [name, 'HV02'],
    auth: { ...AUTH, ...spec.auth },
    limits: { ...LIMITS, ...spec.limits },
    listeners: spec.listeners ?? [{ transport: 'HTTP' }],
    accounts: spec.accounts ?? [],
    roles: spec.roles ?? ['hyper-v'],
    dnsName: dnsDomain === '' ? name.toLowerCase() : `${name.toLowerCase()}.${dnsDomain}`,
    now: () => new Date(Date.now() + (spec.clockSkewSeconds ?? 0) * 1000),
    guid: (purpose) => guidOf(`${name}/${purpose}`),
  };
}

function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex').toUpperCase();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-A${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
