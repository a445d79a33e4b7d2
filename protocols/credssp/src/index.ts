export { credsspAcceptor } from './acceptor.ts';
export type {
  CredsspAcceptor,
  CredsspAcceptorOptions,
  CredsspContext,
  CredsspInitiator,
  CredsspInitiatorOptions,
  CredsspTlsVersion,
} from './context.ts';
export { credsspInitiator } from './initiator.ts';
export * from './messages.ts';
