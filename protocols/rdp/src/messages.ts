/** Parsers and writers alone, free of Node's modules. */
export { RDP_ERROR_CODES, RdpError, type RdpErrorCode } from './errors.ts';
export {
  type ConnectionConfirm,
  type ConnectionRequest,
  parseRdpNegotiation,
  RDP_FAILURE,
  RDP_PROTOCOL,
  RDP_REQUEST_FLAG,
  RDP_RESPONSE_FLAG,
  type RdpFailureCode,
  rdpFailureName,
  rdpProtocolNames,
  tpktLength,
  writeConnectionConfirm,
  writeConnectionRequest,
} from './negotiation.ts';
