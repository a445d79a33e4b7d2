import { FormatError } from '@winmedic/bytes';

/** Codes of {@link ConnectError}. */
export type ConnectErrorCode =
  | 'CONNECT_TARGET'
  | 'CONNECT_TOO_MANY'
  | 'CONNECT_CERTIFICATE'
  | 'CONNECT_CACHE'
  | 'CONNECT_KEYTAB'
  | 'CONNECT_KDC'
  | 'CONNECT_TRUST';

/**
 * A wrong call: a target that cannot be read, a list nobody allowed, a key file that is none. What a host does is never thrown: it stands in
 * the attempt. Also thrown inside a login when no KDC answers; the attempt then says so.
 */
export class ConnectError extends FormatError<ConnectErrorCode> {
  override readonly name = 'ConnectError';
}
