import { decodeUtf16 } from '@winmedic/bytes';
import { DcerpcError } from './errors.ts';
import { MAX_OBJREF_BYTES } from './limits.ts';
import { NdrReader, NdrWriter } from './ndr.ts';

/** One address of a server: protocol (7 is TCP) and `host` or `host[port]` (MS-DCOM 2.2.19.3). */
export interface StringBinding {
  readonly tower: number;
  readonly address: string;
}

/** One way to log in at a server (MS-DCOM 2.2.19.4). */
export interface SecurityBinding {
  /** `AUTH_TYPE`. */
  readonly service: number;
  /** Service principal name; usually empty. */
  readonly principal: string;
}

/** Where and how a server is reached (MS-DCOM 2.2.19). */
export interface DualStringArray {
  readonly strings: readonly StringBinding[];
  readonly security: readonly SecurityBinding[];
}

/** COMVERSION (MS-DCOM 2.2.11). */
export interface ComVersion {
  readonly major: number;
  readonly minor: number;
}

/** Reference to one interface of one object (MS-DCOM 2.2.18.1). */
export interface StdObjref {
  readonly flags: number;
  readonly publicRefs: number;
  readonly oxid: bigint;
  readonly oid: bigint;
  readonly ipid: string;
}

/** A marshalled object reference (MS-DCOM 2.2.18). Handler and extended references are read as far as their standard part. */
export type Objref =
  | {
      readonly kind: 'standard' | 'handler' | 'extended';
      readonly iid: string;
      readonly std: StdObjref;
      readonly resolver?: DualStringArray;
    }
  | { readonly kind: 'custom'; readonly iid: string; readonly clsid: string; readonly data: Uint8Array };

const SIGNATURE = 0x574f454d;
const FLAGS = { standard: 1, handler: 2, custom: 4, extended: 8 } as const;
/** MS-DCOM 2.2.18.7. */
const EXTENDED_SIGNATURE = 0x4e535956;

/** TCP's protocol identifier in a string binding (C706 Appendix I). */
export const TOWER_TCP = 7;

/** Address and port of a binding `host[port]`; `undefined` without a port. */
export function bindingPort(binding: StringBinding): { readonly host: string; readonly port: number } | undefined {
  const at = binding.address.lastIndexOf('[');
  if (binding.tower !== TOWER_TCP || at < 0 || !binding.address.endsWith(']')) return undefined;
  const digits = binding.address.slice(at + 1, -1);
  const port = Number(digits);
  if (!/^\d{1,5}$/.test(digits) || port > 0xffff) return undefined;
  return { host: binding.address.slice(0, at), port };
}

/** The 16-bit units of both lists with their ends (MS-DCOM 2.2.19.1). */
function dualUnits(array: DualStringArray): { readonly units: number[]; readonly securityOffset: number } {
  const units: number[] = [];
  for (const binding of array.strings) units.push(binding.tower, ...codeUnits(binding.address), 0);
  units.push(0);
  // An empty list has two ends: the smallest array has four units (MS-DCOM 2.2.19.1).
  if (array.strings.length === 0) units.push(0);
  const securityOffset = units.length;
  for (const binding of array.security) units.push(binding.service, 0xffff, ...codeUnits(binding.principal), 0);
  units.push(0);
  if (array.security.length === 0) units.push(0);
  return { units, securityOffset };
}

function codeUnits(text: string): number[] {
  const units: number[] = [];
  for (let i = 0; i < text.length; i++) units.push(text.charCodeAt(i));
  return units;
}

/** Writes the packed form, or with `conformant` the one of calls, whose maximum count stands in front (MS-DCOM 2.2.19.2). */
export function writeDualStringArray(writer: NdrWriter, array: DualStringArray, conformant: boolean): void {
  const { units, securityOffset } = dualUnits(array);
  if (conformant) writer.u32(units.length);
  writer.u16(units.length).u16(securityOffset);
  for (const unit of units) writer.u16(unit);
}

/** Reads what {@link writeDualStringArray} writes. @throws {DcerpcError} DCERPC_BAD_DATA. */
export function readDualStringArray(reader: NdrReader, conformant: boolean): DualStringArray {
  const most = conformant ? reader.count(0xffff, 'aStringArray') : undefined;
  const count = reader.u16('wNumEntries');
  const offset = reader.u16('wSecurityOffset');
  if (most !== undefined && most !== count) reader.fail('wNumEntries', most, count);
  if (offset > count) reader.fail('wSecurityOffset', count, offset);
  const units = new Uint16Array(count);
  if (reader.left < count * 2) reader.fail('aStringArray', count * 2, reader.left);
  for (let i = 0; i < count; i++) units[i] = reader.u16('aStringArray');
  return { strings: stringBindings(units.subarray(0, offset)), security: securityBindings(units.subarray(offset)) };
}

