/** DCE RPC over a byte stream that is handed in: binds with packet privacy, the endpoint mapper, activation of DCOM objects. */
export { RpcAcceptor, type RpcAcceptorOptions, type RpcCall, type RpcService } from './acceptor.ts';
export { type CreateInstanceOptions, listEndpoints, mapEndpoint, remoteCreateInstance, serverAlive2 } from './calls.ts';
export { type BindResult, type RpcAuth, RpcConnection, type RpcConnectionOptions, type RpcObserver } from './connection.ts';
export * from './messages.ts';
export type { RpcTransport } from './transport.ts';
