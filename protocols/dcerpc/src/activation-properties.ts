import { DcerpcError } from './errors.ts';
import { MAX_INTERFACES, MAX_OBJREF_BYTES, MAX_PROPERTIES, MAX_PROTOCOLS } from './limits.ts';
import { NdrReader, NdrWriter } from './ndr.ts';
import {
  type ComVersion,
  type DualStringArray,
  type Objref,
  parseObjref,
  readDualStringArray,
  writeDualStringArray,
  writeObjref,
} from './objref.ts';

/** Classes of activation properties and of what carries them (MS-DCOM 1.9). */
export const PROPERTY_CLSID = {
  serverLocation: '{000001a4-0000-0000-c000-000000000046}',
  activationContext: '{000001a5-0000-0000-c000-000000000046}',
  security: '{000001a6-0000-0000-c000-000000000046}',
  scmRequest: '{000001aa-0000-0000-c000-000000000046}',
  instantiation: '{000001ab-0000-0000-c000-000000000046}',
  scmReply: '{000001b6-0000-0000-c000-000000000046}',
  special: '{000001b9-0000-0000-c000-000000000046}',
  propsOut: '{00000339-0000-0000-c000-000000000046}',
} as const;

const CLSID_PROPERTIES_IN = '{00000338-0000-0000-c000-000000000046}';
const CLSID_PROPERTIES_OUT = '{00000339-0000-0000-c000-000000000046}';
const IID_PROPERTIES_IN = '{000001a2-0000-0000-c000-000000000046}';
const IID_PROPERTIES_OUT = '{000001a3-0000-0000-c000-000000000046}';
const CLSID_CONTEXT_MARSHALER = '{0000033b-0000-0000-c000-000000000046}';
const IID_CONTEXT = '{000001c0-0000-0000-c000-000000000046}';
const GUID_NULL = '{00000000-0000-0000-0000-000000000000}';
/** Another machine (MSHCTX_DIFFERENTMACHINE, MS-DCOM note 22). */
const DIFFERENT_MACHINE = 2;
/** CLSCTX_REMOTE_SERVER (learn.microsoft.com, CLSCTX). */
const REMOTE_SERVER = 0x10;
/** Any logon session (MS-DCOM 2.2.22.2.2). */
const ANY_SESSION = 0xffffffff;
/** RPC_C_IMP_LEVEL_IDENTIFY, as Windows sends it (MS-DCOM note 33). */
const IMPERSONATION = 2;

/** What a client asks to be activated. */
export interface ActivationIn {
  readonly clsid: string;
  /** Interfaces wanted on the new object, at least one. */
  readonly iids: readonly string[];
  readonly version: ComVersion;
  /** Identifies the client's context: a fresh UUID. */
  readonly contextId: string;
  /** Name of the server as the user gave it; Windows sends it and servers ignore it (MS-DCOM note 35). */
  readonly serverName?: string;
  /** Protocols the client can be called back by; TCP alone by default. */
  readonly protocols?: readonly number[];
}

/** One interface of the new object, or why there is none. */
export interface ActivatedInterface {
  readonly iid: string;
  /** Unsigned; 0 is S_OK. */
  readonly hresult: number;
  readonly objref?: Objref;
}

/** What the server answers when the activation worked. */
export interface ActivationOut {
  readonly interfaces: readonly ActivatedInterface[];
  readonly oxid: bigint;
  /** Where the new object is reached: `host[port]`, with the dynamic port. */
  readonly bindings: DualStringArray;
  readonly ipidRemUnknown: string;
  /** Lowest level the object takes. */
  readonly authnHint: number;
  readonly version: ComVersion;
}

/** Properties of a request in the order Windows sends them, as one custom object reference (MS-DCOM 3.1.2.5.2.3.3). */
export function writeActivationIn(input: ActivationIn): Uint8Array {
  return writeBlob(CLSID_PROPERTIES_IN, IID_PROPERTIES_IN, [
    [PROPERTY_CLSID.special, serialize(writeSpecial)],
    [PROPERTY_CLSID.instantiation, withOwnSize((size) => serialize((writer) => writeInstantiation(writer, input, size)))],
    [PROPERTY_CLSID.activationContext, serialize((writer) => writeActivationContext(writer, input.contextId))],
    [PROPERTY_CLSID.security, serialize((writer) => writeSecurity(writer, input.serverName))],
    [PROPERTY_CLSID.serverLocation, serialize((writer) => writer.pointer(false).u32(0).u32(0).u32(0))],
    [PROPERTY_CLSID.scmRequest, serialize((writer) => writeScmRequest(writer, input.protocols ?? [7]))],
  ]);
}