/** Text up to its zero, and where it ends. Text that is not ended ends with the array. */
function textAt(units: Uint16Array, at: number): { readonly text: string; readonly next: number } {
  const found = units.indexOf(0, at);
  const end = found < 0 ? units.length : found;
  const part = units.slice(at, end);
  const bytes = new Uint8Array(part.length * 2);
  part.forEach((unit, i) => {
    bytes[i * 2] = unit & 0xff;
    bytes[i * 2 + 1] = unit >> 8;
  });
  return { text: decodeUtf16(bytes), next: end + 1 };
}

function stringBindings(units: Uint16Array): StringBinding[] {
  const bindings: StringBinding[] = [];
  let at = 0;
  while (at < units.length && units[at] !== 0) {
    const { text, next } = textAt(units, at + 1);
    bindings.push({ tower: units[at]!, address: text });
    at = next;
  }
  return bindings;
}

function securityBindings(units: Uint16Array): SecurityBinding[] {
  const bindings: SecurityBinding[] = [];
  let at = 0;
  while (at < units.length && units[at] !== 0) {
    const { text, next } = textAt(units, at + 2);
    bindings.push({ service: units[at]!, principal: text });
    at = next;
  }
  return bindings;
}

/** Bytes of a standard or custom reference. Always little-endian. @throws {DcerpcError} DCERPC_USAGE for the other kinds. */
export function writeObjref(objref: Objref): Uint8Array {
  const writer = new NdrWriter();
  writer.u32(SIGNATURE).u32(FLAGS[objref.kind]).uuid(objref.iid);
  if (objref.kind === 'custom') {
    // The reserved field may hold anything; other clients put the data's length and eight there.
    return writer
      .uuid(objref.clsid)
      .u32(0)
      .u32(objref.data.length + 8)
      .raw(objref.data)
      .finish();
  }
  if (objref.kind !== 'standard') throw new DcerpcError('DCERPC_USAGE', `writing a ${objref.kind} reference`);
  const { std } = objref;
  // Offsets are multiples of eight here, so that the plain packing needs no alignment.
  writer.u32(std.flags).u32(std.publicRefs).u64(std.oxid).u64(std.oid).uuid(std.ipid);
  writeDualStringArray(writer, objref.resolver ?? { strings: [], security: [] }, false);
  return writer.finish();
}

/** Reads a reference. @throws {DcerpcError} DCERPC_BAD_DATA, DCERPC_LIMIT. */
export function parseObjref(bytes: Uint8Array): Objref {
  if (bytes.length > MAX_OBJREF_BYTES) throw new DcerpcError('DCERPC_LIMIT', 'OBJREF', { need: MAX_OBJREF_BYTES, have: bytes.length });
  const reader = new NdrReader(bytes);
  const signature = reader.u32('OBJREF signature');
  if (signature !== SIGNATURE) reader.fail('OBJREF signature', SIGNATURE, signature);
  const flags = reader.u32('OBJREF flags');
  const iid = reader.uuid('iid');
  if (flags === FLAGS.custom) {
    const clsid = reader.uuid('clsid');
    reader.u32('cbExtension');
    reader.u32('reserved');
    return { kind: 'custom', iid, clsid, data: reader.take(reader.left, 'pObjectData') };
  }
  const kind =
    flags === FLAGS.standard ? 'standard' : flags === FLAGS.handler ? 'handler' : flags === FLAGS.extended ? 'extended' : undefined;
  if (kind === undefined) return reader.fail('OBJREF flags', '1, 2, 4 or 8', flags);
  const std: StdObjref = {
    flags: reader.u32('STDOBJREF flags'),
    publicRefs: reader.u32('cPublicRefs'),
    oxid: reader.u64('oxid'),
    oid: reader.u64('oid'),
    ipid: reader.uuid('ipid'),
  };
  if (kind === 'handler') reader.uuid('handler clsid');
  if (kind === 'extended' && reader.u32('Signature1') !== EXTENDED_SIGNATURE) reader.fail('Signature1', EXTENDED_SIGNATURE);
  const resolver = reader.left >= 4 ? readDualStringArray(reader, false) : undefined;
  return { kind, iid, std, ...(resolver === undefined ? {} : { resolver }) };
}
