import type { DcomHostSpec } from '../dcom-host/index.ts';
import type { WriteValue } from '../evtx-writer/index.ts';
import type { KdcSpec } from '../kdc/index.ts';
import type { WindowsHostSpec } from '../windows-host/index.ts';
import type { DnsAnswer } from './dns.ts';
import type { OtherServer } from './servers.ts';

/** A text in both languages. */
export interface RowText {
  readonly en: string;
  readonly ja: string;
}

/**
 * Where a row is reproduced: `double` (the Windows host double on loopback), `namespace` (the same inside a network namespace with a packet filter
 * and a DNS server of its own: Linux and root), `kdc` (the double and the KDC double), `evidence` (an attempt somebody else made, as its log or
 * capture tells it: a live probe does not see it).
 */
export type RowPlace = 'double' | 'namespace' | 'kdc' | 'evidence';

/** What is started for a row. */
export interface RowWorld {
  /** Absent: no host, the port that is tried is closed. */
  readonly host?: WindowsHostSpec;
  /** The realm CORP.EXAMPLE; the host gets the key of `HTTP/hv01.corp.example` unless {@link hostKey} says otherwise. */
  readonly kdc?: Omit<KdcSpec, 'realm'>;
  /** Password whose key the host accepts tickets with, when it is not that of the KDC. */
  readonly hostKey?: string;
  /** A server in the place of the host. */
  readonly server?: OtherServer;
  /** An endpoint mapper in the place of the host. */
  readonly dcom?: DcomHostSpec;
  /** A device that ends TLS and passes on what it read over TLS of its own. */
  readonly inspected?: boolean;
  /** Statements of nftables for packets that arrive, in a chain that accepts the rest; namespace only. */
  readonly filter?: readonly string[];
  /** Names of the DNS server; what is not listed does not exist. Namespace only. */
  readonly names?: ReadonlyMap<string, DnsAnswer>;
}

/** What is running, as the target of an attempt needs it. */
export interface RunningPlace {
  /** `http` or `https`, `host:port` of the first listener. */
  readonly transport: 'http' | 'https';
  readonly address: string;
  readonly port: number;
  readonly rdpPort?: number;
  readonly dcomPort?: number;
  /** Port of the objects that DCOM activates. */
  readonly dcomDynamicPort?: number;
}

/** How the attempt is made; names and defaults are those of `ConnectOptions` in core/connection. */
export interface RowConnect {
  /** Default: the first listener under the name hv01.corp.example. */
  readonly target?: (place: RunningPlace) => string;
  /** User name as typed; absent: no login. */
  readonly typed?: string;
  /** Default {@link ROW_PASSWORD}. */
  readonly password?: string;
  readonly auth?: 'Basic' | 'Negotiate' | 'Kerberos' | 'NTLM' | 'CredSSP' | 'Certificate';
  /** Client certificate and key, PEM. */
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** Trust the certificate the host shows; default true. */
  readonly trust?: boolean;
  readonly allowCleartext?: boolean;
  readonly withoutSealing?: boolean;
  readonly withoutChannelBinding?: boolean;
  readonly ntlmLevel?: 0 | 1 | 2 | 3 | 4 | 5;
  readonly tryForms?: number;
  readonly via?: 'winrm' | 'dcom' | 'rdp';
  /** Other ports looked at; default none outside a namespace, the product's inside. */
  readonly otherPorts?: readonly number[];
  /** Address the name stands for; default that of the host. */
  readonly resolvesTo?: string;
  /** So many attempts at the same host at the same time; the one judged is the first that failed with the others. */
  readonly together?: number;
  /** An attempt before it with the same account and this password, by a client without the faults above: a run over two hosts. */
  readonly after?: { readonly password: string };
}

/** An event of the host, as its log holds it. */
export interface RowEvent {
  readonly channel: string;
  readonly provider: string;
  readonly id: number;
  readonly data: readonly (readonly [name: string, value: WriteValue])[];
  /** Seconds before the attempt; default: the moment of the attempt. */
  readonly secondsBefore?: number;
}

/** What is given beside the attempt (`--evidence`). */
export interface RowEvidence {
  /** The Security log of the host double: 4624 and 4625 of what it saw. */
  readonly securityLog?: boolean;
  readonly events?: readonly RowEvent[];
  /** Settings read on the host, as `name=value`. */
  readonly facts?: readonly string[];
}

/** An attempt as somebody else's log or capture tells it: properties of the connection model by name. */
export interface RecordedAttempt {
  readonly from: 'capture' | 'trace' | 'log';
  readonly via?: 'winrm' | 'dcom';
  readonly properties: Readonly<Record<string, string>>;
}

/** What the doctor has to say. */
export interface RowExpectation {
  /** Id of the cause that is the verdict; absent: none. */
  readonly cause?: string;
  /** Id of a finding that stands beside the verdict. */
  readonly beside?: string;
  readonly grade: 'confirmed' | 'likely' | 'inconclusive';
  /** First rung that failed; empty: none. */
  readonly failed: string;
  /** Credential checks at host and KDC together; default 0. */
  readonly checks?: number;
}

/** One reproduction of a row of the diagnosis table. */
export interface ConnectionRow {
  /** Number of the row; 0 for what stands beside the table. */
  readonly row: number;
  readonly id: string;
  readonly on: RowPlace;
  readonly how: RowText;
  readonly world?: () => RowWorld;
  readonly connect?: RowConnect;
  readonly attempt?: RecordedAttempt;
  readonly evidence?: RowEvidence;
  readonly expected: RowExpectation;
}
