/** Parsers and writers alone, free of Node's modules. */
export { SPNEGO_ERROR_CODES, SpnegoError, type SpnegoErrorCode } from './errors.ts';
export { MECHANISM_OID, mechanismName, sameMechanism } from './mechanisms.ts';
export {
  type NegState,
  type NegTokenInit,
  type NegTokenResp,
  parseSpnegoToken,
  recogniseToken,
  type TokenKind,
  writeMechTypes,
  writeSpnegoToken,
} from './tokens.ts';
