/** What authentication packages share: the contract of a security context, channel bindings, secrets. */
export { channelBindingHash, tlsServerEndPoint } from './channel-bindings.ts';
export { Secret } from './secret.ts';
export type { Cover, MessageProtection, PasswordCredential, PeerIdentity, Sealed, SecurityContext } from './security-context.ts';
