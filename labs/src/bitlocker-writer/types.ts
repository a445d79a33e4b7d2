/** Encryption methods a volume can be written with. */
export type WriteMethod = 'aes-cbc-128-diffuser' | 'aes-cbc-256-diffuser' | 'aes-cbc-128' | 'aes-cbc-256' | 'aes-xts-128' | 'aes-xts-256';

/** A protector to be written. Ids are GUIDs with or without braces; without one it is made from the seed. */
export type WriteProtector =
  | { readonly kind: 'recovery-password'; readonly id?: string; readonly digits: string }
  | { readonly kind: 'password'; readonly id?: string; readonly text: string }
  | { readonly kind: 'startup-key'; readonly id?: string }
  | { readonly kind: 'clear-key'; readonly id?: string }
  /** A sealed key nobody can open: only to be listed. `type` is its protection word (0x0100 TPM, 0x0500 TPM and PIN …). */
  | { readonly kind: 'sealed'; readonly id?: string; readonly type: number };

/** What is to be written. */
export interface BitLockerDescription {
  readonly method: WriteMethod;
  readonly protectors: readonly WriteProtector[];
  /** Format of the volume header and metadata; `7` unless said. Vista keeps 16 sectors plain and knows no XTS. */
  readonly version?: 'vista' | '7' | 'to-go';
  /** 512 unless said; 4096 for disks with such sectors. */
  readonly sectorBytes?: 512 | 4096;
  /** All keys, ids and nonces come from it: the same description gives the same bytes. */
  readonly seed?: string;
  readonly description?: string;
  /** FILETIME of everything. */
  readonly created?: bigint;
  /** From here on the volume is left plain, as in the middle of decryption; then the states say so too. */
  readonly encryptedBytes?: number;
  /** Current and next state; 4 and 4 (encrypted) unless said, 5 and 1 when only a part is encrypted. */
  readonly states?: readonly [current: number, next: number];
  /** The identifier of a volume whose used space is still being encrypted. */
  readonly encryptOnWrite?: boolean;
  /** Where the three metadata copies and the moved volume header go; found in zeros of the volume unless said. */
  readonly places?: { readonly copies: readonly [number, number, number]; readonly header: number };
}

/** What was written. */
export interface WrittenBitLocker {
  readonly volume: Uint8Array;
  /** What an unlocked volume shows: the plain volume with zeros where metadata lies. */
  readonly plain: Uint8Array;
  readonly volumeId: string;
  readonly masterKey: Uint8Array;
  /** As it is stored: with the diffuser 64 bytes. */
  readonly volumeKey: Uint8Array;
  /** Ids in the order of the description. */
  readonly protectorIds: readonly string[];
  /** Contents of the .BEK files, by protector id. */
  readonly startupKeys: ReadonlyMap<string, Uint8Array>;
  readonly places: { readonly copies: readonly [number, number, number]; readonly header: number };
  /** Bytes of one metadata copy. */
  readonly copyBytes: number;
}
