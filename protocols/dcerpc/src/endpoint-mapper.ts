import { DcerpcError } from './errors.ts';
import { MAX_ANNOTATION_BYTES, MAX_TOWER_BYTES, MAX_TOWERS } from './limits.ts';
import { NdrReader, NdrWriter } from './ndr.ts';
import type { RpcSyntax } from './syntax.ts';
import { parseTower, type Tower, writeTower } from './tower.ts';

/** Calls of the endpoint mapper (C706 Appendix O). */
export const EPM_OPNUM = { lookup: 2, map: 3, lookupHandleFree: 4 } as const;

/** Towers are full pointers: those of an answer are numbered apart from those of the request. */
const REPLY_REFERENT = 0x00040000;

/** Status: nothing registered matches (MS-RPCE 2.2.1.2.5). */
export const EPT_NOT_REGISTERED = 0x16c9a0d6;

/** Context handle of a walk through the map: attributes and UUID, 20 bytes; all zero at the beginning and at the end. */
export type EptHandle = Uint8Array;
/** The handle a walk begins with. */
export const NULL_EPT_HANDLE: EptHandle = new Uint8Array(20);

/** What ept_map asks (MS-RPCE 2.2.1.2.5). */
export interface MapRequest {
  readonly object?: string;
  readonly tower: Tower;
  readonly handle: EptHandle;
  readonly maxTowers: number;
}

/** What ept_map answers. */
export interface MapReply {
  readonly handle: EptHandle;
  readonly towers: readonly Tower[];
  /** 0, {@link EPT_NOT_REGISTERED} or an error. */
  readonly status: number;
}

/** What ept_lookup asks: everything, or the entries of one interface (MS-RPCE 2.2.1.2.4). */
export interface LookupRequest {
  readonly interface?: RpcSyntax;
  readonly handle: EptHandle;
  readonly maxEntries: number;
}

/** One registered endpoint. */
export interface EndpointEntry {
  readonly object: string;
  readonly tower: Tower;
  readonly annotation: string;
}

/** What ept_lookup answers. */
export interface LookupReply {
  readonly handle: EptHandle;
  readonly entries: readonly EndpointEntry[];
  readonly status: number;
}

/** NDR of ept_map's arguments. */
export function writeMapRequest(request: MapRequest, littleEndian = true): Uint8Array {
  const writer = new NdrWriter(littleEndian);
  writer.pointer(request.object !== undefined);
  if (request.object !== undefined) writer.uuid(request.object);
  writer.pointer(true);
  writeTwr(writer, request.tower);
  writer.align(4);
  writeHandle(writer, request.handle);
  return writer.u32(request.maxTowers).finish();
}

/**
 * @param ndr64 the stub is in the 64-bit encoding (MS-RPCE 2.2.5), which 64-bit Windows choose among themselves: pointers and counts have eight bytes.
 * @throws {DcerpcError} DCERPC_BAD_DATA, DCERPC_LIMIT.
 */
export function parseMapRequest(stub: Uint8Array, littleEndian = true, ndr64 = false): MapRequest {
  const reader = new NdrReader(stub, littleEndian);
  const object = readPointer(reader, ndr64, 'obj') ? reader.uuid('obj') : undefined;
  if (!readPointer(reader, ndr64, 'map_tower')) reader.fail('map_tower', 'a pointer', 'null');
  const tower = readTwr(reader, ndr64);
  const handle = readHandle(reader);
  const maxTowers = reader.count(MAX_TOWERS, 'max_towers');
  return { ...(object === undefined ? {} : { object }), tower, handle, maxTowers };
}

/** NDR of ept_map's results. @param maxTowers as asked: the array's maximum count. */
export function writeMapReply(reply: MapReply, maxTowers: number, littleEndian = true): Uint8Array {
  const writer = new NdrWriter(littleEndian, REPLY_REFERENT);
  writeHandle(writer, reply.handle);
  writer.u32(reply.towers.length).u32(maxTowers).u32(0).u32(reply.towers.length);
  for (const _ of reply.towers) writer.pointer(true);
  for (const tower of reply.towers) writeTwr(writer, tower);
  return writer.u32(reply.status).finish();
}

/** @param ndr64 as in {@link parseMapRequest}. @throws {DcerpcError} DCERPC_BAD_DATA, DCERPC_LIMIT. */
export function parseMapReply(stub: Uint8Array, littleEndian = true, ndr64 = false): MapReply {
  const reader = new NdrReader(stub, littleEndian);
  const handle = readHandle(reader);
  const count = reader.count(MAX_TOWERS, 'num_towers');
  const given = readVarying(reader, count, 'ITowers', ndr64);
  const present: boolean[] = [];
  for (let i = 0; i < given; i++) present.push(readPointer(reader, ndr64, 'tower'));
  const towers: Tower[] = [];
  for (const there of present) if (there) towers.push(readTwr(reader, ndr64));
  return { handle, towers, status: reader.u32('status') };
}

