/** Reading and writing of NTLM messages (MS-NLMP section 2.2), without any cryptography: runs in browsers. */
export { AV_FLAGS, AV_ID, decodeAvPairs, flagsPair, readAvPairs, textPair, timestampPair, writeAvPairs } from './av-pairs.ts';
export { NTLM_DAMAGE_CODES, NTLM_ERROR_CODES, type NtlmDamageCode, NtlmError, type NtlmErrorCode } from './errors.ts';
export { flagNames, flagsOf, hasFlag, NEGOTIATE_FLAGS, type NtlmFlag } from './flags.ts';
export { isNtlmMessage, parseNtlmMessage } from './parse.ts';
export { redactNtlmMessage } from './redact.ts';
export type {
  AvPair,
  NtlmAuthenticate,
  NtlmChallenge,
  NtlmClientChallenge,
  NtlmMessage,
  NtlmNegotiate,
  NtlmResponseKind,
  NtlmVersion,
  TargetInfo,
} from './types.ts';
export {
  type AuthenticateToWrite,
  type ChallengeToWrite,
  type NegotiateToWrite,
  writeAuthenticate,
  writeChallenge,
  writeNegotiate,
} from './write.ts';
