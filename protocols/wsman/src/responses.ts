/** What an IdentifyResponse says (DSP0226 section 11). */
export interface WsmanIdentity {
  readonly protocolVersion?: string;
  /** `Microsoft Corporation`, `Openwsman Project`, `Open Management Infrastructure` … */
  readonly productVendor?: string;
  /** `OS: 10.0.20348 SP: 0.0 Stack: 3.0`; Windows writes `OS: 0.0.0 …` without login. */
  readonly productVersion?: string;
  /** URIs of the security profiles; only after login. */
  readonly securityProfiles: readonly string[];
}

/** Output of a command (MS-WSMV 2.2.4.27). */
export interface ShellOutput {
  /** Pieces in order, by stream name. */
  readonly pieces: readonly { readonly stream: string; readonly data: Uint8Array; readonly end: boolean }[];
  /** `Done`, `Pending`, `Running`: last part of the state's URI; absent without a state. */
  readonly state?: string;
  readonly exitCode?: number;
}
