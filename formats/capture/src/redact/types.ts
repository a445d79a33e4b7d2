import type { ByteSource, Damage } from '@winmedic/bytes';

/** Kinds of secrets that are looked for by name, counted and searched for in the result. Payload that is not understood is removed without being counted as one. */
export type SecretKind =
  | 'ntlm-response'
  | 'ntlm-session-key'
  | 'ntlm-mic'
  | 'basic'
  | 'authorization'
  | 'cookie'
  | 'kerberos-cipher'
  | 'message-integrity'
  | 'smb-signature';

/** What was kept, by what it is. */
export type KeptKind = 'http-head' | 'token' | 'soap' | 'mime-head' | 'tls' | 'rpc' | 'smb' | 'rdp' | 'kerberos' | 'dns' | 'icmp' | 'arp';

/** How a capture is redacted. */
export interface RedactOptions {
  /** Gives what the sink got so far, as a source; called once, after the last byte. The proof reads it. */
  readonly reread: () => ByteSource;
  /** `keep` (default) or `mask`: user name of the RDP cookie; user, domain and workstation of NTLM messages. Names of Kerberos, DNS and hosts stay; those of Basic always go. */
  readonly names?: 'keep' | 'mask';
  readonly onDamage?: (damage: Damage) => void;
  /** Called with what is being done and the offset in the file that is read. */
  readonly onProgress?: (step: 'look' | 'write' | 'prove', fileOffset: number) => void;
  readonly signal?: AbortSignal;
}

/** What a redaction did. Holds no secret. */
export interface RedactSummary {
  readonly packets: number;
  /** Packets of which at least one byte is another now. */
  readonly changedPackets: number;
  /** Packets of which only the heads were kept, because a secret of another message stood in what is kept otherwise. */
  readonly blankedPackets: number;
  /** Secrets removed. */
  readonly removed: Readonly<Partial<Record<SecretKind, number>>>;
  /** Messages or parts of them that were kept. */
  readonly kept: Readonly<Partial<Record<KeptKind, number>>>;
  readonly proof: {
    /** Different secrets that the result was searched for. */
    readonly secretsSearched: number;
    /** Secrets beyond the cap of the search; their bytes were removed all the same. */
    readonly secretsNotSearched: number;
    readonly found: 0;
  };
}
