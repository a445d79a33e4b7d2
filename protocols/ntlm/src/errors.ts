import { WireError, type WireErrorPlace } from '@winmedic/bytes';

/** Codes of {@link NtlmError}. */
export const NTLM_ERROR_CODES = [
  /** No NTLM message, not the one expected now, or one that cannot be used. */
  'NTLM_BAD_MESSAGE',
  /** Accepting side: unknown user, wrong password, or an account that may not log on. */
  'NTLM_LOGON_FAILURE',
  /** A signature or the MIC of the login does not fit: changed, reordered, or another key. */
  'NTLM_BAD_MIC',
  /** Accepting side: the channel binding is missing or of another TLS connection. */
  'NTLM_BINDINGS',
  /** Accepting side: an LM or NTLMv1 response that the level refuses. */
  'NTLM_LEVEL',
  /** Initiating side: the challenge offers less than is required. */
  'NTLM_WEAK',
  /** Initiating side: the challenge lacks the names that NTLMv2 with signing must find in it (MS-NLMP 3.1.5.1.2). */
  'NTLM_TARGET_INFO',
  /** Accepting side: the time in the NTLMv2 response is too far from the clock here. */
  'NTLM_CLOCK',
  /** The caller's credential cannot be used: an NT hash that is not 32 hexadecimal digits, a name too long for the message. */
  'NTLM_CREDENTIAL',
  /** Message protection before the login is complete, or without sealing having been agreed. */
  'NTLM_NOT_READY',
] as const;

/** Code of an {@link NtlmError}. */
export type NtlmErrorCode = (typeof NTLM_ERROR_CODES)[number];

/** Codes of damages that {@link parseNtlmMessage} gives back as values. */
export const NTLM_DAMAGE_CODES = [
  /** The fixed part ends early. */
  'NTLM_TRUNCATED',
  /** A field lies outside the message or has an impossible size. */
  'NTLM_FIELD',
  /** The list of AV pairs is cut, unterminated, or too long. */
  'NTLM_AV_PAIRS',
] as const;

/** Code of one damage. */
export type NtlmDamageCode = (typeof NTLM_DAMAGE_CODES)[number];

/** The one error class of this package. Match on `code`. */
export class NtlmError extends WireError<NtlmErrorCode> {
  override readonly name = 'NtlmError';
  /** NTSTATUS that Windows would log for it (MS-ERREF 2.3.1), on the accepting side: 0xC000006A wrong password, 0xC0000064 no such user … */
  readonly ntstatus: number | undefined;

  constructor(code: NtlmErrorCode, what: string, where: WireErrorPlace & { readonly ntstatus?: number } = {}) {
    super(code, what, where);
    this.ntstatus = where.ntstatus;
  }
}