/** Properties of an answer. */
export function writeActivationOut(output: ActivationOut): Uint8Array {
  return writeBlob(CLSID_PROPERTIES_OUT, IID_PROPERTIES_OUT, [
    [PROPERTY_CLSID.propsOut, serialize((writer) => writePropsOut(writer, output.interfaces))],
    [PROPERTY_CLSID.scmReply, serialize((writer) => writeScmReply(writer, output))],
  ]);
}

/**
 * Reads the properties of a request. Properties that are not needed or not known are passed over.
 * @throws {DcerpcError} DCERPC_BAD_DATA also when InstantiationInfo is missing; DCERPC_LIMIT.
 */
export function parseActivationIn(objref: Uint8Array): ActivationIn {
  const properties = readBlob(objref, IID_PROPERTIES_IN);
  const instantiation = need(properties, PROPERTY_CLSID.instantiation, 'InstantiationInfo');
  const head = readInstantiation(instantiation);
  const request = properties.get(PROPERTY_CLSID.scmRequest);
  const context = properties.get(PROPERTY_CLSID.activationContext);
  return {
    ...head,
    contextId: context === undefined ? GUID_NULL : readActivationContext(context),
    ...(request === undefined ? {} : { protocols: readScmRequest(request) }),
  };
}

/** Reads the properties of an answer. @throws {DcerpcError} DCERPC_BAD_DATA, DCERPC_LIMIT. */
export function parseActivationOut(objref: Uint8Array): ActivationOut {
  const properties = readBlob(objref, IID_PROPERTIES_OUT);
  const interfaces = readPropsOut(need(properties, PROPERTY_CLSID.propsOut, 'PropsOutInfo'));
  return { interfaces, ...readScmReply(need(properties, PROPERTY_CLSID.scmReply, 'ScmReplyInfo')) };
}

function need(properties: ReadonlyMap<string, NdrReader>, clsid: string, what: string): NdrReader {
  const reader = properties.get(clsid);
  if (reader === undefined) throw new DcerpcError('DCERPC_BAD_DATA', what, { need: clsid });
  return reader;
}

/** MInterfacePointer: maximum count, size, bytes (MS-DCOM 2.2.14). */
export function writeInterfacePointer(writer: NdrWriter, objref: Uint8Array): void {
  writer.u32(objref.length).u32(objref.length).raw(objref);
}

/** Reads what {@link writeInterfacePointer} writes. @throws {DcerpcError} DCERPC_BAD_DATA, DCERPC_LIMIT. */
export function readInterfacePointer(reader: NdrReader): Uint8Array {
  const most = reader.count(MAX_OBJREF_BYTES, 'ulCntData');
  reader.conformance(most, 'ulCntData');
  return reader.take(most, 'abData');
}

/** Type serialization version 1: common header, private header, NDR padded to 8 (MS-RPCE 2.2.6). */
function serialize(write: (writer: NdrWriter) => void): Uint8Array {
  const writer = new NdrWriter();
  writer.u8(1).u8(0x10).u16(8).u32(0xcccccccc).u32(0).u32(0);
  write(writer);
  writer.align(8);
  writer.patch32(8, writer.length - 16);
  return writer.finish();
}

/** Writes twice: the second time with the length the first one had. */
function withOwnSize(make: (size: number) => Uint8Array): Uint8Array {
  return make(make(0).length);
}

/** A reader of one serialized type, behind its headers. */
function deserialize(bytes: Uint8Array, what: string): NdrReader {
  const header = new NdrReader(bytes);
  const version = header.u8(what);
  if (version !== 1) header.fail(`serialization of ${what}`, 1, version);
  const littleEndian = (header.u8(what) & 0x10) !== 0;
  // The private header's length counts the padding with some writers and not with others; the property's size bounds what is read.
  header.take(14, what);
  return new NdrReader(bytes.subarray(16), littleEndian);
}

