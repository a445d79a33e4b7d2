/** Names of Kerberos numbers, as the specifications spell them. */

/** Message types (RFC 4120 section 7.5.7), the application tags of the messages. */
export const MESSAGE = {
  asReq: 10,
  asRep: 11,
  tgsReq: 12,
  tgsRep: 13,
  apReq: 14,
  apRep: 15,
  safe: 20,
  priv: 21,
  cred: 22,
  error: 30,
} as const;

/** Name types (RFC 4120 section 6.2, RFC 6806 section 5). */
export const NAME_TYPE = { principal: 1, serviceInstance: 2, serviceHost: 3, enterprise: 10 } as const;

/** Pre-authentication data types (RFC 4120 section 7.5.2 and the registry of RFC 6113, MS-KILE 2.2.8). */
export const PA = {
  tgsReq: 1,
  encTimestamp: 2,
  pwSalt: 3,
  etypeInfo: 11,
  etypeInfo2: 19,
  pacRequest: 128,
} as const;

/** Encryption types (RFC 3962, RFC 4757, RFC 8009). */
export const ETYPE = { aes128: 17, aes256: 18, aes128Sha256: 19, aes256Sha384: 20, rc4: 23 } as const;

/** Key usage numbers (RFC 4120 section 7.5.1, RFC 4121 section 2). */
export const USAGE = {
  encTimestamp: 1,
  ticket: 2,
  asRep: 3,
  tgsReqChecksum: 6,
  tgsReqAuthenticator: 7,
  tgsRepSessionKey: 8,
  tgsRepSubkey: 9,
  apReqChecksum: 10,
  apReqAuthenticator: 11,
  apRep: 12,
  acceptorSeal: 22,
  acceptorSign: 23,
  initiatorSeal: 24,
  initiatorSign: 25,
} as const;

/** Error numbers this package acts on (RFC 4120 section 7.5.9). */
export const KRB = {
  clientUnknown: 6,
  serverUnknown: 7,
  etypeNotSupported: 14,
  clientRevoked: 18,
  keyExpired: 23,
  preauthFailed: 24,
  preauthRequired: 25,
  badIntegrity: 31,
  ticketExpired: 32,
  ticketNotYetValid: 33,
  repeat: 34,
  notUs: 35,
  badMatch: 36,
  skew: 37,
  badVersion: 39,
  messageType: 40,
  modified: 41,
  badKeyVersion: 44,
  noKey: 45,
  inappropriateChecksum: 50,
  responseTooBig: 52,
  generic: 60,
  wrongRealm: 68,
} as const;

