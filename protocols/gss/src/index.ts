/** What authentication packages share: the contract of a security context, channel bindings, secrets, the frame of first tokens. */
export { channelBindingHash, tlsServerEndPoint } from './channel-bindings.ts';
export { type InitialToken, readInitialToken, writeInitialToken } from './initial-token.ts';
export { Secret } from './secret.ts';
export type { Cover, MessageProtection, PasswordCredential, PeerIdentity, Sealed, SecurityContext } from './security-context.ts';