function writeBlob(clsid: string, iid: string, properties: readonly (readonly [clsid: string, bytes: Uint8Array])[]): Uint8Array {
  const total = properties.reduce((sum, [, bytes]) => sum + bytes.length, 0);
  const header = withOwnSize((size) =>
    serialize((writer) => {
      writer
        .u32(size + total)
        .u32(size)
        .u32(0)
        .u32(DIFFERENT_MACHINE)
        .u32(properties.length)
        .uuid(GUID_NULL);
      writer.pointer(true).pointer(true).pointer(false);
      writer.u32(properties.length);
      for (const [property] of properties) writer.uuid(property);
      writer.u32(properties.length);
      for (const [, bytes] of properties) writer.u32(bytes.length);
    }),
  );
  const blob = new NdrWriter();
  blob
    .u32(header.length + total)
    .u32(0)
    .raw(header);
  for (const [, bytes] of properties) blob.raw(bytes);
  return writeObjref({ kind: 'custom', iid, clsid, data: blob.finish() });
}

function readBlob(bytes: Uint8Array, iid: string): Map<string, NdrReader> {
  const objref = parseObjref(bytes);
  if (objref.kind !== 'custom') throw new DcerpcError('DCERPC_BAD_DATA', 'activation properties', { need: 'custom', have: objref.kind });
  if (objref.iid !== iid) throw new DcerpcError('DCERPC_BAD_DATA', 'iid of activation properties', { need: iid, have: objref.iid });
  const blob = new NdrReader(objref.data);
  blob.u32('dwSize');
  blob.u32('dwReserved');
  const body = blob.take(blob.left, 'CustomHeader');
  const header = deserialize(body, 'CustomHeader');
  header.u32('totalSize');
  const headerSize = header.u32('headerSize');
  header.u32('dwReserved');
  header.u32('destCtx');
  const count = header.count(MAX_PROPERTIES, 'cIfs');
  header.uuid('classInfoClsid');
  header.required('pclsid');
  header.required('pSizes');
  header.pointer('pdwReserved');
  header.conformance(count, 'pclsid');
  const clsids: string[] = [];
  for (let i = 0; i < count; i++) clsids.push(header.uuid('pclsid'));
  header.conformance(count, 'pSizes');
  const properties = new Map<string, NdrReader>();
  const rest = new NdrReader(body);
  rest.take(headerSize, 'CustomHeader');
  for (const clsid of clsids) properties.set(clsid, deserialize(rest.take(header.u32('pSizes'), 'property'), clsid));
  return properties;
}

function writeInstantiation(writer: NdrWriter, input: ActivationIn, size: number): void {
  writer.uuid(input.clsid).u32(REMOTE_SERVER).u32(0).u32(0).u32(input.iids.length).u32(0).pointer(true).u32(size);
  writer.u16(input.version.major).u16(input.version.minor).u32(input.iids.length);
  for (const iid of input.iids) writer.uuid(iid);
}

function readInstantiation(reader: NdrReader): Pick<ActivationIn, 'clsid' | 'iids' | 'version'> {
  const clsid = reader.uuid('classId');
  for (const field of ['classCtx', 'actvflags', 'fIsSurrogate']) reader.u32(field);
  const count = reader.count(MAX_INTERFACES, 'cIID');
  reader.u32('instFlag');
  reader.required('pIID');
  reader.u32('thisSize');
  const version = { major: reader.u16('clientCOMVersion'), minor: reader.u16('clientCOMVersion') };
  reader.conformance(count, 'pIID');
  const iids: string[] = [];
  for (let i = 0; i < count; i++) iids.push(reader.uuid('pIID'));
  return { clsid, iids, version };
}

function writeSpecial(writer: NdrWriter): void {
  writer.u32(ANY_SESSION).u32(0).u32(0).u32(0).u32(0).uuid(GUID_NULL).u32(0).u32(REMOTE_SERVER).u32(0).u32(0).u64(0n);
  for (let i = 0; i < 5; i++) writer.u32(0);
}

/** The server must refuse a request without a client context (MS-DCOM 2.2.22.2.5): an empty one by value goes along. */
function writeActivationContext(writer: NdrWriter, contextId: string): void {
  const context = new NdrWriter();
  context.u16(1).u16(1).uuid(contextId);
  // Flags by value, reserved, extents, bytes of extents, marshalling flags, count of properties, frozen (MS-DCOM 2.2.20).
  for (const value of [2, 0, 0, 0, 0, 0, 1]) context.u32(value);
  const objref = writeObjref({ kind: 'custom', iid: IID_CONTEXT, clsid: CLSID_CONTEXT_MARSHALER, data: context.finish() });
  writer.u32(0).u32(0).u32(0).u32(0).pointer(true).pointer(false);
  writeInterfacePointer(writer, objref);
}

