import { COM_VERSION, type CreateInstanceReply, parseCreateInstanceReply, SCM_OPNUM, writeCreateInstance } from './activation.ts';
import type { RpcAuth, RpcConnection } from './connection.ts';
import {
  type EndpointEntry,
  EPM_OPNUM,
  EPT_NOT_REGISTERED,
  type EptHandle,
  NULL_EPT_HANDLE,
  parseLookupReply,
  parseMapReply,
  writeLookupRequest,
  writeMapRequest,
} from './endpoint-mapper.ts';
import { DcerpcError } from './errors.ts';
import { MAX_LOOKUP_ROUNDS, MAX_TOWERS } from './limits.ts';
import { OBJECT_EXPORTER_OPNUM, parseServerAlive2Reply, type ServerAlive } from './object-exporter.ts';
import type { ComVersion } from './objref.ts';
import { ENDPOINT_MAPPER, NDR, OBJECT_EXPORTER, type RpcSyntax, SCM_ACTIVATOR, sameInterface } from './syntax.ts';
import type { Tower } from './tower.ts';

/** Towers asked for at once: a host has one per address. */
const ASKED_TOWERS = 16;

async function ensureBound(connection: RpcConnection, syntax: RpcSyntax, auth?: RpcAuth): Promise<void> {
  if (connection.bound !== undefined && sameInterface(connection.bound, syntax)) return;
  await connection.bind(syntax, auth);
}

/**
 * Where an interface listens over TCP, from the endpoint mapper (port 135); needs no login. Binds the mapper when that is not done yet.
 * @returns its towers; empty when the interface is not registered.
 * @throws {DcerpcError} as {@link RpcConnection.bind} and {@link RpcConnection.call}; DCERPC_FAULT with the mapper's own status.
 */
export async function mapEndpoint(connection: RpcConnection, syntax: RpcSyntax): Promise<readonly Tower[]> {
  await ensureBound(connection, ENDPOINT_MAPPER);
  const tower: Tower = { interface: syntax, transfer: NDR, sequence: 'ncacn_ip_tcp', port: 0, address: '0.0.0.0' };
  const stub = await connection.call(EPM_OPNUM.map, writeMapRequest({ tower, handle: NULL_EPT_HANDLE, maxTowers: ASKED_TOWERS }));
  const reply = parseMapReply(stub, connection.littleEndian);
  if (reply.status === EPT_NOT_REGISTERED) return [];
  checkStatus(reply.status);
  return reply.towers;
}

/**
 * Everything the endpoint mapper knows; needs no login on many hosts.
 * @throws {DcerpcError} as {@link mapEndpoint}; DCERPC_LIMIT when the list does not end.
 */
export async function listEndpoints(connection: RpcConnection): Promise<readonly EndpointEntry[]> {
  await ensureBound(connection, ENDPOINT_MAPPER);
  const entries: EndpointEntry[] = [];
  let handle: EptHandle = NULL_EPT_HANDLE;
  for (let round = 0; round < MAX_LOOKUP_ROUNDS; round++) {
    const stub = await connection.call(EPM_OPNUM.lookup, writeLookupRequest({ handle, maxEntries: MAX_TOWERS }));
    const reply = parseLookupReply(stub, connection.littleEndian);
    if (reply.status === EPT_NOT_REGISTERED) return entries;
    checkStatus(reply.status);
    entries.push(...reply.entries);
    if (reply.handle.every((byte) => byte === 0)) return entries;
    handle = reply.handle;
  }
  throw new DcerpcError('DCERPC_LIMIT', 'entries of the endpoint mapper', { need: MAX_LOOKUP_ROUNDS * MAX_TOWERS });
}

function checkStatus(status: number): void {
  if (status !== 0) throw new DcerpcError('DCERPC_FAULT', 'status of the endpoint mapper', { status });
}

/**
 * Names, addresses, security packages and DCOM version of a host; needs no login (MS-DCOM 3.1.2.5.1.6: the server must not check rights).
 * @throws {DcerpcError} as {@link RpcConnection.bind} and {@link RpcConnection.call}.
 */
export async function serverAlive2(connection: RpcConnection): Promise<ServerAlive> {
  await ensureBound(connection, OBJECT_EXPORTER);
  const stub = await connection.call(OBJECT_EXPORTER_OPNUM.serverAlive2, new Uint8Array(0));
  return parseServerAlive2Reply(stub, connection.littleEndian);
}

/** What to activate. */
export interface CreateInstanceOptions {
  readonly clsid: string;
  readonly iids: readonly string[];
  /** Login of the bind, when the connection is not bound yet. */
  readonly auth?: RpcAuth;
  /** Name of the server as the user gave it. */
  readonly serverName?: string;
  /** Version to speak; 5.7 by default. The lower of it and the server's is right (MS-DCOM 1.7). */
  readonly version?: ComVersion;
}

/**
 * Activates an object. The object's own port is not called: reaching it is the caller's next step.
 * @returns the HRESULT as the server gave it, also when it is a failure.
 * @throws {DcerpcError} as {@link RpcConnection.bind} and {@link RpcConnection.call}: hardening may answer with a fault (status 5).
 */
export async function remoteCreateInstance(connection: RpcConnection, options: CreateInstanceOptions): Promise<CreateInstanceReply> {
  if (options.iids.length === 0) throw new DcerpcError('DCERPC_USAGE', 'an activation without interfaces');
  await ensureBound(connection, SCM_ACTIVATOR, options.auth);
  const version = options.version ?? COM_VERSION;
  const { clsid, iids, serverName } = options;
  const properties = { clsid, iids, version, contextId: randomUuid(), ...(serverName === undefined ? {} : { serverName }) };
  const stub = await connection.call(SCM_OPNUM.remoteCreateInstance, writeCreateInstance({ version, cid: randomUuid(), properties }));
  return parseCreateInstanceReply(stub, connection.littleEndian);
}

function randomUuid(): string {
  return `{${crypto.randomUUID()}}`;
}
