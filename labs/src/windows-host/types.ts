/** What a Windows host double is made of. Everything has a default: `startHost({})` is a healthy member server of a domain, WinRM as Windows sets it up. */
export interface WindowsHostSpec {
  /** NetBIOS name, default `HV01`. */
  readonly name?: string;
  /** DNS domain of the host, default `corp.example`; empty for a workgroup. */
  readonly dnsDomain?: string;
  /** NetBIOS domain, default `CORP`. */
  readonly domain?: string;
  /** `10.0.20348` by default. */
  readonly build?: string;
  /** How far the host's clock is ahead, in seconds. */
  readonly clockSkewSeconds?: number;
  readonly listeners?: readonly ListenerSpec[];
  readonly auth?: Partial<AuthSpec>;
  readonly accounts?: readonly AccountSpec[];
  /** Installed roles: Hyper-V brings root/virtualization/v2 with virtual machines. Default `['hyper-v']`. */
  readonly roles?: readonly ('hyper-v' | 'hyper-v-v1' | 'cluster')[];
  readonly limits?: Partial<LimitSpec>;
  /** Something broken on purpose. */
  readonly fault?: HostFault;
  /** Time before each answer, in milliseconds. */
  readonly latencyMs?: number;
  /** Share of new connections that are reset straight after they were accepted, 0 to 1; which ones is the same in every run. */
  readonly loss?: number;
  /** Loopback address to listen on, default `127.0.0.1`. */
  readonly address?: string;
  /** Longest header line in bytes (http.sys MaxFieldLength, 16384 by default); `header-too-long` makes it 720, which no Kerberos token stays below. */
  readonly maxFieldLength?: number;
  /** How faults of WMI look: `f:WSManFault` (default) or `p:MSFT_WmiError`, as newer hosts also send them. */
  readonly faultShape?: 'wsman' | 'wmi';
  /** Virtual machines of a Hyper-V host, default 2. */
  readonly virtualMachines?: number;
  /** Services in Win32_Service, at least 8 (the default): a way to make answers large. */
  readonly services?: number;
  /** Members of the cluster with role `cluster`, default two: this host and `HV02`. */
  readonly clusterNodes?: readonly string[];
  /** Keytab with the host's HTTP/ key, to accept Kerberos. */
  readonly keytab?: Uint8Array;
  /** RDP listener; absent: none. */
  readonly rdp?: RdpSpec;
  /** DCOM endpoint mapper and activation; absent: none. */
  readonly dcom?: DcomSpec;
  /** Told of what went wrong with a request in the double's eyes (a body that does not unseal, an error of the double itself). */
  readonly onError?: (error: unknown) => void;
}

/** One WinRM listener. Port 0 takes a free one. */
export interface ListenerSpec {
  readonly transport: 'HTTP' | 'HTTPS';
  readonly port?: number;
  /** URL prefix, default `wsman`. */
  readonly prefix?: string;
  /** PEM key and certificate of HTTPS; made at start when absent (openssl is not needed). */
  readonly tls?: {
    readonly key: string;
    readonly cert: string;
    readonly minVersion?: string;
    readonly maxVersion?: string;
    readonly clientCa?: string;
  };
}

/** `winrm/config/service/auth` and what belongs to it; the defaults are Windows' own. */
export interface AuthSpec {
  readonly basic: boolean;
  readonly kerberos: boolean;
  readonly negotiate: boolean;
  readonly certificate: boolean;
  readonly credSsp: boolean;
  readonly cbtHardeningLevel: 'None' | 'Relaxed' | 'Strict';
  readonly allowUnencrypted: boolean;
  /** Answer to clear SOAP over HTTP when it is not allowed: users report both (reference winrm.md, row 13). Default 500. */
  readonly clearBodyStatus: 401 | 500;
  /**
   * NTLM with a domain that is neither the host's nor the domain's own: Windows looks into the host's accounts (`local`, KB 103390); `refuse`
   * for a host that does not.
   */
  readonly unknownDomain: 'local' | 'refuse';
  /** LmCompatibilityLevel of who checks the password: 5 refuses NTLMv1. */
  readonly lmCompatibilityLevel: number;
  /** `Restrict NTLM: incoming` = deny all. */
  readonly ntlmBlocked: boolean;
  /** The NTLM challenge offers 128-bit keys and extended session security; default true. */
  readonly ntlmStrong: boolean;
  /** Version the CredSSP server answers, 2 to 6; default 6. */
  readonly credSspVersion: number;
  /** Where CredSSP ends without an answer: `tls` at the first token (no common TLS version), `negotiate` once the tunnel stands. Default `no`. */
  readonly credSspStops: 'no' | 'tls' | 'negotiate';
}

