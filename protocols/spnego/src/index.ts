export { type SpnegoAcceptorOptions, spnegoAcceptor } from './acceptor.ts';
export { type SpnegoInitiatorOptions, spnegoInitiator } from './initiator.ts';
export * from './messages.ts';
export type { ChosenMechanism, MechanismAttempt, SpnegoContext, SpnegoMechanism } from './negotiation.ts';
