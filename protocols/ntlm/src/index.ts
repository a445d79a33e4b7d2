/** NTLM (MS-NLMP), both sides, and everything of `./messages`. */
export { ntlmAcceptor } from './acceptor.ts';
export { ntHash } from './hashes.ts';
export { ntlmInitiator } from './initiator.ts';
export * from './messages.ts';
export type {
  NtHashCredential,
  NtlmAcceptor,
  NtlmAcceptorOptions,
  NtlmAccount,
  NtlmCheck,
  NtlmCheckOutcome,
  NtlmInitiator,
  NtlmInitiatorOptions,
  NtlmTarget,
} from './options.ts';
