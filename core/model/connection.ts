import type { Localized, RungName } from '@winmedic/knowledge/model';
import type { EventObservation, FactObservation, InputProblem, InstantNs, Source } from './observation.ts';
import type { Grade, Incident, JudgedCause, Missing } from './verdict.ts';

/** The way to the host: WS-Management, WMI over DCOM, or only the RDP port's negotiation. */
export type ConnectionVia = 'winrm' | 'dcom' | 'rdp';

/** Authentication schemes of WinRM, as in WWW-Authenticate; `Certificate` is TLS client authentication. */
export type LoginSchemeName = 'Basic' | 'Negotiate' | 'Kerberos' | 'NTLM' | 'CredSSP' | 'Certificate';

/** What happened on a rung. `warned`: passed, with something worth saying; `skipped`: not part of this attempt (no TLS on HTTP); `unreached`: a lower rung failed. */
export type RungVerdict = 'passed' | 'warned' | 'failed' | 'skipped' | 'unreached';

/** One rung of the ladder. */
export interface Rung {
  readonly name: RungName;
  readonly verdict: RungVerdict;
  /** What was tried, in words: "POST /wsman on port 5985, wsmid:Identify, no login". */
  readonly tried: Localized;
  /** What was seen: "401 with WWW-Authenticate: Negotiate, Kerberos". */
  readonly observed: Localized;
  /** What would have been right, when it was not. */
  readonly expected?: Localized;
  /** Whole milliseconds spent; absent when unreached. */
  readonly ms?: number;
  /** Indexes into {@link ConnectionAttempt.conversation}. */
  readonly messages: readonly number[];
}

/** One message of the wire conversation, both in words and as bytes; secrets are removed before it is made. */
export interface WireMessage {
  readonly at: InstantNs;
  readonly direction: 'sent' | 'received';
  readonly rung: RungName;
  /** `dns`, `tcp`, `tls`, `http`, `ntlm`, `kerberos`, `credssp`, `soap`, `rpc`, `rdp`. */
  readonly layer: string;
  /** In words: "NTLM type 2: the host calls itself HV01 in domain CORP; 128-bit keys; clock 2026-11-21 …". */
  readonly text: Localized;
  /** Decoded fields in order, names as in the specification (`TargetName`, `NegotiateFlags`); values never hold responses, keys or passwords. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The bytes with secrets overwritten, for `--bytes`; absent when there is nothing safe to show. */
  readonly bytes?: Uint8Array;
}

/** What a host tells about itself before any login. */
export interface HostSelfPortrait {
  readonly computerName?: string;
  readonly dnsComputerName?: string;
  readonly domain?: string;
  readonly dnsDomain?: string;
  readonly forest?: string;
  /** `10.0.20348`, from the Version field of the NTLM challenge. */
  readonly build?: string;
  /** The host's clock when it answered, and how far it is ahead of ours. */
  readonly clock?: { readonly at: InstantNs; readonly skewSeconds: number; readonly from: 'ntlm' | 'kerberos' | 'http' };
  readonly schemes?: readonly string[];
  readonly server?: string;
  readonly certificate?: CertificateView;
  readonly vendor?: string;
  /** From IdentifyResponse after login, or before on other servers: `OS: 10.0.20348 SP: 0.0 Stack: 3.0`. */
  readonly product?: string;
  /** RDP port, when asked for. */
  readonly rdp?: { readonly port: number; readonly nla: 'required' | 'optional' | 'off'; readonly certificate?: CertificateView };
}

/** A server certificate as people check it. */
export interface CertificateView {
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  readonly notBefore: InstantNs;
  readonly notAfter: InstantNs;
  /** SHA-256 of the DER, lower-case hex: also the pin that `--pin` takes. */
  readonly sha256: string;
  readonly selfSigned: boolean;
  /** Problems by the names of the property `tls.trust`; empty: trusted. */
  readonly problems: readonly string[];
}

