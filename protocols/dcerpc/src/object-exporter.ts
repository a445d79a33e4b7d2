import { NdrReader, NdrWriter } from './ndr.ts';
import { type ComVersion, type DualStringArray, readDualStringArray, writeDualStringArray } from './objref.ts';

/** Calls of IObjectExporter (MS-DCOM 3.1.2.5.1). */
export const OBJECT_EXPORTER_OPNUM = {
  resolveOxid: 0,
  simplePing: 1,
  complexPing: 2,
  serverAlive: 3,
  resolveOxid2: 4,
  serverAlive2: 5,
} as const;

/** What ServerAlive2 tells without a login: version, names, addresses and security packages of the host (MS-DCOM 3.1.2.5.1.6). */
export interface ServerAlive {
  readonly version: ComVersion;
  readonly bindings: DualStringArray;
  /** 0, or an error_status_t. */
  readonly status: number;
}

/** NDR of ServerAlive2's results; it has no arguments. */
export function writeServerAlive2Reply(reply: ServerAlive, littleEndian = true): Uint8Array {
  const writer = new NdrWriter(littleEndian);
  writer.u16(reply.version.major).u16(reply.version.minor).pointer(true);
  writeDualStringArray(writer, reply.bindings, true);
  return writer.u32(0).u32(reply.status).finish();
}

/** @throws {DcerpcError} DCERPC_BAD_DATA. */
export function parseServerAlive2Reply(stub: Uint8Array, littleEndian = true): ServerAlive {
  const reader = new NdrReader(stub, littleEndian);
  const version = { major: reader.u16('MajorVersion'), minor: reader.u16('MinorVersion') };
  const bindings = reader.pointer('ppdsaOrBindings') ? readDualStringArray(reader, true) : { strings: [], security: [] };
  reader.u32('pReserved');
  return { version, bindings, status: reader.u32('status') };
}
