import { readOrpcThat, readOrpcThis } from './activation.ts';
import { readInterfacePointer } from './activation-properties.ts';
import { DcerpcError } from './errors.ts';
import { MAX_INTERFACES } from './limits.ts';
import { NdrReader } from './ndr.ts';
import { type DualStringArray, readDualStringArray } from './objref.ts';

/** Call of IActivation, the activation of DCOM before version 5.6 (MS-DCOM 3.1.2.5.2.1). */
export const REMOTE_ACTIVATION_OPNUM = 0;

/** Characters of the name of an object: a path or a moniker. */
const MAX_OBJECT_NAME = 4096;

/** What RemoteActivation asks for (MS-DCOM 3.1.2.5.2.3.1). */
export interface RemoteActivation {
  readonly clsid: string;
  readonly iids: readonly string[];
}

/** What RemoteActivation answers. */
export interface RemoteActivationReply {
  /** The call's own status, unsigned; what became of the activation is {@link hresult}. */
  readonly status: number;
  /** `phr`, unsigned; 0 is S_OK. */
  readonly hresult: number;
  /** Where the new object is reached; absent when the activation failed. */
  readonly bindings?: DualStringArray;
  /** Result of each interface, unsigned. */
  readonly results: readonly number[];
}

/** Reads the arguments as far as class and interfaces. @throws {DcerpcError} DCERPC_BAD_DATA, DCERPC_LIMIT. */
export function parseRemoteActivation(stub: Uint8Array, littleEndian = true): RemoteActivation {
  const reader = new NdrReader(stub, littleEndian);
  readOrpcThis(reader);
  const clsid = reader.uuid('Clsid');
  if (reader.pointer('pwszObjectName')) reader.wideString(MAX_OBJECT_NAME, 'pwszObjectName');
  if (reader.pointer('pObjectStorage')) readInterfacePointer(reader);
  reader.u32('ClientImpLevel');
  reader.u32('Mode');
  const count = reader.count(MAX_INTERFACES, 'Interfaces');
  const iids: string[] = [];
  if (reader.pointer('pIIDs')) {
    reader.conformance(count, 'pIIDs');
    for (let i = 0; i < count; i++) iids.push(reader.uuid('pIIDs'));
  }
  return { clsid, iids };
}

/** Reads the results. @throws {DcerpcError} DCERPC_BAD_DATA, DCERPC_LIMIT. */
export function parseRemoteActivationReply(stub: Uint8Array, littleEndian = true): RemoteActivationReply {
  const reader = new NdrReader(stub, littleEndian);
  readOrpcThat(reader);
  reader.u64('pOxid');
  const bindings = reader.pointer('ppdsaOxidBindings') ? readDualStringArray(reader, true) : undefined;
  reader.uuid('pipidRemUnknown');
  reader.u32('pAuthnHint');
  reader.u16('pServerVersion');
  reader.u16('pServerVersion');
  const hresult = reader.u32('phr');
  const pointers = reader.count(MAX_INTERFACES, 'ppInterfaceData');
  const present: boolean[] = [];
  for (let i = 0; i < pointers; i++) present.push(reader.pointer('ppInterfaceData'));
  for (const there of present) if (there) readInterfacePointer(reader);
  const count = reader.count(MAX_INTERFACES, 'pResults');
  if (count !== pointers) throw new DcerpcError('DCERPC_BAD_DATA', 'pResults', { offset: reader.position, need: pointers, have: count });
  const results: number[] = [];
  for (let i = 0; i < count; i++) results.push(reader.u32('pResults'));
  return { status: reader.u32('status'), hresult, results, ...(bindings === undefined ? {} : { bindings }) };
}