const ERROR_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'KDC_ERR_NONE'],
  [1, 'KDC_ERR_NAME_EXP'],
  [2, 'KDC_ERR_SERVICE_EXP'],
  [3, 'KDC_ERR_BAD_PVNO'],
  [4, 'KDC_ERR_C_OLD_MAST_KVNO'],
  [5, 'KDC_ERR_S_OLD_MAST_KVNO'],
  [6, 'KDC_ERR_C_PRINCIPAL_UNKNOWN'],
  [7, 'KDC_ERR_S_PRINCIPAL_UNKNOWN'],
  [8, 'KDC_ERR_PRINCIPAL_NOT_UNIQUE'],
  [9, 'KDC_ERR_NULL_KEY'],
  [10, 'KDC_ERR_CANNOT_POSTDATE'],
  [11, 'KDC_ERR_NEVER_VALID'],
  [12, 'KDC_ERR_POLICY'],
  [13, 'KDC_ERR_BADOPTION'],
  [14, 'KDC_ERR_ETYPE_NOSUPP'],
  [15, 'KDC_ERR_SUMTYPE_NOSUPP'],
  [16, 'KDC_ERR_PADATA_TYPE_NOSUPP'],
  [17, 'KDC_ERR_TRTYPE_NOSUPP'],
  [18, 'KDC_ERR_CLIENT_REVOKED'],
  [19, 'KDC_ERR_SERVICE_REVOKED'],
  [20, 'KDC_ERR_TGT_REVOKED'],
  [21, 'KDC_ERR_CLIENT_NOTYET'],
  [22, 'KDC_ERR_SERVICE_NOTYET'],
  [23, 'KDC_ERR_KEY_EXPIRED'],
  [24, 'KDC_ERR_PREAUTH_FAILED'],
  [25, 'KDC_ERR_PREAUTH_REQUIRED'],
  [26, 'KDC_ERR_SERVER_NOMATCH'],
  [27, 'KDC_ERR_MUST_USE_USER2USER'],
  [28, 'KDC_ERR_PATH_NOT_ACCEPTED'],
  [29, 'KDC_ERR_SVC_UNAVAILABLE'],
  [31, 'KRB_AP_ERR_BAD_INTEGRITY'],
  [32, 'KRB_AP_ERR_TKT_EXPIRED'],
  [33, 'KRB_AP_ERR_TKT_NYV'],
  [34, 'KRB_AP_ERR_REPEAT'],
  [35, 'KRB_AP_ERR_NOT_US'],
  [36, 'KRB_AP_ERR_BADMATCH'],
  [37, 'KRB_AP_ERR_SKEW'],
  [38, 'KRB_AP_ERR_BADADDR'],
  [39, 'KRB_AP_ERR_BADVERSION'],
  [40, 'KRB_AP_ERR_MSG_TYPE'],
  [41, 'KRB_AP_ERR_MODIFIED'],
  [42, 'KRB_AP_ERR_BADORDER'],
  [44, 'KRB_AP_ERR_BADKEYVER'],
  [45, 'KRB_AP_ERR_NOKEY'],
  [46, 'KRB_AP_ERR_MUT_FAIL'],
  [47, 'KRB_AP_ERR_BADDIRECTION'],
  [48, 'KRB_AP_ERR_METHOD'],
  [49, 'KRB_AP_ERR_BADSEQ'],
  [50, 'KRB_AP_ERR_INAPP_CKSUM'],
  [51, 'KRB_AP_PATH_NOT_ACCEPTED'],
  [52, 'KRB_ERR_RESPONSE_TOO_BIG'],
  [60, 'KRB_ERR_GENERIC'],
  [61, 'KRB_ERR_FIELD_TOOLONG'],
  [62, 'KDC_ERROR_CLIENT_NOT_TRUSTED'],
  [63, 'KDC_ERROR_KDC_NOT_TRUSTED'],
  [64, 'KDC_ERROR_INVALID_SIG'],
  [65, 'KDC_ERR_KEY_TOO_WEAK'],
  [66, 'KDC_ERR_CERTIFICATE_MISMATCH'],
  [67, 'KRB_AP_ERR_NO_TGT'],
  [68, 'KDC_ERR_WRONG_REALM'],
  [69, 'KRB_AP_ERR_USER_TO_USER_REQUIRED'],
  [70, 'KDC_ERR_CANT_VERIFY_CERTIFICATE'],
  [71, 'KDC_ERR_INVALID_CERTIFICATE'],
  [72, 'KDC_ERR_REVOKED_CERTIFICATE'],
  [73, 'KDC_ERR_REVOCATION_STATUS_UNKNOWN'],
  [74, 'KDC_ERR_REVOCATION_STATUS_UNAVAILABLE'],
  [75, 'KDC_ERR_CLIENT_NAME_MISMATCH'],
  [76, 'KDC_ERR_KDC_NAME_MISMATCH'],
]);

/** Name of a KRB-ERROR number in RFC 4120 section 7.5.9, `undefined` for numbers that are not there. */
export function krbErrorName(error: number): string | undefined {
  return ERROR_NAMES.get(error);
}

const PA_NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'PA-TGS-REQ'],
  [2, 'PA-ENC-TIMESTAMP'],
  [3, 'PA-PW-SALT'],
  [11, 'PA-ETYPE-INFO'],
  [14, 'PA-PK-AS-REQ_OLD'],
  [15, 'PA-PK-AS-REP_OLD'],
  [16, 'PA-PK-AS-REQ'],
  [17, 'PA-PK-AS-REP'],
  [19, 'PA-ETYPE-INFO2'],
  [20, 'PA-SVR-REFERRAL-INFO'],
  [128, 'PA-PAC-REQUEST'],
  [129, 'PA-FOR-USER'],
  [133, 'PA-FX-COOKIE'],
  [136, 'PA-FX-FAST'],
  [137, 'PA-FX-ERROR'],
  [138, 'PA-ENCRYPTED-CHALLENGE'],
  [147, 'PA-PKINIT-KX'],
  [149, 'PA-REQ-ENC-PA-REP'],
  [150, 'PA-AS-FRESHNESS'],
  [151, 'PA-SPAKE'],
  [165, 'PA-SUPPORTED-ENCTYPES'],
  [167, 'PA-PAC-OPTIONS'],
]);

/** Name of a pre-authentication data type in the IANA registry and MS-KILE 2.2.8, `undefined` for others. */
export function paDataName(type: number): string | undefined {
  return PA_NAMES.get(type);
}

const ETYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'des-cbc-crc'],
  [3, 'des-cbc-md5'],
  [16, 'des3-cbc-sha1-kd'],
  [17, 'aes128-cts-hmac-sha1-96'],
  [18, 'aes256-cts-hmac-sha1-96'],
  [19, 'aes128-cts-hmac-sha256-128'],
  [20, 'aes256-cts-hmac-sha384-192'],
  [23, 'rc4-hmac'],
  [24, 'rc4-hmac-exp'],
]);

/** Name of an encryption type in the IANA registry (RFC 3961 section 8), `undefined` for others. */
export function etypeName(etype: number): string | undefined {
  return ETYPE_NAMES.get(etype);
}
