import { readOrpcThat } from './activation.ts';
import { MAX_INTERFACES } from './limits.ts';
import { NdrReader } from './ndr.ts';

/** Calls of IRemUnknown (MS-DCOM 3.1.1.5.6). */
export const REM_UNKNOWN_OPNUM = { queryInterface: 3, addRef: 4, release: 5 } as const;

/** What RemQueryInterface answers (MS-DCOM 3.1.1.5.6.1.1). */
export interface QueryInterfaceReply {
  /** Result for each interface asked for, unsigned: 0 or 0x80004002 mostly. */
  readonly results: readonly number[];
  /** Result of the call: S_FALSE when only some were there. */
  readonly hresult: number;
}

/** STDOBJREF of a REMQIRESULT: flags, references, OXID, OID, IPID (MS-DCOM 2.2.18.2). */
const STDOBJREF_BYTES = 40;

/** Reads the results of RemQueryInterface. @throws {DcerpcError} DCERPC_BAD_DATA, DCERPC_LIMIT. */
export function parseQueryInterfaceReply(stub: Uint8Array, littleEndian = true): QueryInterfaceReply {
  const reader = new NdrReader(stub, littleEndian);
  readOrpcThat(reader);
  const results: number[] = [];
  if (reader.pointer('ppQIResults')) {
    const count = reader.count(MAX_INTERFACES, 'ppQIResults');
    for (let i = 0; i < count; i++) {
      // A REMQIRESULT holds 64-bit numbers, so each begins at a multiple of eight.
      results.push(reader.align(8, 'hResult').u32('hResult'));
      reader.align(8, 'std').take(STDOBJREF_BYTES, 'std');
    }
  }
  return { results, hresult: reader.u32('HRESULT') };
}
