import { type AnswerContext, type FaultToWrite, writeFault } from '@winmedic/wsman';

/** What a fault says: all codes are numbers of Windows, the text is English as on an English host. */
export interface FaultParts {
  /** WSMan error, Win32 error or HRESULT. */
  readonly code: number;
  readonly soapCode: 'Sender' | 'Receiver' | 'MustUnderstand';
  readonly subcode: FaultToWrite['subcode'];
  readonly text: string;
  /** Last part of the fault detail URI of DSP0226 section 14. */
  readonly detail?: string;
  /** The fault comes from the WMI provider; the HRESULT is shown in the shape MSFT_WmiError. */
  readonly provider?: { readonly hresult: number };
}

/** The request is refused with a SOAP fault. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly parts: FaultParts;

  constructor(parts: FaultParts) {
    super(`fault ${parts.code}`);
    this.parts = parts;
  }
}

/** ERROR_ACCESS_DENIED. */
const ACCESS_DENIED = 5;
const DETAIL = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail';
const WMI_PROVIDER = { name: 'WMI Provider', path: '%systemroot%\\system32\\WsmWmiPl.dll' };

/** Faults by cause; codes from MS-WSMV 2.2.4 and MS-ERREF, subcodes from recorded exchanges and DSP0226 section 14. */
export const refuse = {
  accessDenied: () => new Refusal({ code: ACCESS_DENIED, soapCode: 'Sender', subcode: ['w', 'AccessDenied'], text: 'Access is denied. ' }),
  /** The account may not connect to the namespace (0x80338106, WBEM_E_ACCESS_DENIED). */
  namespaceDenied: () =>
    new Refusal({
      code: 0x80338106,
      soapCode: 'Sender',
      subcode: ['w', 'AccessDenied'],
      text: 'The WinRM client cannot complete the operation: the user cannot connect to the WMI namespace. ',
      provider: { hresult: 0x80041003 },
    }),
  /** The provider refuses the account (0x80338105, WBEM_E_ACCESS_DENIED). */
  providerDenied: () =>
    new Refusal({
      code: 0x80338105,
      soapCode: 'Sender',
      subcode: ['w', 'AccessDenied'],
      text: 'The WMI provider returned an access denied error. ',
      provider: { hresult: 0x80041003 },
    }),
  /** Namespace, class or property of a WQL query is not there, or it is no WQL; the HRESULT tells which in the shape MSFT_WmiError. */
  filter: (hresult: 0x8004100e | 0x80041010 | 0x80041017) =>
    new Refusal({
      code: 0x8033801a,
      soapCode: 'Sender',
      subcode: ['n', 'CannotProcessFilter'],
      text: 'The data source could not process the filter. The filter might be missing or it might be invalid. Change the filter and try the request again.  ',
      provider: { hresult },
    }),
  /** A WMI error that WinRM hands on with its HRESULT as the code. */
  wmi: (hresult: number, text: string) =>
    new Refusal({ code: hresult, soapCode: 'Receiver', subcode: ['w', 'InternalError'], text, provider: { hresult } }),
  dialect: () =>
    new Refusal({
      code: 0x80338019,
      soapCode: 'Sender',
      subcode: ['n', 'FilterDialectRequestedUnavailable'],
      text: 'The requested filter dialect is not supported. ',
    }),
  resourceUri: () =>
    new Refusal({
      code: 0x8033803b,
      soapCode: 'Sender',
      subcode: ['a', 'DestinationUnreachable'],
      text: 'The WS-Management service cannot process the request. The resource URI is not valid. ',
      detail: 'InvalidResourceURI',
    }),
  action: () =>
    new Refusal({
      code: 0x80338001,
      soapCode: 'Sender',
      subcode: ['a', 'ActionNotSupported'],
      text: 'The WS-Management service cannot process the request. The action is not supported by the resource. ',
    }),
  notFound: () =>
    new Refusal({
      code: 0x80338000,
      soapCode: 'Sender',
      subcode: ['a', 'DestinationUnreachable'],
      text: 'The WS-Management service cannot process the request. The service cannot find the resource identified by the resource URI and selectors. ',
    }),
  selectors: () =>
    new Refusal({
      code: 0x8033803d,
      soapCode: 'Sender',
      subcode: ['w', 'InvalidSelectors'],
      text: 'The WS-Management service cannot process the request because the request contained invalid selectors for the resource. ',
    }),
  /** The shell of the selectors is gone (0x8033805B). */
  noShell: () =>
    new Refusal({
      code: 0x8033805b,
      soapCode: 'Sender',
      subcode: ['w', 'InvalidSelectors'],
      text: 'The request for the Windows Remote Shell failed because the shell was not found on the server. ',
      detail: 'UnexpectedSelectors',
    }),
  context: () =>
    new Refusal({
      code: 0x8033801b,
      soapCode: 'Receiver',
      subcode: ['n', 'InvalidEnumerationContext'],
      text: 'The supplied enumeration context is not valid. ',
    }),
  timedOut: () =>
    new Refusal({
      code: 0x80338029,
      soapCode: 'Receiver',
      subcode: ['w', 'TimedOut'],
      text: 'The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  ',
    }),
  operations: (limit: number) =>
    new Refusal({
      code: 0x803381a6,
      soapCode: 'Receiver',
      subcode: ['w', 'InternalError'],
      text: `The WS-Management service cannot process the request. This user is allowed a maximum number of ${limit} concurrent operations, which has been exceeded. Close existing operations for this user, or raise the quota for this user. `,
    }),
  /** MaxConnections: no place for another connection (MS-WSMV 3.1.4.1.19: InternalError; the code is ERROR_WSMAN_QUOTA_SYSTEM). */
  connections: () =>
    new Refusal({
      code: 0x803381a8,
      soapCode: 'Receiver',
      subcode: ['w', 'InternalError'],
      text: 'The WS-Management service cannot process the request. The service has reached the maximum number of concurrent requests. ',
    }),
  notUnderstood: () =>
    new Refusal({
      code: 0x80338010,
      soapCode: 'MustUnderstand',
      subcode: ['w', 'UnsupportedFeature'],
      text: 'The WS-Management service does not understand a header that must be understood. ',
    }),
  shells: (limit: number) =>
    new Refusal({
      code: 0x803381a5,
      soapCode: 'Sender',
      subcode: ['w', 'QuotaLimit'],
      text: `The WS-Management service cannot process the request. This user is allowed a maximum number of ${limit} concurrent shells, which has been exceeded. Close existing shells or raise the quota for this user. `,
    }),
  /** The answer is larger than the request allows (0x80338048), or than the service does (0x80338049). */
  envelope: (code: 0x80338047 | 0x80338048 | 0x80338049) =>
    new Refusal({
      code,
      soapCode: 'Sender',
      subcode: ['w', 'EncodingLimit'],
      text: 'The WS-Management service cannot process the request because the response does not fit into the maximum envelope size. ',
      detail: code === 0x80338047 ? 'MinimumEnvelopeLimit' : 'MaxEnvelopeSize',
    }),
  schema: () =>
    new Refusal({
      code: 0x80338041,
      soapCode: 'Sender',
      subcode: ['w', 'SchemaValidationError'],
      text: 'The SOAP XML in the message does not match the corresponding XML schema definition. ',
    }),
} as const;

/** The fault as an envelope; faults of the WMI provider in one of the two shapes Windows uses. */
export function faultEnvelope(context: AnswerContext, parts: FaultParts, shape: 'wsman' | 'wmi', machine: string): string {
  const [prefix, name] = parts.subcode;
  const wmi = shape === 'wmi' && parts.provider !== undefined;
  return writeFault(context, {
    shape: wmi ? 'wmi' : 'wsman',
    soapCode: parts.soapCode,
    subcode: [prefix, name],
    code: wmi ? (parts.provider?.hresult ?? parts.code) : parts.code,
    machine,
    text: parts.text,
    ...(parts.provider === undefined ? {} : { provider: { ...WMI_PROVIDER, code: parts.code, text: parts.text } }),
    ...(parts.detail === undefined ? {} : { detail: `${DETAIL}/${parts.detail}` }),
  });
}
