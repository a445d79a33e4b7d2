/** Parsers and writers of RPC and DCOM messages, without Node's modules. */
export {
  COM_VERSION,
  type CreateInstanceReply,
  type CreateInstanceRequest,
  HRESULT,
  parseCreateInstance,
  parseCreateInstanceReply,
  parseGetClassObject,
  SCM_OPNUM,
  writeCreateInstance,
  writeCreateInstanceReply,
} from './activation.ts';
export {
  type ActivatedInterface,
  type ActivationIn,
  type ActivationOut,
  PROPERTY_CLSID,
  parseActivationIn,
  parseActivationOut,
  writeActivationIn,
  writeActivationOut,
} from './activation-properties.ts';
export {
  type EndpointEntry,
  EPM_OPNUM,
  EPT_NOT_REGISTERED,
  type EptHandle,
  type LookupReply,
  type LookupRequest,
  type MapReply,
  type MapRequest,
  NULL_EPT_HANDLE,
  parseLookupReply,
  parseLookupRequest,
  parseMapReply,
  parseMapRequest,
  writeLookupReply,
  writeLookupRequest,
  writeMapReply,
  writeMapRequest,
} from './endpoint-mapper.ts';
export { DCERPC_ERROR_CODES, DcerpcError, type DcerpcErrorCode, type DcerpcErrorPlace } from './errors.ts';
export {
  AUTH_LEVEL,
  AUTH_TYPE,
  type AuthLevelName,
  type AuthTypeName,
  authLevelName,
  authTypeName,
  CONTEXT_RESULT,
  FAULT_STATUS,
  faultName,
  NAK_REASON,
  nakReasonName,
  REJECT_REASON,
  rejectReasonName,
} from './names.ts';
export { NdrReader, NdrWriter } from './ndr.ts';
export { OBJECT_EXPORTER_OPNUM, parseServerAlive2Reply, type ServerAlive, writeServerAlive2Reply } from './object-exporter.ts';
export {
  bindingPort,
  type ComVersion,
  type DualStringArray,
  type Objref,
  parseObjref,
  readDualStringArray,
  type SecurityBinding,
  type StdObjref,
  type StringBinding,
  TOWER_TCP,
  writeDualStringArray,
  writeObjref,
} from './objref.ts';
export {
  type Auth3Pdu,
  type BarePdu,
  type BindAckPdu,
  type BindNakPdu,
  type BindPdu,
  CallHead,
  COMMON_HEADER_BYTES,
  type ContextResult,
  type FaultPdu,
  PDU_TYPE,
  type PduCommon,
  type PduTypeName,
  PFC,
  type PresentationContext,
  parsePdu,
  pduLength,
  type RequestPdu,
  type ResponsePdu,
  type RpcPdu,
  type SecTrailer,
} from './pdu.ts';
export { PduSplitter } from './pdu-splitter.ts';
export { parseQueryInterfaceReply, type QueryInterfaceReply, REM_UNKNOWN_OPNUM } from './rem-unknown.ts';
export {
  parseRemoteActivation,
  parseRemoteActivationReply,
  REMOTE_ACTIVATION_OPNUM,
  type RemoteActivation,
  type RemoteActivationReply,
} from './remote-activation.ts';
export {
  ACTIVATION,
  BIND_FEATURES_PREFIX,
  CLSID_WBEM_LEVEL1_LOGIN,
  ENDPOINT_MAPPER,
  IID_WBEM_LEVEL1_LOGIN,
  isBindFeatures,
  NDR,
  NDR64,
  OBJECT_EXPORTER,
  REM_UNKNOWN,
  REM_UNKNOWN2,
  type RpcSyntax,
  SCM_ACTIVATOR,
  sameInterface,
} from './syntax.ts';
export { type ProtocolSequence, parseTower, type Tower, writeTower } from './tower.ts';
export { writePdu } from './write-pdu.ts';
