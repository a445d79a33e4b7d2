import { NS, XmlWriter } from '@winmedic/wsman';
import { answerEnvelope } from './envelope.ts';

/** What a fault says: all codes are numbers of Windows, the text is English as on an English host. */
export interface FaultParts {
  /** WSMan error, Win32 error or HRESULT. */
  readonly code: number;
  readonly soapCode: 'Sender' | 'Receiver';
  /** With its prefix: `w:AccessDenied`, `n:CannotProcessFilter` … */
  readonly subcode: string;
  readonly text: string;
  /** Last part of the fault detail URI of DSP0226 section 14. */
  readonly detail?: string;
  /** The fault comes from the WMI provider; `query` is what it was asked. */
  readonly provider?: { readonly query?: string; readonly hresult?: number };
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
const FAULT_ACTION = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/fault';
const DETAIL = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail';
const WMI_PROVIDER = '%systemroot%\\system32\\WsmWmiPl.dll';
const WMI_ERROR = 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError';

/** Faults by cause; codes from MS-WSMV 2.2.4 and MS-ERREF, subcodes from recorded exchanges and DSP0226 section 14. */
export const refuse = {
  accessDenied: () => new Refusal({ code: ACCESS_DENIED, soapCode: 'Sender', subcode: 'w:AccessDenied', text: 'Access is denied. ' }),
  /** The account may not connect to the namespace (0x80338106, WBEM_E_ACCESS_DENIED). */
  namespaceDenied: () =>
    new Refusal({
      code: 0x80338106,
      soapCode: 'Sender',
      subcode: 'w:AccessDenied',
      text: 'The WinRM client cannot complete the operation: the user cannot connect to the WMI namespace. ',
      provider: { hresult: 0x80041003 },
    }),
  /** The provider refuses the account (0x80338105, WBEM_E_ACCESS_DENIED). */
  providerDenied: () =>
    new Refusal({
      code: 0x80338105,
      soapCode: 'Sender',
      subcode: 'w:AccessDenied',
      text: 'The WMI provider returned an access denied error. ',
      provider: { hresult: 0x80041003 },
    }),
  /** Namespace, class or property of a WQL query is not there, or it is no WQL; the HRESULT tells which in the shape MSFT_WmiError. */
  filter: (query: string, hresult: 0x8004100e | 0x80041010 | 0x80041017) =>
    new Refusal({
      code: 0x8033801a,
      soapCode: 'Sender',
      subcode: 'n:CannotProcessFilter',
      text: 'The data source could not process the filter. The filter might be missing or it might be invalid. Change the filter and try the request again.  ',
      provider: { query, hresult },
    }),
  /** A WMI error that WinRM hands on with its HRESULT as the code. */
  wmi: (hresult: number, text: string) =>
    new Refusal({ code: hresult, soapCode: 'Receiver', subcode: 'w:InternalError', text, provider: { hresult } }),
  dialect: () =>
    new Refusal({
      code: 0x80338019,
      soapCode: 'Sender',
      subcode: 'n:FilterDialectRequestedUnavailable',
      text: 'The requested filter dialect is not supported. ',
    }),
  resourceUri: () =>
    new Refusal({
      code: 0x8033803b,
      soapCode: 'Sender',
      subcode: 'a:DestinationUnreachable',
      text: 'The WS-Management service cannot process the request. The resource URI is not valid. ',
      detail: 'InvalidResourceURI',
    }),
  action: () =>
    new Refusal({
      code: 0x80338001,
      soapCode: 'Sender',
      subcode: 'a:ActionNotSupported',
      text: 'The WS-Management service cannot process the request. The action is not supported by the resource. ',
    }),
  notFound: () =>
    new Refusal({
      code: 0x80338000,
      soapCode: 'Sender',
      subcode: 'a:DestinationUnreachable',
      text: 'The WS-Management service cannot process the request. The service cannot find the resource identified by the resource URI and selectors. ',
    }),
  selectors: () =>
    new Refusal({
      code: 0x8033803d,
      soapCode: 'Sender',
      subcode: 'w:InvalidSelectors',
      text: 'The WS-Management service cannot process the request because the request contained invalid selectors for the resource. ',
    }),
  /** The shell of the selectors is gone (0x8033805B). */
  noShell: () =>
    new Refusal({
      code: 0x8033805b,
      soapCode: 'Sender',
      subcode: 'w:InvalidSelectors',
      text: 'The request for the Windows Remote Shell failed because the shell was not found on the server. ',
      detail: 'UnexpectedSelectors',
    }),
  context: () =>
    new Refusal({
      code: 0x8033801b,
      soapCode: 'Receiver',
      subcode: 'n:InvalidEnumerationContext',
      text: 'The supplied enumeration context is not valid. ',
    }),
  timedOut: () =>
    new Refusal({
      code: 0x80338029,
      soapCode: 'Receiver',
      subcode: 'w:TimedOut',
      text: 'The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  ',
    }),
  operations: (limit: number) =>
    new Refusal({
      code: 0x803381a6,
      soapCode: 'Receiver',
      subcode: 'w:InternalError',
      text: `The WS-Management service cannot process the request. This user is allowed a maximum number of ${limit} concurrent operations, which has been exceeded. Close existing operations for this user, or raise the quota for this user. `,
    }),
  shells: (limit: number) =>
    new Refusal({
      code: 0x803381a5,
      soapCode: 'Sender',
      subcode: 'w:QuotaLimit',
      text: `The WS-Management service cannot process the request. This user is allowed a maximum number of ${limit} concurrent shells, which has been exceeded. Close existing shells or raise the quota for this user. `,
    }),
  /** The answer is larger than the request allows (0x80338048), or than the service does (0x80338049). */
  envelope: (code: 0x80338047 | 0x80338048 | 0x80338049) =>
    new Refusal({
      code,
      soapCode: 'Sender',
      subcode: 'w:EncodingLimit',
      text: 'The WS-Management service cannot process the request because the response does not fit into the maximum envelope size. ',
      detail: code === 0x80338047 ? 'MinimumEnvelopeLimit' : 'MaxEnvelopeSize',
    }),
  schema: () =>
    new Refusal({
      code: 0x80338041,
      soapCode: 'Sender',
      subcode: 'w:SchemaValidationError',
      text: 'The SOAP XML in the message does not match the corresponding XML schema definition. ',
    }),
} as const;

/** The fault as an envelope, in one of the two shapes Windows uses. */
export function faultEnvelope(parts: FaultParts, shape: 'wsman' | 'wmi', machine: string, relatesTo: string | undefined): string {
  const xml = new XmlWriter();
  xml.open('s:Fault').open('s:Code').leaf('s:Value', `s:${parts.soapCode}`);
  xml.open('s:Subcode').leaf('s:Value', parts.subcode).close().close();
  xml.open('s:Reason').leaf('s:Text', parts.text, [['xml:lang', 'en-US']]).close();
  xml.open('s:Detail');
  if (parts.detail !== undefined) xml.leaf('w:FaultDetail', `${DETAIL}/${parts.detail}`);
  if (shape === 'wmi' && parts.provider !== undefined) writeWmiError(xml, parts);
  else writeWsmanFault(xml, parts, machine);
  xml.close().close();
  const action = parts.subcode.startsWith('n:') ? `${NS.n}/fault` : parts.subcode.startsWith('a:') ? `${NS.a}/fault` : FAULT_ACTION;
  return answerEnvelope({ action, relatesTo, body: xml.toString() });
}

function writeWsmanFault(xml: XmlWriter, parts: FaultParts, machine: string): void {
  const attributes = [
    ['xmlns:f', NS.f],
    ['Code', String(parts.code)],
    ['Machine', machine],
  ] as const;
  xml.open('f:WSManFault', attributes).open('f:Message');
  if (parts.provider === undefined) xml.text(parts.text);
  else {
    xml.open('f:ProviderFault', [
      ['provider', 'WMI Provider'],
      ['path', WMI_PROVIDER],
    ]);
    xml.open('f:WSManFault', attributes).leaf('f:Message', parts.text).close();
    if (parts.provider.query !== undefined) {
      const status = `${NS.p.replace('wsman.xsd', 'wmi/root/cimv2/__ExtendedStatus')}`;
      xml.open('f:ExtendedError').open('p:__ExtendedStatus', [
        ['xmlns:p', status],
        ['xmlns:xsi', NS.xsi],
        ['xsi:type', 'p:__ExtendedStatus_Type'],
      ]);
      xml.leaf('p:Description', '', [['xsi:nil', 'true']]).leaf('p:Operation', 'ExecQuery').leaf('p:ParameterInfo', parts.provider.query);
      xml.leaf('p:ProviderName', 'WinMgmt').leaf('p:StatusCode', '', [['xsi:nil', 'true']]).close().close();
    }
    xml.close();
  }
  xml.close().close();
}

/** MSFT_WmiError, the fault of the second version of the WMI plug-in (Windows Server 2012 and later). */
function writeWmiError(xml: XmlWriter, parts: FaultParts): void {
  const code = parts.provider?.hresult ?? parts.code;
  xml.open('p:MSFT_WmiError', [
    ['xmlns:p', WMI_ERROR],
    ['xmlns:b', NS.b],
    ['xmlns:cim', NS.cim],
    ['xmlns:xsi', NS.xsi],
    ['b:IsCIM_Error', 'true'],
    ['xsi:type', 'p:MSFT_WmiError_Type'],
  ]);
  const value = (name: string, type: string, text: string): XmlWriter => xml.leaf(`p:${name}`, text, [['xsi:type', `cim:${type}`]]);
  // 1 is CIM_ERR_FAILED (DSP0200); Windows' own mapping of HRESULTs to it is not documented.
  value('CIMStatusCode', 'cimUnsignedInt', '1');
  value('Message', 'cimString', parts.text);
  value('MessageID', 'cimString', `HRESULT 0x${code.toString(16)}`);
  value('error_Code', 'cimUnsignedInt', String(code));
  value('error_Type', 'cimString', 'HRESULT');
  xml.close();
}
