/** Parsers and writers alone, free of Node's modules. */
export { CREDSSP_ERROR_CODES, CredsspError, type CredsspErrorCode, type CredsspStage } from './errors.ts';
export {
  type PackageCredential,
  type PackageCredentialView,
  parseTsCredentials,
  type TsCredentials,
  type TsCredentialsView,
  writeTsCredentials,
} from './ts-credentials.ts';
export { parseTsRequest, type TsRequest, writeTsRequest } from './ts-request.ts';
