import type { WsmanFault } from './fault.ts';

/** ERROR_WSMAN_OPERATION_TIMEDOUT: nothing within OperationTimeout. Normal for Receive, Pull and slow providers. */
const OPERATION_TIMEDOUT = 0x80338029;
/** ERROR_WSMAN_SERVER_ENVELOPE_LIMIT: the size asked for is above the host's MaxEnvelopeSizekb. */
const SERVER_ENVELOPE_LIMIT = 0x80338049;
/**
 * The answer is larger than MaxEnvelopeSize: ERROR_WSMAN_MAX_ENVELOPE_SIZE, …_MAX_ENVELOPE_SIZE_EXCEEDED, …_ENVELOPE_TOO_LARGE,
 * …_ENCODING_LIMIT.
 */
const TOO_LARGE: ReadonlySet<number> = new Set([0x80338047, 0x80338048, 0x80338026, 0x80338035]);
/**
 * Quotas (MS-WSMV 3.1.4.1.19): ERROR_WSMAN_QUOTA_LIMIT, _QUOTA_MAX_SHELLS, _MAX_OPERATIONS, _USER, _SYSTEM, _MAX_SHELLUSERS, and those per
 * plug-in (…_PPQ). The request was not carried out.
 */
const QUOTAS: ReadonlySet<number> = new Set([
  0x8033803f, 0x803381a5, 0x803381a6, 0x803381a7, 0x803381a8, 0x803381ab, 0x803381e4, 0x803381e5, 0x803381e6, 0x803381e7, 0x803381e8,
  0x803381e9, 0x803381ea,
]);
/** ERROR_WSMAN_ENUMERATE_INVALID_ENUMERATION_CONTEXT: gone or expired. */
const INVALID_CONTEXT = 0x8033801b;
/** ERROR_WSMAN_UNEXPECTED_SELECTORS, ERROR_WSMAN_RESOURCE_NOT_FOUND: the shell is gone. */
const SHELL_GONE: ReadonlySet<number> = new Set([0x8033805b, 0x80338000]);

/** Which of them a fault is. Codes decide; servers without codes are read by their SOAP subcode, which is no text either. */
export function faultClass(
  fault: WsmanFault,
): 'timed-out' | 'server-limit' | 'too-large' | 'quota' | 'internal' | 'invalid-context' | 'shell-gone' | 'other' {
  const has = (set: ReadonlySet<number>) => fault.codes.some((code) => set.has(code));
  if (fault.codes.includes(OPERATION_TIMEDOUT)) return 'timed-out';
  if (fault.codes.includes(SERVER_ENVELOPE_LIMIT)) return 'server-limit';
  if (has(TOO_LARGE)) return 'too-large';
  if (has(QUOTAS)) return 'quota';
  if (fault.codes.includes(INVALID_CONTEXT)) return 'invalid-context';
  if (has(SHELL_GONE)) return 'shell-gone';
  return fault.codes.length > 0 ? 'other' : (BY_SUBCODE.get(fault.soapSubcode) ?? 'other');
}

const BY_SUBCODE: ReadonlyMap<string, ReturnType<typeof faultClass>> = new Map([
  ['TimedOut', 'timed-out'],
  ['EncodingLimit', 'too-large'],
  ['QuotaLimit', 'quota'],
  ['InternalError', 'internal'],
  ['InvalidEnumerationContext', 'invalid-context'],
]);
