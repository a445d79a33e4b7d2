import type { PeerIdentity, SecurityContext } from '@winmedic/gss';
import type { NtlmCheck } from '@winmedic/ntlm';
import type { AccountSpec, DcomSpec } from '../windows-host/types.ts';

/** Refusals of RPC itself, besides those of {@link DcomSpec}. */
export interface RpcRefusals {
  /** Every bind is answered with a bind_nak of this reason (`NAK_REASON`). */
  readonly nakReason?: number;
  /** The port is an endpoint mapper without DCOM: binds of the activation are rejected (provider_rejection, abstract_syntax_not_supported). */
  readonly withoutActivation?: boolean;
}

/** What a DCOM double is made of. `{}` is a healthy host called HV01 that nobody can log in to: hand in accounts. */
export interface DcomHostSpec extends DcomSpec {
  /** NetBIOS name, default `HV01`. */
  readonly name?: string;
  /** NetBIOS domain, default `CORP`. */
  readonly domain?: string;
  /** DNS domain, default `corp.example`; empty for a workgroup. */
  readonly dnsDomain?: string;
  /** Loopback address to listen on, default `127.0.0.1`. */
  readonly address?: string;
  /** Accounts for NTLM, when no {@link login} is handed in. */
  readonly accounts?: readonly AccountSpec[];
  /** A fresh acceptor for a security provider (`AUTH_TYPE`), for doubles that count checks and know Kerberos. Default: NTLM with {@link accounts}. */
  readonly login?: (type: number) => SecurityContext | undefined;
  /** May this user activate? Default: by the rights of {@link accounts} (`filtered` and `none` may not), everybody when {@link login} is handed in. */
  readonly mayActivate?: (peer: PeerIdentity) => boolean;
  readonly refusals?: RpcRefusals;
  /**
   * How an activation below packet integrity is refused: as HRESULT E_ACCESSDENIED of the call, or as a fault with status 5. Clients on
   * Windows report access denied either way; which one a given Windows sends was not recorded: unverified. Default `hresult`.
   */
  readonly hardeningAnswer?: 'hresult' | 'fault';
  /** Told of what Windows would write into the System log. */
  readonly onEvent?: (event: DcomEvent) => void;
  /** Told of every NTLM login that was judged, when no {@link login} is handed in. */
  readonly onCheck?: (check: NtlmCheck) => void;
}

/** Event 10036 of Microsoft-Windows-DistributedCOM: an activation below packet integrity was refused (KB5004442). */
export interface DcomEvent {
  readonly id: 10036;
  readonly domain: string;
  readonly user: string;
  /** Address of the client. */
  readonly address: string;
}

/** A running double. */
export interface DcomHost {
  readonly address: string;
  /** Endpoint mapper, object exporter and activation. */
  readonly port: number;
  /** Port of the activated objects; nothing listens there when the specification says so. */
  readonly dynamicPort: number;
  /** Connections accepted and calls answered, by `interface uuid/opnum`. */
  readonly counters: { readonly connections: number; readonly calls: ReadonlyMap<string, number> };
  close(): Promise<void>;
}
