import type { Damage } from '@winmedic/bytes';
import type { NtlmFlag } from './flags.ts';

/** VERSION structure (MS-NLMP 2.2.2.10): what the sender says of its operating system; for people only. */
export interface NtlmVersion {
  readonly major: number;
  readonly minor: number;
  readonly build: number;
  /** NTLMRevisionCurrent; 15 on all of Windows since 2003. */
  readonly revision: number;
}

/** One AV_PAIR (MS-NLMP 2.2.2.1) as it stands. */
export interface AvPair {
  readonly id: number;
  readonly value: Uint8Array;
}

/** AV pairs decoded; a pair that is not there is absent. Of repeated pairs the first counts. */
export interface TargetInfo {
  /** All pairs in order, without the end mark; unknown ones too. */
  readonly pairs: readonly AvPair[];
  /** MsvAvNbComputerName */
  readonly netbiosComputer?: string;
  /** MsvAvNbDomainName */
  readonly netbiosDomain?: string;
  /** MsvAvDnsComputerName */
  readonly dnsComputer?: string;
  /** MsvAvDnsDomainName */
  readonly dnsDomain?: string;
  /** MsvAvDnsTreeName */
  readonly forest?: string;
  /** MsvAvFlags: 1 constrained account, 2 MIC present, 4 target name from an untrusted source. */
  readonly flags?: number;
  /** MsvAvTimestamp: the server's clock, FILETIME ticks. */
  readonly timestamp?: bigint;
  /** MsvAvTargetName: service principal name, as the client was told it. */
  readonly targetName?: string;
  /** MsvAvChannelBindings: 16 bytes, all zero for "none". */
  readonly channelBindings?: Uint8Array;
}

/** What all three messages have. */
interface NtlmMessageBase {
  /** NegotiateFlags, unsigned. */
  readonly flags: number;
  /** The same by name, lowest bit first. */
  readonly flagNames: readonly NtlmFlag[];
  /** Present when NTLMSSP_NEGOTIATE_VERSION is set. */
  readonly version?: NtlmVersion;
  /** What could not be read; what is given beside it is right. */
  readonly damages: readonly Damage[];
}

/** NEGOTIATE_MESSAGE (type 1, MS-NLMP 2.2.1.1). */
export interface NtlmNegotiate extends NtlmMessageBase {
  readonly kind: 'negotiate';
  /** DomainName; characters above 0x7F are shown as ISO 8859-1, because the sender's OEM code page is not in the message. */
  readonly domain: string;
  readonly workstation: string;
}

/** CHALLENGE_MESSAGE (type 2, MS-NLMP 2.2.1.2). */
export interface NtlmChallenge extends NtlmMessageBase {
  readonly kind: 'challenge';
  readonly targetName: string;
  /** 8 bytes; fewer (none) in a damaged message. */
  readonly serverChallenge: Uint8Array;
  /** Absent when the message has none. */
  readonly targetInfo?: TargetInfo;
}

/** Which response a client sent, by its shape (MS-NLMP 2.2.2.3 to 2.2.2.8). `lm`: an LM response and no NT response. */
export type NtlmResponseKind = 'none' | 'lm' | 'v1' | 'v1-ess' | 'v2';

/** AUTHENTICATE_MESSAGE (type 3, MS-NLMP 2.2.1.3). Responses and the session key are secret material: never show them. */
export interface NtlmAuthenticate extends NtlmMessageBase {
  readonly kind: 'authenticate';
  readonly domain: string;
  readonly user: string;
  readonly workstation: string;
  readonly response: NtlmResponseKind;
  readonly lmResponse: Uint8Array;
  readonly ntResponse: Uint8Array;
  readonly encryptedSessionKey: Uint8Array;
  /** Is there a MIC, as MsvAvFlags of the response says? */
  readonly hasMic: boolean;
  /** 16 bytes when the message has room for the field; also there, then zero, when {@link hasMic} is false. */
  readonly mic?: Uint8Array;
  /** Offset of the MIC field, when there is room for it. */
  readonly micOffset?: number;
  /** Channel binding in the response; `absent` for every response that is not v2. */
  readonly channelBinding: 'absent' | 'zero' | 'present';
  /** NTLMv2: client challenge, time and the client's AV pairs. */
  readonly clientChallenge?: NtlmClientChallenge;
}

/** NTLMv2_CLIENT_CHALLENGE (MS-NLMP 2.2.2.7). */
export interface NtlmClientChallenge {
  /** FILETIME ticks: the server's own timestamp sent back, or the client's clock. */
  readonly timestamp: bigint;
  /** 8 bytes. */
  readonly challenge: Uint8Array;
  readonly targetInfo: TargetInfo;
}

/** Any NTLM message. */
export type NtlmMessage = NtlmNegotiate | NtlmChallenge | NtlmAuthenticate;