/** How the account was given and what went over the wire; never the password. */
export interface AccountUse {
  /** As typed. */
  readonly typed: string;
  readonly form: 'upn' | 'down-level' | 'dot' | 'bare' | 'reversed' | 'empty';
  /** What was put into which field of the login that was tried. */
  readonly sent?: { readonly user: string; readonly domain: string; readonly workstation?: string };
  readonly scheme?: LoginSchemeName;
  readonly mechanism?: 'ntlm' | 'kerberos' | 'basic' | 'certificate';
  /** Credential checks this attempt caused at the host or domain (each may count towards a lockout). */
  readonly checks: number;
  /** Why no (further) login was tried, when so: budget used up, rejected elsewhere, clear text refused … */
  readonly held?: Localized;
}

/** One attempt to reach one host, from any source of evidence. */
export interface ConnectionAttempt {
  /** As the user wrote it. */
  readonly target: string;
  readonly host: string;
  readonly port: number;
  readonly via: ConnectionVia;
  readonly transport: 'http' | 'https';
  readonly from: 'live' | 'capture' | 'trace' | 'log';
  /** Address of the client as the recording names it; the host may know another one (NAT). */
  readonly client?: string;
  readonly startedAt: InstantNs;
  readonly endedAt: InstantNs;
  /** All rungs of this way, lowest first. */
  readonly rungs: readonly Rung[];
  readonly portrait: HostSelfPortrait;
  readonly account?: AccountUse;
  /**
   * Properties by name (knowledge: CONNECTION_PROPERTIES), each a fact `connection.<name>` with its origin
   * (`live:winrm://host:5985`, or file and offset).
   */
  readonly properties: ReadonlyMap<string, FactObservation>;
  readonly conversation: readonly WireMessage[];
  /** What was not checked, and why. */
  readonly notChecked: readonly Localized[];
  /**
   * Records of traces and logs that are part of this very attempt. Traces do not name their computer: these records count for the attempt wherever a cause asks
   * for an event, and for nothing else.
   */
  readonly records?: readonly EventObservation[];
  /**
   * Clock of the host minus the clock this attempt is told in, nanoseconds, from exchanges that both a capture and a trace or log of the host show; better than
   * what a challenge says of the clock ({@link HostSelfPortrait.clock}). Absent: not known that way.
   */
  readonly hostClockNs?: bigint;
}

/** An attempt with its verdict, made by the same gate as that of stops. */
export interface ConnectionDiagnosis {
  readonly attempt: ConnectionAttempt;
  /**
   * `ok`: it is seen that the host could be used, and nothing has to be explained. `unseen`: nothing failed as far as a recording shows, and whether the
   * attempt succeeded is not in it (encrypted, one direction, cut).
   */
  readonly outcome: 'ok' | 'warned' | 'failed' | 'unseen';
  readonly verdict: { readonly grade: Exclude<Grade, 'ruled_out'>; readonly cause?: JudgedCause; readonly sentence: Localized };
  /** Causes considered, best grade first; the verdict's own included. */
  readonly considered: readonly JudgedCause[];
  /** Findings beside the verdict (certificate about to expire, clock skew, Basic offered over clear HTTP), worst first. */
  readonly beside: readonly JudgedCause[];
  readonly missing: readonly Missing[];
  /** The one next check that would separate what is left; absent when nothing failed or the cause is confirmed. */
  readonly nextCheck?: Incident['nextCheck'];
}

/** A run over one host or many. */
export interface ConnectionReport {
  readonly diagnoses: readonly ConnectionDiagnosis[];
  /** RDP ports found by `--find-rdp`. */
  readonly rdpPorts: readonly RdpPortFinding[];
  /** Credential checks by account (user without domain, lower case), over the whole run. */
  readonly checks: ReadonlyMap<string, number>;
  /** Evidence given beside the live attempts (event logs, hives), with what could not be read of it. */
  readonly sources: readonly Source[];
  readonly problems: readonly InputProblem[];
  readonly madeAt: InstantNs;
}

/** One port of one host that spoke RDP. */
export interface RdpPortFinding {
  readonly host: string;
  readonly port: number;
  readonly nla: 'required' | 'optional' | 'off';
  readonly logonScreen: boolean;
}