/** An account and what it may do. */
export interface AccountSpec {
  readonly user: string;
  /** NetBIOS domain; the host's own name for a local account. */
  readonly domain: string;
  readonly password: string;
  /** User principal name, when it has one. */
  readonly upn?: string;
  readonly state?: 'ok' | 'locked' | 'disabled' | 'expired' | 'must-change';
  /** Bad passwords until it is locked; 0: never. */
  readonly lockoutThreshold?: number;
  /**
   * `admin`; `filtered`: local administrator whose token is filtered; `none`: no right to WinRM; `no-namespace`: may use WinRM and not the
   * WMI namespaces; `no-hyper-v`: may read root/cimv2 and not root/virtualization/v2.
   */
  readonly rights?: 'admin' | 'filtered' | 'none' | 'no-namespace' | 'no-hyper-v';
  /** SHA-256 of the client certificate mapped to it, lower-case hex. */
  readonly certificate?: string;
}

/** Quotas and sizes (reference winrm.md section 10). */
export interface LimitSpec {
  readonly maxEnvelopeSizeKb: number;
  /** For answers alone, to provoke EncodingLimit with requests that still fit; default {@link maxEnvelopeSizeKb}. */
  readonly maxAnswerKb?: number;
  readonly maxBatchItems: number;
  readonly maxConcurrentOperationsPerUser: number;
  readonly maxConnections: number;
  readonly maxShellsPerUser: number;
  readonly enumerationTimeoutMs: number;
  /** A connection counts for {@link maxConnections} until it was idle for this long (MS-WSMV note 22: about two minutes). */
  readonly connectionIdleMs: number;
}

/** Faults on demand; the rows of the diagnosis table use them. */
export type HostFault =
  | 'service-503' // http.sys knows the URL, the service is down
  | 'not-found-404'
  | 'iis-404' // another web server owns the port
  | 'proxy-html' // an HTTP proxy or portal answers
  | 'header-too-long' // 400 for a long Authorization header
  | 'tls-reset' // RST straight after ClientHello
  | 'tls-alert' // handshake_failure
  | 'tls13-client-certificate' // reset at the first request when TLS 1.3 and a client certificate meet
  | 'reset-after-accept'
  | 'silent' // accepts and never answers
  | 'operations-quota' // 0x803381a6 per-user operations
  | 'invalid-namespace'
  | 'wmi-broken'
  | 'ap-err-modified' // the service key is not that of the ticket
  | 'operation-timeout';

/** RDP side of the host. */
export interface RdpSpec {
  readonly port?: number;
  readonly nla: 'required' | 'optional' | 'off';
}

/** DCOM side of the host. */
export interface DcomSpec {
  readonly port?: number;
  /** What RemoteCreateInstance answers. */
  readonly activation?: 'ok' | 'access-denied' | 'class-not-registered';
  /** KB5004442: activation below packet integrity is refused. */
  readonly hardening?: boolean;
  /** The dynamic port is announced but nothing listens there. */
  readonly dynamicPortClosed?: boolean;
}

/** What was counted at the host: the truth tests compare with. */
export interface HostCounters {
  /** TCP connections accepted on WinRM listeners, reset ones included. */
  readonly connections: number;
  readonly requests: number;
  /** Logins tried by account as sent (`DOMAIN\user`, lower case), and those that failed. */
  readonly checks: ReadonlyMap<string, { readonly tried: number; readonly failed: number }>;
  /** Requests whose SOAP body came unencrypted. */
  readonly clearBodies: number;
  readonly openEnumerations: number;
  readonly openShells: number;
  /** What the security log of the host would show, oldest first, the last 1000. */
  readonly logons: readonly LogonRecord[];
}

/** One line of the security log: 4624 or 4625. */
export interface LogonRecord {
  readonly id: 4624 | 4625;
  /** As sent. */
  readonly user: string;
  readonly domain: string;
  readonly scheme: 'Basic' | 'NTLM' | 'Kerberos' | 'Certificate';
  /** SubStatus of a 4625 (NTSTATUS, MS-ERREF 2.3): 0xc000006a password, 0xc0000064 no such user, 0xc0000234 locked …; 0 for 4624. */
  readonly status: number;
}

/** A running double. */
export interface HostDouble {
  /** Listeners with the port they took, in the order of the specification. */
  readonly listeners: readonly { readonly transport: 'HTTP' | 'HTTPS'; readonly port: number; readonly certificate?: Uint8Array }[];
  readonly rdpPort?: number;
  readonly dcomPort?: number;
  /** Port of the objects that DCOM activates. */
  readonly dcomDynamicPort?: number;
  /** Address it listens on (loopback). */
  readonly address: string;
  readonly counters: HostCounters;
  close(): Promise<void>;
}
