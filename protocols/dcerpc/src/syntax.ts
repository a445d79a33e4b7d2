import { parseGuid } from '@winmedic/bytes';
import { DcerpcError } from './errors.ts';

/** An interface or transfer syntax with its version (C706 section 12.6.3.1, p_syntax_id_t). */
export interface RpcSyntax {
  /** `{xxxxxxxx-…}`, lower case. */
  readonly uuid: string;
  /** Major version. */
  readonly major: number;
  readonly minor: number;
}

function syntax(uuid: string, major: number, minor = 0): RpcSyntax {
  return { uuid: `{${uuid}}`, major, minor };
}

/** NDR, the transfer syntax every server speaks (MS-RPCE 2.2.4.12). */
export const NDR: RpcSyntax = syntax('8a885d04-1ceb-11c9-9fe8-08002b104860', 2);
/** NDR64 (MS-RPCE 2.2.5.1); this package does not speak it and names it in captures. */
export const NDR64: RpcSyntax = syntax('71710533-beba-4937-8319-b5dbef9ccc36', 1);
/** Endpoint mapper (C706 Appendix O). */
export const ENDPOINT_MAPPER: RpcSyntax = syntax('e1af8308-5d1f-11c9-91a4-08002b14a0fa', 3);
/** IObjectExporter, with ServerAlive2 (MS-DCOM 1.9). */
export const OBJECT_EXPORTER: RpcSyntax = syntax('99fcfec4-5260-101b-bbcb-00aa0021347a', 0);
/** IRemoteSCMActivator, with RemoteCreateInstance (MS-DCOM 1.9). */
export const SCM_ACTIVATOR: RpcSyntax = syntax('000001a0-0000-0000-c000-000000000046', 0);
/** IActivation, the activation of DCOM before 5.6 (MS-DCOM 1.9). */
export const ACTIVATION: RpcSyntax = syntax('4d9f4ab8-7d1c-11cf-861e-0020af6e7c57', 0);
/** IRemUnknown, through which references to an object are kept and released (MS-DCOM 1.9). */
export const REM_UNKNOWN: RpcSyntax = syntax('00000131-0000-0000-c000-000000000046', 0);
/** IRemUnknown2, its successor (MS-DCOM 1.9). */
export const REM_UNKNOWN2: RpcSyntax = syntax('00000143-0000-0000-c000-000000000046', 0);

/** Class WbemLevel1Login (MS-WMI 1.9): what WMI over DCOM is activated with. */
export const CLSID_WBEM_LEVEL1_LOGIN = '{8bc3f05e-d86b-11d0-a075-00c04fb68820}';
/** Interface IWbemLevel1Login (MS-WMI 1.9). */
export const IID_WBEM_LEVEL1_LOGIN = '{f309ad18-d86a-11d0-a075-00c04fb68820}';

/** First eight bytes of the transfer syntax that stands for bind time features (MS-RPCE 3.3.1.5.3). */
export const BIND_FEATURES_PREFIX = '{6cb71c2c-9812-4540-';

/** Is this the pseudo transfer syntax of bind time feature negotiation (MS-RPCE 3.3.1.5.3)? */
export function isBindFeatures(transfer: RpcSyntax): boolean {
  return transfer.uuid.startsWith(BIND_FEATURES_PREFIX) && transfer.major === 1;
}

/** The same interface, and a minor version the other can serve? Version rules of C706 section 6.1.2 reduced to equality of the major number. */
export function sameInterface(a: RpcSyntax, b: RpcSyntax): boolean {
  return a.uuid === b.uuid && a.major === b.major;
}

/** The 16 bytes of a UUID in little-endian data representation. @throws {DcerpcError} DCERPC_USAGE when the text is none. */
export function uuidBytes(uuid: string): Uint8Array {
  const bytes = parseGuid(uuid);
  if (bytes === undefined) throw new DcerpcError('DCERPC_USAGE', 'a UUID');
  return bytes;
}