/** Identifier of the client's context; null when the client sent none. */
function readActivationContext(reader: NdrReader): string {
  reader.take(16, 'ActivationContextInfo');
  const present = reader.pointer('pIFDClientCtx');
  reader.pointer('pIFDPrototypeCtx');
  if (!present) return GUID_NULL;
  const objref = parseObjref(readInterfacePointer(reader));
  if (objref.kind !== 'custom' || objref.iid !== IID_CONTEXT) reader.fail('client context', IID_CONTEXT, objref.iid);
  const context = new NdrReader(objref.data);
  context.u32('version of a context');
  return context.uuid('ContextId');
}

function writeSecurity(writer: NdrWriter, serverName: string | undefined): void {
  writer
    .u32(0)
    .pointer(serverName !== undefined)
    .pointer(false);
  if (serverName === undefined) return;
  writer.u32(0).pointer(true).pointer(false).u32(0).wideString(serverName);
}

function writeScmRequest(writer: NdrWriter, protocols: readonly number[]): void {
  writer.pointer(false).pointer(true).u32(IMPERSONATION).u16(protocols.length).pointer(true).u32(protocols.length);
  for (const protocol of protocols) writer.u16(protocol);
}

function readScmRequest(reader: NdrReader): number[] {
  reader.pointer('pdwReserved');
  reader.required('remoteRequest');
  reader.u32('ClientImpLevel');
  const count = reader.u16('cRequestedProtseqs');
  if (count > MAX_PROTOCOLS) throw new DcerpcError('DCERPC_LIMIT', 'cRequestedProtseqs', { need: MAX_PROTOCOLS, have: count });
  if (!reader.pointer('pRequestedProtseqs')) return [];
  reader.conformance(count, 'pRequestedProtseqs');
  const protocols: number[] = [];
  for (let i = 0; i < count; i++) protocols.push(reader.u16('pRequestedProtseqs'));
  return protocols;
}

function writePropsOut(writer: NdrWriter, interfaces: readonly ActivatedInterface[]): void {
  const count = interfaces.length;
  writer.u32(count).pointer(true).pointer(true).pointer(true);
  writer.u32(count);
  for (const { iid } of interfaces) writer.uuid(iid);
  writer.u32(count);
  for (const { hresult } of interfaces) writer.u32(hresult);
  writer.u32(count);
  for (const { objref } of interfaces) writer.pointer(objref !== undefined);
  for (const { objref } of interfaces) if (objref !== undefined) writeInterfacePointer(writer, writeObjref(objref));
}

function readPropsOut(reader: NdrReader): ActivatedInterface[] {
  const count = reader.count(MAX_INTERFACES, 'cIfs');
  for (const field of ['piid', 'phresults', 'ppIntfData']) reader.required(field);
  reader.conformance(count, 'piid');
  const iids: string[] = [];
  for (let i = 0; i < count; i++) iids.push(reader.uuid('piid'));
  reader.conformance(count, 'phresults');
  const hresults: number[] = [];
  for (let i = 0; i < count; i++) hresults.push(reader.u32('phresults'));
  reader.conformance(count, 'ppIntfData');
  const present: boolean[] = [];
  for (let i = 0; i < count; i++) present.push(reader.pointer('ppIntfData'));
  return iids.map((iid, i) => {
    const objref = present[i] ? parseObjref(readInterfacePointer(reader)) : undefined;
    return { iid, hresult: hresults[i]!, ...(objref === undefined ? {} : { objref }) };
  });
}

function writeScmReply(writer: NdrWriter, output: ActivationOut): void {
  writer.pointer(false).pointer(true);
  writer.u64(output.oxid).pointer(true).uuid(output.ipidRemUnknown).u32(output.authnHint);
  writer.u16(output.version.major).u16(output.version.minor);
  writeDualStringArray(writer, output.bindings, true);
}

function readScmReply(reader: NdrReader): Omit<ActivationOut, 'interfaces'> {
  reader.pointer('pdwReserved');
  reader.required('remoteReply');
  const oxid = reader.u64('Oxid');
  reader.required('pdsaOxidBindings');
  const ipidRemUnknown = reader.uuid('ipidRemUnknown');
  const authnHint = reader.u32('authnHint');
  const version = { major: reader.u16('serverVersion'), minor: reader.u16('serverVersion') };
  return { oxid, ipidRemUnknown, authnHint, version, bindings: readDualStringArray(reader, true) };
}
