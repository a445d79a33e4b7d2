/** The DCOM side of a Windows host double: endpoint mapper, ServerAlive2, RemoteCreateInstance, each with its refusals on demand. */
export { startDcomHost } from './start.ts';
export type { DcomEvent, DcomHost, DcomHostSpec, RpcRefusals } from './types.ts';