/** NDR of ept_lookup's arguments. */
export function writeLookupRequest(request: LookupRequest, littleEndian = true): Uint8Array {
  const writer = new NdrWriter(littleEndian);
  const { interface: syntax } = request;
  // rpc_c_ep_all_elts or rpc_c_ep_match_by_if; version option rpc_c_vers_all or rpc_c_vers_exact (C706 Appendix O).
  writer
    .u32(syntax === undefined ? 0 : 1)
    .pointer(false)
    .pointer(syntax !== undefined);
  if (syntax !== undefined) writer.uuid(syntax.uuid).u16(syntax.major).u16(syntax.minor);
  writer.u32(syntax === undefined ? 1 : 3);
  writeHandle(writer, request.handle);
  return writer.u32(request.maxEntries).finish();
}

/** @throws {DcerpcError} DCERPC_BAD_DATA, DCERPC_LIMIT. */
export function parseLookupRequest(stub: Uint8Array, littleEndian = true): LookupRequest {
  const reader = new NdrReader(stub, littleEndian);
  reader.u32('inquiry_type');
  if (reader.pointer('object')) reader.uuid('object');
  const syntax = reader.pointer('Ifid') ? { uuid: reader.uuid('Ifid'), major: reader.u16('Ifid'), minor: reader.u16('Ifid') } : undefined;
  reader.u32('vers_option');
  const handle = readHandle(reader);
  return { ...(syntax === undefined ? {} : { interface: syntax }), handle, maxEntries: reader.count(MAX_TOWERS, 'max_ents') };
}

/** NDR of ept_lookup's results. @param maxEntries as asked. */
export function writeLookupReply(reply: LookupReply, maxEntries: number, littleEndian = true): Uint8Array {
  const writer = new NdrWriter(littleEndian, REPLY_REFERENT);
  writeHandle(writer, reply.handle);
  writer.u32(reply.entries.length).u32(maxEntries).u32(0).u32(reply.entries.length);
  for (const entry of reply.entries) {
    writer.uuid(entry.object).pointer(true);
    const text = entry.annotation.slice(0, MAX_ANNOTATION_BYTES - 1);
    writer.u32(0).u32(text.length + 1);
    for (const char of text) writer.u8(char.charCodeAt(0) & 0xff);
    writer.u8(0).align(4);
  }
  for (const entry of reply.entries) writeTwr(writer, entry.tower);
  return writer.u32(reply.status).finish();
}

/** @throws {DcerpcError} DCERPC_BAD_DATA, DCERPC_LIMIT. */
export function parseLookupReply(stub: Uint8Array, littleEndian = true): LookupReply {
  const reader = new NdrReader(stub, littleEndian);
  const handle = readHandle(reader);
  const count = reader.count(MAX_TOWERS, 'num_ents');
  const given = readVarying(reader, count, 'entries');
  const heads: { object: string; present: boolean; annotation: string }[] = [];
  for (let i = 0; i < given; i++) {
    const object = reader.uuid('object');
    const present = reader.pointer('tower');
    const offset = reader.u32('annotation');
    if (offset !== 0) reader.fail('annotation', 0, offset);
    const length = reader.count(MAX_ANNOTATION_BYTES, 'annotation');
    const raw = reader.take(length, 'annotation');
    const end = raw.indexOf(0);
    heads.push({ object, present, annotation: String.fromCharCode(...raw.subarray(0, end < 0 ? raw.length : end)) });
  }
  const entries: EndpointEntry[] = [];
  for (const { object, present, annotation } of heads) if (present) entries.push({ object, annotation, tower: readTwr(reader) });
  return { handle, entries, status: reader.u32('status') };
}

function writeHandle(writer: NdrWriter, handle: EptHandle): void {
  writer.align(4).raw(handle);
}

function readHandle(reader: NdrReader): EptHandle {
  return Uint8Array.from(reader.align(4, 'entry_handle').take(20, 'entry_handle'));
}

/** twr_t: conformant structure, so its maximum count stands first (MS-RPCE 2.2.1.2.2). */
function writeTwr(writer: NdrWriter, tower: Tower): void {
  const bytes = writeTower(tower);
  writer.u32(bytes.length).u32(bytes.length).raw(bytes).align(4);
}

function readTwr(reader: NdrReader, ndr64 = false): Tower {
  const most = readCount(reader, MAX_TOWER_BYTES, ndr64, 'tower_length');
  reader.conformance(most, 'tower_length');
  return parseTower(reader.take(most, 'tower_octet_string'));
}

/** A pointer of either encoding: is there something? (C706 section 14.3.11, MS-RPCE 2.2.5.3.5) */
function readPointer(reader: NdrReader, ndr64: boolean, what: string): boolean {
  return ndr64 ? reader.u64(what) !== 0n : reader.pointer(what);
}

/** A count of an array of either encoding (MS-RPCE 2.2.5.3.2). */
function readCount(reader: NdrReader, most: number, ndr64: boolean, what: string): number {
  if (!ndr64) return reader.count(most, what);
  const count = reader.u64(what);
  if (count > BigInt(most)) throw new DcerpcError('DCERPC_LIMIT', what, { offset: reader.position - 8, need: most, have: String(count) });
  return Number(count);
}

/** Head of a conformant varying array: how many elements follow, which may not be more than the count given before. */
function readVarying(reader: NdrReader, count: number, what: string, ndr64 = false): number {
  const most = readCount(reader, MAX_TOWERS, ndr64, what);
  const offset = readCount(reader, 0xffffffff, ndr64, what);
  const actual = readCount(reader, 0xffffffff, ndr64, what);
  if (offset !== 0 || actual > most || actual > count) reader.fail(what, Math.min(most, count), actual);
  return actual;
}
