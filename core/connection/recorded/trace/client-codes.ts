import type { RungName } from '@winmedic/knowledge/model';

/** What a code tells that WinRM's client reports instead of an answer of the service. */
export interface ClientCode {
  /** The lowest rung that may have failed: below it nothing is known to have. */
  readonly rung: RungName;
  /** HTTP status the code stands for. */
  readonly status?: number;
  /** The host answered, so the rungs below carried it. */
  readonly answered?: boolean;
  /** Nothing was sent. */
  readonly unsent?: boolean;
}

/**
 * Codes of WinRM's client by what they tell. Several stand for more than one cause; then nothing more than the rung is known.
 * @source winerror.h (ERROR_WSMAN_*), winhttp.h (ERROR_WINHTTP_*), MS-ERREF (SEC_E_*)
 */
export const CLIENT_CODES: ReadonlyMap<number, ClientCode> = new Map<number, ClientCode>([
  [0x803381b9, { rung: 'name' }],
  // ERROR_WINHTTP_NAME_NOT_RESOLVED.
  [12_007, { rung: 'name' }],
  [0x80338012, { rung: 'http' }],
  [0x80338126, { rung: 'http' }],
  [0x803380f7, { rung: 'http', answered: true }],
  [0x80338110, { rung: 'http', answered: true }],
  [0x80338112, { rung: 'http', answered: true, status: 503 }],
  [0x80338113, { rung: 'http', answered: true, status: 404 }],
  [0x803381ba, { rung: 'tls' }],
  // ERROR_WINHTTP_SECURE_FAILURE.
  [12_175, { rung: 'tls' }],
  // SEC_E_BAD_BINDINGS.
  [0x80090346, { rung: 'login', answered: true }],
  [0x8033810b, { rung: 'login' }],
  [0x80338171, { rung: 'login', answered: true, status: 400 }],
  // ERROR_LOGON_FAILURE.
  [1326, { rung: 'login', answered: true }],
  // SEC_E_TIME_SKEW, SEC_E_WRONG_PRINCIPAL.
  [0x80090324, { rung: 'login' }],
  [0x80090322, { rung: 'login' }],
  // SEC_E_NO_AUTHENTICATING_AUTHORITY, SEC_E_TARGET_UNKNOWN, SEC_E_LOGON_DENIED.
  [0x80090311, { rung: 'login' }],
  [0x80090303, { rung: 'login' }],
  [0x8009030c, { rung: 'login' }],
  [0x803380e4, { rung: 'login', unsent: true }],
  [0x803380e5, { rung: 'login' }],
  [0x803381bb, { rung: 'login', unsent: true }],
  // SEC_E_NO_CREDENTIALS.
  [0x8009030e, { rung: 'login', unsent: true }],
  [0x80338169, { rung: 'http' }],
  [0x80338111, { rung: 'rights', answered: true, status: 413 }],
  // ERROR_ACCESS_DENIED: at the login, or by the service behind it.
  [5, { rung: 'login', answered: true }],
  [0x80070005, { rung: 'login', answered: true }],
]);

/** Codes only the service gives, so that they stand for its fault where the answer itself was not recorded: quotas, remote access, shells, WMI. */
export function isOfService(code: number): boolean {
  return SERVICE.has(code) || (code >= 0x80041001 && code <= 0x80042fff);
}

const SERVICE: ReadonlySet<number> = new Set([
  0x803381a5, 0x803381a6, 0x803381a7, 0x803381a8, 0x803381ab, 0x803381dd, 0x803381e3, 0x803381e4, 0x803381e5, 0x803381e6, 0x803381e7,
  0x803381e8, 0x803381e9, 0x8033805b, 0x80338048, 0x80338104, 0x80338105, 0x80338106,
]);
