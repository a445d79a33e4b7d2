import {
  type ActivationIn,
  type ActivationOut,
  parseActivationIn,
  parseActivationOut,
  readInterfacePointer,
  writeActivationIn,
  writeActivationOut,
  writeInterfacePointer,
} from './activation-properties.ts';
import { MAX_INTERFACES, MAX_OBJREF_BYTES } from './limits.ts';
import { NdrReader, NdrWriter } from './ndr.ts';
import type { ComVersion } from './objref.ts';

/** Calls of IRemoteSCMActivator (MS-DCOM 3.1.2.5.2.2). */
export const SCM_OPNUM = { remoteGetClassObject: 3, remoteCreateInstance: 4 } as const;

/** Version every Windows since XP speaks (MS-DCOM note 4). */
export const COM_VERSION: ComVersion = { major: 5, minor: 7 };

/** Results an activation may end with (MS-ERREF 2.1), unsigned. */
export const HRESULT = {
  ok: 0,
  noInterface: 0x80004002,
  accessDenied: 0x80070005,
  classNotRegistered: 0x80040154,
  versionMismatch: 0x80010110,
  invalidObjref: 0x8001011d,
} as const;

/** A call of RemoteCreateInstance (MS-DCOM 3.1.2.5.2.3.3). */
export interface CreateInstanceRequest {
  readonly version: ComVersion;
  /** Causality of the call: a fresh UUID. */
  readonly cid: string;
  readonly properties: ActivationIn;
}

/** Its answer. */
export interface CreateInstanceReply {
  /** Unsigned; 0 is S_OK. */
  readonly hresult: number;
  /** Absent when the activation failed. */
  readonly properties?: ActivationOut;
}

/** NDR of the arguments. */
export function writeCreateInstance(request: CreateInstanceRequest): Uint8Array {
  const writer = new NdrWriter();
  writer.u16(request.version.major).u16(request.version.minor).u32(0).u32(0).uuid(request.cid).pointer(false);
  writer.pointer(false).pointer(true);
  writeInterfacePointer(writer, writeActivationIn(request.properties));
  return writer.align(8).finish();
}

/** @throws {DcerpcError} DCERPC_BAD_DATA, DCERPC_LIMIT. */
export function parseCreateInstance(stub: Uint8Array, littleEndian = true): CreateInstanceRequest {
  const reader = new NdrReader(stub, littleEndian);
  const head = readOrpcThis(reader);
  if (reader.pointer('pUnkOuter')) readInterfacePointer(reader);
  reader.required('pActProperties');
  return { ...head, properties: parseActivationIn(readInterfacePointer(reader)) };
}

/**
 * Reads the arguments of RemoteGetClassObject, which are those of RemoteCreateInstance without the outer object (MS-DCOM 3.1.2.5.2.3.2). Its answer is
 * read by {@link parseCreateInstanceReply}.
 * @throws {DcerpcError} DCERPC_BAD_DATA, DCERPC_LIMIT.
 */
export function parseGetClassObject(stub: Uint8Array, littleEndian = true): CreateInstanceRequest {
  const reader = new NdrReader(stub, littleEndian);
  const head = readOrpcThis(reader);
  reader.required('pActProperties');
  return { ...head, properties: parseActivationIn(readInterfacePointer(reader)) };
}

/** NDR of the results. */
export function writeCreateInstanceReply(reply: CreateInstanceReply): Uint8Array {
  const writer = new NdrWriter();
  writer
    .u32(0)
    .pointer(false)
    .pointer(reply.properties !== undefined);
  if (reply.properties !== undefined) writeInterfacePointer(writer, writeActivationOut(reply.properties));
  return writer.u32(reply.hresult).finish();
}

/** @throws {DcerpcError} DCERPC_BAD_DATA, DCERPC_LIMIT. */
export function parseCreateInstanceReply(stub: Uint8Array, littleEndian = true): CreateInstanceReply {
  const reader = new NdrReader(stub, littleEndian);
  readOrpcThat(reader);
  const objref = reader.pointer('ppActProperties') ? readInterfacePointer(reader) : undefined;
  const hresult = reader.u32('HRESULT');
  return { hresult, ...(objref === undefined ? {} : { properties: parseActivationOut(objref) }) };
}

/** Head of the arguments of an ORPC call (MS-DCOM 2.2.13.3). @throws {DcerpcError} DCERPC_BAD_DATA, DCERPC_LIMIT. */
export function readOrpcThis(reader: NdrReader): { readonly version: ComVersion; readonly cid: string } {
  const version = { major: reader.u16('ORPCTHIS version'), minor: reader.u16('ORPCTHIS version') };
  reader.u32('ORPCTHIS flags');
  reader.u32('ORPCTHIS reserved1');
  const cid = reader.uuid('cid');
  readExtensions(reader);
  return { version, cid };
}

/** Passes over the head of the results of an ORPC call (MS-DCOM 2.2.13.4). @throws {DcerpcError} DCERPC_BAD_DATA, DCERPC_LIMIT. */
export function readOrpcThat(reader: NdrReader): void {
  reader.u32('ORPCTHAT flags');
  readExtensions(reader);
}

/** Passes over ORPC extensions (MS-DCOM 2.2.13.2). */
function readExtensions(reader: NdrReader): void {
  if (!reader.pointer('extensions')) return;
  reader.count(MAX_INTERFACES, 'size of ORPC_EXTENT_ARRAY');
  reader.u32('reserved');
  if (!reader.pointer('extent')) return;
  const slots = reader.count(MAX_INTERFACES, 'extent');
  const present: boolean[] = [];
  for (let i = 0; i < slots; i++) present.push(reader.pointer('extent'));
  for (const there of present) {
    if (!there) continue;
    const bytes = reader.count(MAX_OBJREF_BYTES, 'data of ORPC_EXTENT');
    reader.uuid('id of ORPC_EXTENT');
    reader.u32('size of ORPC_EXTENT');
    reader.take(bytes, 'data of ORPC_EXTENT');
  }
}
