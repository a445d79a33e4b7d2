/** NEGOTIATE flags by the names of MS-NLMP section 2.2.2.5; the letters are those of the specification's diagram. */
export const NEGOTIATE_FLAGS = {
  NTLMSSP_NEGOTIATE_UNICODE: 0x1, // A
  NTLM_NEGOTIATE_OEM: 0x2, // B
  NTLMSSP_REQUEST_TARGET: 0x4, // C
  NTLMSSP_NEGOTIATE_SIGN: 0x10, // D
  NTLMSSP_NEGOTIATE_SEAL: 0x20, // E
  NTLMSSP_NEGOTIATE_DATAGRAM: 0x40, // F
  NTLMSSP_NEGOTIATE_LM_KEY: 0x80, // G
  NTLMSSP_NEGOTIATE_NTLM: 0x200, // H
  NTLMSSP_NEGOTIATE_ANONYMOUS: 0x800, // J; the specification gives no name
  NTLMSSP_NEGOTIATE_OEM_DOMAIN_SUPPLIED: 0x1000, // K
  NTLMSSP_NEGOTIATE_OEM_WORKSTATION_SUPPLIED: 0x2000, // L
  NTLMSSP_NEGOTIATE_ALWAYS_SIGN: 0x8000, // M
  NTLMSSP_TARGET_TYPE_DOMAIN: 0x1_0000, // N
  NTLMSSP_TARGET_TYPE_SERVER: 0x2_0000, // O
  NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY: 0x8_0000, // P
  NTLMSSP_NEGOTIATE_IDENTIFY: 0x10_0000, // Q
  NTLMSSP_REQUEST_NON_NT_SESSION_KEY: 0x40_0000, // R
  NTLMSSP_NEGOTIATE_TARGET_INFO: 0x80_0000, // S
  NTLMSSP_NEGOTIATE_VERSION: 0x200_0000, // T
  NTLMSSP_NEGOTIATE_128: 0x2000_0000, // U
  NTLMSSP_NEGOTIATE_KEY_EXCH: 0x4000_0000, // V
  NTLMSSP_NEGOTIATE_56: 0x8000_0000, // W
} as const;

/** Name of a NEGOTIATE flag. */
export type NtlmFlag = keyof typeof NEGOTIATE_FLAGS;

const NAMES = Object.keys(NEGOTIATE_FLAGS) as NtlmFlag[];

/** Names of the flags that are set, lowest bit first; unknown bits have none. @param flags 32 bits, signed or not. */
export function flagNames(flags: number): NtlmFlag[] {
  return NAMES.filter((name) => hasFlag(flags, name));
}

/** Is that flag set? */
export function hasFlag(flags: number, name: NtlmFlag): boolean {
  return (flags & NEGOTIATE_FLAGS[name]) !== 0;
}

/** The flags as one unsigned number. */
export function flagsOf(...names: readonly NtlmFlag[]): number {
  return names.reduce((flags, name) => flags | NEGOTIATE_FLAGS[name], 0) >>> 0;
}
